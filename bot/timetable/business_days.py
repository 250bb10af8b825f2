"""Business days. A business day is Monday to Friday and not a holiday."""

from datetime import date, timedelta

from bot.model import Holidays
from bot.timetable.holidays import is_holiday

_LONGEST_CLOSURE = 366
_DAY = timedelta(days=1)


def is_business_day(day: date, holidays: Holidays) -> bool:
    """Monday to Friday and not a holiday."""
    return day.weekday() < 5 and not is_holiday(day, holidays)


def next_business_day(day: date, holidays: Holidays) -> date:
    """The first business day after `day`; `day` itself when a whole year has none."""
    return _nearest(day, holidays, _DAY)


def closure_start(day: date, holidays: Holidays) -> date:
    """The first of the closed days that run up to `day` (`day` itself when the day before is open)."""
    first = day
    while (day - first).days < _LONGEST_CLOSURE and not is_business_day(first - _DAY, holidays):
        first -= _DAY
    return first


def business_day_of_month(year: int, month: int, which: str, holidays: Holidays) -> date:
    """The 'first' or 'last' business day of a month."""
    first = date(year, month, 1)
    if which == "first":
        return _nearest(first - _DAY, holidays, _DAY)
    return _nearest((first + timedelta(days=32)).replace(day=1), holidays, -_DAY)


def _nearest(day: date, holidays: Holidays, step: timedelta) -> date:
    for count in range(1, _LONGEST_CLOSURE):
        if is_business_day(day + count * step, holidays):
            return day + count * step
    return day
