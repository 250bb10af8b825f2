"""The brand's logo: PNG or JPEG, intact, at most 200 kB and 2,000 pixels wide or high.

Every mail and PDF contains it, so it is kept small. Mail programs do not show SVG, so SVG is refused for PDFs
too: a brand looks the same in each form.
"""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

MAX_BYTES = 200_000
MAX_PIXELS = 2_000
_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_JPEG, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"


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
        """Return the ending of its file name."""
        return {"png": "png", "jpeg": "jpg"}[self.kind]


def logo_of(content: bytes) -> Logo:
    """Return the logo in these bytes. Raise LogoFault."""
    if len(content) > MAX_BYTES:
        raise LogoFault(f"is larger than {MAX_BYTES // 1000} kB, and every mail carries it; save it smaller")
    kind = _kind(content)
    width, height = _size(content, kind)
    if max(width, height) > MAX_PIXELS:
        raise LogoFault(f"is {width} by {height} pixels; at most {MAX_PIXELS:,} either way")
    return Logo(content, kind, width, height)


def read_logo(path: str) -> Logo | None:
    """Return the logo in a file; None without a path, or if the file is gone or damaged since the check."""
    try:
        return logo_of(load(Path(path))) if path else None
    except (OSError, LogoFault):
        return None


def load(path: Path) -> bytes:
    """Return the file's bytes, at most one more than a logo may have. Raise OSError."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _kind(content: bytes) -> Literal["png", "jpeg"]:
    if content.startswith(_PNG):
        return "png"
    if content.startswith(_JPEG):
        return "jpeg"
    reason = "is SVG, which mail programs do not show" if b"<svg" in content[:4096] else "is no picture"
    raise LogoFault(f"{reason}; save it as PNG or JPEG")


def _size(content: bytes, kind: str) -> tuple[int, int]:
    """Return width and height of an intact picture, checksums included."""
    from PIL import Image  # here, because only brands with a logo need it

    try:
        with Image.open(BytesIO(content), formats=[kind]) as image:
            size = image.size
            image.verify()
        has_end = _PNG_END in content if kind == "png" else content.rstrip(b"\0").endswith(_JPEG_END)
        if not has_end:  # which Pillow does not check
            raise EOFError
    except Exception as error:  # Pillow documents no base class of its errors
        raise LogoFault(f"is a broken {kind.upper()}; save it anew") from error
    return size
