"""What a logo may be: PNG or JPEG, whole, at most 200 kB and 2,000 pixels wide or high.

It goes into every mail and every PDF, so it is kept small; mail programs do not show SVG, so SVG is
refused for both: a brand looks the same in each form.
"""

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

LARGEST_BYTES = 200_000
MOST_PIXELS = 2_000
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG's frame header (ITU T.81, table B.1)."""


class LogoFault(ValueError):
    """The file cannot be a logo; the message is a sentence for people, without the file's name."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture that can be shown: its bytes, kind, and size in pixels."""

    content: bytes
    kind: Literal["png", "jpeg"]
    width: int
    height: int

    @property
    def ending(self) -> str:
        """What its file name ends with."""
        return {"png": "png", "jpeg": "jpg"}[self.kind]


def logo_of(content: bytes) -> Logo:
    """The logo that these bytes are. Raises LogoFault."""
    if len(content) > LARGEST_BYTES:
        words = f"is larger than {LARGEST_BYTES // 1000} kB, and every mail carries it; save it smaller"
        raise LogoFault(words)
    if content.startswith(_PNG):
        kind, (width, height) = "png", _png_size(content)
    elif content.startswith(_JPEG):
        kind, (width, height) = "jpeg", _jpeg_size(content)
    else:
        what = "is SVG, which mail programs do not show" if b"<svg" in content[:4096] else "is no picture"
        raise LogoFault(f"{what}; save it as PNG or JPEG")
    if not 0 < max(width, height) <= MOST_PIXELS or not min(width, height):
        raise LogoFault(f"is {width} by {height} pixels; at most {MOST_PIXELS:,} either way")
    return Logo(content, kind, width, height)  # type: ignore[arg-type]


def read_logo(path: str) -> Logo | None:
    """The logo in a file; None without one, and where the file is gone or spoiled since it was checked."""
    try:
        return logo_of(load(Path(path))) if path else None
    except (OSError, LogoFault):
        return None


def load(path: Path) -> bytes:
    """The file's bytes, one more than a logo may have at most. Raises OSError."""
    with path.open("rb") as file:
        return file.read(LARGEST_BYTES + 1)


def _png_size(content: bytes) -> tuple[int, int]:
    """Width and height; every chunk is there and has its checksum (W3C PNG, section 5)."""
    at, kinds = len(_PNG), list[bytes]()
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4])
        body = content[at + 4 : at + 8 + length]
        kinds.append(body[:4])
        if content[at + 8 + length : at + 12 + length] != zlib.crc32(body).to_bytes(4):
            break
        at += 12 + length
        if body[:4] == b"IEND":
            break
    if kinds[:1] != [b"IHDR"] or b"IDAT" not in kinds or kinds[-1:] != [b"IEND"] or at > len(content):
        raise LogoFault("is a broken PNG; save it anew")
    return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])


def _jpeg_size(content: bytes) -> tuple[int, int]:
    """Width and height from the frame header; the end marker is there."""
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF and content.rstrip(b"\0").endswith(b"\xff\xd9"):
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        if marker in _SIZES:
            return int.from_bytes(content[at + 7 : at + 9]), int.from_bytes(content[at + 5 : at + 7])
        at += 1 if marker == 0xFF else 2 + length
    raise LogoFault("is a broken JPEG; save it anew")
