"""Answers become typed figures: samples of the document, and everything that is no number."""

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import SourceUnclear
from bot.model import Empty, Present, Query, Scalars, Table, Unit
from bot.source import ActivityApi
from bot.source.asking import Question, Told, read_json
from bot.source.exports import EXPORTS
from bot.source.gather import EXPORTS as EXPORT_TYPES
from bot.source.reports import REPORTS, read_summary, read_user_summary
from tests.source.conftest import Hosts
from tests.source.loopback import NOW, reply
from tests.source.samples import APRIL, JANE, SUMMARY, summary_query

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


def test_summary_has_the_wire_names_without_the_minutes(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply(SUMMARY))
    slot = api.fetch(summary_query())
    assert isinstance(slot, Present)
    assert slot.fetched_at == NOW
    assert isinstance(slot.answer, Scalars)
    assert dict(slot.answer.values) == {k: v for k, v in SUMMARY.items() if not k.endswith("_min")}
    assert slot.answer.units["broke_sla"] is Unit.COUNT
    assert slot.answer.units["avg_response_time"] is Unit.SECONDS
    assert slot.answer.values.keys() == slot.answer.units.keys()


def test_a_volume_of_zero_is_a_figure_and_absent_numbers_are_none(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply({"total_volume": 0, "avg_response_time": None, "something_new": {"a": 1}}))
    slot = api.fetch(summary_query())
    assert isinstance(slot, Present)
    assert isinstance(slot.answer, Scalars)
    assert slot.answer.values["total_volume"] == 0.0
    assert slot.answer.values["avg_response_time"] is None
    assert slot.answer.values["broke_sla"] is None
    assert "something_new" not in slot.answer.values


@pytest.mark.parametrize("text", NO_NUMBERS, ids=lambda text: text[:12])
def test_what_is_no_number_is_none_and_never_zero(api: ActivityApi, hosts: Hosts, text: str) -> None:
    hosts.api.says(reply(f'{{"total_volume": {text}, "broke_sla": "11"}}'.encode()))
    slot = api.fetch(summary_query())
    assert isinstance(slot, Present)
    assert isinstance(slot.answer, Scalars)
    assert slot.answer.values["total_volume"] is None
    assert slot.answer.values["broke_sla"] == 11.0


@pytest.mark.parametrize("answer", [None, [], {}, "summary", 7, {"broke_sla": 1}])
def test_a_summary_of_another_shape_is_unclear(api: ActivityApi, hosts: Hosts, answer: object) -> None:
    hosts.api.says(reply(answer))
    with pytest.raises(SourceUnclear, match="summary is not what the API document describes"):
        api.fetch(summary_query())


def test_user_summary_is_a_table_with_ids_as_text(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply([JANE, {"user_id": 789, "first_name": None}]))
    slot = api.fetch(Query("user_summary", APRIL))
    assert isinstance(slot, Present)
    table = slot.answer
    assert isinstance(table, Table)
    names = [column.name for column in table.columns]
    assert names[:3] == ["user_id", "first_name", "last_name"]
    assert not [name for name in names if name.endswith("_min")]
    assert dict(zip(names, table.rows[0], strict=True)) == {
        k: v for k, v in JANE.items() if not k.endswith("_min")
    }
    assert table.column("user_id") == ("123", "789")
    assert table.rows[1][1:] == ("", "", *[None] * (len(names) - 3))
    units = {column.name: column.unit for column in table.columns}
    assert units["first_name"] is None
    assert units["fraction_broke_sla"] is Unit.SHARE


def test_no_agents_is_empty(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply([]))
    assert api.fetch(Query("user_summary", APRIL)) == Empty(NOW)


@pytest.mark.parametrize("agents", [[{}], [{"user_id": None}], [{"user_id": True}], [JANE, JANE], {}, [None]])
def test_agents_without_a_distinct_id_are_unclear(agents: object) -> None:
    with pytest.raises(SourceUnclear, match="user_summary"):
        read_user_summary(agents, APRIL)


def test_half_characters_in_names_are_replaced_so_that_they_can_be_written() -> None:
    table = read_user_summary(
        json.loads('[{"user_id": 1, "first_name": "J\\ud800ne \\ud83d\\ude00"}]'), APRIL
    )
    assert table is not None
    assert table.column("first_name") == ("J\ufffdne 😀",)


def test_ten_thousand_agents_are_read() -> None:
    table = read_user_summary([{**JANE, "user_id": number} for number in range(10_000)], APRIL)
    assert table is not None
    assert len(table.rows) == 10_000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON, st.sampled_from(sorted(SUMMARY)), st.sampled_from(sorted(REPORTS)))
def test_any_json_is_figures_nothing_or_unclear(junk: Any, key: str, report: str) -> None:
    for answer in (junk, [junk], {key: junk}, {"closed": [junk]}, [{**JANE, key: junk}]):
        with suppress(SourceUnclear):
            REPORTS[report](answer, APRIL)
    values = read_summary({"total_volume": 1, key: junk}, APRIL).values
    assert all(value is None or math.isfinite(value) for value in values.values())


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xef\xbb\xbf{}", b'{"a": "\xff"}', b'{"a": 1', b"[" * 100_000]
)
def test_what_is_not_strict_json_is_not_told(body: bytes) -> None:
    assert not isinstance(read_json(body, Question("summary", "POST", "https://api.lexer.io/v1")), Told)


def test_the_tables_of_report_types_are_complete_and_apart() -> None:
    assert set(EXPORTS) == set(EXPORT_TYPES)
    assert not set(EXPORTS) & set(REPORTS)
