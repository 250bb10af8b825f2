"""Schedule phrases that people write, compiled to cron."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time

from bot.model import Schedule
from bot.timetable.cron import ScheduleSyntaxError
from bot.timetable.suggestions import WEEKDAYS, nearest_schedule

_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_DAY_NAME = "|".join(WEEKDAYS)
_DAY_LIST = rf"(?:{_DAY_NAME})(?:(?: ?, ?(?:and )?| and )(?:{_DAY_NAME}))*"
_MOST_WEEKS = 52
_TIME = r"([01]?[0-9]|2[0-3]):([0-5][0-9])"


def parse_schedule(phrase: str, *, anchor: date | None) -> Schedule:
    """The schedule that a phrase means, such as 'every monday at 09:00' (24-hour clock).

    `anchor` is a day in the week that counts as the first of 'every N weeks'; without one the
    weeks are counted from the week of 1970-01-05. Raises ScheduleSyntaxError.
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
    schedule = _compile(body, at)
    if schedule is None:
        raise ScheduleSyntaxError(f'"{phrase}" is not a schedule; {_hint(text)}')
    return replace(schedule, phrase=text, anchor=anchor if schedule.every_weeks > 1 else None)


def _hint(text: str) -> str:
    return f'write, for example, "{nearest_schedule(text)}"'


def _time_of_day(text: str) -> time | None:
    match = re.fullmatch(_TIME, text)
    return time(int(match[1]), int(match[2])) if match else None


def _compile(body: str, at: time) -> Schedule | None:
    for pattern, build in _PHRASES:
        match = pattern.fullmatch(body)
        if match:
            return build(match, at)
    return None


def _crons(at: time, *days: str) -> Schedule:
    return Schedule("", tuple(f"{at.minute} {at.hour} {day}" for day in days))


def _on_weekdays(match: re.Match[str], at: time) -> Schedule:
    return _crons(at, f"* * {_cron_days(match['days'])}")


def _every_weeks(match: re.Match[str], at: time) -> Schedule | None:
    weeks = int(match["weeks"])
    if not 1 <= weeks <= _MOST_WEEKS:
        return None
    return replace(_on_weekdays(match, at), every_weeks=weeks)


def _cron_days(names: str) -> str:
    numbers = {WEEKDAYS.index(name) + 1 for name in re.findall(_DAY_NAME, names)}
    return ",".join(str(number) for number in sorted(numbers))


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
    (
        re.compile(rf"(?P<which>first|second|third|fourth|last) (?P<name>{_DAY_NAME}) of the month"),
        _nth_weekday,
    ),
    (re.compile(r"(?P<which>first|last) business day of the month"), _business_day),
)

SCHEDULE_PATTERN = f"(?:{'|'.join(pattern.pattern for pattern, _ in _PHRASES)}) at {_TIME}"
"""Every phrase in small letters and with single blanks; some that match name a day that is none (32nd)."""
