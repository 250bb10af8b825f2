"""Once a day, once a week, for ten years, where clocks do strange things; every zone is in the slow suite."""

from datetime import date, datetime, timedelta

import pytest

from bot.model import Digest
from bot.timetable import Firing, firings, window_for
from tests.timetable.firing_faults import Fire, faults
from tests.timetable.timetable_digests import digest, local

pytestmark = pytest.mark.long

STRANGE = (
    "Africa/Cairo",  # changes at midnight, on a Friday
    "Africa/Casablanca",  # back for Ramadan, which moves
    "America/Asuncion",  # changes at midnight
    "America/Scoresbysund",  # changes late in the evening
    "Antarctica/Troll",  # two hours
    "Asia/Beirut",  # midnight again
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Chatham",  # at a quarter to three
    "Pacific/Kiritimati",  # 14 hours ahead
)
APIA = "Pacific/Apia"


@pytest.mark.long
@pytest.mark.parametrize("zone", STRANGE)
def test_ten_years_of_firings(zone: str) -> None:
    assert faults(zone) == []


def test_apia_skips_30_december_2011() -> None:
    """Samoa went over the date line: its Thursday the 29th was followed by Saturday the 31st."""
    assert faults(APIA, date(2011, 12, 1), date(2012, 1, 31)) == []
    daily = digest("every day at 09:00", zone=APIA)
    fired = list(firings(daily, local("2011-12-28", APIA), local("2012-01-02", APIA)))
    assert [firing.nominal.day for firing in fired] == [28, 29, 31, 1]
    assert fired[2].due - fired[1].due == timedelta(days=1)
    assert [window_for(daily, firing).first_day.day for firing in fired] == [27, 28, 29, 31]


def test_digest_of_missing_day_fires_next_day_once() -> None:
    weekly = digest("every friday at 09:00", window="last week", zone=APIA)
    fired = list(firings(weekly, local("2011-12-17", APIA), local("2012-01-07", APIA)))
    assert [(firing.nominal.day, firing.due) for firing in fired] == [
        (23, local("2011-12-23T09:00", APIA)),
        (30, local("2011-12-31T00:00", APIA)),
        (6, local("2012-01-06T09:00", APIA)),
    ]
    windows = [window_for(weekly, firing) for firing in fired]
    assert [(window.first_day.day, window.last_day.day) for window in windows] == [
        (12, 18),
        (19, 25),
        (26, 1),
    ]


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [("Pacific/Kwajalein", 1993, 1993), ("Pacific/Kiritimati", 1994, 1995), ("Pacific/Fakaofo", 2011, 2012)],
)
def test_other_missing_days(zone: str, first: int, last: int) -> None:
    assert faults(zone, date(first, 1, 1), date(last, 12, 31)) == []


def one_left_out(of: Digest, after: datetime, until: datetime) -> list[Firing]:
    fired = list(firings(of, after, until))
    return fired[:40] + fired[41:]


def one_twice(of: Digest, after: datetime, until: datetime) -> list[Firing]:
    fired = list(firings(of, after, until))
    return fired[:41] + fired[40:]


@pytest.mark.parametrize("fire", [one_left_out, one_twice])
def test_checker_sees_missing_and_extra_firings(fire: Fire) -> None:
    reported = faults("Africa/Cairo", date(2026, 1, 1), date(2026, 12, 31), fire=fire)
    assert [fault.split(": ")[1] for fault in reported if "not once" in fault] == [
        f"fires on {days + (1 if fire is one_twice else -1)} days, not once on each that it should"
        for days in (365, 365, 52, 52)
    ]
    assert any("do not tile" in fault for fault in reported)
