"""Each documented refusal, with its status and text."""

from typing import Any

import pytest
import requests

from activity_emulator import Emulator
from tests.activity_emulator.client import APRIL_2018, Client, error

NOT_FOUND = (404, {"error": "Not found"})
TOO_LONG = (400, {"error": "Invalid report - date range is too long"})
FUTURE = (400, {"error": "Invalid report - starting date is a future date"})
INVALID_TYPE = (400, {"error": "Invalid report - invalid type"})
UNAUTHORIZED = (401, {"error": "Unauthorized"})
WRONG_TOKEN = (401, {"error": "Unauthorized - api token not matching"})


def test_missing_token(empty: Emulator) -> None:
    for answer in (
        requests.get(f"{empty.api_url}/users", timeout=60),
        requests.post(f"{empty.api_url}/activity/reports", json={"type": "summary"}, timeout=60),
        requests.get(empty.status_url, params={"token": "t"}, timeout=60),
        requests.get(f"{empty.api_url}/nothing", timeout=60),
    ):
        assert error(answer) == UNAUTHORIZED


def test_wrong_token(empty: Emulator) -> None:
    stranger = Client(empty, token="someone-else")
    assert error(stranger.get("users")) == WRONG_TOKEN
    assert error(stranger.report(type="summary", **APRIL_2018)) == WRONG_TOKEN
    assert error(stranger.status("t")) == WRONG_TOKEN


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '"summary"', "type=summary", b"\xff\xfe", "[" * 60_000]
)
def test_body_not_a_json_object(empty: Emulator, body: str | bytes) -> None:
    assert error(Client(empty).post(body)) == NOT_FOUND


def test_body_too_long(empty: Emulator) -> None:
    assert error(Client(empty).post(b'{"type": "summary", "x": "' + b"x" * 1_000_000 + b'"}')) == NOT_FOUND


@pytest.mark.parametrize(
    "date",
    [
        None,
        20180401,
        "",
        "April",
        "2018-04-01",
        "2018-04-01T00:00:00",
        "2018-04-01 00:00:00+11:00",
        "2018-13-01T00:00:00+11:00",
        "2018-02-30T00:00:00+11:00",
        "2018-04-01T00:00:00+1100",
        "2018-04-01T00:00:00+25:00",
        "0001-01-01T00:00:00+11:00",
        "9999-12-31T23:59:59-11:00",
    ],
)
@pytest.mark.parametrize("end", ["date_from", "date_to"])
def test_malformed_date(empty: Emulator, date: Any, end: str) -> None:
    assert error(Client(empty).report(type="summary", **{**APRIL_2018, end: date})) == NOT_FOUND


@pytest.mark.parametrize("missing", ["type", "date_from", "date_to"])
def test_missing_field(empty: Emulator, missing: str) -> None:
    body = {"type": "summary", **APRIL_2018}
    del body[missing]
    assert error(Client(empty).report(**body)) == NOT_FOUND


def test_end_before_start(empty: Emulator) -> None:
    swapped = {"date_from": APRIL_2018["date_to"], "date_to": APRIL_2018["date_from"]}
    assert error(Client(empty).report(type="summary", **swapped)) == NOT_FOUND


@pytest.mark.parametrize("kind", ["", "Summary", "sumary", "states", "summary "])
def test_unknown_type(empty: Emulator, kind: str) -> None:
    assert error(Client(empty).report(type=kind, **APRIL_2018)) == INVALID_TYPE


def test_unknown_type_before_dates(empty: Emulator) -> None:
    assert error(Client(empty).report(type="sumary")) == INVALID_TYPE


@pytest.mark.parametrize("kind", [7, None, ["summary"], {"summary": 1}])
def test_type_not_text(empty: Emulator, kind: Any) -> None:
    assert error(Client(empty).report(type=kind, **APRIL_2018)) == NOT_FOUND


@pytest.mark.parametrize(
    ("date_from", "date_to", "expected"),
    [
        ("2017-04-01T00:00:00+11:00", "2018-03-31T23:59:59+11:00", 200),
        ("2017-04-01T00:00:00+11:00", "2018-04-01T00:00:00+11:00", 200),
        ("2017-04-01T00:00:00+11:00", "2018-04-01T00:00:01+11:00", TOO_LONG),
        ("2017-10-01T00:00:00+10:00", "2018-09-30T23:59:59+10:00", 200),
        ("2017-09-01T00:00:00+10:00", "2018-09-01T00:00:00+10:00", 200),
        # Twelve months by the calendar although the clock changes make it an hour longer.
        ("2017-10-15T00:00:00+11:00", "2018-10-15T00:00:00+10:00", 200),
        ("2016-02-29T00:00:00+11:00", "2017-03-01T00:00:00+11:00", 200),
        ("2016-02-29T00:00:00+11:00", "2017-03-01T00:00:01+11:00", TOO_LONG),
        ("2001-01-01T00:00:00Z", "2018-01-01T00:00:00Z", TOO_LONG),
    ],
)
def test_range_limit(empty: Emulator, date_from: str, date_to: str, expected: Any) -> None:
    answer = Client(empty).report(type="summary", date_from=date_from, date_to=date_to)
    assert (200 if answer.status_code == 200 else error(answer)) == expected


