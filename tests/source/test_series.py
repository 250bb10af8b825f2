"""Hours and days: local labels become aware points; a daily digest never reads hours as days."""

from datetime import date

import pytest

from bot.errors import SourceUnclear
from bot.model import ApiSettings, Series, Unit, Window
from bot.source.reports import REPORTS
from tests.source.readers import series
from tests.source.samples import (
    APRIL,
    CASE_VOLUME,
    JUNE,
    RESPONSE_VOLUME,
    STATES_VOLUME,
    SYDNEY,
    local,
    point,
)

DAY = Window.of_dates(date(2018, 4, 10), date(2018, 4, 10), SYDNEY)


def days(count: int) -> Window:
    return Window.of_dates(date(2018, 4, 10), date(2018, 4, 9 + count), SYDNEY)


def closed(window: Window, *labels: str) -> Series:
    return series("states_volume", {"closed": [point(label, 1) for label in labels]}, window)


def waits(window: Window, *labels: str) -> Series:
    return series("response_volume", {"avg_response_time": [point(label, 1) for label in labels]}, window)


def open_cases(window: Window, *labels: str) -> Series:
    return series("case_volume", {"open": [point(label, 1) for label in labels]}, window)


def test_days_keep_their_local_date() -> None:
    states = series("states_volume", STATES_VOLUME)
    assert (states.bucket_seconds, states.unit) == (86400, Unit.COUNT)
    assert [(p.at, p.value) for p in states.points["closed"]] == [
        (local(2018, 4, 27), 174),
        (local(2018, 4, 28), 234),
        (local(2018, 4, 29), 255),
        (local(2018, 4, 30), 108),
    ]


def test_response_times_are_one_series_of_seconds() -> None:
    waits = series("response_volume", RESPONSE_VOLUME, JUNE)
    assert (list(waits.points), waits.bucket_seconds, waits.unit) == (
        ["avg_response_time"],
        86400,
        Unit.SECONDS,
    )
    assert [(p.at, p.value) for p in waits.points["avg_response_time"]] == [
        (local(2018, 6, 5), 317691.388907962),
        (local(2018, 6, 6), 31159.3797606667),
        (local(2018, 6, 7), 69850.8753626667),
        (local(2018, 6, 8), 10661.255474),
    ]


def test_response_minutes_become_seconds_by_setting() -> None:
    label = "2018-06-05 00:00"
    answer = {"avg_response_time": [point(label, 2.5), point("2018-06-06 00:00", None)]}
    waits = series("response_volume", answer, JUNE, response_volume_unit="minutes")
    assert [p.value for p in waits.points["avg_response_time"]] == [150, None]
    huge = {"avg_response_time": [point(label, 1e308)]}
    waits = series("response_volume", huge, JUNE, response_volume_unit="minutes")
    assert [p.value for p in waits.points["avg_response_time"]] == [None]


def test_open_cases_are_days() -> None:
    cases = series("case_volume", CASE_VOLUME)
    assert (list(cases.points), cases.bucket_seconds, cases.unit) == (["open"], 86400, Unit.COUNT)
    assert [p.value for p in cases.points["open"]] == [9, 9, 9, 9, 9, 10, 9]
    assert cases.points["open"][5].at == local(2018, 4, 6)
    assert open_cases(DAY, "2018-04-10 00:00").bucket_seconds == 86400
    with pytest.raises(SourceUnclear, match="case_volume"):
        open_cases(DAY, "2018-04-10 09:00")


def test_days_over_clock_change_stay_local_midnights() -> None:
    points = closed(APRIL, "2018-04-01 00:00", "2018-04-02 00:00").points["closed"]
    assert [p.at.isoformat() for p in points] == ["2018-04-01T00:00:00+11:00", "2018-04-02T00:00:00+10:00"]


def test_hours_use_offset_of_date_from() -> None:
    window = Window.of_dates(date(2018, 4, 1), date(2018, 4, 1), SYDNEY)
    points = closed(window, "2018-04-01 02:00", "2018-04-01 03:00", "2018-04-02 00:00").points["closed"]
    # 02:00 comes twice that night; the 25th hour of the day is called 00:00 of the next at +11.
    assert [p.at.isoformat() for p in points] == [
        "2018-04-01T02:00:00+11:00",
        "2018-04-01T02:00:00+10:00",
        "2018-04-01T23:00:00+10:00",
    ]


def test_points_are_sorted_and_unknown_states_kept() -> None:
    answer = {"zombie": [point("2018-04-03 00:00", 2), point("2018-04-02 00:00", 1)], "closed": []}
    states = series("states_volume", answer)
    assert [p.value for p in states.points["zombie"]] == [1, 2]
    assert states.points["closed"] == ()


