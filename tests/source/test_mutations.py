"""The document's samples, mutated in every way: each reader returns valid figures or raises SourceUnclear."""

import json
import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.errors import SourceUnclear
from bot.model import ApiSettings, Scalars, Series, Table, Window
from bot.source.http.request import ApiAnswer, ApiRequest, read_json
from bot.source.reports import REPORTS
from tests.source.samples import ANSWERS, APRIL, WINDOWS

Path = tuple[str | int, ...]
DEEP = 50_000
SAMPLES = [*ANSWERS.items(), ("workflow_states", ANSWERS["user_volume"])]
SETTINGS = [
    ApiSettings(response_volume_unit=unit, nps_day_label=label)
    for unit in ("seconds", "minutes")
    for label in ("start", "end")
]


def paths(value: Any, place: Path = ()) -> Iterator[Path]:
    """Yield the place of every value in a JSON document, the whole first."""
    yield place
    items = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    for key, inner in items:
        yield from paths(inner, (*place, key))


def changed(value: Any, path: Path, change: Any) -> Any:
    """`value` with `change(parent, key)` done to a copy of what is at `path`."""
    if not path:
        return change([value], 0)[0]
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1:
        return change(copy, path[0])
    copy[path[0]] = changed(copy[path[0]], path[1:], change)
    return copy


def put(junk: Any) -> Any:
    def change(parent: Any, key: Any) -> Any:
        parent[key] = junk
        return parent

    return change


def drop(parent: Any, key: Any) -> Any:
    if len(parent) > 1 or isinstance(parent, dict):
        del parent[key]
    return parent


def repeat(parent: Any, key: Any) -> Any:
    """Repeat the item: in a list twice, in an object under one more name."""
    if isinstance(parent, list):
        parent.append(parent[key])
    else:
        parent[f"{key} again"] = parent[key]
    return parent


def as_text(parent: Any, key: Any) -> Any:
    parent[key] = json.dumps(parent[key])
    return parent


def deep(levels: int, kind: type) -> Any:
    nested: Any = None
    for _ in range(levels):
        nested = [nested] if kind is list else {"states": nested}
    return nested


DATES = [
    "2018-04-02 00:00",
    "2018-04-02T12:00:00+00:00",
    "9999-12-31T23:59:59-23:59",
    "9999-12-31T23:00:00+00:00",
    "0001-01-01",
    "2018-W14-1",
]
NUMBERS = [-1, -0.0, 1.7, 1e308, 2**63, 10**300, 10**4000, math.nan, math.inf, -math.inf]
WORDS = ["", "-", "NaN", "1e999", " 1", "0x1", chr(0xD800), "\0", "x" * 100_000, "all_states", "user_id"]
STRANGE: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, [], {}, [[]], [None], *NUMBERS, *WORDS, *DATES]
)
JUNK = STRANGE | st.integers() | st.floats() | st.text(max_size=30) | st.datetimes().map(datetime.isoformat)
CHANGES = JUNK.map(put) | st.sampled_from([drop, repeat, as_text])


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[str, Any]:
    """Return a report type, and a sample (seldom another's) with one to four things wrong in it."""
    report, answer = draw(st.sampled_from(SAMPLES))
    if draw(st.integers(0, 9)) == 9:
        _, answer = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(list(paths(answer))))
        answer = changed(answer, path, draw(CHANGES))
    return report, answer


def check_number(value: object) -> None:
    assert value is None or (type(value) is float and math.isfinite(value)), value


def check_table(table: Table) -> None:
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    assert table.rows, "a table without rows is no answer"
    for row in table.rows:
        for column, value in zip(table.columns, row, strict=True):
            if column.unit is None:
                assert isinstance(value, str)
                value.encode()
            else:
                check_number(value)
    ids = [row[0] for row in table.rows]
    assert len(set(ids)) == len(ids) or "classification_id" in names


def check_series(series: Series, window: Window) -> None:
    assert series.bucket_seconds in (3600, 86400)
    for name, points in series.points.items():
        name.encode()
        moments = [point.at.timestamp() for point in points]
        assert moments == sorted(set(moments))
        for point in points:
            check_number(point.value)
            assert window.first_day <= point.at.date() <= window.last_day
            assert str(point.at.tzinfo) == window.zone


def check(answer: object, window: Window) -> None:
    """Assert what the composer may rely on."""
    if isinstance(answer, Scalars):
        assert answer.values.keys() == answer.units.keys()
        for value in answer.values.values():
            check_number(value)
    elif isinstance(answer, Table):
        check_table(answer)
    elif isinstance(answer, Series):
        check_series(answer, window)
    else:
        assert answer is None


