"""The fonts of PDFs and pictures, shipped so that every machine draws the same.

Family names of their own ("Digest …") keep installed fonts out of the way. README.md beside the files says
how they were made.
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
        """Return the path of the file."""
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
"""`font-family` for CSS and SVG. No quotes or blanks: WeasyPrint's SVG takes them for parts of a name."""


@cache
def advances(weight: int) -> dict[int, int]:
    """Return advance widths in thousandths of an em by code point, for weight 400 or 600.

    Alphabets only: Han, Hangul, kana and emoji have one width each. Raise KeyError for another weight.
    """
    tables = json.loads((FOLDER / "advances.json").read_text(encoding="utf-8"))
    return {start + n: width for start, widths in tables[str(weight)] for n, width in enumerate(widths)}