@pytest.mark.parametrize(
    ("report", "answer"),
    [
        ("states_volume", {}),
        ("states_volume", {"closed": []}),
        ("response_volume", {"avg_response_time": []}),
        ("case_volume", {"open": []}),
    ],
)
def test_no_points_is_no_answer(report: str, answer: object) -> None:
    assert REPORTS[report](answer, APRIL, ApiSettings()) is None


@pytest.mark.parametrize(
    ("window", "labels", "bucket"),
    [
        (DAY, ["2018-04-10 00:00"], 3600),
        (DAY, ["2018-04-10 00:00", "2018-04-10 13:00"], 3600),
        (days(3), ["2018-04-11 00:00"], 3600),
        (days(3), ["2018-04-10 00:00", "2018-04-11 00:00", "2018-04-12 00:00"], 86400),
        (days(4), ["2018-04-10 00:00"], 86400),
        (days(4), ["2018-04-10 00:00", "2018-04-12 00:00"], 86400),
        (days(4), ["2018-04-10 00:00", "2018-04-12 05:00"], 3600),
        (days(7), ["2018-04-10 00:00"], 86400),
        (days(7), ["2018-04-10 07:00", "2018-04-10 08:00"], 3600),
    ],
)
def test_bucket_follows_window_length_then_points(window: Window, labels: list[str], bucket: int) -> None:
    assert closed(window, *labels).bucket_seconds == bucket


@pytest.mark.parametrize(
    ("window", "labels", "bucket"),
    [
        (days(3), ["2018-04-10 00:00"], 3600),
        (days(3), ["2018-04-10 00:00", "2018-04-12 00:00"], 3600),
        (days(3), ["2018-04-10 00:00", "2018-04-11 00:00", "2018-04-12 00:00"], 86400),
        (days(4), ["2018-04-10 00:00"], 86400),
        (days(4), ["2018-04-10 07:00", "2018-04-10 08:00"], 3600),
        # 73 hours: whether that is 3 days or less, the labels say.
        (Window.of_dates(date(2018, 4, 1), date(2018, 4, 3), SYDNEY), ["2018-04-02 00:00"], 86400),
        (Window.of_dates(date(2018, 4, 1), date(2018, 4, 3), SYDNEY), ["2018-04-02 07:00"], 3600),
    ],
)
def test_response_times_are_hourly_up_to_three_days(window: Window, labels: list[str], bucket: int) -> None:
    assert waits(window, *labels).bucket_seconds == bucket


def test_hourly_response_times_are_refused_for_daily_windows() -> None:
    with pytest.raises(SourceUnclear, match="response_volume are days that do not start at midnight"):
        waits(days(4), "2018-04-10 07:00", "2018-04-11 07:00")


@pytest.mark.covers("points of another window")
@pytest.mark.parametrize(
    "labels",
    [
        ["2018-04-17 00:00"],
        ["2018-04-09 00:00"],
        ["2018-04-10 00:00", "2018-04-10 00:00"],
        ["2018-04-10 00:30"],
        ["2018-04-10 23:00", "2018-04-11 23:00"],
        ["yesterday"],
        [""],
        ["9999-12-31 23:59"],
        ["0001-01-01T00:00+14:00"],
    ],
)
def test_points_outside_window_are_unclear(labels: list[str]) -> None:
    with pytest.raises(SourceUnclear, match="states_volume"):
        closed(days(7), *labels)


@pytest.mark.parametrize(
    "points", [None, [None], [{}], [{"value": 1, "date_range": {}}], [{"date_range": "2018-04-10"}]]
)
def test_points_without_a_date_are_unclear(points: object) -> None:
    with pytest.raises(SourceUnclear, match="states_volume"):
        REPORTS["states_volume"]({"closed": points}, APRIL, ApiSettings())


def test_point_without_a_value_has_none() -> None:
    states = series("states_volume", {"closed": [{"date_range": {"date_from": "2018-04-10 00:00"}}]})
    assert states.points["closed"][0].value is None


def test_label_with_offset_is_converted_to_zone() -> None:
    (only,) = closed(DAY, "2018-04-10T03:00:00+00:00").points["closed"]
    assert only.at == local(2018, 4, 10, 13)


def test_window_starting_within_hour_includes_that_hour() -> None:
    window = Window(local(2018, 4, 10, 9, 30), local(2018, 4, 10, 17, 30), SYDNEY)
    assert len(closed(window, "2018-04-10 09:00", "2018-04-10 17:00").points["closed"]) == 2
    with pytest.raises(SourceUnclear, match="outside the window"):
        closed(window, "2018-04-10 08:00")
