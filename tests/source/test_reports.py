"""Answers become typed figures: samples of the document, and everything that is no number."""

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import SourceUnclear
from bot.model import ApiSettings, Empty, Present, Query, Scalars, Table, Unit
from bot.model.report_types import EXPORTS, REPORT_TYPES, api_type
from bot.source import ActivityApi
from bot.source.exports.insights import COUNTERS
from bot.source.http.request import ApiAnswer, ApiRequest, read_json
from bot.source.reports import REPORTS
from tests.source.conftest import Hosts
from tests.source.loopback import NOW, reply
from tests.source.readers import scalars, table
from tests.source.samples import (
    ANSWERS,
    APRIL,
    BARRY_HOLDS,
    CASE_CLASSIFICATIONS,
    CASE_SUMMARY,
    CLASSIFICATIONS,
    JANE,
    JANE_HOLDS,
    SUMMARY,
    WINDOWS,
    summary_query,
)

NO_NUMBERS = [
    "null",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "true",
    "false",
    '""',
    '" 12"',
    '"1,200"',
    '"0x10"',
    '"١٢"',
    '"1_000"',
    '"012"',
    '"inf"',
    '"nan"',
    "[]",
    "{}",
    "9" * 5000,
    '"' + "9" * 400 + '"',
]


def test_summary_has_wire_names_without_minutes(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply(SUMMARY))
    slot = api.fetch(summary_query(), NOW)
    assert isinstance(slot, Present)
    assert slot.fetched_at == NOW
    assert isinstance(slot.answer, Scalars)
    assert dict(slot.answer.values) == {k: v for k, v in SUMMARY.items() if not k.endswith("_min")}
    assert slot.answer.units["broke_sla"] is Unit.COUNT
    assert slot.answer.units["avg_response_time"] is Unit.SECONDS
    assert slot.answer.values.keys() == slot.answer.units.keys()


def test_zero_volume_is_kept_and_absent_is_none() -> None:
    answer = {"total_volume": 0, "avg_response_time": None, "something_new": {"a": 1}}
    values = scalars("summary", answer).values
    assert values["total_volume"] == 0.0
    assert values["avg_response_time"] is None
    assert values["broke_sla"] is None
    assert "something_new" not in values


@pytest.mark.parametrize("text", NO_NUMBERS, ids=lambda text: text[:12])
def test_invalid_number_is_none_not_zero(api: ActivityApi, hosts: Hosts, text: str) -> None:
    hosts.api.says(reply(f'{{"total_volume": {text}, "broke_sla": "11"}}'.encode()))
    slot = api.fetch(summary_query(), NOW)
    assert isinstance(slot, Present)
    assert isinstance(slot.answer, Scalars)
    assert slot.answer.values["total_volume"] is None
    assert slot.answer.values["broke_sla"] == 11.0


@pytest.mark.parametrize("report", ["summary", "case_summary", "nps_summary"])
@pytest.mark.parametrize("answer", [None, [], {}, "summary", 7, {"broke_sla": 1, "nps_score": 0.0}])
def test_summary_of_another_shape_is_unclear(report: str, answer: object) -> None:
    with pytest.raises(SourceUnclear, match=f"to {report} is not what the API document describes"):
        REPORTS[report](answer, APRIL, ApiSettings())


ALIKE = {
    ("case_classifications", "classifications"),
    ("states_volume", "case_volume"),
    ("states_volume", "response_volume"),
    ("user_summary", "user_volume"),
    ("workflow_states", "user_volume"),
}
"""Reports whose answer may be one of the other's kind: any name may be a state, any number may be absent."""


@pytest.mark.parametrize(
    ("report", "other"),
    [
        (one, two)
        for one in sorted(REPORTS)
        for two in sorted(REPORTS)
        if one != two and (one, two) not in ALIKE
    ],
)
def test_report_rejects_answer_of_another_type(report: str, other: str) -> None:
    with pytest.raises(SourceUnclear, match=report):
        REPORTS[report](ANSWERS[other], APRIL, ApiSettings())


def test_user_summary_table_has_text_ids() -> None:
    agents = table("user_summary", [JANE, {"user_id": 789, "first_name": None}])
    names = [column.name for column in agents.columns]
    assert names[:3] == ["user_id", "first_name", "last_name"]
    assert not [name for name in names if name.endswith("_min")]
    assert dict(zip(names, agents.rows[0], strict=True)) == {
        k: v for k, v in JANE.items() if not k.endswith("_min")
    }
    assert agents.column("user_id") == ("123", "789")
    assert agents.rows[1][1:] == ("", "", *[None] * (len(names) - 3))
    units = {column.name: column.unit for column in agents.columns}
    assert units["first_name"] is None
    assert units["fraction_broke_sla"] is Unit.SHARE


def test_classifications_are_all_rows_as_sent() -> None:
    parsed = table("classifications", CLASSIFICATIONS)
    assert [(c.name, c.unit) for c in parsed.columns] == [
        ("classification_id", None),
        ("classification", None),
        ("state", None),
        ("volume", Unit.COUNT),
    ]
    assert parsed.rows == (
        ("123", "amusing", "assigned", 2),
        ("123", "amusing", "all_states", 3),
        ("123", "amusing", "closed", 1),
        ("143", "customer service", "responded", 1),
        ("143", "customer service", "all_states", 1),
    )


def test_case_classifications_have_one_row_each() -> None:
    parsed = table("case_classifications", CASE_CLASSIFICATIONS)
    assert [column.name for column in parsed.columns] == ["classification_id", "classification", "volume"]
    assert parsed.columns[2].unit is Unit.COUNT
    assert parsed.rows[0] == ("466", "positive", 1)
    assert len(parsed.rows) == 7


