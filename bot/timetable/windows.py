"""Which days an occurrence is about, from its scheduled instant and nothing else."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model import Digest, Window, WindowRule
from bot.timetable.firings import Firing, latest_firing
from bot.timetable.local_time import day_start, local_day
from bot.timetable.units import step, unit_start

_DAY = timedelta(days=1)


def window_for(digest: Digest, firing: Firing, *, previous_due: datetime | None = None) -> Window:
    """The window of one firing of a digest.

    `previous_due` (aware) is the last due that was not skipped; only 'since last run' uses it,
    and without it takes one nominal period: the days since the firing before this one.
    """
    days = 1 if digest.window.kind != "since last run" else _nominal_days(digest, firing)
    return window_of(
        digest.window,
        digest.zone,
        firing.due,
        firing.nominal,
        previous_due=previous_due,
        nominal_days=days,
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
    """The window of a rule at the scheduled instant `due` (aware).

    'last' windows are complete calendar units before the `nominal` day (default: the local day
    of `due`), 'to date' ends at the due instant on the nominal day. 'since last run' covers the
    whole local days from the one of `previous_due` to the one before `due`, so that such
    windows tile; without `previous_due` the `nominal_days` before.
    Raises ValueError when the days lie outside of the calendar.
    """
    tz = ZoneInfo(zone)
    today = local_day(due, tz)
    try:
        if rule.kind == "fixed":
            return _days(rule.first or today, (rule.last or today) + _DAY, tz)
        if rule.kind == "since last run":
            return _since(previous_due, today, nominal_days, tz)
        if rule.kind == "to date":
            return _to_date(rule, due.astimezone(tz), nominal or today, tz)
        end = unit_start(nominal or today, rule.unit)
        return _days(step(end, rule.unit, -rule.count), end, tz)
    except OverflowError as error:
        raise ValueError(f"the window {rule.phrase} leaves the calendar") from error


def _since(previous_due: datetime | None, today: date, nominal_days: int, tz: ZoneInfo) -> Window:
    start = local_day(previous_due, tz) if previous_due else today - timedelta(days=nominal_days)
    # Two runs on one day would leave no whole day between them: the day before, once more.
    return _days(min(start, today - _DAY), today, tz)


def _to_date(rule: WindowRule, due: datetime, nominal: date, tz: ZoneInfo) -> Window:
    first = unit_start(nominal, rule.unit)
    start = day_start(first, tz)
    end = due if due.date() == nominal else datetime.combine(nominal, due.time(), tz)
    if end.astimezone(UTC) <= start.astimezone(UTC):
        return _days(step(first, rule.unit, -1), first, tz)
    return Window(start, end, tz.key)


def _days(first: date, end: date, tz: ZoneInfo) -> Window:
    """Whole days from `first` up to but not including `end`.

    A zone that moved across the date line left a day out; a window of only that day would be
    empty and is the real day before instead.
    """
    while day_start(first, tz).astimezone(UTC) >= day_start(end, tz).astimezone(UTC):
        first, end = first - _DAY, end - _DAY
    return Window(day_start(first, tz), day_start(end, tz), tz.key)


def _nominal_days(digest: Digest, firing: Firing) -> int:
    tz = ZoneInfo(digest.zone)
    running = replace(digest, paused=False, until=None)
    before = latest_firing(running, firing.due - timedelta(seconds=1))
    if before is None:
        return 1
    return max(1, (local_day(firing.due, tz) - local_day(before.due, tz)).days)
