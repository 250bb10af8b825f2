"""Reports against each other, on the generated log."""

from collections import Counter
from datetime import datetime, timedelta
from math import fsum

import pytest

from tests.activity_emulator.client import Client, exported
from tests.activity_emulator.reference import Raw
from tests.activity_emulator.windows import (
    CLOCK_BACK,
    CLOCK_CHANGE,
    LAST_WEEK,
    Wanted,
    Window,
    body,
    bounds,
    filters,
    windows,
)

SURVEY = {"form": 123, "nps_category": "all"}


@windows
@filters
def test_states_add_up(client: Client, window: Window, wanted: Wanted) -> None:
    series = client.figures("states_volume", **body(window, wanted))
    total = client.figures("summary", **body(window, wanted))["total_volume"]
    assert sum(point["value"] for points in series.values() for point in points) == total


@windows
def test_halves_add_up(client: Client, window: Window) -> None:
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


def test_agents_do_not_add_up(client: Client) -> None:
    """Unassigned messages count for no agent, messages of several agents for each of them."""
    whole = client.figures("summary", **body(LAST_WEEK, {}))
    rows = client.figures("user_summary", **body(LAST_WEEK, {}))
    assert sum(row["mentions_assigned"] for row in rows) != whole["total_volume"]
    assert sum(row["responded_to"] for row in rows) > whole["total_responded_to"]


def test_groups_do_not_add_up(client: Client, raw: Raw) -> None:
    whole = client.figures("summary", **body(LAST_WEEK, {}))["total_volume"]
    every = client.figures("summary", **body(LAST_WEEK, {"groups": [123, 456, 789]}))["total_volume"]
    each = [
        client.figures("summary", **body(LAST_WEEK, {"groups": [g]}))["total_volume"] for g in (123, 456, 789)
    ]
    published = raw.published(*bounds(LAST_WEEK), None)
    assert whole - every == sum(not raw.assigned[row[0]] for row in published) > 0
    assert max(each) < every < sum(each)


def test_filtered_user_summary(client: Client, raw: Raw) -> None:
    """The summary lists no other agent, also where a message had several."""
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
def test_unknown_ids_match_nothing(client: Client, wanted: Wanted) -> None:
    figures = client.figures("summary", **body(LAST_WEEK, wanted))
    counts = ("total_volume", "total_responded_to", "broke_sla", "broke_action_sla")
    assert figures == {name: 0 if name in counts else None for name in figures}
    assert client.figures("states_volume", **body(LAST_WEEK, wanted)) == {}
    assert client.figures("user_summary", **body(LAST_WEEK, wanted)) == []
    assert client.figures("user_volume", **body(LAST_WEEK, wanted)) == []
    assert client.figures("classifications", **body(LAST_WEEK, wanted)) == []
    assert client.figures("response_volume", **body(LAST_WEEK, wanted)) == {"avg_response_time": []}
    cases = client.figures("case_summary", **body(LAST_WEEK, wanted))
    assert cases == {name: 0 if name == "total_cases" else None for name in cases}
    assert {point["value"] for point in client.figures("case_volume", **body(LAST_WEEK, wanted))["open"]} == {
        0
    }
    assert client.figures("case_classifications", **body(LAST_WEEK, wanted)) == []
    survey_counts = {"total_sent", "total_received", "total_promoters", "total_passives", "total_detractors"}
    surveys = client.figures("nps_summary", **body(LAST_WEEK, wanted), **SURVEY)
    assert surveys == {**dict.fromkeys(survey_counts, 0), "nps_score": 0.0}
    for kind in ("case_details", "mention_sla_export", "nps_submissions"):
        assert exported(client, kind, **body(LAST_WEEK, wanted), **SURVEY) == []


def test_unknown_field_is_ignored(client: Client) -> None:
    """An unknown field is no filter: the answer is for all agents."""
    unfiltered = client.figures("summary", **body(LAST_WEEK, {}))
    assert client.figures("summary", **body(LAST_WEEK, {"group_ids": [123]})) == unfiltered
    assert client.figures("summary", **body(LAST_WEEK, {"groups": [123]})) != unfiltered


@pytest.mark.parametrize(
    ("kind", "date_to", "hourly"),
    [
        ("states_volume", "2026-11-19T23:59:58+11:00", True),
        ("states_volume", "2026-11-19T23:59:59+11:00", False),
        ("states_volume", "2026-11-17T12:00:00+11:00", True),
        ("response_volume", "2026-11-18T23:59:59+11:00", True),
        ("response_volume", "2026-11-19T00:00:00+11:00", False),
        ("response_volume", "2026-11-17T12:00:00+11:00", True),
        ("case_volume", "2026-11-17T12:00:00+11:00", False),
    ],
)
def test_hourly_points(client: Client, kind: str, date_to: str, hourly: bool) -> None:
    """Under four days, or three days or less: in between the two reports differ."""
    series = client.figures(kind, **body((LAST_WEEK[0], date_to), {}))
    texts = {point["date_range"]["date_from"] for points in series.values() for point in points}
    assert any(text[-5:] != "00:00" for text in texts) == hourly
    assert all(text[-3:] == ":00" for text in texts)


