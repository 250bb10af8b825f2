"""Windows and filters of the requests to the generated log."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.activity_emulator import reference
from tests.activity_emulator.reference import Raw

Window = tuple[str, str]
Wanted = dict[str, list[Any]]

LAST_WEEK = ("2026-11-16T00:00:00+11:00", "2026-11-22T23:59:59+11:00")
APRIL_2018 = ("2018-04-01T00:00:00+11:00", "2018-04-30T23:59:59+11:00")
# The clock goes forward on 4 October 2026: seven local days that are 167 hours.
CLOCK_CHANGE = ("2026-09-28T00:00:00+10:00", "2026-10-04T23:59:59+11:00")
# The clock goes back on 5 April 2026: the last hour is, in the start's offset, on the day after.
CLOCK_BACK = ("2026-04-01T00:00:00+11:00", "2026-04-05T23:59:59+10:00")
THREE_DAYS = ("2026-11-17T00:00:00+11:00", "2026-11-19T23:59:59+11:00")
RUNNING = ("2026-11-20T00:00:00+11:00", "2026-11-30T00:00:00+11:00")
WINDOWS = [LAST_WEEK, APRIL_2018, CLOCK_CHANGE, CLOCK_BACK, THREE_DAYS, RUNNING]
FILTERS: list[Wanted] = [
    {},
    {"groups": [123]},
    {"groups": ["456", 789]},
    {"users": [123, "789"]},
    {"groups": [123], "users": [123, 2071]},
]

windows = pytest.mark.parametrize("window", WINDOWS, ids=lambda window: window[0][:10])
filters = pytest.mark.parametrize("wanted", FILTERS, ids=str)


def body(window: Window, wanted: Wanted) -> dict[str, Any]:
    return {"date_from": window[0], "date_to": window[1], **wanted}


def ends(window: Window) -> tuple[datetime, datetime]:
    """Return both ends, aware; the second one is an inclusive second."""
    first, last = (datetime.fromisoformat(end) for end in window)
    return first, last


def bounds(window: Window) -> tuple[datetime, datetime]:
    """Return the window half-open, naive UTC."""
    first, last = ends(window)
    return reference.utc(first), reference.utc(last) + timedelta(seconds=1)


def agents_of(raw: Raw, wanted: Wanted) -> set[int] | None:
    """Return the agents of a filter, from the raw memberships; None without a filter."""
    if not wanted:
        return None
    agents = {row[0] for row in raw["users"]}
    if "users" in wanted:
        agents &= {int(user) for user in wanted["users"]}
    if "groups" in wanted:
        groups = {int(group) for group in wanted["groups"]}
        agents &= {user for user, group in raw["memberships"] if group in groups}
    return agents
