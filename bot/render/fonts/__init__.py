"""The typefaces that PDF and pictures are set in, shipped so that every machine draws the same.

Own family names ("Digest …") keep fonts that happen to be installed out of the way. How the files
were made is told in README.md beside them.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class FontFace:
    """One font file: its CSS family and weight (100..900)."""

    family: str
    weight: int
    file: str

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return FOLDER / self.file


FONT_FACES = (
    FontFace("Digest Inter", 400, "inter-400.ttf"),
    FontFace("Digest Inter", 500, "inter-500.ttf"),
    FontFace("Digest Inter", 600, "inter-600.ttf"),
    FontFace("Digest Inter", 700, "inter-700.ttf"),
    FontFace("Digest Noto Arabic", 400, "noto-arabic.ttf"),
    FontFace("Digest Noto Hebrew", 400, "noto-hebrew.ttf"),
    FontFace("Digest Noto Devanagari", 400, "noto-devanagari.ttf"),
    FontFace("Digest Noto CJK", 400, "noto-cjk.otf"),
    FontFace("Digest Noto Emoji", 400, "noto-emoji.ttf"),
)
FONT_FILES: tuple[Path, ...] = tuple(face.path for face in FONT_FACES)
FAMILIES: tuple[str, ...] = tuple(dict.fromkeys(face.family for face in FONT_FACES))
FONT_STACK = ",".join(FAMILIES)
"""For CSS and SVG alike; without quotes and blanks, which WeasyPrint's SVG reads as part of a name."""


@cache
def advances(weight: int) -> dict[int, int]:
    """Advance widths in thousandths of an em by code point, for weight 400 or 600.

    Holds what our fonts draw in alphabets; Han, Hangul, kana and emoji are one width each and are not
    listed. Raises KeyError for another weight.
    """
    tables = json.loads((FOLDER / "advances.json").read_text(encoding="utf-8"))
    return {start + n: width for start, widths in tables[str(weight)] for n, width in enumerate(widths)}
