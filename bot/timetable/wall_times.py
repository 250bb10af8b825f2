"""A schedule's times on the wall clock: naive, local, ascending, before any holiday or clock change."""

import heapq
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count

from bot.model import Holidays, Schedule
from bot.timetable.business_days import business_day_of_month
from bot.timetable.cron import cron_times, runs_every_hour

_ISO_WEEKS_START = date(1970, 1, 5)
_LAST_YEAR = 9900


def wall_times(schedule: Schedule, holidays: Holidays, start: datetime) -> Iterator[tuple[datetime, bool]]:
    """Naive local times strictly after `start`, and whether a repeated hour counts twice.

    `holidays` matter to business-day schedules only. Ends when the schedule never fires.
    """
    if schedule.business_day:
        yield from ((moment, False) for moment in _business_days(schedule, holidays, start))
        return
    streams = (_of_one_cron(cron, start) for cron in schedule.crons)
    for moment, each_repeat in heapq.merge(*streams):
        if schedule.every_weeks == 1 or _is_wanted_week(schedule, moment.date()):
            yield moment, each_repeat


def _of_one_cron(cron: str, start: datetime) -> Iterator[tuple[datetime, bool]]:
    for moment in cron_times(cron, start):
        yield moment, runs_every_hour(cron)


def _is_wanted_week(schedule: Schedule, day: date) -> bool:
    anchor = schedule.anchor or _ISO_WEEKS_START
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
