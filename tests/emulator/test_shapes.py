"""Answers have the fields of the API document's samples: names, order, types, nesting."""

from typing import Any

import pytest

from tests.emulator.asking import APRIL_2018, Client

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


def shape(value: Any) -> Any:
    """Names, order, types and nesting of a JSON value; a list has the shape of its first element."""
    if isinstance(value, dict):
        return [(name, shape(inner)) for name, inner in value.items()]
    if isinstance(value, list):
        return ["list of", shape(value[0])] if value else ["list"]
    return type(value).__name__


@pytest.mark.parametrize(("name", "sample"), [("users", USER), ("groups", GROUP), ("forms", FORM)])
def test_each_element_of_a_list_has_the_sample_s_fields(client: Client, name: str, sample: Any) -> None:
    elements = client.get(name).json()
    assert elements
    for element in elements:
        assert shape(element) == shape(sample)


def test_summary(client: Client) -> None:
    assert shape(client.figures("summary", **APRIL_2018)) == shape(SUMMARY)


def test_states_volume_is_points_under_each_state(client: Client) -> None:
    series = client.figures("states_volume", **APRIL_2018)
    assert set(series) > {"closed", "responded"}
    for state, points in series.items():
        assert {point["state"] for point in points} == {state}
        assert [shape(point) for point in points] == [shape(POINT)] * len(points)


def test_user_summary_has_text_ids(client: Client) -> None:
    agents = client.figures("user_summary", **APRIL_2018)
    assert [shape(agent) for agent in agents] == [shape(AGENT)] * len(agents)
    assert "123" in {agent["user_id"] for agent in agents}


def test_the_document_s_people_groups_and_forms_are_there(client: Client) -> None:
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


def test_text_is_sent_as_it_is(client: Client) -> None:
    body = client.get("users").content.decode()
    for name in ("Müller-Łuczak", "小明", "אורי", "محمد", "प्रिया", "O'Connor"):
        assert name in body