def read_or_unclear(report: str, answer: object, api: ApiSettings) -> bool:
    """Whether it was read; any other error than SourceUnclear fails the test."""
    window, reason = WINDOWS.get(report, APRIL), ""
    try:
        check(REPORTS[report](answer, window, api), window)
    except SourceUnclear as unclear:
        reason = str(unclear)
    assert len(reason) < 300
    assert "\n" not in reason
    return not reason


@pytest.mark.long
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spoiled(), st.sampled_from(SETTINGS))
@example(("nps_volume", [{"date": "2018-04-02T14:00:00Z", "timestamp": 10**300, "data": {}}]), SETTINGS[0])
@example(
    ("response_volume", {"avg_response_time": [{"date_range": {"date_from": chr(0xD800)}}]}), SETTINGS[0]
)
def test_spoiled_sample_is_figures_or_unclear(case: tuple[str, Any], api: ApiSettings) -> None:
    read_or_unclear(case[0], case[1], api)


each_sample = pytest.mark.parametrize(("report", "sample"), SAMPLES, ids=[name for name, _ in SAMPLES])


@each_sample
def test_missing_null_or_odd_value_is_tolerated(report: str, sample: Any) -> None:
    read_so_far = 0
    for path in paths(sample):
        for change in (drop, repeat, as_text, *map(put, (None, True, "x", -1, 1e400, [], {}, [None]))):
            for api in SETTINGS:
                read_so_far += read_or_unclear(report, changed(sample, path, change), api)
    assert read_so_far, "not every spoiled sample is unclear"


@each_sample
@pytest.mark.parametrize("kind", [list, dict])
def test_deep_nesting_anywhere_is_figures_or_unclear(report: str, sample: Any, kind: type) -> None:
    nested = deep(DEEP, kind)
    for path in paths(sample):
        read_or_unclear(report, changed(sample, path, put(nested)), SETTINGS[0])


NOT_READ = {"nps_volume": {"nps_score", "timestamp"}}
"""Numbers that leave no trace in the answer; so do all that end in `_min`, and ids are words."""


def figures(report: str, sample: Any) -> Iterator[Path]:
    """Yield the places of the numbers that are read."""
    for path in paths(sample):
        value = sample
        for key in path:
            value = value[key]
        name = str(path[-1]) if path else ""
        ignored = name.endswith(("_min", "_id")) or name in NOT_READ.get(report, ())
        if isinstance(value, int | float) and not ignored and not name.startswith("all_"):
            yield path


def nones(answer: object) -> int:
    """How many figures of an answer are None."""
    if isinstance(answer, Scalars):
        return list(answer.values.values()).count(None)
    if isinstance(answer, Series):
        return sum(point.value is None for points in answer.points.values() for point in points)
    assert isinstance(answer, Table)
    return sum(row.count(None) for row in answer.rows)


@each_sample
@pytest.mark.parametrize(
    "junk",
    [None, "n/a", True, math.nan, math.inf, 10**400, [1], {"value": 1}],
    ids=lambda junk: str(junk)[:9],
)
def test_invalid_number_is_none_in_place(report: str, sample: Any, junk: object) -> None:
    window = WINDOWS.get(report, APRIL)
    assert nones(REPORTS[report](sample, window, ApiSettings())) == 0
    places = list(figures(report, sample))
    assert places
    for path in places:
        answer = REPORTS[report](changed(sample, path, put(junk)), window, ApiSettings())
        check(answer, window)
        # Without a count of answers there is no score either.
        assert nones(answer) == (2 if path == ("total_received",) else 1), path


@pytest.mark.parametrize(
    ("report", "name"),
    [("user_summary", "user_id"), ("user_volume", "user_id"), ("classifications", "classification_id")],
)
def test_overlong_id_is_unclear(report: str, name: str) -> None:
    # Python refuses to write whole numbers of more than 4300 digits, with a ValueError of its own.
    with pytest.raises(SourceUnclear, match=name):
        REPORTS[report](changed(ANSWERS[report], (0, name), put(10**5000)), APRIL, ApiSettings())


def test_mutated_text_is_read_safely() -> None:
    for report, answer in ANSWERS.items():
        text = json.dumps(answer).replace("1", "1" * 400, 3)
        parsed = read_json(text.encode(), ApiRequest(report, "POST", "https://api.lexer.io/v1"))
        assert isinstance(parsed, ApiAnswer)
        read_or_unclear(report, parsed.value, ApiSettings())
