"""Glyphs that WeasyPrint and Pango draw differently: emoji, digits, and scripts whose letters join."""

import re
import unicodedata

from bot.render.charts.labels import width
from bot.render.fonts import advances

# Characters that Unicode shows as coloured emoji unless told otherwise (Emoji_Presentation).
_EMOJI = (
    "[\u231a\u231b\u23e9-\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd\u26be"
    "\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2-\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2757"
    "\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\U0001f000-\U0001faff]"
)
_EMOJI_TEXT = re.compile(f"({_EMOJI}|[\u2600-\u27bf](?=\ufe0f))\ufe0f?")
_HAS_EMOJI = re.compile(f"{_EMOJI}|\ufe0f")
_DIGIT = re.compile("[1-9]")
_TEXT_STYLE = "\ufe0e"
_JOINERS = "\u200c\u200d"


def plain_emoji(html: str) -> str:
    """Return the page with every emoji in text style (U+FE0E).

    Otherwise Pango prefers the machine's colour emoji font to ours, and the PDF depends on the machine.
    The selector is invisible and not copied with the text.
    """
    return _EMOJI_TEXT.sub(rf"\1{_TEXT_STYLE}", html)


def is_alphabetic(page: str) -> bool:
    """Return whether the first of our font families covers every character of a page."""
    covered = advances(400)
    return all(character.isspace() or ord(character) in covered for character in set(page))


def set_width(text: str, size: float, weight: int = 400) -> float:
    """Return the width of `text` in pixels with tabular figures: every digit is as wide as a zero."""
    return width(_DIGIT.sub("0", text), size, weight)


def needs_shaping(text: str) -> bool:
    """Return whether `text` has emoji or letters that join, combine or run from right to left.

    WeasyPrint places the letters of an SVG one by one, which breaks such words; resvg does not.
    """
    return bool(_HAS_EMOJI.search(text)) or any(_joins(character) for character in text)


def _joins(character: str) -> bool:
    return (
        unicodedata.bidirectional(character) in ("R", "AL")
        or unicodedata.category(character) in ("Mn", "Mc", "Me")
        or character in _JOINERS
    )
