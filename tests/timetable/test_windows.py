"""Windows: complete calendar units, tiles without gap or overlap, and what they are compared with."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Compare, Holidays, OnHoliday, Window
from bot.timetable import (
    Firing,
    WindowSyntaxError,
    compared_window,
    firing_at,
    firings,
    fixed_window,
    parse_window,
    window_for,
    window_of,
)
from tests.timetable.timetable_digests import digest, local, utc

SYDNEY = "Australia/Sydney"
ZONES = ["Australia/Sydney", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia"]


def _text(window: Window) -> str:
    return f"{window.start:%Y-%m-%d %H:%M} {window.end:%Y-%m-%d %H:%M}"


WINDOWS = [
    ("yesterday", "2026-07-01T09:00", "2026-06-30 00:00 2026-07-01 00:00"),
    ("last week", "2026-07-01T09:00", "2026-06-22 00:00 2026-06-29 00:00"),
    ("last week", "2026-06-29T00:00", "2026-06-22 00:00 2026-06-29 00:00"),
    ("last month", "2026-03-31T09:00", "2026-02-01 00:00 2026-03-01 00:00"),
    ("last month", "2026-01-01T00:00", "2025-12-01 00:00 2026-01-01 00:00"),
    ("last quarter", "2026-02-10T09:00", "2025-10-01 00:00 2026-01-01 00:00"),
    ("last 7 days", "2026-07-01T09:00", "2026-06-24 00:00 2026-07-01 00:00"),
    ("last 2 weeks", "2026-07-01T09:00", "2026-06-15 00:00 2026-06-29 00:00"),
    ("last 12 months", "2026-07-01T09:00", "2025-07-01 00:00 2026-07-01 00:00"),
    ("week to date", "2026-07-01T09:30", "2026-06-29 00:00 2026-07-01 09:30"),
    ("week to date", "2026-06-29T00:00", "2026-06-22 00:00 2026-06-29 00:00"),
    ("month to date", "2026-07-15T09:00", "2026-07-01 00:00 2026-07-15 09:00"),
    ("month to date", "2026-07-01T00:00", "2026-06-01 00:00 2026-07-01 00:00"),
    ("since last run", "2026-07-01T09:00", "2026-06-30 00:00 2026-07-01 00:00"),
]


@pytest.mark.parametrize(("phrase", "due", "expected"), WINDOWS)
def test_window_phrases(phrase: str, due: str, expected: str) -> None:
    assert _text(window_of(parse_window(phrase), SYDNEY, local(due))) == expected


def test_window_rule() -> None:
    rule = parse_window("yesterday")
    assert (rule.kind, rule.count, rule.unit) == ("last", 1, "day")
    rule = parse_window("Month  to date")
    assert (rule.phrase, rule.kind, rule.unit) == ("month to date", "to date", "month")


def test_fixed_window_is_inclusive() -> None:
    rule = fixed_window(date(2026, 1, 1), date(2026, 1, 31))
    assert _text(window_of(rule, SYDNEY, local("2026-07-01T09:00"))) == "2026-01-01 00:00 2026-02-01 00:00"
    window = window_of(fixed_window(date(2026, 1, 1), date(2026, 1, 1)), SYDNEY, local("2026-07-01T09:00"))
    assert window.days == (date(2026, 1, 1),)


def test_fixed_window_backwards_is_refused() -> None:
    with pytest.raises(WindowSyntaxError, match="backwards"):
        fixed_window(date(2026, 1, 2), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("phrase", "nearest"),
    [("last weak", "last week"), ("last 0 days", "last 7 days"), ("last 30 dayz", "last 30 days"), ("", "last week"),
     ("x" * 9999, "last week"), ("year to date", "week to date")],
)  # fmt: skip
def test_mistyped_window_suggests_nearest(phrase: str, nearest: str) -> None:
    with pytest.raises(WindowSyntaxError, match=f'"{nearest}"'):
        parse_window(phrase)


def test_week_length_over_clock_change() -> None:
    shorter = window_of(parse_window("last week"), "America/New_York", utc("2026-03-09T14:00"))
    assert shorter.seconds == 167 * 3600
    longer = window_of(parse_window("last week"), "America/New_York", utc("2026-11-02T14:00"))
    assert longer.seconds == 169 * 3600


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from([
        ("every day at 02:30", "yesterday"),
        ("every monday at 00:00", "last week"),
        ("monthly on the 1st at 00:30", "last month"),
        ("weekdays at 09:00", "since last run"),
        ("monthly on the 31st at 23:30", "since last run"),
    ]),
    st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1)),
)  # fmt: skip
def test_windows_tile(zone: str, what: tuple[str, str], start: datetime) -> None:
    phrase, window = what
    watched = digest(phrase, window=window, zone=zone)
    previous: Firing | None = None
    windows = []
    for firing in islice(firings(watched, start.replace(tzinfo=UTC)), 12):
        windows.append(window_for(watched, firing, previous_due=previous.due if previous else None))
        previous = firing
    for earlier, later in pairwise(windows):
        assert earlier.end.astimezone(UTC) == later.start.astimezone(UTC)


def test_daily_windows_tile_over_missing_day() -> None:
    watched = digest("every day at 09:00", zone="Pacific/Apia")
    fired = firings(watched, utc("2011-12-28T00:00"), utc("2012-01-02T00:00"))
    windows = [window_for(watched, firing) for firing in fired]
    assert [window.first_day.day for window in windows] == [27, 28, 29, 31, 1]
    for earlier, later in pairwise(windows):
        assert earlier.end.astimezone(UTC) == later.start.astimezone(UTC)


def test_moved_firing_keeps_nominal_window() -> None:
    monthly = digest("last day of the month at 09:00", window="month to date",
                     holidays=Holidays(dates=(date(2026, 4, 30),)), on_holiday=OnHoliday.NEXT_BUSINESS_DAY)  # fmt: skip
    firing = firing_at(monthly, local("2026-05-01T09:00"))
    assert firing.nominal == date(2026, 4, 30)
    assert _text(window_for(monthly, firing)) == "2026-04-01 00:00 2026-04-30 09:00"
    weekly = digest("every monday at 09:00", window="yesterday", holidays=Holidays("AU-NSW"),
                    on_holiday=OnHoliday.NEXT_BUSINESS_DAY)  # fmt: skip
    moved = firing_at(weekly, local("2026-04-07T09:00"))
    assert _text(window_for(weekly, moved)) == "2026-04-05 00:00 2026-04-06 00:00"


def test_window_follows_due_in_zone() -> None:
    due = utc("2026-06-30T23:00")  # already 1 July in Sydney, still 30 June in New York
    assert window_of(parse_window("last month"), SYDNEY, due).first_day == date(2026, 6, 1)
    assert window_of(parse_window("last month"), "America/New_York", due).first_day == date(2026, 5, 1)


@pytest.mark.parametrize(
    ("phrase", "due", "days"),
    [("every monday at 09:00", "2026-01-05T09:00", 7), ("weekdays at 09:00", "2026-01-05T09:00", 3),
     ("monthly on the 1st at 09:00", "2026-03-01T09:00", 28), ("every day at 09:00", "2026-03-01T09:00", 1)],
)  # fmt: skip
def test_first_run_covers_nominal_period(phrase: str, due: str, days: int) -> None:
    watched = digest(phrase, window="since last run", paused=True)
    window = window_for(watched, Firing(local(due).astimezone(UTC), local(due).date()))
    assert len(window.days) == days
    assert window.end == local(due).replace(hour=0)


def test_two_runs_on_one_day_have_whole_day() -> None:
    watched = digest("every day at 09:00", window="since last run")
    firing = firing_at(watched, local("2026-01-05T17:00"))
    window = window_for(watched, firing, previous_due=local("2026-01-05T09:00"))
    assert window.days == (date(2026, 1, 4),)


PREVIOUS = [
    ("yesterday", "2026-07-01T09:00", "2026-06-29 00:00 2026-06-30 00:00"),
    ("last week", "2026-07-01T09:00", "2026-06-15 00:00 2026-06-22 00:00"),
    ("last month", "2026-04-15T09:00", "2026-02-01 00:00 2026-03-01 00:00"),
    ("last quarter", "2026-02-10T09:00", "2025-07-01 00:00 2025-10-01 00:00"),
    ("last 3 months", "2026-04-15T09:00", "2025-10-01 00:00 2026-01-01 00:00"),
    ("last 10 days", "2026-04-15T09:00", "2026-03-26 00:00 2026-04-05 00:00"),
    ("week to date", "2026-07-01T09:30", "2026-06-22 00:00 2026-06-24 09:30"),
    ("month to date", "2026-03-31T17:00", "2026-02-01 00:00 2026-03-01 00:00"),
    ("month to date", "2026-03-01T00:00", "2026-01-01 00:00 2026-02-01 00:00"),
    ("month to date", "2026-03-10T17:00", "2026-02-01 00:00 2026-02-10 17:00"),
    ("since last run", "2026-07-01T09:00", "2026-06-29 00:00 2026-06-30 00:00"),
]
LAST_YEAR = [
    ("yesterday", "2026-07-01T09:00", "2025-07-01 00:00 2025-07-02 00:00"),
    ("last week", "2026-07-01T09:00", "2025-06-23 00:00 2025-06-30 00:00"),
    ("last month", "2024-03-15T09:00", "2023-02-01 00:00 2023-03-01 00:00"),
    ("last quarter", "2026-02-10T09:00", "2024-10-01 00:00 2025-01-01 00:00"),
    ("week to date", "2026-07-01T09:30", "2025-06-30 00:00 2025-07-02 09:30"),
    ("month to date", "2024-02-29T17:00", "2023-02-01 00:00 2023-03-01 00:00"),
    ("month to date", "2024-02-28T17:00", "2023-02-01 00:00 2023-02-28 17:00"),
]


@pytest.mark.parametrize(
    ("compare", "phrase", "due", "expected"),
    [(Compare.PREVIOUS, *row) for row in PREVIOUS] + [(Compare.LAST_YEAR, *row) for row in LAST_YEAR],
)
def test_compared_window(compare: Compare, phrase: str, due: str, expected: str) -> None:
    rule = parse_window(phrase)
    compared = compared_window(window_of(rule, SYDNEY, local(due)), rule, compare)
    assert compared
    assert _text(compared) == expected


@pytest.mark.parametrize(
    ("first", "last", "previous", "year"),
    [("2026-03-05", "2026-03-14", "2026-02-23 00:00 2026-03-05 00:00", "2025-03-06 00:00 2025-03-16 00:00"),
     ("2026-03-01", "2026-03-31", "2026-01-29 00:00 2026-03-01 00:00", "2025-03-01 00:00 2025-04-01 00:00")],
)  # fmt: skip
def test_fixed_window_compares_same_length(first: str, last: str, previous: str, year: str) -> None:
    rule = fixed_window(date.fromisoformat(first), date.fromisoformat(last))
    window = window_of(rule, SYDNEY, local("2026-07-01T09:00"))
    before, then = (compared_window(window, rule, how) for how in (Compare.PREVIOUS, Compare.LAST_YEAR))
    assert before
    assert then
    assert (_text(before), _text(then)) == (previous, year)


def test_no_comparison() -> None:
    rule = fixed_window(date(1, 1, 2), date(1, 1, 5))
    window = Window.of_dates(date(1, 1, 2), date(1, 1, 5), "UTC")
    assert compared_window(window, rule, Compare.NONE) is None
    assert compared_window(window, rule, Compare.PREVIOUS) is None


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(["yesterday", "last week", "last month", "last quarter", "last 10 days", "since last run",
                     "week to date", "month to date"]),
    st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1)),
)  # fmt: skip
def test_previous_windows_touch(zone: str, phrase: str, due: datetime) -> None:
    rule = parse_window(phrase)
    window = window_of(rule, zone, due.replace(tzinfo=UTC))
    before = compared_window(window, rule, Compare.PREVIOUS)
    assert before
    assert before.end.astimezone(UTC) <= window.start.astimezone(UTC)
    if rule.kind != "to date":
        assert before.end.astimezone(UTC) == window.start.astimezone(UTC)
    assert window.start.astimezone(UTC) - before.start.astimezone(UTC) < timedelta(days=94)
