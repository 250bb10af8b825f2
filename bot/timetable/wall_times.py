"""A schedule's times on the wall clock: naive, local, ascending, before any holiday or clock change."""

import heapq
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import count, islice, pairwise

from bot.model import Holidays, Schedule
from bot.timetable.cron import cron_times, runs_every_hour
from bot.timetable.holidays import business_day_of_month

_FIRST_ISO_WEEK = date(1970, 1, 5)
_LAST_YEAR = 9900
# A fixed day makes the answer the same at every run: a leap year's beginning, on a Monday.
PROBE = datetime(2024, 1, 1)
_SAMPLE_SPAN = timedelta(days=40)
_SAMPLE_SIZE = 600
_LONGEST_GAP_SAMPLE_SIZE = 400


def wall_times(schedule: Schedule, holidays: Holidays, start: datetime) -> Iterator[tuple[datetime, bool]]:
    """Yield naive local times strictly after `start`, and whether a repeated hour counts twice.

    `holidays` matter to business-day schedules only. Ends when the schedule never fires.
    """
    if schedule.business_day:
        yield from ((moment, False) for moment in _business_days(schedule, holidays, start))
        return
    streams = (_of_cron(cron, start) for cron in schedule.crons)
    for moment, each_repeat in heapq.merge(*streams):
        if schedule.every_weeks == 1 or _is_scheduled_week(schedule, moment.date()):
            yield moment, each_repeat


def _of_cron(cron: str, start: datetime) -> Iterator[tuple[datetime, bool]]:
    return ((moment, runs_every_hour(cron)) for moment in cron_times(cron, start))


def _is_scheduled_week(schedule: Schedule, day: date) -> bool:
    anchor = schedule.anchor or _FIRST_ISO_WEEK
    return (_monday(day) - _monday(anchor)).days // 7 % schedule.every_weeks == 0


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _business_days(schedule: Schedule, holidays: Holidays, start: datetime) -> Iterator[datetime]:
    for month in count(start.year * 12 + start.month - 1):
        if month >= _LAST_YEAR * 12:
            return
        day = business_day_of_month(month // 12, month % 12 + 1, schedule.business_day or "first", holidays)
        moment = datetime.combine(day, schedule.at or time())
        if moment > start:
            yield moment


def shortest_gap(schedule: Schedule) -> timedelta | None:
    """Return the shortest time between two firings within 40 days, or None with fewer than two."""
    return min((later - earlier for earlier, later in pairwise(_sample(schedule))), default=None)


@lru_cache(maxsize=1024)
def longest_gap(schedule: Schedule) -> timedelta | None:
    """Return the longest time between two of the next 400 firings, or None with fewer than two.

    A schedule that leaves a year out does so soon: 29 February, or the fifth Monday of a February.
    """
    times = islice(wall_times(schedule, Holidays(), PROBE), _LONGEST_GAP_SAMPLE_SIZE)
    return max((later - earlier for (earlier, _), (later, _) in pairwise(times)), default=None)


def fires_twice_a_day(schedule: Schedule) -> bool:
    """Return whether two firings fall on one local day."""
    return any(earlier.date() == later.date() for earlier, later in pairwise(_sample(schedule)))


def _sample(schedule: Schedule) -> Iterator[datetime]:
    times = islice(wall_times(schedule, Holidays(), PROBE), _SAMPLE_SIZE)
    first: datetime | None = None
    for moment, _ in times:
        first = first or moment
        if moment - first > _SAMPLE_SPAN:
            return
        yield moment
