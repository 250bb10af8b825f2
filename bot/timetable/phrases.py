"""Schedule and window phrases that people write, and the nearest valid phrase to another text."""

import difflib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time

from bot.model import Schedule, WindowRule
from bot.timetable.recurrence import ScheduleSyntaxError
from bot.timetable.windows import Unit

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_DAY_NAME = "|".join(WEEKDAYS)
_DAY_LIST = rf"(?:{_DAY_NAME})(?:(?: ?, ?(?:and )?| and )(?:{_DAY_NAME}))*"
_MAX_WEEKS = 52
_SYNONYMS = {"daily": "every day", "working": "business", "weekly": "every monday", "1st": "first"}
_USUAL_TIME = "09:00"
_TIME = r"([01]?[0-9]|2[0-3]):([0-5][0-9])"


def parse_schedule(phrase: str) -> Schedule:
    """Return the schedule of a phrase, such as 'every monday at 09:00' (24-hour clock).

    'Every N weeks' counts from the week of 1970-01-05 until it is given an anchor. Raise ScheduleSyntaxError.
    """
    text = " ".join(phrase.lower().split())
    body, separator, clock = text.rpartition(" at ")
    if not separator and _time_of_day(text):
        raise ScheduleSyntaxError(f'"{phrase}" says no day; write, for example, "every day at {text}"')
    if not separator:
        raise ScheduleSyntaxError(f'"{phrase}" says no time of day; {_hint(text)}')
    at = _time_of_day(clock)
    if at is None:
        raise ScheduleSyntaxError(f'"{clock}" is not a time of day from 00:00 to 23:59; {_hint(text)}')
    matches = ((pattern.fullmatch(body), build) for pattern, build in _PHRASES)
    schedule = next((build(match, at) for match, build in matches if match), None)
    if schedule is None:
        raise ScheduleSyntaxError(f'"{phrase}" is not a schedule; {_hint(text)}')
    return replace(schedule, phrase=text)


def _hint(text: str) -> str:
    return f'write, for example, "{nearest_schedule(text)}"'


def _time_of_day(text: str) -> time | None:
    match = re.fullmatch(_TIME, text)
    return time(int(match[1]), int(match[2])) if match else None


def _crons(at: time, *days: str) -> Schedule:
    return Schedule("", tuple(f"{at.minute} {at.hour} {day}" for day in days))


def _on_weekdays(match: re.Match[str], at: time) -> Schedule:
    numbers = {WEEKDAYS.index(name) + 1 for name in re.findall(_DAY_NAME, match["days"])}
    return _crons(at, f"* * {','.join(map(str, sorted(numbers)))}")


def _every_weeks(match: re.Match[str], at: time) -> Schedule | None:
    weeks = int(match["weeks"])
    return replace(_on_weekdays(match, at), every_weeks=weeks) if 1 <= weeks <= _MAX_WEEKS else None


def _monthly(match: re.Match[str], at: time) -> Schedule | None:
    day = int(match["day"])
    if not 1 <= day <= 31:
        return None
    if day == 31:
        return _crons(at, "L * *")
    if day > 28:  # February's last day stands in for the 29th and 30th
        return _crons(at, f"{day} 1,3-12 *", "L 2 *")
    return _crons(at, f"{day} * *")


def _nth_weekday(match: re.Match[str], at: time) -> Schedule:
    number = WEEKDAYS.index(match["name"]) + 1
    which = match["which"]
    return _crons(at, f"* * {number}L" if which == "last" else f"* * {number}#{_ORDINALS[which]}")


def _business_day(match: re.Match[str], at: time) -> Schedule:
    return Schedule("", business_day="first" if match["which"] == "first" else "last", at=at)


_PHRASES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], time], Schedule | None]], ...] = (
    (re.compile(r"every day"), lambda _match, at: _crons(at, "* * *")),
    (re.compile(r"weekdays|every weekday"), lambda _match, at: _crons(at, "* * 1-5")),
    (re.compile(rf"(?:every )?(?P<days>{_DAY_LIST})"), _on_weekdays),
    (re.compile(rf"every (?P<weeks>[0-9]{{1,2}}) weeks? on (?P<days>{_DAY_LIST})"), _every_weeks),
    (re.compile(r"monthly on the (?P<day>[0-9]{1,2})(?:st|nd|rd|th)"), _monthly),
    (re.compile(r"last day of the month"), lambda _match, at: _crons(at, "L * *")),
    (re.compile(rf"(?P<which>{'|'.join(_ORDINALS)}|last) (?P<name>{_DAY_NAME}) of the month"), _nth_weekday),
    (re.compile(r"(?P<which>first|last) business day of the month"), _business_day),
)

SCHEDULE_PATTERN = f"(?:{'|'.join(pattern.pattern for pattern, _ in _PHRASES)}) at {_TIME}"
"""Every phrase in small letters and with single blanks; some that match name a day that is none (32nd)."""


def _ordinal(day: int) -> str:
    ending = "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


_BODIES = (
    *("every day", "weekdays", "monday, thursday", "last day of the month"),
    *(f"{which} business day of the month" for which in ("first", "last")),
    *(f"every {day}" for day in WEEKDAYS),
    *(f"every 2 weeks on {day}" for day in WEEKDAYS),
    *(f"monthly on the {_ordinal(day)}" for day in range(1, 32)),
    *(f"{which} {day} of the month" for which in (*_ORDINALS, "last") for day in WEEKDAYS),
)
"""Valid phrases without their time of day."""


def nearest_schedule(text: str) -> str:
    """Return the valid phrase that looks most like `text`, with its time of day if it has one."""
    body = re.split(r"\bat\b|[0-9]{1,2}[:.][0-9]{2}", text[:100])[0].strip()
    body = " ".join(_SYNONYMS.get(word, word) for word in body.split())
    close = difflib.get_close_matches(body, _BODIES, n=1, cutoff=0.5)
    return f"{close[0] if close else 'every monday'} at {_time_meant(text[:100])}"


def _time_meant(text: str) -> str:
    match = re.search(r"(?P<hour>[0-9]{1,2})(?:[:.](?P<minute>[0-9]{2}))? ?(?P<half>am|pm)?\s*$", text)
    if not match:
        return _USUAL_TIME
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if match["half"]:
        hour = hour % 12 + (12 if match["half"] == "pm" else 0)
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else _USUAL_TIME


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
