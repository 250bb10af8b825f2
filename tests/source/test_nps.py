"""Surveys: no score without answers, and days that are labelled by their start or their end."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from bot.errors import SourceUnclear
from bot.model import ApiSettings, Unit, Window
from bot.source.reports import REPORTS
from tests.source.readers import scalars, series
from tests.source.samples import APRIL, MAY, NPS_SUMMARY, NPS_VOLUME, SYDNEY, local

COUNTS = ["total_sent", "total_received", "total_promoters", "total_passives", "total_detractors"]


def day(moment: datetime, received: object = 1) -> dict[str, object]:
    instant = moment.astimezone(UTC)
    data = {"total_received": received, "nps_score": 0.0}
    return {"date": instant.isoformat(), "timestamp": int(instant.timestamp()), "data": data}


def days(answer: object, window: Window = APRIL, label: str = "start") -> list[date]:
    points = series("nps_volume", answer, window, nps_day_label=label).points["total_received"]
    assert all(point.at.time() == datetime.min.time() for point in points)
    return [point.at.date() for point in points]


def test_summary_has_counts_and_a_score() -> None:
    nps = scalars("nps_summary", NPS_SUMMARY)
    assert dict(nps.values) == NPS_SUMMARY
    assert dict(nps.units) == {**dict.fromkeys(COUNTS, Unit.COUNT), "nps_score": Unit.SCORE}


@pytest.mark.parametrize("received", [0, 0.0, "0", None, "x"])
@pytest.mark.parametrize("score", [0.0, None, -100, 58.3])
def test_score_without_answers_is_none(received: object, score: object) -> None:
    values = scalars("nps_summary", {"total_sent": 4, "total_received": received, "nps_score": score}).values
    assert values["nps_score"] is None
    assert values["total_sent"] == 4


def test_zero_score_with_answers_is_a_score() -> None:
    assert scalars("nps_summary", {"total_received": 2, "nps_score": 0.0}).values["nps_score"] == 0.0


def test_volume_is_counts_by_local_day() -> None:
    volume = series("nps_volume", NPS_VOLUME)
    assert (list(volume.points), volume.bucket_seconds, volume.unit) == (COUNTS, 86400, Unit.COUNT)
    assert [point.value for point in volume.points["total_received"]] == [0.0] * 7


def test_points_are_sorted_and_gaps_kept() -> None:
    answer = [day(local(2018, 5, 9), 3), day(local(2018, 5, 2), None)]
    points = series("nps_volume", answer, MAY).points["total_received"]
    assert [(point.at, point.value) for point in points] == [
        (local(2018, 5, 2), None),
        (local(2018, 5, 9), 3),
    ]


@pytest.mark.parametrize("zone", [SYDNEY, "America/New_York", "Australia/Lord_Howe", "UTC", "America/Havana"])
@pytest.mark.parametrize("month", [3, 4, 10, 11])
def test_local_midnights_map_to_days_over_clock_changes(zone: str, month: int) -> None:
    window = Window.of_dates(date(2018, month, 1), date(2018, month, 30), zone)
    starts = [day(Window.of_dates(each, each, zone).start) for each in window.days]
    ends = [day(Window.of_dates(each, each, zone).end) for each in window.days]
    assert days(starts, window) == list(window.days)
    assert days(ends, window, "end") == list(window.days)


@pytest.mark.parametrize("month", [3, 4, 10])
def test_midnights_in_date_from_offset_map_to_days(month: int) -> None:
    window = Window.of_dates(date(2018, month, 1), date(2018, month, 30), SYDNEY)
    offset = timezone(window.start.utcoffset() or timedelta())
    midnights = [datetime.combine(each, datetime.min.time(), offset) for each in window.days]
    assert days([day(moment) for moment in midnights], window) == list(window.days)
    ends = [day(moment + timedelta(1)) for moment in midnights]
    assert days(ends, window, "end") == list(window.days)


def test_end_may_be_the_last_second() -> None:
    assert days([day(local(2018, 5, 2, 23, 59, 59))], MAY, "end") == [date(2018, 5, 2)]


@pytest.mark.covers("points of another window")
def test_day_ends_read_as_starts_are_unclear() -> None:
    answer = [day(local(2018, 5, 2)), day(local(2018, 6, 1))]
    assert days(answer, MAY, "end") == [date(2018, 5, 1), date(2018, 5, 31)]
    with pytest.raises(
        SourceUnclear, match=r"outside the window.*by their start: activity_api\.nps_day_label"
    ):
        days(answer, MAY)


def test_timestamp_is_optional_and_naive_date_is_utc() -> None:
    (answer,) = [day(local(2018, 5, 2))]
    assert days([{**answer, "timestamp": None}], MAY) == [date(2018, 5, 2)]
    assert days([{"date": "2018-05-01T14:00:00", "data": {}}], MAY) == [date(2018, 5, 2)]
    assert days([{"date": "2018-05-01T14:00:00Z", "data": {}}], MAY) == [date(2018, 5, 2)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"date": "2018-04-30T14:00:00+00:00"}, "date and timestamp differ"),
        ({"timestamp": 1e30}, "date and timestamp differ"),
        ({"date": "yesterday"}, "cannot be read"),
        ({"date": "0001-01-01T00:00:00+14:00"}, "cannot be read"),
        ({"date": "9999-12-31T23:00:00", "timestamp": None}, "outside the window"),
        ({"date": "0001-01-01T00:00:00", "timestamp": None}, "outside the window"),
        ({"date": "2018-05-02T00:00:00Z", "timestamp": None}, "do not start at midnight"),
        ({"date": 1525183200}, "not what the API document describes"),
        ({"data": None}, "not what the API document describes"),
        ({"data": [1]}, "not what the API document describes"),
    ],
)
def test_points_that_cannot_be_days_are_unclear(change: dict[str, object], reason: str) -> None:
    with pytest.raises(SourceUnclear, match=reason):
        days([{**day(local(2018, 5, 2)), **change}], MAY)


def test_duplicate_day_is_unclear() -> None:
    with pytest.raises(SourceUnclear, match="two points for the same day"):
        REPORTS["nps_volume"]([day(local(2018, 5, 2)), day(local(2018, 5, 2, 1))], MAY, ApiSettings())