@pytest.mark.parametrize("window", [CLOCK_CHANGE, CLOCK_BACK], ids=["forward", "back"])
@pytest.mark.parametrize("kind", ["states_volume", "response_volume", "case_volume"])
def test_days_across_clock_change(client: Client, kind: str, window: Window) -> None:
    series = client.figures(kind, **body(window, {}))
    days = {point["date_range"]["date_from"][:10] for points in series.values() for point in points}
    assert (min(days), max(days)) == (window[0][:10], window[1][:10])


def test_nps_volume_dates(client: Client) -> None:
    """In UTC: the document's window would begin at 13:00 on 31 March."""
    days = client.figures(
        "nps_volume", **body(("2018-04-01T00:00:00+11:00", "2018-04-07T23:59:59+11:00"), {}), **SURVEY
    )
    assert [point["date"] for point in days[:2]] == ["2018-03-31T13:00:00+00:00", "2018-04-01T13:00:00+00:00"]
    assert days[1]["timestamp"] == 1522587600
    assert len(days) == 7


def test_end_second_included(client: Client, raw: Raw) -> None:
    message = raw.published(*bounds(LAST_WEEK), None)[0]
    second = message[4].isoformat() + "Z"
    assert client.figures("summary", date_from=second, date_to=second)["total_volume"] >= 1


@windows
@filters
def test_mention_sla_export_equals_summary(client: Client, window: Window, wanted: Wanted) -> None:
    summary = client.figures("summary", **body(window, wanted))
    rows = exported(client, "mention_sla_export", **body(window, wanted))
    waits = [float(row["Customer Wait Time (min)"]) for row in rows if row["Customer Wait Time (min)"]]
    assert len(rows) == summary["total_volume"]
    assert len(waits) == sum(row["Agent Reponse Date (UTC)"] != "" for row in rows)
    assert len(waits) == summary["total_responded_to"]
    within = Counter(row["Within Customer SLA"] for row in rows)
    assert within["No"] == sum(wait > 120 for wait in waits) == summary["broke_sla"]
    assert within["Yes"] + within["No"] == len(waits)
    assert Counter(row["Within Agent SLA"] for row in rows)["No"] == summary["broke_action_sla"]
    assert fsum(waits) / len(waits) == pytest.approx(summary["avg_response_time_min"], rel=1e-9)


def test_wait_is_queue_plus_response_time(client: Client) -> None:
    rows = exported(client, "mention_sla_export", **body(LAST_WEEK, {}))
    parts = ("Customer Wait Time (min)", "In Queue (min)", "Agent Response Time (min)")
    answered = [[float(row[part]) for part in parts] for row in rows if row[parts[0]]]
    assert len(answered) > 100
    assert all(wait == pytest.approx(queue + agent, abs=1e-6) for wait, queue, agent in answered)


@windows
def test_response_volume_is_in_seconds(client: Client, window: Window) -> None:
    """Its days, weighted by their answers in the export, give `summary.avg_response_time` and not a sixtieth of it."""
    points = client.figures("response_volume", **body(window, {}))["avg_response_time"]
    rows = exported(client, "mention_sla_export", **body(window, {}))
    summary = client.figures("summary", **body(window, {}))
    hourly = any(not point["date_range"]["date_from"].endswith(" 00:00") for point in points)
    answers = Counter(
        local(row["Customer Publish Date (UTC)"], window, hourly)
        for row in rows
        if row["Agent Reponse Date (UTC)"]
    )
    total = fsum(answers[point["date_range"]["date_from"]] * point["value"] for point in points)
    assert len(answers) == len(points)
    assert total / answers.total() == pytest.approx(summary["avg_response_time"], rel=1e-9)


def local(published: str, window: Window, hourly: bool) -> str:
    """Return the point of a message."""
    shift = datetime.fromisoformat(window[0]).utcoffset() or timedelta()
    at = datetime.fromisoformat(published) + shift
    last = datetime.fromisoformat(window[1]).date()
    return f"{at:%Y-%m-%d %H:00}" if hourly else f"{min(at.date(), last)} 00:00"


@windows
@filters
def test_agent_states_add_up(client: Client, window: Window, wanted: Wanted) -> None:
    """No agent has more messages now than were ever assigned to them."""
    assigned = {
        int(row["user_id"]): row["mentions_assigned"]
        for row in client.figures("user_summary", **body(window, wanted))
    }
    rows = client.figures("user_volume", **body(window, wanted))
    assert {row["user_id"] for row in rows} <= set(assigned)
    for row in rows:
        states = dict(row["states"])
        whole, closed = states.pop("all_states"), states.pop("all_closed_states")
        assert sum(states.values()) == whole <= assigned[row["user_id"]]
        still_open = ("new", "assigned", "in_progress", "responded", "awaiting_approval")
        assert whole - sum(states[state] for state in still_open) == closed


