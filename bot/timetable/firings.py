"""The firings of a digest: every scheduled moment, with holidays and clock changes.

Rules: a named time of day fires exactly once on each day that it is meant for; a time inside
a spring gap fires at the next valid time; a time that comes twice in autumn fires the first
time. 'Each hour' is an interval and fires in both of the repeated hours.
"""

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.model import Digest, OnHoliday
from bot.timetable.holidays import closure_start, is_holiday, next_business_day
from bot.timetable.recurrence import PROBE, instants, is_real_day, local_day, repeated_span, wall_times

_MAX_SEARCH = timedelta(days=50 * 366)
_LOOK_BACK_DAYS = (1, 8, 64, 512, 20_000)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Firing:
    """One scheduled moment: `due` is the instant (UTC), `nominal` the local day it stands for.

    They differ in day only when a holiday or a missing day moved the firing on.
    """

    due: datetime
    nominal: date


def firings(digest: Digest, after: datetime, until: datetime | None = None) -> Iterator[Firing]:
    """Yield firings strictly after `after` and not after `until` (aware), ascending, computed lazily.

    A paused digest has none, nor has one after its `until` day. Ends also when the schedule
    does not fire for 50 years (29 February on a skipped holiday, say), so that it never hangs.
    """
    if digest.paused:
        return
    zone, last = ZoneInfo(digest.zone), after
    for firing in _ascending(digest, after, until, zone):
        if until is not None and firing.due > until:
            return
        if digest.until is not None and local_day(firing.due, zone) > digest.until:
            return
        if firing.due > last:
            last = firing.due
            yield firing


def next_firing(digest: Digest, now: datetime) -> Firing | None:
    """Return the first firing strictly after `now` (aware), or None."""
    return next(firings(digest, now), None)


def latest_firing(digest: Digest, now: datetime) -> Firing | None:
    """Return the latest firing not after `now` (aware), or None when there was none in 50 years."""
    for days in _LOOK_BACK_DAYS:
        latest = deque(firings(digest, now - timedelta(days=days), now), maxlen=1)
        if latest:
            return latest[0]
    return None


def fires_ever(digest: Digest) -> bool:
    """Return whether a digest would fire within 50 years, were it neither `paused` nor ended by `until`."""
    running = replace(digest, paused=False, until=None)
    return next_firing(running, PROBE.replace(tzinfo=UTC)) is not None


def firing_at(digest: Digest, due: datetime) -> Firing:
    """Return the scheduled firing at exactly `due` (aware), else a new one on its own local day."""
    scheduled = next(firings(digest, due - _SECOND, due), None)
    if scheduled and scheduled.due == due:
        return scheduled
    return Firing(due.astimezone(UTC), local_day(due, ZoneInfo(digest.zone)))


def _ascending(digest: Digest, after: datetime, until: datetime | None, zone: ZoneInfo) -> Iterator[Firing]:
    """Yield all firings from about `after` on, by due. Shifted ones wait until nothing earlier can come."""
    waiting: list[Firing] = []
    horizon = until or after + _MAX_SEARCH
    start = _search_start(digest, after, zone)
    for local, each_repeat in wall_times(digest.schedule, digest.holidays, start):
        earliest = instants(local, zone)[0]
        while waiting and waiting[0].due < earliest:
            horizon = until or waiting[0].due + _MAX_SEARCH
            yield _take_latest_nominal(waiting)
        if earliest > horizon:
            break
        for firing in _placed(digest, local, zone, each_repeat):
            heapq.heappush(waiting, firing)
    while waiting:
        yield _take_latest_nominal(waiting)


def _take_latest_nominal(waiting: list[Firing]) -> Firing:
    """Take the next firing; where a shifted one meets a regular one at the same instant, the regular one."""
    firing = heapq.heappop(waiting)
    while waiting and waiting[0].due == firing.due:
        firing = heapq.heappop(waiting)
    return firing


def _search_start(digest: Digest, after: datetime, zone: ZoneInfo) -> datetime:
    local = after.astimezone(zone).replace(tzinfo=None, fold=0)
    if digest.on_holiday is not OnHoliday.NEXT_BUSINESS_DAY:
        return local - repeated_span(local, zone)
    # A firing of a closed day before `after` may have been moved to after it.
    return datetime.combine(closure_start(local.date(), digest.holidays), time()) - _SECOND


def _placed(digest: Digest, local: datetime, zone: ZoneInfo, each_repeat: bool) -> Iterator[Firing]:
    nominal = local.date()
    if digest.on_holiday is not OnHoliday.SEND and is_holiday(nominal, digest.holidays):
        if digest.on_holiday is OnHoliday.SKIP:
            return
        local = datetime.combine(next_business_day(nominal, digest.holidays), local.time())
    if not is_real_day(local.date(), zone) and _fires_on_next_day(digest, local, zone):
        return
    for due in instants(local, zone, each_repeat=each_repeat):
        yield Firing(due, nominal)


def _fires_on_next_day(digest: Digest, local: datetime, zone: ZoneInfo) -> bool:
    """Return whether the day after one that a zone left out (a date line move) fires by itself."""
    arrives = local_day(instants(local, zone)[0], zone)
    midnight = datetime.combine(arrives, time())
    following = next(wall_times(digest.schedule, digest.holidays, midnight - _SECOND), None)
    return following is not None and following[0].date() == arrives
