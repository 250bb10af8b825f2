"""Schedule phrases, and the suggestion for a mistyped one."""

from datetime import time

import pytest

from bot.timetable import ScheduleSyntaxError, firings, parse_schedule
from tests.timetable.timetable_digests import digest, utc

PHRASES = [
    ("every day at 08:30", ["2026-01-01 08:30", "2026-01-02 08:30", "2026-01-03 08:30"]),
    ("weekdays at 09:00", ["2026-01-01 09:00", "2026-01-02 09:00", "2026-01-05 09:00"]),
    ("every monday at 09:00", ["2026-01-05 09:00", "2026-01-12 09:00", "2026-01-19 09:00"]),
    ("monday, thursday at 09:00", ["2026-01-01 09:00", "2026-01-05 09:00", "2026-01-08 09:00"]),
    ("every monday and sunday at 09:00", ["2026-01-04 09:00", "2026-01-05 09:00", "2026-01-11 09:00"]),
    ("every 2 weeks on monday at 09:00", ["2026-01-05 09:00", "2026-01-19 09:00", "2026-02-02 09:00"]),
    ("monthly on the 1st at 08:00", ["2026-01-01 08:00", "2026-02-01 08:00", "2026-03-01 08:00"]),
    ("monthly on the 31st at 08:00", ["2026-01-31 08:00", "2026-02-28 08:00", "2026-03-31 08:00"]),
    ("monthly on the 30th at 08:00", ["2026-01-30 08:00", "2026-02-28 08:00", "2026-03-30 08:00"]),
    ("monthly on the 29th at 08:00", ["2026-01-29 08:00", "2026-02-28 08:00", "2026-03-29 08:00"]),
    ("last day of the month at 17:00", ["2026-01-31 17:00", "2026-02-28 17:00", "2026-03-31 17:00"]),
    ("second tuesday of the month at 10:00", ["2026-01-13 10:00", "2026-02-10 10:00", "2026-03-10 10:00"]),
    ("fourth sunday of the month at 10:00", ["2026-01-25 10:00", "2026-02-22 10:00", "2026-03-22 10:00"]),
    ("last friday of the month at 10:00", ["2026-01-30 10:00", "2026-02-27 10:00", "2026-03-27 10:00"]),
    (
        "first business day of the month at 08:00",
        ["2026-01-01 08:00", "2026-02-02 08:00", "2026-03-02 08:00"],
    ),
    ("last business day of the month at 08:00", ["2026-01-30 08:00", "2026-02-27 08:00", "2026-03-31 08:00"]),
]


@pytest.mark.parametrize(("phrase", "expected"), PHRASES)
def test_schedule_phrases_fire_as_written(phrase: str, expected: list[str]) -> None:
    fired = firings(digest(phrase, zone="UTC"), utc("2025-12-31T23:59"))
    assert [f"{next(fired).due:%Y-%m-%d %H:%M}" for _ in expected] == expected


def test_case_and_spaces_are_ignored() -> None:
    assert parse_schedule("  Every  MONDAY at 9:05 ") == parse_schedule("every monday at 9:05")


def test_business_day_schedule_has_time() -> None:
    schedule = parse_schedule("last business day of the month at 16:45")
    assert (schedule.crons, schedule.business_day, schedule.at) == ((), "last", time(16, 45))


@pytest.mark.parametrize(
    ("phrase", "nearest"),
    [
        ("every mondy at 09:00", '"every monday at 09:00"'),
        ("every monday", '"every monday at 09:00"'),
        ("every friday at 4pm", '"every friday at 16:00"'),
        ("daily at 07:15", '"every day at 07:15"'),
        ("weekday at 08:00", '"weekdays at 08:00"'),
        ("first working day of the month at 10:00", '"first business day of the month at 10:00"'),
        ("every 0 weeks on monday at 09:00", '"every 2 weeks on monday at 09:00"'),
        ("monthly on the 32nd at 09:00", '"monthly on the'),
        ("monthly on the 0th at 09:00", '"monthly on the'),
        ("weekdays at 24:00", '"weekdays at 09:00"'),
        ("", '"every monday at 09:00"'),
        (" at ", '"every monday at 09:00"'),
        ("at 09:00", '"every monday at 09:00"'),
        ("x" * 100_000, '"every monday at 09:00"'),
    ],
)
def test_mistyped_schedule_suggests_nearest(phrase: str, nearest: str) -> None:
    with pytest.raises(ScheduleSyntaxError) as caught:
        parse_schedule(phrase)
    assert nearest in str(caught.value)


@pytest.mark.parametrize("phrase", [phrase for phrase, _ in PHRASES])
def test_suggestions_are_valid(phrase: str) -> None:
    with pytest.raises(ScheduleSyntaxError) as caught:
        parse_schedule(phrase.replace("a", "q"))
    parse_schedule(str(caught.value).split('"')[-2])
