"""The window that another one is compared with, by local calendar arithmetic."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model import Compare, Window, WindowRule
from bot.timetable.local_time import day_start
from bot.timetable.units import step, step_months, unit_start

_DAY = timedelta(days=1)
_YEAR_OF_WEEKS = timedelta(days=364)


def compared_window(window: Window, rule: WindowRule, compare: Compare) -> Window | None:
    """The window before `window`, the same one last year, or None when nothing is compared.

    Previous: the same number of calendar units just before; 'to date' the same elapsed days
    and time of day of the unit before, cut at that unit's end; fixed days the same number of
    days before. Last year: weeks and days 364 days earlier (the same weekdays), months and
    quarters the same months a year earlier. None also when that leaves the calendar.
    """
    if compare is Compare.NONE:
        return None
    try:
        if _is_so_far(window, rule):
            return _elapsed(window, rule, compare)
        return _whole_days(window, rule, compare)
    except (OverflowError, ValueError):
        return None


def _is_so_far(window: Window, rule: WindowRule) -> bool:
    """A 'to date' window that ended up as a whole unit is compared as one."""
    if rule.kind != "to date":
        return False
    return not (window.is_whole_days and window.end.date() == step(window.start.date(), rule.unit, 1))


def _elapsed(window: Window, rule: WindowRule, compare: Compare) -> Window | None:
    first = window.start.date()
    if compare is Compare.PREVIOUS:
        began = step(first, rule.unit, -1)
    elif rule.unit in ("month", "quarter"):
        began = step_months(first, -12)
    else:
        began = first - _YEAR_OF_WEEKS
    tz = ZoneInfo(window.zone)
    reached = began + (window.end.date() - first)
    end = datetime.combine(reached, window.end.time(), tz)
    cut = day_start(step(began, rule.unit, 1), tz)
    return Window(day_start(began, tz), min(end, cut, key=_instant), window.zone)


def _instant(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _whole_days(window: Window, rule: WindowRule, compare: Compare) -> Window | None:
    first, end = window.first_day, window.last_day + _DAY
    by_month = rule.unit in ("month", "quarter") or _covers_whole_months(first, end, rule)
    if compare is Compare.LAST_YEAR and by_month:
        return _days(step_months(first, -12), step_months(end, -12), window.zone)
    if compare is Compare.LAST_YEAR:
        return _days(first - _YEAR_OF_WEEKS, end - _YEAR_OF_WEEKS, window.zone)
    if rule.kind in ("last", "to date"):
        return _days(step(first, rule.unit, -rule.count), first, window.zone)
    return _days(first - (end - first), first, window.zone)


def _covers_whole_months(first: date, end: date, rule: WindowRule) -> bool:
    return rule.kind == "fixed" and first == unit_start(first, "month") and end == unit_start(end, "month")


def _days(first: date, end: date, zone: str) -> Window:
    tz = ZoneInfo(zone)
    while _instant(day_start(first, tz)) >= _instant(day_start(end, tz)):
        first, end = first - _DAY, end - _DAY
    return Window(day_start(first, tz), day_start(end, tz), zone)