@pytest.mark.parametrize(
    ("date_from", "expected"),
    [
        ("2026-11-22T23:04:59Z", 200),
        ("2026-11-23T10:04:59+11:00", 200),
        ("2026-11-22T23:05:00Z", FUTURE),
        ("2026-11-23T10:05:00+11:00", FUTURE),
        ("2030-01-01T00:00:00Z", FUTURE),
    ],
)
def test_start_in_future(empty: Emulator, date_from: str, expected: Any) -> None:
    answer = Client(empty).report(type="summary", date_from=date_from, date_to="2030-06-01T00:00:00Z")
    if expected == 200:
        # The start is fine: what is left to say is that the range is too long.
        expected = TOO_LONG
    assert error(answer) == expected


@pytest.mark.parametrize(
    "ids", [None, 123, "123", {"id": 123}, [None], ["x"], [1.5], [True], ["-1"], [[123]]]
)
@pytest.mark.parametrize("field", ["groups", "users"])
def test_malformed_filter(empty: Emulator, field: str, ids: Any) -> None:
    assert error(Client(empty).report(type="summary", **APRIL_2018, **{field: ids})) == NOT_FOUND


@pytest.mark.parametrize("kind", ["nps_summary", "nps_volume", "nps_submissions"])
@pytest.mark.parametrize(
    "survey",
    [
        {},
        {"form": 123},
        {"nps_category": "all"},
        {"form": None, "nps_category": "all"},
        {"form": "survey", "nps_category": "all"},
        {"form": [123], "nps_category": "all"},
        {"form": True, "nps_category": "all"},
        {"form": 123, "nps_category": None},
        {"form": 123, "nps_category": ["all"]},
        {"form": 123, "nps_category": "All"},
        {"form": 123, "nps_category": "promoter"},
        # No such form, an id that no column holds, and forms that are no NPS surveys.
        {"form": 999, "nps_category": "all"},
        {"form": 10**40, "nps_category": "all"},
        {"form": 88, "nps_category": "all"},
        {"form": 31, "nps_category": "all"},
    ],
    ids=str,
)
def test_nps_report_without_form_or_category(client: Client, kind: str, survey: dict[str, Any]) -> None:
    assert error(client.report(type=kind, **APRIL_2018, **survey)) == NOT_FOUND


@pytest.mark.parametrize("category", ["all", "promoters", "passives", "detractors"])
@pytest.mark.parametrize("form", [55, "55", 123])
def test_nps_categories(client: Client, form: int | str, category: str) -> None:
    survey = {"form": form, "nps_category": category}
    assert client.report(type="nps_summary", **APRIL_2018, **survey).status_code == 200


def test_form_ignored_by_other_reports(client: Client) -> None:
    plain = client.figures("summary", **APRIL_2018)
    assert client.figures("summary", **APRIL_2018, form=999, nps_category=7) == plain


def test_range_before_form(client: Client) -> None:
    survey = {"form": 999, "nps_category": "all"}
    ends = {"date_from": "2001-01-01T00:00:00Z", "date_to": "2018-01-01T00:00:00Z"}
    assert error(client.report(type="nps_summary", **ends, **survey)) == TOO_LONG


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/users/123", "/activity", "/activity/reports/status"])
def test_unknown_path(empty: Emulator, path: str) -> None:
    answer = requests.get(empty.api_url + path, headers=Client(empty).headers, timeout=60)
    assert error(answer) == NOT_FOUND


def test_wrong_method(empty: Emulator) -> None:
    headers = Client(empty).headers
    assert error(requests.get(f"{empty.api_url}/activity/reports", headers=headers, timeout=60)) == NOT_FOUND
    assert error(requests.post(f"{empty.api_url}/users", headers=headers, timeout=60)) == NOT_FOUND
    assert error(requests.delete(f"{empty.api_url}/groups", headers=headers, timeout=60)) == NOT_FOUND
