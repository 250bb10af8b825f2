"""How wide words will be drawn, from the advance widths of the shipped fonts, and how to fit them."""

import unicodedata

from bot.render.fonts import advances

SIZE = 12.0
"""Size in pixels of every label; the smallest text that a chart holds."""

_FIRST_JOINED, _LAST_JOINED = 0x0590, 0x1E00
"""Between these lie the scripts whose letters join, combine or run from right to left."""

_WIDE = 1000
_EMOJI = 1275
_ELLIPSIS = "…"
_JOINER = "\u200d"
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str) -> str:
    """One line of characters that XML may hold, without controls, direction marks and surrogates."""
    return " ".join("".join(c for c in text if c.isspace() or _is_allowed(c)).split())


def _is_allowed(character: str) -> bool:
    code = ord(character)
    non_character = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return not (non_character or character in _BIDI or unicodedata.category(character) in ("Cc", "Cs", "Co"))


def width(text: str, size: float = SIZE, weight: int = 400) -> float:
    """Pixels that `text` takes at `size` pixels; never less than drawn, kerning aside.

    `weight` is 400 or 600. Scripts whose letters join are measured letter by letter, an upper bound.
    """
    table = advances(weight)
    return sum(_advance(character, table) for character in text) * size / 1000


def is_measured(text: str, weight: int = 400) -> bool:
    """Whether `width` is what is drawn: letters that neither join nor combine, all in a table of ours."""
    table = advances(weight)
    return all(ord(c) in table and _stands_alone(ord(c)) and not unicodedata.combining(c) for c in text)


def _stands_alone(code: int) -> bool:
    return code < _FIRST_JOINED or code >= _LAST_JOINED


def _advance(character: str, table: dict[int, int]) -> int:
    known = table.get(ord(character))
    if known is not None:
        return known
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return _EMOJI if ord(character) >= 0x2600 and unicodedata.category(character) == "So" else _WIDE


def shorten(text: str, limit: float, size: float = SIZE, weight: int = 400) -> str:
    """`text`, or its beginning and an ellipsis, in at most `limit` pixels ('' when not even that fits)."""
    if width(text, size, weight) <= limit:
        return text
    kept = text
    while kept and width(kept + _ELLIPSIS, size, weight) > limit:
        kept = _without_last(kept)
    return kept.rstrip() + _ELLIPSIS if kept.strip() else ""


def _without_last(text: str) -> str:
    """`text` without its last character, and without what would then dangle (joiners)."""
    cut = len(text) - 1
    while cut > 0 and unicodedata.category(text[cut]) in ("Mn", "Mc", "Me", "Cf"):
        cut -= 1
    return text[:cut].rstrip(_JOINER)


def wrap(text: str, limit: float, size: float = SIZE, weight: int = 400) -> tuple[str, ...]:
    """`text` in one line or two of at most `limit` pixels, the second with an ellipsis if need be."""
    if width(text, size, weight) <= limit:
        return (text,)
    words = text.split()
    first = words[0]
    rest = words[1:]
    while rest and width(f"{first} {rest[0]}", size, weight) <= limit:
        first = f"{first} {rest.pop(0)}"
    lines = (shorten(first, limit, size, weight), shorten(" ".join(rest), limit, size, weight))
    return tuple(line for line in lines if line)
