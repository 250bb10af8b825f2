"""The hours or local days that the points of a report cover."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from activity_emulator.query import ReportQuery

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Day:
    """A local day of a window: its midnight on `date_from`'s wall clock, and its part of the window.

    `since` and `until` are half-open, naive UTC; the days of a window cover all of it.
    """

    midnight: datetime
    since: datetime
    until: datetime


def days(query: ReportQuery) -> list[Day]:
    """Return every local day of the window, in order, days without events too.

    When the clock changes in the window, the last day also takes the hour that `date_from`'s offset would
    put on the next day.
    """
    shift = timedelta(seconds=query.offset_seconds)
    first = (query.since + shift).replace(hour=0, minute=0, second=0, microsecond=0)
    count = max((query.last_day - first).days, 0) + 1
    midnights = [first + number * A_DAY for number in range(count)]
    begins = [query.since, *(min(midnight - shift, query.until) for midnight in midnights[1:])]
    ends = [*begins[1:], query.until]
    return [Day(*spans) for spans in zip(midnights, begins, ends, strict=True)]


def bound(query: ReportQuery, *, hourly: bool) -> dict[str, object]:
    """Return the parameters `$offset` and `$last_day` of the log's macro `period_start`."""
    return {"offset": query.offset_seconds, "last_day": None if hourly else query.last_day}


def date_range(starts_at: datetime) -> dict[str, str]:
    """Return a point's period as the document writes it: local, without zone."""
    return {"date_from": starts_at.strftime("%Y-%m-%d %H:%M")}
