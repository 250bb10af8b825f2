"""Calendar units: where they begin, and steps of whole units."""

from datetime import date, timedelta
from typing import Literal

Unit = Literal["day", "week", "month", "quarter"]

_MONTHS = {"month": 1, "quarter": 3}
_DAYS = {"day": 1, "week": 7}


def unit_start(day: date, unit: Unit) -> date:
    """First day of the unit that `day` lies in; weeks begin on Monday (ISO 8601)."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day


def step(first: date, unit: Unit, count: int) -> date:
    """`count` units after (before, when negative) the unit that begins on `first`."""
    if unit in _DAYS:
        return first + timedelta(days=count * _DAYS[unit])
    return step_months(first, count * _MONTHS[unit])


def step_months(day: date, count: int) -> date:
    """The same day `count` months on, or the month's last day where it is shorter."""
    months = day.year * 12 + day.month - 1 + count
    year, month = divmod(months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))
