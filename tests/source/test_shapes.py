"""Shapes of answers: names and types, and not one value."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SourceUnclear
from bot.source.probe.shapes import HIDDEN, Recorder, Shape, kind_of
from tests.source import samples
from tests.source.conftest import Hosts, MakeApi
from tests.source.loopback import reply


def shape(*values: object) -> object:
    merged = Shape()
    for value in values:
        merged.add(value)
    return merged.as_json()


def test_names_and_types_of_the_documents_samples() -> None:
    assert shape(samples.STATES_VOLUME) == {
        "closed": [
            {
                "state": "text",
                "value": "whole number",
                "date_range": {"date_from": "date and time without zone"},
            }
        ]
    }
    merged = shape([samples.JANE])
    assert isinstance(merged, list)
    assert (merged[0]["user_id"], merged[0]["responded_to"]) == ("digits as text", "whole number")


def test_differences_between_items_are_shown() -> None:
    assert shape([{"a": 1, "b": None}, {"a": 1.5, "b": []}, {"b": [{"c": True}]}]) == [
        {"a?": {"one of": ["number", "whole number"]}, "b": {"one of": ["null", [{"c": "true or false"}]]}}
    ]


def test_empty_containers_are_kept() -> None:
    assert shape([]) == []
    assert shape({}) == {}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("2018-04-01T13:00:00+00:00", "date and time with zone"),
        ("2018-05-26T21:54:19Z", "date and time with zone"),
        ("2018-04-27 00:00", "date and time without zone"),
        ("2018-04-27", "date"),
        ("123", "digits as text"),
        ("2018-04-27 is when", "text"),
        ("", "text"),
        (False, "true or false"),
        (1, "whole number"),
        (1.0, "number"),
        (None, "null"),
    ],
)
def test_kinds(value: object, kind: str) -> None:
    assert kind_of(value) == kind


@pytest.mark.parametrize("key", ["Jane Pear", "jane@example.com", "12345", "Grüße", "", "a" * 80])
def test_keys_that_may_be_data_are_hidden(key: str) -> None:
    assert shape({key: 1, "volume": 2}) == {HIDDEN: "whole number", "volume": "whole number"}


def test_object_with_endless_keys_is_cut() -> None:
    merged = shape({f"agent_{number}": number for number in range(5000)})
    assert isinstance(merged, dict)
    assert len(merged) == 81


def test_depth_is_bounded() -> None:
    deep: object = 1
    for _ in range(900):
        deep = [deep]
    assert HIDDEN in json.dumps(shape(deep), ensure_ascii=False)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_shape_of_any_answer_is_json(value: object) -> None:
    assert json.loads(json.dumps(shape(value))) == shape(value)


@given(
    st.text(min_size=12).map(lambda text: text + "@"),
    st.integers(min_value=10**9),
    st.floats(min_value=1e9, max_value=1e15),
)
def test_no_value_survives(text: str, whole: int, number: float) -> None:
    written = json.dumps(shape({"a": [text, whole], "b": {"c": number, text: text}}), ensure_ascii=False)
    assert text not in written
    assert str(whole) not in written
    assert str(number) not in written


def test_answers_to_same_query_merge_into_one_shape() -> None:
    recorder = Recorder()
    recorder.observe("summary", {"total_volume": 81})
    recorder.observe("summary", {"total_volume": None, "broke_sla": 1})
    recorder.observe("the list of groups", [])
    assert recorder.shapes() == {
        "summary": {"total_volume": {"one of": ["null", "whole number"]}, "broke_sla?": "whole number"},
        "the list of groups": [],
    }


def test_observer_gets_answers_that_the_client_rejects(make_api: MakeApi, hosts: Hosts) -> None:
    recorder = Recorder()
    hosts.api.says(reply([{"nothing": "known"}]))
    with pytest.raises(SourceUnclear):
        make_api(observe=recorder.observe).groups()
    assert recorder.answers == [("the list of groups", [{"nothing": "known"}])]