@windows
def test_agent_states_are_assigned_messages(client: Client, raw: Raw, window: Window) -> None:
    """By state they are the volumes of all states less the unassigned messages."""
    rows = client.figures("user_volume", **body(window, {}))
    theirs = sum((Counter(row["states"]) for row in rows), Counter[str]())
    series = client.figures("states_volume", **body(window, {}))
    whole = Counter({state: sum(point["value"] for point in points) for state, points in series.items()})
    unassigned = Counter(
        raw.state(row[0]) for row in raw.published(*bounds(window), None) if not raw.assigned[row[0]]
    )
    assert unassigned
    del theirs["all_states"], theirs["all_closed_states"]
    assert +theirs == whole - unassigned


@windows
@filters
def test_topics_do_not_add_up(client: Client, window: Window, wanted: Wanted) -> None:
    """`all_states` is the sum of a topic's states; all topics together are more than the messages that have one."""
    by_topic: dict[int, Counter[str]] = {}
    for row in client.figures("classifications", **body(window, wanted)):
        by_topic.setdefault(row["classification_id"], Counter())[row["state"]] = row["volume"]
    for states in by_topic.values():
        assert states.total() == 2 * states["all_states"]
    rows = exported(client, "mention_sla_export", **body(window, wanted))
    carried = [len(row["Classifications"].split(", ")) for row in rows if row["Classifications"]]
    assert sum(states["all_states"] for states in by_topic.values()) == sum(carried) > len(carried)


@windows
@filters
def test_case_topics_within_cases(client: Client, window: Window, wanted: Wanted) -> None:
    cases = len(exported(client, "case_details", **body(window, wanted)))
    rows = client.figures("case_classifications", **body(window, wanted))
    assert rows
    assert max(row["volume"] for row in rows) <= cases
    assert [row["classification_id"] for row in rows] == sorted(row["classification_id"] for row in rows)


@windows
def test_case_halves_add_up(client: Client, window: Window) -> None:
    first, last = (datetime.fromisoformat(end) for end in window)
    middle = first + timedelta(hours=37)
    halves = [
        client.figures("case_summary", date_from=start.isoformat(), date_to=end.isoformat())["total_cases"]
        for start, end in ((first, middle - timedelta(seconds=1)), (middle, last))
    ]
    assert sum(halves) == client.figures("case_summary", **body(window, {}))["total_cases"]
    assert min(halves) > 0


@windows
@filters
def test_nps_reports_agree(client: Client, window: Window, wanted: Wanted) -> None:
    request = {**body(window, wanted), **SURVEY}
    summary = client.figures("nps_summary", **request)
    days = [point["data"] for point in client.figures("nps_volume", **request)]
    for name in summary.keys() - {"nps_score"}:
        assert sum(day[name] for day in days) == summary[name]
    kinds = Counter(row["Category"] for row in exported(client, "nps_submissions", **request))
    assert kinds.total() == summary["total_received"]
    for kind, name in (("Promoter", "promoters"), ("Passive", "passives"), ("Detractor", "detractors")):
        assert kinds[kind] == summary[f"total_{name}"]


def test_nps_score(client: Client) -> None:
    """The document's sample: 9 and 2 of 12 are 58.33. A day without an answer says 0.0 all the same."""
    week = client.figures("nps_summary", **body(LAST_WEEK, {}), **SURVEY)
    balance = week["total_promoters"] - week["total_detractors"]
    assert week["nps_score"] == pytest.approx(100 * balance / week["total_received"])
    days = client.figures(
        "nps_volume", date_from="2018-04-01T00:00:00+11:00", date_to="2018-04-30T23:59:59+11:00", **SURVEY
    )
    empty = [day["data"]["nps_score"] for day in days if day["data"]["total_received"] == 0]
    assert empty
    assert set(empty) == {0.0}


def test_nps_category(client: Client) -> None:
    every = client.figures("nps_summary", **body(LAST_WEEK, {}), form=123, nps_category="all")
    for category in ("promoters", "passives", "detractors"):
        some = client.figures("nps_summary", **body(LAST_WEEK, {}), form=123, nps_category=category)
        assert some["total_sent"] == every["total_sent"]
        assert some["total_received"] == some[f"total_{category}"] == every[f"total_{category}"] > 0


def test_user_id_types(client: Client) -> None:
    summary = client.figures("user_summary", **body(LAST_WEEK, {}))
    volume = client.figures("user_volume", **body(LAST_WEEK, {}))
    assert {type(row["user_id"]) for row in summary} == {str}
    assert {type(row["user_id"]) for row in volume} == {int}
    assert {row["user_id"] for row in volume} <= {int(row["user_id"]) for row in summary}
