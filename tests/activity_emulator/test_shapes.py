"""Answers have the fields of the API document's samples: names, order, types, nesting."""

from typing import Any

import pytest

from tests.activity_emulator.client import APRIL_2018, Client, exported
from tests.activity_emulator.windows import LAST_WEEK, body

USER = {
    "id": 12345,
    "email": "jane@example.com",
    "first_name": "Jane",
    "last_name": "Remington",
    "timezone": "Australia/Sydney",
    "gmtoffset": 10,
    "sign_in_count": 76,
    "last_sign_in_at": "2018-03-21T06:09:01Z",
    "archived": False,
    "groups": [123, 456, 789],
}
GROUP = {"id": 123, "name": "Social Customer Care", "comment": "Social customer care team members"}
FORM = {
    "id": 55,
    "name": "NPS Survey",
    "title": "Lexer NPS Survey",
    "archived": False,
    "created_at": "2018-05-26T21:54:19Z",
    "groups": [123],
    "nps": True,
    "form_url": "https://d1z1wrkt4y2iqm.cloudfront.net/123455678899876543/1/form",
}
SUMMARY = {
    "total_volume": 81,
    "avg_response_time": 181795.692883103,
    "avg_action_response_time": 167207.984987586,
    "total_responded_to": 29,
    "broke_sla": 11,
    "broke_action_sla": 10,
    "min_response_time": 34.090906,
    "median_response_time": 649.951914,
    "max_response_time": 1387160.862218,
    "min_action_response_time": 5.63089,
    "median_action_response_time": 96.865511,
    "max_action_response_time": 1387064.010109,
    "avg_action_response_time_min": 2786.7997497931,
    "avg_response_time_min": 3029.9282147183835,
    "median_action_response_time_min": 1.6144251833333334,
    "median_response_time_min": 10.8325319,
}
AGENT = {
    "first_name": "Jane",
    "last_name": "Pear",
    "mentions_assigned": 12,
    "user_id": "123",
    "responded_to": 9,
    "responded_to_in_private": 6,
    "avg_response_time": 17053.3492157778,
    "min_response_time": 56.983366,
    "max_response_time": 84664.420214,
    "avg_action_response_time": 278.770835555556,
    "min_action_response_time": 7.767898,
    "max_action_response_time": 2261.353394,
    "total_responded_to": 9,
    "broke_sla": 3,
    "broke_action_sla": 0,
    "avg_response_time_min": 284.22248692962995,
    "avg_action_response_time_min": 4.6461805925926,
    "fraction_responded_to": 0.75,
    "fraction_responded_to_in_private": 0.6666666666666666,
    "fraction_broke_sla": 0.3333333333333333,
    "fraction_broke_action_sla": 0.0,
}
POINT = {"state": "closed", "value": 174, "date_range": {"date_from": "2018-04-27 00:00"}}

TEAM_VOLUME = {
    "user_id": 123,
    "first_name": "Jane",
    "last_name": "Pear",
    "states": {
        "all_states": 166,
        "all_closed_states": 110,
        "new": 0,
        "assigned": 15,
        "in_progress": 14,
        "responded": 27,
        "awaiting_approval": 0,
        "redirected": 0,
        "irrelevant": 0,
        "duplicate": 0,
        "closed": 110,
        "no_response_required": 0,
    },
}
CLASSIFICATIONS = [
    {"classification_id": 123, "classification": "amusing", "state": "assigned", "volume": 2},
    {"classification_id": 123, "classification": "amusing", "state": "all_states", "volume": 3},
    {"classification_id": 123, "classification": "amusing", "state": "closed", "volume": 1},
    {"classification_id": 143, "classification": "customer service", "state": "responded", "volume": 1},
    {"classification_id": 143, "classification": "customer service", "state": "all_states", "volume": 1},
]
RESPONSE_VOLUME = {
    "avg_response_time": [{"value": 317691.388907962, "date_range": {"date_from": "2018-06-05 00:00"}}]
}
CASE_SUMMARY = {
    "total_cases": 10,
    "first_reply_time": 305511.915624,
    "resolution_time": 427361.668069,
    "median_first_reply_time": 83991.86431,
    "median_resolution_time": 310362.299289,
    "agent_interactions": 2.4,
    "agents_involved": 1.0,
}
CASE_VOLUME = {"open": [{"value": 9, "date_range": {"date_from": "2018-04-01 00:00"}}]}
CASE_CLASSIFICATIONS = [{"classification_id": 466, "classification": "positive", "volume": 1}]
NPS_SUMMARY = {
    "total_sent": 16,
    "total_received": 12,
    "total_promoters": 9,
    "total_passives": 1,
    "total_detractors": 2,
    "nps_score": 58.333333333333336,
}
NPS_VOLUME = [
    {
        "date": "2018-04-01T13:00:00+00:00",
        "timestamp": 1522587600,
        "data": {
            "total_sent": 0,
            "total_received": 0,
            "total_promoters": 0,
            "total_passives": 0,
            "total_detractors": 0,
            "nps_score": 0.0,
        },
    }
]

