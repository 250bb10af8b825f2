"""Window phrases that people write."""

import re
from datetime import date

from bot.model import WindowRule
from bot.timetable.suggestions import nearest_window
from bot.timetable.units import Unit

_UNITS: dict[str, Unit] = {"day": "day", "week": "week", "month": "month", "quarter": "quarter"}
_PLAIN = re.compile(r"last (?P<unit>week|month|quarter)")
_COUNTED = re.compile(r"last (?P<count>[1-9][0-9]{0,3}) (?P<unit>day|week|month)s?")
_TO_DATE = re.compile(r"(?P<unit>week|month) to date")

WINDOW_PATTERN = "|".join(("yesterday", "since last run", _PLAIN.pattern, _COUNTED.pattern, _TO_DATE.pattern))
"""Every phrase in small letters and with single blanks."""


class WindowSyntaxError(ValueError):
    """A window that cannot be read; the message says what to write instead."""


def parse_window(phrase: str) -> WindowRule:
    """The rule that a phrase means, such as 'last week' (Monday to Sunday) or 'last 7 days'.

    Raises WindowSyntaxError. Days written out are `fixed_window`.
    """
    text = " ".join(phrase.lower().split())
    rule = _rule(text)
    if rule is None:
        raise WindowSyntaxError(f'"{phrase}" is not a window; write, for example, "{nearest_window(text)}"')
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


def fixed_window(first: date, last: date) -> WindowRule:
    """The rule for the days from `first` to `last`, both included.

    Raises WindowSyntaxError when `last` comes before `first`.
    """
    if last < first:
        raise WindowSyntaxError(
            f"the window runs backwards: from {first.isoformat()} to {last.isoformat()}; "
            "write the earlier day as from"
        )
    return WindowRule(f"{first.isoformat()} to {last.isoformat()}", "fixed", first=first, last=last)
