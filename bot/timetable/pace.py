"""How often a schedule fires: what `check` refuses as never or too often."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise

from bot.model import Digest, Holidays, Schedule
from bot.timetable.firings import next_firing
from bot.timetable.wall_times import wall_times

# A fixed day makes the answer the same at every run: a leap year's beginning, on a Monday.
_PROBE = datetime(2024, 1, 1)
_PROBE_DAYS = timedelta(days=40)
_PROBE_FIRINGS = 600
_GAPS_LOOKED_AT = 400


def fires_ever(digest: Digest) -> bool:
    """Whether a digest would fire within 50 years, its `paused` and `until` left aside."""
    running = replace(digest, paused=False, until=None)
    return next_firing(running, _PROBE.replace(tzinfo=UTC)) is not None


def shortest_gap(schedule: Schedule) -> timedelta | None:
    """The shortest time on the wall clock between two firings within 40 days, None with fewer than two."""
    return min((later - earlier for earlier, later in pairwise(_sample(schedule))), default=None)


@lru_cache(maxsize=1024)
def longest_gap(schedule: Schedule) -> timedelta | None:
    """The longest time on the wall clock between two of the next 400 firings, None with fewer than two.

    A schedule that leaves a year out does so soon: 29 February, or the fifth Monday of a February.
    """
    moments = (moment for moment, _ in islice(wall_times(schedule, Holidays(), _PROBE), _GAPS_LOOKED_AT))
    return max((later - earlier for earlier, later in pairwise(moments)), default=None)


def fires_twice_a_day(schedule: Schedule) -> bool:
    """Whether two firings fall on one local day."""
    return any(earlier.date() == later.date() for earlier, later in pairwise(_sample(schedule)))


def _sample(schedule: Schedule) -> Iterator[datetime]:
    first: datetime | None = None
    for moment, _ in islice(wall_times(schedule, Holidays(), _PROBE), _PROBE_FIRINGS):
        first = first or moment
        if moment - first > _PROBE_DAYS:
            return
        yield moment
