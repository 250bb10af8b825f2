"""Hours and days: local labels become aware points; a daily digest never reads hours as days."""

from datetime import date

import pytest

from bot.errors import SourceUnclear
from bot.model import Empty, Present, Query, Series, Unit, Window
from bot.source import ActivityApi
from bot.source.reports import read_states_volume
from tests.source.conftest import Hosts
from tests.source.loopback import NOW, reply
from tests.source.samples import APRIL, STATES_VOLUME, SYDNEY, local, point

DAY = Window.of_dates(date(2018, 4, 10), date(2018, 4, 10), SYDNEY)


def days(count: int) -> Window:
    return Window.of_dates(date(2018, 4, 10), date(2018, 4, 9 + count), SYDNEY)


def closed(window: Window, *labels: str) -> Series:
    series = read_states_volume({"closed": [point(label, 1) for label in labels]}, window)
    assert series is not None
    return series


def test_days_keep_their_local_date(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply(STATES_VOLUME))
    slot = api.fetch(Query("states_volume", APRIL))
    assert isinstance(slot, Present)
    assert isinstance(slot.answer, Series)
    assert (slot.answer.bucket_seconds, slot.answer.unit) == (86400, Unit.COUNT)
    assert [(p.at, p.value) for p in slot.answer.points["closed"]] == [
        (local(2018, 4, 27), 174),
        (local(2018, 4, 28), 234),
        (local(2018, 4, 29), 255),
        (local(2018, 4, 30), 108),
    ]


def test_days_over_a_clock_change_stay_local_midnights() -> None:
    points = closed(APRIL, "2018-04-01 00:00", "2018-04-02 00:00").points["closed"]
    assert [p.at.isoformat() for p in points] == ["2018-04-01T00:00:00+11:00", "2018-04-02T00:00:00+10:00"]


def test_hours_are_read_in_the_offset_of_date_from() -> None:
    window = Window.of_dates(date(2018, 4, 1), date(2018, 4, 1), SYDNEY)
    points = closed(window, "2018-04-01 02:00", "2018-04-01 03:00", "2018-04-02 00:00").points["closed"]
    # 02:00 comes twice that night; the 25th hour of the day is called 00:00 of the next at +11.
    assert [p.at.isoformat() for p in points] == [
        "2018-04-01T02:00:00+11:00",
        "2018-04-01T02:00:00+10:00",
        "2018-04-01T23:00:00+10:00",
    ]


def test_points_are_put_in_order_and_unknown_states_kept() -> None:
    answer = {"zombie": [point("2018-04-03 00:00", 2), point("2018-04-02 00:00", 1)], "closed": []}
    series = read_states_volume(answer, APRIL)
    assert series is not None
    assert [p.value for p in series.points["zombie"]] == [1, 2]
    assert series.points["closed"] == ()


@pytest.mark.parametrize("answer", [{}, {"closed": []}])
def test_no_points_is_empty(api: ActivityApi, hosts: Hosts, answer: object) -> None:
    hosts.api.says(reply(answer))
    assert api.fetch(Query("states_volume", APRIL)) == Empty(NOW)


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
def test_the_bucket_follows_the_length_and_then_the_points(
    window: Window, labels: list[str], bucket: int
) -> None:
    assert closed(window, *labels).bucket_seconds == bucket


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
def test_points_that_cannot_be_of_this_window_are_unclear(labels: list[str]) -> None:
    with pytest.raises(SourceUnclear, match="states_volume"):
        closed(days(7), *labels)


@pytest.mark.parametrize(
    "points", [None, [None], [{}], [{"value": 1, "date_range": {}}], [{"date_range": "2018-04-10"}]]
)
def test_points_without_a_date_are_unclear(points: object) -> None:
    with pytest.raises(SourceUnclear, match="states_volume"):
        read_states_volume({"closed": points}, APRIL)


def test_a_point_without_a_value_has_none() -> None:
    series = read_states_volume({"closed": [{"date_range": {"date_from": "2018-04-10 00:00"}}]}, APRIL)
    assert series is not None
    assert series.points["closed"][0].value is None


def test_a_label_with_an_offset_is_brought_home() -> None:
    (only,) = closed(DAY, "2018-04-10T03:00:00+00:00").points["closed"]
    assert only.at == local(2018, 4, 10, 13)


def test_a_window_that_starts_in_an_hour_has_that_hour() -> None:
    window = Window(local(2018, 4, 10, 9, 30), local(2018, 4, 10, 17, 30), SYDNEY)
    assert len(closed(window, "2018-04-10 09:00", "2018-04-10 17:00").points["closed"]) == 2
    with pytest.raises(SourceUnclear, match="outside the window"):
        closed(window, "2018-04-10 08:00")
