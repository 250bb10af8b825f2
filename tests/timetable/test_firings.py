"""Firings: exactly once over clock changes, holidays, anchors, ends."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Holidays, OnHoliday
from bot.timetable import Firing, fires_ever, firing_at, firings, latest_firing, next_firing
from tests.timetable.timetable_digests import digest, first_moment_at_or_after, local, utc

NSW = Holidays("AU-NSW")
CHANGES = [
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Australia/Sydney", date(2026, 10, 4)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/Havana", date(2026, 11, 1)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Europe/Lisbon", date(2026, 10, 25)),
]


def _is_real(day: date, zone: ZoneInfo) -> bool:
    return first_moment_at_or_after(day, time(), zone) is not None


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CHANGES), st.times().map(lambda at: at.replace(second=0, microsecond=0)))
def test_daily_digest_fires_once_a_local_day(change: tuple[str, date], at: time) -> None:
    name, middle = change
    zone = ZoneInfo(name)
    days = [middle + timedelta(days=n) for n in range(-3, 4)]
    start = datetime.combine(days[0] - timedelta(days=2), time(), UTC)
    fired = list(firings(digest(f"every day at {at:%H:%M}", zone=name), start, start + timedelta(days=12)))
    for day in days:
        on_day = [firing for firing in fired if firing.due.astimezone(zone).date() == day]
        assert len(on_day) == _is_real(day, zone), (name, day, at)
        if on_day:
            assert on_day[0] == Firing(first_moment_at_or_after(day, at, zone) or start, day)
    assert [f.due for f in fired] == sorted({f.due for f in fired})


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(CHANGES),
    st.sampled_from(["*/30 * * * *", "15 * * * *", "0 */2 * * *", "*/20 2 * * *", "30 1,2,3 * * *"]),
    st.integers(-2000, 2000),
)
def test_firings_do_not_depend_on_start(change: tuple[str, date], cron: str, offset: int) -> None:
    name, middle = change
    watched = digest(cron=cron, zone=name)
    begin = datetime.combine(middle, time(), UTC) - timedelta(days=3)
    end = begin + timedelta(days=6)
    whole = list(firings(watched, begin, end))
    cut = datetime.combine(middle, time(), UTC) + timedelta(minutes=offset)
    assert list(firings(watched, begin, cut)) + list(firings(watched, cut, end)) == whole
    assert latest_firing(watched, end) == whole[-1]
    assert all(earlier.due < later.due for earlier, later in pairwise(whole))


def test_hourly_digest_fires_in_both_repeated_hours() -> None:
    hourly = digest(cron="0 * * * *", zone="America/New_York")
    fired = firings(hourly, utc("2026-11-01T03:30"), utc("2026-11-01T08:30"))
    assert [firing.due.hour for firing in fired] == [4, 5, 6, 7, 8]


def test_time_in_spring_gap_fires_at_next_valid_time() -> None:
    firing = next_firing(digest("every day at 02:30", zone="America/New_York"), utc("2026-03-08T05:00"))
    assert firing == Firing(utc("2026-03-08T07:00"), date(2026, 3, 8))


def test_repeated_time_fires_first_time() -> None:
    watched = digest("every day at 01:30", zone="America/New_York")
    assert next_firing(watched, utc("2026-11-01T05:00")).due == utc("2026-11-01T05:30")  # type: ignore[union-attr]
    assert next_firing(watched, utc("2026-11-01T05:30")).due == utc("2026-11-02T06:30")  # type: ignore[union-attr]


def test_weekly_digest_of_missing_day_moves() -> None:
    weekly = digest("every friday at 09:00", zone="Pacific/Apia")
    fired = list(firings(weekly, utc("2011-12-24T00:00"), utc("2012-01-07T00:00")))
    assert fired == [
        Firing(utc("2011-12-30T10:00"), date(2011, 12, 30)),
        Firing(utc("2012-01-05T19:00"), date(2012, 1, 6)),
    ]


def test_firings_bounds() -> None:
    daily = digest("every day at 09:00", zone="UTC")
    fired = list(firings(daily, utc("2026-01-01T09:00"), utc("2026-01-03T09:00")))
    assert [firing.due.day for firing in fired] == [2, 3]


def test_latest_and_next_firing() -> None:
    daily = digest("every day at 09:00", zone="UTC")
    now = utc("2026-01-02T09:00")
    assert latest_firing(daily, now) == Firing(now, date(2026, 1, 2))
    assert next_firing(daily, now) == Firing(utc("2026-01-03T09:00"), date(2026, 1, 3))


def test_latest_firing_of_rare_schedule() -> None:
    leap = digest(cron="0 9 29 2 *", zone="UTC")
    assert latest_firing(leap, utc("2027-06-01T00:00")) == Firing(utc("2024-02-29T09:00"), date(2024, 2, 29))


@pytest.mark.parametrize(
    ("anchor", "first"), [(date(2026, 1, 7), 5), (date(2026, 1, 4), 12), (date(2030, 1, 7), 12), (None, 5)]
)
def test_every_two_weeks_from_anchor(anchor: date | None, first: int) -> None:
    watched = digest("every 2 weeks on monday at 09:00", anchor=anchor, zone="UTC")
    fired = firings(watched, utc("2026-01-01T00:00"))
    days = [next(fired).due for _ in range(60)]
    assert days[0].day == first
    assert {later - earlier for earlier, later in pairwise(days)} == {timedelta(days=14)}


def test_every_three_weeks_on_two_days() -> None:
    watched = digest("every 3 weeks on monday, friday at 09:00", anchor=date(2026, 1, 5), zone="UTC")
    fired = firings(watched, utc("2026-01-01T00:00"))
    assert [f"{next(fired).due:%m-%d}" for _ in range(4)] == ["01-05", "01-09", "01-26", "01-30"]


def _nominal_days(watched: object, first: str, last: str) -> list[tuple[str, str]]:
    fired = firings(watched, local(first), local(last))  # type: ignore[arg-type]
    zone = ZoneInfo("Australia/Sydney")
    return [(f"{firing.nominal:%m-%d}", f"{firing.due.astimezone(zone):%m-%d %H:%M}") for firing in fired]


def test_holiday_send_is_default() -> None:
    weekly = digest("every friday at 09:00", holidays=NSW)
    assert _nominal_days(weekly, "2026-04-01", "2026-04-09") == [("04-03", "04-03 09:00")]


def test_holiday_skip() -> None:
    weekly = digest("every friday at 09:00", holidays=NSW, on_holiday=OnHoliday.SKIP)
    assert _nominal_days(weekly, "2026-04-01", "2026-04-12") == [("04-10", "04-10 09:00")]


def test_holiday_next_business_day() -> None:
    weekly = digest("every friday at 09:00", holidays=NSW, on_holiday=OnHoliday.NEXT_BUSINESS_DAY)
    moved = ("04-03", "04-07 09:00")  # Good Friday; Easter Monday is a holiday, too
    assert _nominal_days(weekly, "2026-04-01", "2026-04-12") == [moved, ("04-10", "04-10 09:00")]
    assert _nominal_days(weekly, "2026-04-06", "2026-04-08") == [moved]
    assert latest_firing(weekly, local("2026-04-08T00:00")).nominal == date(2026, 4, 3)  # type: ignore[union-attr]


def test_moved_firing_does_not_double_regular_one() -> None:
    daily = digest("weekdays at 09:00", holidays=NSW, on_holiday=OnHoliday.NEXT_BUSINESS_DAY)
    assert _nominal_days(daily, "2026-04-02", "2026-04-08T12:00") == [
        ("04-02", "04-02 09:00"),
        ("04-07", "04-07 09:00"),
        ("04-08", "04-08 09:00"),
    ]


def test_moved_firings_stay_in_order() -> None:
    twice = digest(cron="0 9,17 * * *", holidays=NSW, on_holiday=OnHoliday.NEXT_BUSINESS_DAY)
    fired = list(firings(twice, local("2026-04-01"), local("2026-04-12")))
    assert [f.due for f in fired] == sorted({f.due for f in fired})


def test_own_dates_are_holidays() -> None:
    closed = Holidays(dates=tuple(date(2026, 7, 1) + timedelta(days=n) for n in range(40)))
    weekly = digest("every monday at 09:00", holidays=closed, on_holiday=OnHoliday.NEXT_BUSINESS_DAY)
    assert _nominal_days(weekly, "2026-08-09", "2026-08-10T09:00") == [("08-10", "08-10 09:00")]
    monthly = digest("monthly on the 1st at 09:00", holidays=closed, on_holiday=OnHoliday.NEXT_BUSINESS_DAY)
    assert _nominal_days(monthly, "2026-08-09", "2026-08-11") == [("08-01", "08-10 09:00")]


def test_business_days() -> None:
    first = digest("first business day of the month at 08:00", holidays=NSW)
    fired = firings(first, local("2025-12-15"))
    assert [f"{next(fired).nominal:%m-%d}" for _ in range(2)] == ["01-02", "02-02"]
    last = digest("last business day of the month at 08:00", holidays=Holidays("US"))
    assert next(firings(last, local("2021-12-15"))).nominal == date(
        2021, 12, 30
    )  # New Year observed on the 31st


def test_all_days_skipped_never_fires() -> None:
    christmas = digest(cron="0 9 25 12 *", holidays=Holidays("AU"), on_holiday=OnHoliday.SKIP)
    assert next_firing(christmas, utc("2026-01-01T00:00")) is None
    assert not fires_ever(christmas)
    assert fires_ever(digest(cron="0 9 25 12 *", holidays=Holidays("AU")))


def test_paused_digest_has_no_firings() -> None:
    paused = digest("every day at 09:00", paused=True)
    assert next_firing(paused, utc("2026-01-01T00:00")) is None
    assert fires_ever(paused)


def test_until_is_last_local_day() -> None:
    ending = digest("every day at 09:00", until=date(2026, 1, 3))
    fired = firings(ending, local("2026-01-01T12:00"))
    assert [firing.nominal.day for firing in fired] == [2, 3]
    assert latest_firing(ending, local("2026-09-01")).nominal == date(2026, 1, 3)  # type: ignore[union-attr]


def test_firing_at() -> None:
    weekly = digest("every friday at 09:00", holidays=NSW, on_holiday=OnHoliday.NEXT_BUSINESS_DAY)
    assert firing_at(weekly, local("2026-04-07T09:00")).nominal == date(2026, 4, 3)
    assert firing_at(weekly, local("2026-04-08T07:00")) == Firing(utc("2026-04-07T21:00"), date(2026, 4, 8))


def test_firings_are_lazy() -> None:
    fired = firings(digest(cron="*/5 * * * *"), utc("2026-01-01T00:00"))
    assert next(fired).due == utc("2026-01-01T00:05")
