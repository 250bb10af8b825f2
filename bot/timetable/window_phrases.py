"""Window phrases that people write, and the nearest valid phrase to another text."""

import difflib
import re
from datetime import date

from bot.model import WindowRule
from bot.timetable.windows import Unit

_EXAMPLES = (
    "yesterday",
    "last week",
    "last month",
    "last quarter",
    "last 7 days",
    "last 4 weeks",
    "last 3 months",
    "week to date",
    "month to date",
    "since last run",
)
_UNITS: dict[str, Unit] = {"day": "day", "week": "week", "month": "month", "quarter": "quarter"}
_PLAIN = re.compile(r"last (?P<unit>week|month|quarter)")
_COUNTED = re.compile(r"last (?P<count>[1-9][0-9]{0,3}) (?P<unit>day|week|month)s?")
_TO_DATE = re.compile(r"(?P<unit>week|month) to date")

WINDOW_PATTERN = "|".join(("yesterday", "since last run", _PLAIN.pattern, _COUNTED.pattern, _TO_DATE.pattern))
"""Every phrase in small letters and with single blanks."""


class WindowSyntaxError(ValueError):
    """A window that cannot be read; the message says what to write instead."""


def parse_window(phrase: str) -> WindowRule:
    """Return the rule of a phrase, such as 'last week' (Monday to Sunday) or 'last 7 days'.

    Raise WindowSyntaxError. Days written out are `fixed_window`.
    """
    text = " ".join(phrase.lower().split())
    rule = _rule(text)
    if rule is None:
        raise WindowSyntaxError(f'"{phrase}" is not a window; write, for example, "{_nearest_window(text)}"')
    return rule


def _rule(text: str) -> WindowRule | None:
    if text == "yesterday":
        return WindowRule(text, "last", 1, "day")
    if text == "since last run":
        return WindowRule(text, "since last run")
    if match := _PLAIN.fullmatch(text):
        return WindowRule(text, "last", 1, _UNITS[match["unit"]])
    if match := _COUNTED.fullmatch(text):
        return WindowRule(text, "last", int(match["count"]), _UNITS[match["unit"]])
    if match := _TO_DATE.fullmatch(text):
        return WindowRule(text, "to date", 1, _UNITS[match["unit"]])
    return None


def _nearest_window(text: str) -> str:
    """Return the valid phrase that looks most like `text`, with its number if it has one."""
    close = difflib.get_close_matches(text[:100], _EXAMPLES, n=1, cutoff=0.4)
    best = close[0] if close else "last week"
    number = re.search(r"\b[1-9][0-9]{0,2}\b", text[:100])
    return re.sub(r"[0-9]+", number[0], best) if number else best


def fixed_window(first: date, last: date) -> WindowRule:
    """Return the rule for the days from `first` to `last`, both included.

    Raise WindowSyntaxError when `last` comes before `first`.
    """
    phrase = f"{first.isoformat()} to {last.isoformat()}"
    if last < first:
        raise WindowSyntaxError(f"the window runs backwards: from {phrase}; write the earlier day as from")
    return WindowRule(phrase, "fixed", first=first, last=last)
