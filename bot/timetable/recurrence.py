"""A schedule's times: cron expressions, naive times on the wall clock, and the instants they happen at.

CronSim understands more than we promise (a sixth field for seconds), so the shape is checked first. Cron
gives times on the plain calendar; `instants` places them in a zone, where an hour is missing in spring and
repeats in autumn.
"""

import heapq
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import count, islice, pairwise, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from bot.errors import UsageError
from bot.model import Holidays, Schedule
from bot.timetable.holidays import business_day_of_month

_MAX_LENGTH = 200
_FIELD = re.compile(r"[0-9A-Za-z*,/#-]+")
_EXAMPLE = 'write, for example, {cron: "0 9 * * MON"}, which is every Monday at 09:00'
# A fixed day makes the answer the same at every run: a leap year's beginning, on a Monday.
PROBE = datetime(2024, 1, 1)
_LAST_YEAR = 9900


class ScheduleSyntaxError(ValueError):
    """A schedule that cannot be read; the message says what to write instead."""


def schedule_from_cron(expression: str) -> Schedule:
    """Return the schedule of a five-field cron expression (minute hour day month weekday).

    Raise ScheduleSyntaxError for anything else: six fields, `@daily`, values out of range,
    or days that no month has (30 February).
    """
    fields = expression.split()
    _refuse_wrong_shape(expression, fields)
    tidy = " ".join(fields).upper()
    try:
        CronSim(tidy, PROBE)
    except (CronSimError, ValueError, TypeError, AssertionError) as error:
        raise ScheduleSyntaxError(_complaint(tidy, error)) from None
    return Schedule(phrase=f"cron {tidy}", crons=(tidy,))


def _refuse_wrong_shape(expression: str, fields: list[str]) -> None:
    stripped = expression.strip()
    if len(expression) > _MAX_LENGTH:
        raise ScheduleSyntaxError(
            f"a cron expression of {len(expression)} characters is too long; {_EXAMPLE}"
        )
    if stripped.startswith("@"):
        raise ScheduleSyntaxError(f'"{stripped}" is not supported, only five fields are; {_EXAMPLE}')
    if len(fields) != 5:
        raise ScheduleSyntaxError(
            f'"{expression}" has {len(fields)} fields, but cron has five: '
            f"minute, hour, day of month, month, weekday (no seconds); {_EXAMPLE}"
        )
    for field in fields:
        if not _FIELD.fullmatch(field):
            raise ScheduleSyntaxError(f'"{field}" in "{expression}" is not a cron field; {_EXAMPLE}')


def _complaint(expression: str, error: Exception) -> str:
    if _is_impossible_day(expression):
        return f'"{expression}" never comes round: none of its months has that day; {_EXAMPLE}'
    part = str(error).removeprefix("Bad ") if str(error).startswith("Bad ") else "a field"
    return f'the {part} in "{expression}" cannot be read; {_EXAMPLE}'


def _is_impossible_day(expression: str) -> bool:
    minute, hour, day, month, weekday = expression.split()
    try:
        CronSim(f"{minute} {hour} {day} * {weekday}", PROBE)
        CronSim(f"{minute} {hour} * {month} {weekday}", PROBE)
    except (CronSimError, ValueError, TypeError, AssertionError):
        return False
    return True


def cron_times(expression: str, start: datetime) -> Iterator[datetime]:
    """Yield wall-clock times (naive, local) strictly after `start`, ascending; end if there are none.

    CronSim gives up after 50 years without a match, so this never loops for ever.
    """
    try:
        yield from takewhile(lambda moment: moment.year <= _LAST_YEAR, CronSim(expression, start))
    except (CronSimError, OverflowError, ValueError):
        return


@lru_cache(maxsize=4096)
def runs_every_hour(expression: str) -> bool:
    """Return whether it is an interval ('each hour') rather than named times of the day."""
    return len(CronSim(expression, PROBE).hours) == 24


_FIRST_ISO_WEEK = date(1970, 1, 5)
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


FIRST_YEAR, LAST_YEAR = 2000, 2100
_MINUTE = timedelta(minutes=1)


def instants(local: datetime, zone: ZoneInfo, *, each_repeat: bool = False) -> tuple[datetime, ...]:
    """Return when the naive wall-clock time `local` happens in `zone`, as UTC.

    A time inside a spring gap happens at the next valid time. A time that comes twice in
    autumn counts once (the first), or each time with `each_repeat`.
    """
    first = _valid(local, zone).astimezone(UTC)
    if not each_repeat:
        return (first,)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return (first, second) if second > first else (first,)


def _valid(local: datetime, zone: ZoneInfo) -> datetime:
    moment = local.replace(tzinfo=zone, fold=0)
    while not _exists(moment):
        local += _MINUTE
        moment = local.replace(tzinfo=zone, fold=0)
    return moment


def _exists(moment: datetime) -> bool:
    back = moment.astimezone(UTC).astimezone(moment.tzinfo)
    return back.replace(tzinfo=None) == moment.replace(tzinfo=None)


def repeated_span(local: datetime, zone: ZoneInfo) -> timedelta:
    """Return how much of the clock around `local` runs twice in autumn; zero at any other time."""
    first, second = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return max((first or timedelta()) - (second or timedelta()), timedelta())


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Return local midnight of `day`, aware; where midnight is skipped, the instant of the change."""
    return datetime.combine(day, time(), zone)


def is_real_day(day: date, zone: ZoneInfo) -> bool:
    """Return whether any moment of `day` exists (Pacific/Apia had no 30 December 2011)."""
    tomorrow = day_start(day + timedelta(days=1), zone)
    return day_start(day, zone).astimezone(UTC) < tomorrow.astimezone(UTC)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the calendar day in `zone` of an aware instant."""
    return moment.astimezone(zone).date()


def parse_instant(text: str, zone: str) -> datetime:
    """Return an ISO 8601 instant as UTC, in `zone` where it has no offset. Raise UsageError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a moment. Write it as 2018-05-07T09:00.") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise UsageError(f"{text!r} is not a moment between {FIRST_YEAR} and {LAST_YEAR}.")
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
