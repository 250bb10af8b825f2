"""Labels of a chart: how wide they are drawn, how to shorten them, and how to keep them apart.

Widths come from the advance widths of the shipped fonts.
"""

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

from bot.render.fonts import advances

SIZE = 12.0
"""Font size of every label, in pixels: the smallest text in a chart."""

_FIRST_JOINED, _LAST_JOINED = 0x0590, 0x1E00
"""Code points of the scripts whose letters join, combine or run from right to left."""

_WIDE = 1000
_EMOJI = 1275
_ELLIPSIS = "…"
_JOINER = "\u200d"
_CLOCK_STEPS = (1, 2, 3, 4, 6, 12, 24, 48, 72, 96, 168, 336)
_DAY_STEPS = (1, 2, 3, 4, 5, 7, 14, 21, 28, 56, 84, 168, 364)
_GAP = 10.0
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str) -> str:
    """Return one line of text that XML may hold: no controls, direction marks or surrogates."""
    return " ".join("".join(c for c in text if c.isspace() or _is_allowed(c)).split())


def _is_allowed(character: str) -> bool:
    code = ord(character)
    non_character = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return not (non_character or character in _BIDI or unicodedata.category(character) in ("Cc", "Cs", "Co"))


def width(text: str, size: float = SIZE, weight: int = 400) -> float:
    """Return the width of `text` in pixels at font size `size`; never less than drawn, kerning aside.

    `weight` is 400 or 600. Scripts whose letters join are measured letter by letter: an upper bound.
    """
    table = advances(weight)
    return sum(_advance(character, table) for character in text) * size / 1000


def is_measured(text: str, weight: int = 400) -> bool:
    """Return whether `width` is exact: every letter is in our table and neither joins nor combines."""
    table = advances(weight)
    return all(
        ord(c) in table and not _FIRST_JOINED <= ord(c) < _LAST_JOINED and not unicodedata.combining(c)
        for c in text
    )


def _advance(character: str, table: dict[int, int]) -> int:
    known = table.get(ord(character))
    if known is not None:
        return known
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return _EMOJI if ord(character) >= 0x2600 and unicodedata.category(character) == "So" else _WIDE


def shorten(text: str, limit: float, size: float = SIZE, weight: int = 400) -> str:
    """Return `text` cut to `limit` pixels with an ellipsis, or '' if not even that fits."""
    if width(text, size, weight) <= limit:
        return text
    kept = text
    while kept and width(kept + _ELLIPSIS, size, weight) > limit:
        kept = _without_last(kept)
    return kept.rstrip() + _ELLIPSIS if kept.strip() else ""


def _without_last(text: str) -> str:
    """Return `text` without its last character and the marks and joiners that belong to it."""
    cut = len(text) - 1
    while cut > 0 and unicodedata.category(text[cut]) in ("Mn", "Mc", "Me", "Cf"):
        cut -= 1
    return text[:cut].rstrip(_JOINER)


def wrap(text: str, limit: float, size: float = SIZE, weight: int = 400) -> tuple[str, ...]:
    """Return `text` in one or two lines of at most `limit` pixels, cut with an ellipsis if needed."""
    if width(text, size, weight) <= limit:
        return (text,)
    first, *rest = text.split()
    while rest and width(f"{first} {rest[0]}", size, weight) <= limit:
        first = f"{first} {rest.pop(0)}"
    lines = (shorten(first, limit, size, weight), shorten(" ".join(rest), limit, size, weight))
    return tuple(line for line in lines if line)


def moved_apart(
    wanted: Sequence[float], heights: Sequence[float], top: float, bottom: float
) -> tuple[float, ...]:
    """Return middles as near to `wanted` as possible so that boxes of `heights` do not overlap.

    The boxes lie within top..bottom and keep the order of `wanted`. If they do not fit, they start at
    `top` and run over `bottom`.
    """
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    placed = [0.0] * len(wanted)
    edge = top
    for n in order:
        placed[n] = max(wanted[n], edge + heights[n] / 2)
        edge = placed[n] + heights[n] / 2
    edge = max(bottom, top + sum(heights))
    for n in reversed(order):
        placed[n] = min(placed[n], edge - heights[n] / 2)
        edge = placed[n] - heights[n] / 2
    return tuple(placed)


def within(middle: float, size: float, low: float, high: float) -> float:
    """Return the middle of a box of `size`, moved so that the box lies between `low` and `high`."""
    return max(min(middle, high - size / 2), low + size / 2)


def thinned(
    middles: Sequence[float], widths: Sequence[float], by_clock: bool, low: float, high: float
) -> tuple[int, ...]:
    """Return the indices of the labels to show: every n-th, with the smallest n that keeps them apart.

    `by_clock` prefers steps that fall on the same hours of each day, otherwise on the same weekday.
    Labels at the ends count as moved inside low..high.
    """
    count = len(middles)
    steps = [*(_CLOCK_STEPS if by_clock else _DAY_STEPS), count]
    for step in (step for step in steps if step <= count):
        shown = tuple(range(0, count, step))
        boxes = [(within(middles[n], widths[n], low, high), widths[n]) for n in shown]
        if all(b - a >= (wide_a + wide_b) / 2 + _GAP for (a, wide_a), (b, wide_b) in pairwise(boxes)):
            return shown
    return tuple(range(min(count, 1)))
