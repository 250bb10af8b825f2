"""The requests of the API document, byte for byte but for scheme, host, port and token."""

import json
from typing import Any

import requests

from bot.emulator import Emulator
from tests.emulator.asking import Client

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


def test_the_case_export_of_june_2019(client: Client, emulator: Emulator) -> None:
    asked = answered(client, CASE_DETAILS)
    assert asked == {"status": "pending", "url": None, "token": asked["token"]}
    complete = client.status(asked["token"]).json()
    assert complete == {"status": "complete", "url": complete["url"], "token": asked["token"]}
    lines = requests.get(complete["url"], timeout=10).content.decode().splitlines()
    assert len(lines) > 10
    assert lines[0].startswith("Case Id,Account,Network,Date Opened (UTC)")


def test_a_body_is_read_whatever_its_content_type(emulator: Emulator) -> None:
    answer = requests.post(
        f"{emulator.api_url}/activity/reports",
        headers={"Auth-Api-Token": "demo", "Content-Type": "application/x-www-form-urlencoded"},
        data=SUMMARY,
        timeout=10,
    )
    assert answer.json() == json.loads(Client(emulator).post(SUMMARY).content)
