"""How a window is divided: hours or local days that points stand for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from activity_emulator.query import ReportQuery

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Day:
    """A local day of a window: its midnight on `date_from`'s wall clock, and what of it is in the window.

    `since` and `until` are half-open, naive UTC; the days of a window leave nothing of it out.
    """

    midnight: datetime
    since: datetime
    until: datetime


def days(query: ReportQuery) -> list[Day]:
    """Every local day of the window, in order, the quiet ones too.

    When the clock changes in the window, the last day also takes the hour that `date_from`'s offset would
    put on the day after.
    """
    shift = timedelta(seconds=query.offset_seconds)
    first = (query.since + shift).replace(hour=0, minute=0, second=0, microsecond=0)
    count = max((query.last_day - first).days, 0) + 1
    midnights = [first + number * A_DAY for number in range(count)]
    begins = [query.since, *(min(midnight - shift, query.until) for midnight in midnights[1:])]
    ends = [*begins[1:], query.until]
    return [Day(*spans) for spans in zip(midnights, begins, ends, strict=True)]


def bound(query: ReportQuery, *, hourly: bool) -> dict[str, object]:
    """Parameters `$offset` and `$last_day` of the log's macro `period_start`."""
    return {"offset": query.offset_seconds, "last_day": None if hourly else query.last_day}


def date_range(starts_at: datetime) -> dict[str, str]:
    """A point's period as the document writes it: local, without zone."""
    return {"date_from": starts_at.strftime("%Y-%m-%d %H:%M")}