def test_case_summary_has_counts_seconds_and_means() -> None:
    cases = scalars("case_summary", CASE_SUMMARY)
    assert dict(cases.values) == CASE_SUMMARY
    assert dict(cases.units) == {
        "total_cases": Unit.COUNT,
        "first_reply_time": Unit.SECONDS,
        "resolution_time": Unit.SECONDS,
        "median_first_reply_time": Unit.SECONDS,
        "median_resolution_time": Unit.SECONDS,
        "agent_interactions": Unit.MEAN,
        "agents_involved": Unit.MEAN,
    }
    assert scalars("case_summary", {"total_cases": 0}).values["total_cases"] == 0


@pytest.mark.covers("impossible numbers: negative, over 100 %")
def test_impossible_figures_are_kept() -> None:
    # The composer says that they look wrong; dropping them would hide it.
    assert scalars("summary", {"total_volume": -3}).values["total_volume"] == -3
    assert table("user_summary", [{**JANE, "fraction_broke_sla": 1.7}]).column("fraction_broke_sla") == (1.7,)


LISTS = [
    "workflow_states",
    "classifications",
    "user_summary",
    "user_volume",
    "case_classifications",
    "nps_volume",
]


@pytest.mark.parametrize("report", LISTS)
def test_empty_list_is_no_answer(report: str) -> None:
    assert REPORTS[report]([], APRIL, ApiSettings()) is None


@pytest.mark.covers("an empty list")
def test_no_agents_is_empty(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply([]))
    assert api.fetch(Query("user_summary", APRIL), NOW) == Empty(NOW)


def test_report_type_selects_reader(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply([JANE_HOLDS, BARRY_HOLDS]))
    slot = api.fetch(Query("user_volume", APRIL, report="workflow_states"), NOW)
    assert isinstance(slot, Present)
    assert isinstance(slot.answer, Table)
    assert [column.name for column in slot.answer.columns] == ["state", "volume"]
    assert hosts.api.received[0].json["type"] == "user_volume"


@pytest.mark.covers("the same agent, topic or moment twice")
@pytest.mark.parametrize("agents", [[{}], [{"user_id": None}], [{"user_id": True}], [JANE, JANE], {}, [None]])
def test_agents_without_a_distinct_id_are_unclear(agents: object) -> None:
    with pytest.raises(SourceUnclear, match="user_summary"):
        REPORTS["user_summary"](agents, APRIL, ApiSettings())


@pytest.mark.covers("the same agent, topic or moment twice")
@pytest.mark.parametrize("report", ["classifications", "case_classifications"])
def test_duplicate_row_is_unclear(report: str) -> None:
    row = {"classification_id": 1, "classification": "a", "state": "closed", "volume": 1}
    with pytest.raises(SourceUnclear, match=f"{report} has the same .* twice"):
        REPORTS[report]([row, {**row, "classification_id": "1"}], APRIL, ApiSettings())


def test_lone_surrogates_in_names_are_replaced() -> None:
    agents = json.loads('[{"user_id": 1, "first_name": "J\\ud800ne \\ud83d\\ude00"}]')
    assert table("user_summary", agents).column("first_name") == ("J\ufffdne 😀",)


HALF_NAMES = [chr(0xD800), chr(0xD801)]


@pytest.mark.parametrize(
    ("report", "answer"),
    [
        ("user_volume", [{"user_id": 1, "states": dict.fromkeys(HALF_NAMES, 1)}]),
        ("workflow_states", [{"state": name, "volume": 1} for name in HALF_NAMES]),
        ("states_volume", {name: [] for name in HALF_NAMES}),
    ],
)
def test_names_equal_after_cleaning_stay_separate(report: str, answer: object) -> None:
    with pytest.raises(SourceUnclear, match=r"cannot be told apart|same state twice"):
        REPORTS[report](answer, APRIL, ApiSettings())


@pytest.mark.parametrize(("report", "agent"), [("user_summary", JANE), ("user_volume", JANE_HOLDS)])
def test_ten_thousand_agents_are_read(report: str, agent: dict[str, object]) -> None:
    assert len(table(report, [{**agent, "user_id": number} for number in range(10_000)]).rows) == 10_000


@pytest.mark.parametrize("report", sorted(REPORTS))
def test_every_sample_of_the_document_is_read(report: str) -> None:
    answer = REPORTS[report](ANSWERS[report], WINDOWS.get(report, APRIL), ApiSettings())
    assert answer is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.long
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON, st.sampled_from(sorted(SUMMARY)), st.sampled_from(sorted(REPORTS)))
def test_any_json_is_figures_nothing_or_unclear(junk: Any, key: str, report: str) -> None:
    for answer in (junk, [junk], {key: junk}, {"closed": [junk]}, [{**JANE, key: junk}]):
        with suppress(SourceUnclear):
            REPORTS[report](answer, APRIL, ApiSettings())
    values = scalars("summary", {"total_volume": 1, key: junk}).values
    assert all(value is None or math.isfinite(value) for value in values.values())


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xef\xbb\xbf{}", b'{"a": "\xff"}', b'{"a": 1', b"[" * 100_000]
)
def test_non_strict_json_is_no_answer(body: bytes) -> None:
    assert not isinstance(
        read_json(body, ApiRequest("summary", "POST", "https://api.lexer.io/v1")), ApiAnswer
    )


def test_report_type_tables_are_complete_and_disjoint() -> None:
    assert set(ANSWERS) == set(REPORTS)
    assert not set(EXPORTS) & set(REPORTS)
    assert set(REPORT_TYPES) == {*REPORTS, *EXPORTS}
    assert set(COUNTERS) == set(EXPORTS)
    assert {name: api_type(name) for name in REPORT_TYPES if api_type(name) != name} == {
        "workflow_states": "user_volume"
    }
