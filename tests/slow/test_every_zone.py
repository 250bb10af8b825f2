"""Every zone of the time-zone database, 2026 to 2035: each local day and week once, windows without gap or overlap."""

import os
from zoneinfo import available_timezones

import pytest

from tests.timetable.firing_faults import faults

pytestmark = pytest.mark.slow

SHORT = os.environ.get("SLOW_SHARE") == "short"
ZONES = sorted(available_timezones())
PORTIONS = 40


@pytest.mark.parametrize("portion", range(0, PORTIONS, 10 if SHORT else 1))
def test_ten_years_of_daily_and_weekly_digests_in_every_zone(portion: int) -> None:
    zones = ZONES[portion::PORTIONS]
    assert len(zones) >= 10
    assert [fault for zone in zones for fault in faults(zone)] == []
