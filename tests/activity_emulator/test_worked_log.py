"""Every figure of tests/activity_emulator/worked-log.md is what the emulator computes from the log of that page."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest

from activity_emulator import Log
from activity_emulator.query import ReportQuery
from activity_emulator.reports import EXPORTS, REPORTS, Selection, Table
from tests.activity_emulator.worked_log import FORM, NOW, Row, sections, tables

SECTIONS = sections()
THE_WINDOW = ("2026-04-02T00:00:00+11:00", "2026-04-06T23:59:59+10:00")
SUNDAY = ("2026-04-05T00:00:00+11:00", "2026-04-05T23:59:59+10:00")

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def worked() -> Iterator[Log]:
    log = Log.of(tables(), now=NOW)
    yield log
    log.close()


@pytest.fixture
def ask(worked: Log) -> Ask:
    def answer(
        kind: str,
        window: tuple[str, str] = THE_WINDOW,
        groups: tuple[int, ...] | None = None,
        category: str | None = None,
    ) -> Any:
        first, last = map(datetime.fromisoformat, window)
        survey = (FORM, category or "all") if kind.startswith("nps") else (None, None)
        query = ReportQuery(kind, first, last, groups, None, *survey)
        return (REPORTS | EXPORTS)[kind](worked, Selection.of(query, worked))

    return answer


def expected(heading: str) -> list[Row]:
    [table] = SECTIONS[heading]
    return table


def is_same(cell: str, value: object) -> bool:
    """Tell whether a cell has this value: figures to the digits that are written, an empty cell for None."""
    if isinstance(value, float):
        digits = len(cell.partition(".")[2])
        return bool(abs(float(cell) - value) <= 0.5000001 * 10**-digits)
    return cell == ("" if value is None else str(value))


def column(rows: list[Row], name: str, label: str = "figure") -> dict[str, str]:
    return {row[label]: row[name] for row in rows}


def differences(cells: Mapping[str, str], figures: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """Return the fields in which the page differs, in its order."""
    assert list(cells) == list(figures)
    return {name: (cells[name], figures[name]) for name in cells if not is_same(cells[name], figures[name])}


def test_page_is_complete() -> None:
    assert len(SECTIONS["The log"][3]) == 20
    told = set(SECTIONS) | {"case_details"}
    assert told >= REPORTS.keys() | EXPORTS.keys()


@pytest.mark.parametrize("kind", ["summary", "case_summary", "nps_summary"])
@pytest.mark.parametrize(("name", "groups"), [("everybody", None), ("group Care", (10,))])
def test_summaries(ask: Ask, kind: str, name: str, groups: tuple[int, ...] | None) -> None:
    assert differences(column(expected(kind), name), ask(kind, groups=groups)) == {}


def test_nps_category(ask: Ask) -> None:
    figures = ask("nps_summary", category="promoters")
    assert differences(column(expected("nps_summary"), "promoters"), figures) == {}


@pytest.mark.parametrize(("place", "name"), [(0, "Ann"), (1, "Bob")])
def test_agents(ask: Ask, place: int, name: str) -> None:
    summary, volume = ask("user_summary"), ask("user_volume")
    assert (len(summary), len(volume)) == (2, 2)
    assert (summary[place]["first_name"], volume[place]["first_name"]) == (name, name)
    who = {"first_name", "last_name", "user_id"}
    figures = {field: value for field, value in summary[place].items() if field not in who}
    assert differences(column(expected("user_summary"), name), figures) == {}
    states = volume[place]["states"]
    assert differences(column(expected("user_volume"), name, "state"), states) == {}


def series(answer: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str, Any]]:
    return [
        (name, point["date_range"]["date_from"], point["value"])
        for name, points in answer.items()
        for point in points
    ]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("states_volume", None), ("response_volume", "avg_response_time"), ("case_volume", "open")],
)
def test_series(ask: Ask, kind: str, name: str | None) -> None:
    found = series(ask(kind))
    rows = [(name or row["state"], row["point"], row["value"]) for row in expected(kind)]
    assert [row[:2] for row in rows] == [point[:2] for point in found]
    assert all(is_same(row[2], point[2]) for row, point in zip(rows, found, strict=True))


def test_sunday(ask: Ask) -> None:
    kinds = ("states_volume", "response_volume", "case_volume")
    found = [(kind, *point) for kind in kinds for point in series(ask(kind, SUNDAY))]
    rows = [(row["report"], row["name"], row["point"], row["value"]) for row in expected("The Sunday alone")]
    assert [row[:3] for row in rows] == [point[:3] for point in found]
    assert all(is_same(row[3], point[3]) for row, point in zip(rows, found, strict=True))


@pytest.mark.parametrize("kind", ["classifications", "case_classifications"])
def test_topics(ask: Ask, kind: str) -> None:
    ids = column(SECTIONS["The log"][2], "id", "classification")
    rows = [{"classification_id": ids[row["classification"]], **row} for row in expected(kind)]
    found = ask(kind)
    assert sorted(map(str, rows)) == sorted(
        str({name: str(value) for name, value in row.items()}) for row in found
    )


def test_nps_by_day(ask: Ask) -> None:
    found = ask("nps_volume")
    assert len(found) == len(expected("nps_volume"))
    for cells, point in zip(expected("nps_volume"), found, strict=True):
        flat = {"date": point["date"], "timestamp": point["timestamp"], **point["data"]}
        assert differences(cells, flat) == {}


@pytest.mark.parametrize(
    ("kind", "heading"),
    [
        ("case_details", "The cases"),
        ("nps_submissions", "nps_submissions"),
        ("mention_sla_export", "mention_sla_export"),
    ],
)
def test_exports(ask: Ask, kind: str, heading: str) -> None:
    answer: Table = ask(kind)
    shown = list(expected(heading)[0])
    found = [dict(zip(answer.header, row, strict=True)) for row in answer.rows]
    assert len(found) == len(expected(heading))
    for cells, row in zip(expected(heading), found, strict=True):
        assert differences(cells, {name: row[name] for name in shown}) == {}


def test_cell_comparison() -> None:
    """The comparison itself: it would show a wrong last digit, a missing value and a value too many."""
    assert is_same("92.5", 92.5)
    assert is_same("107.916667", 107.91666666)
    assert not is_same("107.916668", 107.91666666)
    assert not is_same("6475", 6476.0)
    assert not is_same("18", 19)
    assert not is_same("", 0)
    assert is_same("", None)
