"""The requests of the API document, byte for byte but for scheme, host, port and token."""

import json
from typing import Any

import pytest
import requests

from activity_emulator import Emulator
from tests.activity_emulator.client import Client

SUMMARY = (
    ' { "type": "summary", "date_from": "2018-04-01T00:00:00+11:00", "date_to": "2018-04-30T23:59:59+11:00" }'
)
STATES_VOLUME = (
    ' { "type": "states_volume", "date_from": "2018-04-01T00:00:00+11:00",'
    ' "date_to": "2018-04-30T23:59:59+11:00" }'
)
USER_SUMMARY = (
    ' { "type": "user_summary", "date_from": "2018-04-01T00:00:00+11:00",'
    ' "date_to": "2018-04-30T23:59:59+11:00" }'
)
WORKFLOW_STATES = TEAM_VOLUME = (
    ' { "type": "user_volume", "date_from": "2018-04-01T00:00:00+11:00",'
    ' "date_to": "2018-04-30T23:59:59+11:00" }'
)
CLASSIFICATIONS = (
    ' { "type": "classifications", "date_from": "2018-04-01T00:00:00+11:00",'
    ' "date_to": "2018-04-30T23:59:59+11:00" }'
)
RESPONSE_VOLUME = (
    ' { "type": "response_volume", "date_from": "2018-04-01T00:00:00+11:00",'
    ' "date_to": "2018-04-30T23:59:59+11:00" }'
)
CASE_SUMMARY = (
    ' { "type": "case_summary", "date_from": "2018-04-01T00:00:00+11:00",'
    ' "date_to": "2018-04-30T23:59:59+11:00" }'
)
CASE_VOLUME = (
    ' { "type": "case_volume", "date_from": "2018-04-01T00:00:00+11:00",'
    ' "date_to": "2018-04-30T23:59:59+11:00" }'
)
CASE_CLASSIFICATIONS = (
    ' { "type": "case_classifications", "date_from": "2018-04-01T00:00:00+11:00",'
    ' "date_to": "2018-04-30T23:59:59+11:00" }'
)
NPS_SUMMARY = (
    ' { "type": "nps_summary", "date_from": "2018-04-01T00:00:00+11:00",'
    ' "date_to": "2018-04-30T23:59:59+11:00", "form": 123, "nps_category": "all" }'
)
NPS_VOLUME = (
    ' { "type": "nps_volume", "date_from": "2018-04-01T00:00:00+11:00",'
    ' "date_to": "2018-04-30T23:59:59+11:00", "form": 123, "nps_category": "all" }'
)
# With the id of a form in its place, as with a token in its.
NPS_SUBMISSIONS = (
    ' { "type": "nps_submissions", "date_from": "2019-06-15T00:00:00+11:00",'
    ' "date_to": "2019-06-30T23:59:59+11:00","nps_category":"all", "form":<FORM ID>}'
)
MENTION_SLA_EXPORT = (
    ' { "type": "mention_sla_export", "date_from": "2019-06-15T00:00:00+11:00",'
    ' "date_to": "2019-06-30T23:59:59+11:00" }'
)
CASE_DETAILS = (
    ' { "type": "case_details", "date_from": "2019-06-15T00:00:00+11:00",'
    ' "date_to": "2019-06-30T23:59:59+11:00" }'
)


def answered(client: Client, body: str) -> Any:
    answer = client.post(body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


def test_summary_of_april_2018(client: Client) -> None:
    figures = answered(client, SUMMARY)
    assert figures["total_volume"] > figures["total_responded_to"] > figures["broke_sla"] > 0


def test_states_volume_of_april_2018_is_daily(client: Client) -> None:
    points = [point for points in answered(client, STATES_VOLUME).values() for point in points]
    assert sum(point["value"] for point in points) == answered(client, SUMMARY)["total_volume"]
    assert {point["date_range"]["date_from"][-6:] for point in points} == {" 00:00"}


def test_user_summary_of_april_2018(client: Client) -> None:
    agents = {agent["user_id"]: agent for agent in answered(client, USER_SUMMARY)}
    assert agents["123"]["first_name"] == "Jane"
    assert agents["789"]["responded_to"] > 0


def test_workflow_states_equal_team_volume(client: Client) -> None:
    """Trap 2: the document asks for both with the same type; the emulator answers with agents."""
    agents = {agent["user_id"]: agent for agent in answered(client, TEAM_VOLUME)}
    assert agents == {agent["user_id"]: agent for agent in answered(client, WORKFLOW_STATES)}
    assert agents[123]["first_name"] == "Jane"
    assert agents[789]["states"]["all_states"] > agents[789]["states"]["duplicate"] >= 0


def test_classifications_of_april_2018(client: Client) -> None:
    names = {row["classification"] for row in answered(client, CLASSIFICATIONS)}
    assert {"amusing", "customer service"} <= names


def test_response_volume_of_april_2018_is_daily(client: Client) -> None:
    points = answered(client, RESPONSE_VOLUME)["avg_response_time"]
    texts = [point["date_range"]["date_from"] for point in points]
    assert texts == sorted(set(texts))
    assert {text[-6:] for text in texts} == {" 00:00"}
    assert all(point["value"] > 0 for point in points)


def test_cases_of_april_2018(client: Client) -> None:
    assert answered(client, CASE_SUMMARY)["total_cases"] > 100
    points = answered(client, CASE_VOLUME)["open"]
    assert [point["date_range"]["date_from"] for point in points] == [
        f"2018-04-{day:02} 00:00" for day in range(1, 31)
    ]
    assert answered(client, CASE_CLASSIFICATIONS)[0]["volume"] > 0


def test_surveys_of_april_2018(client: Client) -> None:
    figures = answered(client, NPS_SUMMARY)
    assert figures["total_sent"] > figures["total_received"] > figures["total_detractors"]
    days = answered(client, NPS_VOLUME)
    assert len(days) == 30
    assert sum(day["data"]["total_sent"] for day in days) == figures["total_sent"]


@pytest.mark.parametrize(
    ("body", "least", "header"),
    [
        (CASE_DETAILS, 10, "Case Id,Account,Network,Date Opened (UTC)"),
        (NPS_SUBMISSIONS.replace("<FORM ID>", "55"), 1, "Submission Id,Form,Submitted At (UTC)"),
        (NPS_SUBMISSIONS.replace("<FORM ID>", "123"), 1, "Submission Id,Form,Submitted At (UTC)"),
        (MENTION_SLA_EXPORT, 100, "Account Name,Source Type,Agent First Name"),
    ],
    ids=["cases", "answers to 55", "answers to 123", "messages"],
)
def test_exports_of_june_2019(client: Client, body: str, least: int, header: str) -> None:
    asked = answered(client, body)
    assert asked == {"status": "pending", "url": None, "token": asked["token"]}
    complete = client.status(asked["token"]).json()
    assert complete == {"status": "complete", "url": complete["url"], "token": asked["token"]}
    lines = requests.get(complete["url"], timeout=60).content.decode().splitlines()
    assert len(lines) > least
    assert lines[0].startswith(header)


def test_body_of_any_content_type(emulator: Emulator) -> None:
    answer = requests.post(
        f"{emulator.api_url}/activity/reports",
        headers={"Auth-Api-Token": "demo", "Content-Type": "application/x-www-form-urlencoded"},
        data=SUMMARY,
        timeout=60,
    )
    assert answer.json() == json.loads(Client(emulator).post(SUMMARY).content)
