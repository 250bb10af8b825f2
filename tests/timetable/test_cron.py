"""Five-field cron and nothing else."""

from datetime import datetime, timedelta
from itertools import islice

import pytest
from cronsim import CronSim

from bot.model import Schedule
from bot.timetable import (
    ScheduleSyntaxError,
    fires_ever,
    fires_twice_a_day,
    firings,
    latest_firing,
    longest_gap,
    schedule_from_cron,
    shortest_gap,
)
from tests.timetable.timetable_digests import digest, utc


@pytest.mark.parametrize(
    ("cron", "reason"),
    [
        ("*/30 0 9 * * *", "has 6 fields"),
        ("0 9 * *", "has 4 fields"),
        ("", "has 0 fields"),
        ("@daily", "is not supported"),
        ("61 * * * *", "the minute"),
        ("0 24 * * *", "the hour"),
        ("0 9 32 * *", "day-of-month"),
        ("0 9 * 13 *", "the month"),
        ("0 9 * * FOO", "day-of-week"),
        ("0 9 * * FRI-MON", "day-of-week"),
        ("0 9 $ * *", "is not a cron field"),
        ("0 9 ١ * *", "is not a cron field"),
        (f"{'9' * 150} 9 * * *", "the minute"),
        ("0 9 31 2 *", "never comes round"),
        ("0 9 30,31 2 *", "never comes round"),
        ("0 9 31 4,6,9,11 *", "never comes round"),
        ("0,1 " * 100, "too long"),
    ],
)
def test_cron_needs_five_valid_fields(cron: str, reason: str) -> None:
    with pytest.raises(ScheduleSyntaxError, match=reason):
        schedule_from_cron(cron)


def test_cronsim_takes_a_sixth_field_as_seconds() -> None:
    every_second = CronSim("* 0 9 * * *", datetime(2026, 1, 1))
    first, second = islice(every_second, 2)
    assert (second - first).total_seconds() == 1


def test_cron_firings() -> None:
    fired = firings(digest(cron="0 9 * * MON", zone="UTC"), utc("2026-01-01T00:00"))
    assert next(fired).due == utc("2026-01-05T09:00")


@pytest.mark.parametrize("cron", ["0 9 31 2 *", "0 9 30 2 *", "rubbish"])
def test_schedule_that_never_fires_ends(cron: str) -> None:
    never = digest("every day at 09:00")
    object.__setattr__(never, "schedule", Schedule(cron, (cron,)))
    assert list(firings(never, utc("2026-01-01T00:00"))) == []
    assert latest_firing(never, utc("2026-01-01T00:00")) is None
    assert not fires_ever(never)


@pytest.mark.parametrize(
    ("cron", "minutes"),
    [
        ("*/4 * * * *", 4),
        ("*/5 * * * *", 5),
        ("0,58 9,10 * * *", 2),
        ("59,0 0,23 10,11 * *", 1),
        ("0 9 1 1 *", None),
    ],
)
def test_shortest_gap(cron: str, minutes: int | None) -> None:
    gap = shortest_gap(schedule_from_cron(cron))
    assert (gap and gap.total_seconds() / 60) == minutes


@pytest.mark.parametrize(
    ("cron", "days"),
    [
        ("0 9 * * *", 1),
        ("0 9 * * MON", 7),
        ("0 9 1 * *", 31),
        ("0 9 1 1 *", 366),
        ("0 9 1-12 1 *", 355),
        ("0 9 29 2 *", 8 * 365 + 1),
    ],
)
def test_longest_gap_over_leap_years(cron: str, days: int) -> None:
    assert longest_gap(schedule_from_cron(cron)) == timedelta(days=days)


def test_fires_twice_a_day() -> None:
    assert fires_twice_a_day(schedule_from_cron("0 9,17 * * *"))
    assert not fires_twice_a_day(schedule_from_cron("0 9 * * *"))
