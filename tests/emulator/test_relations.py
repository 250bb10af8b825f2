"""Reports against a recomputation from the raw rows, and against each other, on the generated log."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from tests.emulator import plain
from tests.emulator.asking import Client
from tests.emulator.plain import Raw

LAST_WEEK = ("2026-11-16T00:00:00+11:00", "2026-11-22T23:59:59+11:00")
APRIL_2018 = ("2018-04-01T00:00:00+11:00", "2018-04-30T23:59:59+11:00")
# The clock goes forward on 4 October 2026: seven local days that are 167 hours.
CLOCK_CHANGE = ("2026-09-28T00:00:00+10:00", "2026-10-04T23:59:59+11:00")
# The clock goes back on 5 April 2026: the last hour is, in the start's offset, on the day after.
CLOCK_BACK = ("2026-04-01T00:00:00+11:00", "2026-04-05T23:59:59+10:00")
THREE_DAYS = ("2026-11-17T00:00:00+11:00", "2026-11-19T23:59:59+11:00")
RUNNING = ("2026-11-20T00:00:00+11:00", "2026-11-30T00:00:00+11:00")
WINDOWS = [LAST_WEEK, APRIL_2018, CLOCK_CHANGE, CLOCK_BACK, THREE_DAYS, RUNNING]
FILTERS: list[dict[str, list[Any]]] = [
    {},
    {"groups": [123]},
    {"groups": ["456", 789]},
    {"users": [123, "789"]},
    {"groups": [123], "users": [123, 2071]},
]

windows = pytest.mark.parametrize("window", WINDOWS, ids=lambda window: window[0][:10])
filters = pytest.mark.parametrize("wanted", FILTERS, ids=str)


def body(window: tuple[str, str], wanted: dict[str, list[Any]]) -> dict[str, Any]:
    return {"date_from": window[0], "date_to": window[1], **wanted}


def bounds(window: tuple[str, str]) -> tuple[datetime, datetime]:
    """The window half-open, naive UTC."""
    first, last = (datetime.fromisoformat(end) for end in window)
    return plain.utc(first), plain.utc(last) + timedelta(seconds=1)


def agents(raw: Raw, wanted: dict[str, list[Any]]) -> set[int] | None:
    """Who is wanted, from the raw memberships; None for everybody."""
    if not wanted:
        return None
    found = {row[0] for row in raw["users"]}
    if "users" in wanted:
        found &= {int(user) for user in wanted["users"]}
    if "groups" in wanted:
        groups = {int(group) for group in wanted["groups"]}
        found &= {user for user, group in raw["memberships"] if group in groups}
    return found


@windows
@filters
def test_summary(client: Client, raw: Raw, window: tuple[str, str], wanted: dict[str, list[Any]]) -> None:
    expected = plain.summary(raw, *bounds(window), agents(raw, wanted))
    assert expected["total_responded_to"] > 0
    assert client.figures("summary", **body(window, wanted)) == plain.near(expected)


@windows
@filters
def test_user_summary(
    client: Client, raw: Raw, window: tuple[str, str], wanted: dict[str, list[Any]]
) -> None:
    expected = plain.user_summary(raw, *bounds(window), agents(raw, wanted))
    rows = client.figures("user_summary", **body(window, wanted))
    assert {row["user_id"] for row in rows} == set(expected)
    for row in rows:
        names = {"first_name": row["first_name"], "last_name": row["last_name"], "user_id": row["user_id"]}
        assert row == plain.near({**expected[row["user_id"]], **names})


@windows
@filters
def test_states_volume(
    client: Client, raw: Raw, window: tuple[str, str], wanted: dict[str, list[Any]]
) -> None:
    first, last = (datetime.fromisoformat(end) for end in window)
    series = client.figures("states_volume", **body(window, wanted))
    found = {
        state: {point["date_range"]["date_from"]: point["value"] for point in points}
        for state, points in series.items()
    }
    assert found == plain.states_volume(raw, first, last, agents(raw, wanted))


@windows
@filters
def test_case_details(
    client: Client, raw: Raw, window: tuple[str, str], wanted: dict[str, list[Any]]
) -> None:
    expected = plain.cases(raw, *bounds(window), agents(raw, wanted))
    rows = {int(row["Case Id"]): row for row in exported(client, body(window, wanted))}
    assert expected
    assert set(rows) == set(expected)
    for case, row in rows.items():
        told = expected[case]
        assert row["Date Opened (UTC)"] == f"{told['opened']:%Y-%m-%d %H:%M:%S}"
        assert row["Date Closed (UTC)"] == (f"{told['closed']:%Y-%m-%d %H:%M:%S}" if told["closed"] else "")
        assert row["Last Agent"] == told["last_agent"]
        assert float(row["First Reply Time (s)"]) == pytest.approx(told["first_reply"], rel=1e-9)
        assert float(row["Resolution Time (s)"]) == pytest.approx(told["resolution"], rel=1e-9)
        assert int(row["Agents Involved"]) == told["agents"]
        assert int(row["Agent Interactions"]) == told["interactions"]
        assert row["Sent Survey"] == ("Yes" if told["survey"] else "No")


def exported(client: Client, asked: dict[str, Any]) -> list[dict[str, str]]:
    token = client.figures("case_details", **asked)["token"]
    content = requests.get(client.status(token).json()["url"], timeout=10).content.decode()
    return list(csv.DictReader(io.StringIO(content, newline="")))


@windows
@filters
def test_the_states_add_up_to_the_total(
    client: Client, window: tuple[str, str], wanted: dict[str, list[Any]]
) -> None:
    series = client.figures("states_volume", **body(window, wanted))
    total = client.figures("summary", **body(window, wanted))["total_volume"]
    assert sum(point["value"] for points in series.values() for point in points) == total


@windows
def test_days_add_up_to_their_window(client: Client, window: tuple[str, str]) -> None:
    """Two halves of a window have together what the whole has."""
    first, last = (datetime.fromisoformat(end) for end in window)
    middle = first + timedelta(hours=37)
    halves = [
        client.figures("summary", date_from=start.isoformat(), date_to=end.isoformat())
        for start, end in ((first, middle - timedelta(seconds=1)), (middle, last))
    ]
    whole = client.figures("summary", **body(window, {}))
    for count in ("total_volume", "total_responded_to", "broke_sla", "broke_action_sla"):
        assert sum(half[count] for half in halves) == whole[count]


def test_agents_do_not_add_up_to_the_summary(client: Client) -> None:
    """Unassigned messages are nobody's; messages of several agents are everybody's of theirs."""
    whole = client.figures("summary", **body(LAST_WEEK, {}))
    rows = client.figures("user_summary", **body(LAST_WEEK, {}))
    assert sum(row["mentions_assigned"] for row in rows) != whole["total_volume"]
    assert sum(row["responded_to"] for row in rows) > whole["total_responded_to"]


def test_groups_overlap_and_leave_out_what_is_unassigned(client: Client, raw: Raw) -> None:
    whole = client.figures("summary", **body(LAST_WEEK, {}))["total_volume"]
    every = client.figures("summary", **body(LAST_WEEK, {"groups": [123, 456, 789]}))["total_volume"]
    each = [
        client.figures("summary", **body(LAST_WEEK, {"groups": [g]}))["total_volume"] for g in (123, 456, 789)
    ]
    published = raw.published(*bounds(LAST_WEEK), None)
    assert whole - every == sum(not raw.assigned[row[0]] for row in published) > 0
    assert max(each) < every < sum(each)


def test_a_filtered_user_summary_names_members_only(client: Client, raw: Raw) -> None:
    """Also where a message of theirs passed through somebody else's hands."""
    members = {str(user) for user, group in raw["memberships"] if group == 123}
    rows = client.figures("user_summary", **body(LAST_WEEK, {"groups": [123]}))
    assert {row["user_id"] for row in rows} <= members
    assert len(rows) > 3


