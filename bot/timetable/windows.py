"""Windows: which days an occurrence is about, and which it is compared with.

Both follow from the scheduled instant alone, by local calendar arithmetic.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from bot.model import Compare, Digest, Window, WindowRule
from bot.timetable.firings import Firing, latest_firing
from bot.timetable.recurrence import day_start, local_day

Unit = Literal["day", "week", "month", "quarter"]

_DAY = timedelta(days=1)
_YEAR_OF_WEEKS = timedelta(days=364)
_MONTHS = {"month": 1, "quarter": 3}
_DAYS = {"day": 1, "week": 7}


def window_for(digest: Digest, firing: Firing, *, previous_due: datetime | None = None) -> Window:
    """Return the window of one firing of a digest.

    `previous_due` (aware) is the last due that was not skipped; only 'since last run' uses it, and without it
    takes one nominal period: the days since the firing before this one.
    """
    days = 1 if digest.window.kind != "since last run" else _nominal_days(digest, firing)
    return window_of(
        digest.window, digest.zone, firing.due, firing.nominal, previous_due=previous_due, nominal_days=days
    )


def window_of(
    rule: WindowRule,
    zone: str,
    due: datetime,
    nominal: date | None = None,
    *,
    previous_due: datetime | None = None,
    nominal_days: int = 1,
) -> Window:
    """Return the window of a rule at the scheduled instant `due` (aware).

    'last' windows are complete calendar units before the `nominal` day (default: the local day of `due`),
    'to date' ends at the due instant on the nominal day. 'since last run' covers the whole local days from
    the one of `previous_due` to the one before `due`, so that such windows tile; without `previous_due` the
    `nominal_days` before. Raise ValueError when the days lie outside of the calendar.
    """
    tz = ZoneInfo(zone)
    today = local_day(due, tz)
    try:
        if rule.kind == "fixed":
            return _whole_days(rule.first or today, (rule.last or today) + _DAY, tz)
        if rule.kind == "since last run":
            return _since(previous_due, today, nominal_days, tz)
        if rule.kind == "to date":
            return _to_date(rule, due.astimezone(tz), nominal or today, tz)
        end = _unit_start(nominal or today, rule.unit)
        return _whole_days(_step(end, rule.unit, -rule.count), end, tz)
    except OverflowError as error:
        raise ValueError(f"the window {rule.phrase} leaves the calendar") from error


def _since(previous_due: datetime | None, today: date, nominal_days: int, tz: ZoneInfo) -> Window:
    start = local_day(previous_due, tz) if previous_due else today - timedelta(days=nominal_days)
    # Two runs on one day would leave no whole day between them: the day before, once more.
    return _whole_days(min(start, today - _DAY), today, tz)


def _to_date(rule: WindowRule, due: datetime, nominal: date, tz: ZoneInfo) -> Window:
    first = _unit_start(nominal, rule.unit)
    start = day_start(first, tz)
    end = due if due.date() == nominal else datetime.combine(nominal, due.time(), tz)
    if _instant(end) <= _instant(start):
        return _whole_days(_step(first, rule.unit, -1), first, tz)
    return Window(start, end, tz.key)


def _nominal_days(digest: Digest, firing: Firing) -> int:
    tz = ZoneInfo(digest.zone)
    running = replace(digest, paused=False, until=None)
    before = latest_firing(running, firing.due - timedelta(seconds=1))
    if before is None:
        return 1
    return max(1, (local_day(firing.due, tz) - local_day(before.due, tz)).days)


def compared_window(window: Window, rule: WindowRule, compare: Compare) -> Window | None:
    """Return the window before `window`, the same one last year, or None when nothing is compared.

    Previous: the same number of calendar units just before; 'to date' the same elapsed days and time of day
    of the unit before, cut at that unit's end; fixed days the same number of days before. Last year: weeks
    and days 364 days earlier (the same weekdays), months and quarters the same months a year earlier. None
    also when that leaves the calendar.
    """
    if compare is Compare.NONE:
        return None
    try:
        if _is_part_of_unit(window, rule):
            return _elapsed_before(window, rule, compare)
        return _whole_days_before(window, rule, compare)
    except (OverflowError, ValueError):
        return None


def _is_part_of_unit(window: Window, rule: WindowRule) -> bool:
    """Return whether a 'to date' window is compared by elapsed time; one that is a whole unit is not."""
    if rule.kind != "to date":
        return False
    return not (window.is_whole_days and window.end.date() == _step(window.start.date(), rule.unit, 1))


def _elapsed_before(window: Window, rule: WindowRule, compare: Compare) -> Window:
    first = window.start.date()
    if compare is Compare.PREVIOUS:
        start = _step(first, rule.unit, -1)
    elif rule.unit in _MONTHS:
        start = _step_months(first, -12)
    else:
        start = first - _YEAR_OF_WEEKS
    tz = ZoneInfo(window.zone)
    last = start + (window.end.date() - first)
    end = datetime.combine(last, window.end.time(), tz)
    unit_end = day_start(_step(start, rule.unit, 1), tz)
    return Window(day_start(start, tz), min(end, unit_end, key=_instant), window.zone)


def _whole_days_before(window: Window, rule: WindowRule, compare: Compare) -> Window:
    first, end, tz = window.first_day, window.last_day + _DAY, ZoneInfo(window.zone)
    by_month = rule.unit in _MONTHS or (rule.kind == "fixed" and first.day == 1 and end.day == 1)
    if compare is Compare.LAST_YEAR and by_month:
        return _whole_days(_step_months(first, -12), _step_months(end, -12), tz)
    if compare is Compare.LAST_YEAR:
        return _whole_days(first - _YEAR_OF_WEEKS, end - _YEAR_OF_WEEKS, tz)
    if rule.kind in ("last", "to date"):
        return _whole_days(_step(first, rule.unit, -rule.count), first, tz)
    return _whole_days(first - (end - first), first, tz)


def _whole_days(first: date, end: date, tz: ZoneInfo) -> Window:
    """Return the days from `first` up to but not including `end`.

    A zone that moved across the date line left a day out; a window of only that day would be empty and is the
    real day before instead.
    """
    while _instant(day_start(first, tz)) >= _instant(day_start(end, tz)):
        first, end = first - _DAY, end - _DAY
    return Window(day_start(first, tz), day_start(end, tz), tz.key)


def _instant(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _unit_start(day: date, unit: Unit) -> date:
    """Return the first day of the unit that `day` lies in; weeks begin on Monday (ISO 8601)."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day


def _step(first: date, unit: Unit, count: int) -> date:
    """Return the day `count` units after (before, when negative) the unit that begins on `first`."""
    if unit in _DAYS:
        return first + timedelta(days=count * _DAYS[unit])
    return _step_months(first, count * _MONTHS[unit])


def _step_months(day: date, count: int) -> date:
    """Return the same day `count` months on, or the month's last day where it is shorter."""
    months = day.year * 12 + day.month - 1 + count
    year, month = divmod(months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))