# What the vendor's files and dashboard show; the document has no sample of a file.
HEADERS = {
    "mention_sla_export": "Account Name,Source Type,Agent First Name,Agent Last Name,Last Action Date (UTC),"
    "Customer Wait Time (min),In Queue (min),Agent Response Time (min),Within Customer SLA,Within Agent SLA,"
    "State,Customer Publish Date (UTC),Customer Username,Customer Fullname,Customer Message,"
    "Agent Reponse Date (UTC),Agent Response,Classifications,Agent Notes,Customer Note",
    "nps_submissions": "Submission Id,Form,Submitted At (UTC),Score,Category,Comment,Agent,Network,Group",
    "case_details": "Case Id,Account,Network,Date Opened (UTC),Date Closed (UTC),Last Agent,"
    "First Reply Time (s),Resolution Time (s),Agents Involved,Agent Interactions,Sent Survey",
}
SURVEY = {"form": 123, "nps_category": "all"}


def shape(value: Any) -> Any:
    """Return names, order, types and nesting of a JSON value; a list has the shape of its first element."""
    if isinstance(value, dict):
        return [(name, shape(inner)) for name, inner in value.items()]
    if isinstance(value, list):
        return ["list of", shape(value[0])] if value else ["list"]
    return type(value).__name__


@pytest.mark.parametrize(("name", "sample"), [("users", USER), ("groups", GROUP), ("forms", FORM)])
def test_list_fields(client: Client, name: str, sample: Any) -> None:
    elements = client.get(name).json()
    assert elements
    for element in elements:
        assert shape(element) == shape(sample)


def test_summary(client: Client) -> None:
    assert shape(client.figures("summary", **APRIL_2018)) == shape(SUMMARY)


def test_states_volume_points(client: Client) -> None:
    series = client.figures("states_volume", **APRIL_2018)
    assert set(series) > {"closed", "irrelevant"}
    for state, points in series.items():
        assert {point["state"] for point in points} == {state}
        assert [shape(point) for point in points] == [shape(POINT)] * len(points)


def test_user_summary_has_text_ids(client: Client) -> None:
    agents = client.figures("user_summary", **APRIL_2018)
    assert [shape(agent) for agent in agents] == [shape(AGENT)] * len(agents)
    assert "123" in {agent["user_id"] for agent in agents}


def test_user_volume_ids_and_states(client: Client) -> None:
    agents = client.figures("user_volume", **APRIL_2018)
    assert [shape(agent) for agent in agents] == [shape(TEAM_VOLUME)] * len(agents)
    assert 123 in {agent["user_id"] for agent in agents}


@pytest.mark.parametrize("window", [APRIL_2018, body(LAST_WEEK, {})], ids=["2018", "2026"])
def test_classifications_all_states(client: Client, window: dict[str, Any]) -> None:
    rows = client.figures("classifications", **window)
    assert [shape(row) for row in rows] == [shape(CLASSIFICATIONS[0])] * len(rows)
    states: dict[int, set[str]] = {}
    for row in rows:
        states.setdefault(row["classification_id"], set()).add(row["state"])
    assert all("all_states" in found and len(found) > 1 for found in states.values())


@pytest.mark.parametrize(
    ("kind", "sample"),
    [
        ("response_volume", RESPONSE_VOLUME),
        ("case_summary", CASE_SUMMARY),
        ("case_volume", CASE_VOLUME),
        ("case_classifications", CASE_CLASSIFICATIONS),
        ("nps_summary", NPS_SUMMARY),
        ("nps_volume", NPS_VOLUME),
    ],
)
def test_document_samples(client: Client, kind: str, sample: Any) -> None:
    for window in (APRIL_2018, body(LAST_WEEK, {})):
        assert every_shape(client.figures(kind, **window, **SURVEY)) == every_shape(sample)


def every_shape(value: Any) -> Any:
    """Return the shape with each different element of a list."""
    if isinstance(value, dict):
        return [(name, every_shape(inner)) for name, inner in value.items()]
    if isinstance(value, list):
        shapes: list[Any] = []
        for element in value:
            found = every_shape(element)
            shapes += [] if found in shapes else [found]
        return ["list of", *shapes]
    return type(value).__name__


@pytest.mark.parametrize("kind", HEADERS)
def test_export_headers(client: Client, kind: str) -> None:
    rows = exported(client, kind, **body(LAST_WEEK, {}), **SURVEY)
    assert rows
    assert ",".join(rows[0]) == HEADERS[kind]


def test_document_ids_exist(client: Client) -> None:
    users = {user["id"]: (user["first_name"], user["last_name"]) for user in client.get("users").json()}
    groups = {group["id"]: group["name"] for group in client.get("groups").json()}
    forms = {form["id"]: (form["name"], form["nps"]) for form in client.get("forms").json()}
    assert users[123] == ("Jane", "Pear")
    assert users[789] == ("Barry", "Banana")
    assert users[12345] == ("Jane", "Remington")
    assert set(groups) == {123, 456, 789}
    assert groups[123] == "Social Customer Care"
    assert forms[55] == ("NPS Survey", True)
    assert forms[123][1] is True
    assert False in {nps for _, nps in forms.values()}


def test_unicode_text(client: Client) -> None:
    body = client.get("users").content.decode()
    for name in ("Müller-Łuczak", "小明", "אורי", "محمد", "प्रिया", "O'Connor"):
        assert name in body