@pytest.mark.parametrize(
    "wanted",
    [
        {"groups": [999]},
        {"users": [999]},
        {"groups": []},
        {"users": []},
        {"groups": [10**40]},
        {"users": ["9" * 5000]},
        {"groups": [-1]},
        {"groups": [456], "users": [123]},
    ],
    ids=lambda wanted: str(wanted)[:30],
)
def test_unknown_ids_and_none_at_all_match_nothing(client: Client, wanted: dict[str, list[Any]]) -> None:
    figures = client.figures("summary", **body(LAST_WEEK, wanted))
    counts = ("total_volume", "total_responded_to", "broke_sla", "broke_action_sla")
    assert figures == {name: 0 if name in counts else None for name in figures}
    assert client.figures("states_volume", **body(LAST_WEEK, wanted)) == {}
    assert client.figures("user_summary", **body(LAST_WEEK, wanted)) == []
    assert exported(client, body(LAST_WEEK, wanted)) == []


def test_a_filter_by_another_name_is_not_one(client: Client) -> None:
    """As with an API that does not know the field: the answer is for everybody."""
    everybody = client.figures("summary", **body(LAST_WEEK, {}))
    assert client.figures("summary", **body(LAST_WEEK, {"group_ids": [123]})) == everybody
    assert client.figures("summary", **body(LAST_WEEK, {"groups": [123]})) != everybody


@pytest.mark.parametrize(
    ("date_to", "hourly"),
    [
        ("2026-11-19T23:59:58+11:00", True),
        ("2026-11-19T23:59:59+11:00", False),
        ("2026-11-17T12:00:00+11:00", True),
    ],
)
def test_points_are_hourly_under_four_days(client: Client, date_to: str, hourly: bool) -> None:
    series = client.figures("states_volume", **body((LAST_WEEK[0], date_to), {}))
    texts = {point["date_range"]["date_from"] for points in series.values() for point in points}
    assert any(text[-5:] != "00:00" for text in texts) == hourly
    assert all(text[-3:] == ":00" for text in texts)


@pytest.mark.parametrize("window", [CLOCK_CHANGE, CLOCK_BACK], ids=["forward", "back"])
def test_days_stay_in_the_window_when_the_clock_changes(client: Client, window: tuple[str, str]) -> None:
    series = client.figures("states_volume", **body(window, {}))
    days = {point["date_range"]["date_from"][:10] for points in series.values() for point in points}
    assert (min(days), max(days)) == (window[0][:10], window[1][:10])


def test_the_end_s_second_is_included(client: Client, raw: Raw) -> None:
    message = raw.published(*bounds(LAST_WEEK), None)[0]
    second = message[4].isoformat() + "Z"
    assert client.figures("summary", date_from=second, date_to=second)["total_volume"] >= 1
