"""What is sent: path, body, offsets, filters, headers."""

from datetime import date
from hashlib import sha256
from typing import Any

import pytest

from bot.errors import SourceRefused, UsageError
from bot.model import ApiSettings, ExportQuery, Query, Window
from bot.model.report_types import REPORT_TYPES, api_type
from bot.source import ActivityApi
from bot.source.reports import REPORTS, query_body
from tests.source.conftest import Hosts, MakeApi
from tests.source.loopback import NOW, TOKEN, Turnstile, reply
from tests.source.samples import APRIL, MAY, SUMMARY, summary_query


def test_query_has_type_and_dates_with_own_offsets(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply(SUMMARY))
    api.fetch(summary_query(APRIL), NOW)
    (sent,) = hosts.api.received
    assert (sent.method, sent.target) == ("POST", "/v1/activity/reports")
    assert sent.headers["content-type"] == "application/json"
    assert sent.json == {
        "type": "summary",
        "date_from": "2018-04-01T00:00:00+11:00",
        # The clock went back on 1 April: the end has the other offset.
        "date_to": "2018-04-30T23:59:59+10:00",
    }


def body(query: Query, **settings: Any) -> dict[str, object]:
    return query_body(query, ApiSettings(**settings))


def test_end_is_one_second_earlier_at_clock_change() -> None:
    # In Havana the clock goes back from 01:00 to 00:00: the second before the second midnight is 00:59:59.
    sent = body(summary_query(Window.of_dates(date(2018, 11, 3), date(2018, 11, 4), "America/Havana")))
    assert sent["date_from"] == "2018-11-03T00:00:00-04:00"
    assert sent["date_to"] == "2018-11-04T23:59:59-05:00"


def test_empty_filters_are_not_sent() -> None:
    assert set(body(summary_query(MAY))) == {"type", "date_from", "date_to"}
    filtered = body(summary_query(MAY, groups=(123, 456), users=(7,)))
    assert (filtered["groups"], filtered["users"]) == ([123, 456], [7])


def test_filters_names_come_from_the_settings() -> None:
    query = summary_query(MAY, groups=(1,), users=(2,))
    sent = body(query, group_filter="group_ids", user_filter="user_ids")
    assert (sent["group_ids"], sent["user_ids"]) == ([1], [2])
    assert "groups" not in sent


@pytest.mark.parametrize("make", [Query, ExportQuery])
@pytest.mark.parametrize("name", ["nps_summary", "nps_volume", "nps_submissions"])
def test_survey_query_names_form_and_category(make: type[Query], name: str) -> None:
    assert body(make(name, MAY, form=123, nps_category="all")) == {
        "type": name,
        "date_from": "2018-05-01T00:00:00+10:00",
        "date_to": "2018-05-31T23:59:59+10:00",
        "form": 123,
        "nps_category": "all",
    }
    assert body(make(name, MAY, form=123))["nps_category"] == "all"
    assert body(make(name, MAY, form=123, nps_category="promoters"))["nps_category"] == "promoters"
    with pytest.raises(UsageError, match=f"{name} needs the survey"):
        body(make(name, MAY))


@pytest.mark.parametrize(
    "name", sorted(set(map(api_type, REPORT_TYPES)) - {"nps_summary", "nps_volume", "nps_submissions"})
)
def test_no_other_question_names_a_survey(name: str) -> None:
    assert set(body(Query(name, MAY, form=123, nps_category="all"))) == {"type", "date_from", "date_to"}


def test_report_name_is_not_part_of_the_cache_key() -> None:
    queries = [Query("user_volume", MAY, report=name) for name in ("", "user_volume", "workflow_states")]
    assert len({query.fingerprint for query in queries}) == 1
    assert len({str(body(query)) for query in queries}) == 1
    assert "report" not in body(queries[-1])


@pytest.mark.parametrize("name", ["type", "date_from", "date_to", "", "users"])
def test_filter_overwriting_a_field_is_refused(make_api: MakeApi, name: str) -> None:
    with pytest.raises(UsageError, match="group_filter"):
        make_api(api=ApiSettings(group_filter=name))


def test_request_has_token_header_and_no_compression(make_api: MakeApi, hosts: Hosts) -> None:
    hosts.api.says(reply(SUMMARY))
    make_api(token=f"  {TOKEN}\n").fetch(summary_query(), NOW)
    headers = hosts.api.received[0].headers
    assert headers["auth-api-token"] == TOKEN
    assert headers["accept-encoding"] == "identity"
    assert "cookie" not in headers
    assert "authorization" not in headers


def test_requests_are_counted_by_token_hash(api: ActivityApi, hosts: Hosts, limiter: Turnstile) -> None:
    hosts.api.says(reply(SUMMARY), reply([]))
    api.fetch(summary_query(), NOW)
    api.groups()
    assert limiter.taken == [sha256(TOKEN.encode()).hexdigest()] * 2


@pytest.mark.covers("400 Invalid report - invalid type")
@pytest.mark.parametrize("query", [Query("made_up", APRIL), Query("summary", APRIL, report="made_up")])
def test_unknown_report_type_is_refused_without_request(api: ActivityApi, hosts: Hosts, query: Query) -> None:
    assert "made_up" not in REPORTS
    with pytest.raises(SourceRefused, match="made_up"):
        api.fetch(query, NOW)
    assert hosts.api.received == []
