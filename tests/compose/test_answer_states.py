"""Every report type with a present, empty and unavailable answer; zero is not a missing value."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.compose import REPORTS
from bot.model import (
    NO_VALUE,
    Column,
    Empty,
    ExportFile,
    Insight,
    Present,
    Scalars,
    Series,
    Slot,
    Table,
    Unavailable,
    Unit,
)
from tests.compose.data import NOW
from tests.compose.edition_walk import compose_reports, figures, notes
from tests.compose.full_dataset import EVERYTHING, EXPORTS

ALL = tuple(REPORTS)
COMPARED = tuple(name for name in ALL if name not in EXPORTS)
NOTHING = {
    "summary": "No messages in this window.",
    "states_volume": "No messages in this window.",
    "response_volume": "No replies in this window.",
    "mention_sla_export": "No messages in this window.",
    "workflow_states": "No assigned messages in this window.",
    "classifications": "No topics in this window.",
    "case_summary": "No cases were closed in this window.",
    "case_volume": "No open cases in this window.",
    "case_classifications": "No case had a topic in this window.",
    "case_details": "No cases in this window.",
    "user_summary": "No agent had a message in this window.",
    "user_volume": "No agent had a message in this window.",
    "nps_summary": "No answers in this window.",
    "nps_volume": "No answers in this window.",
    "nps_submissions": "No answers in this window.",
}


def with_every_number(slot: Slot, value: float | None) -> Slot:
    """Return the answer with each number replaced."""
    assert isinstance(slot, Present)
    answer = slot.answer
    if isinstance(answer, Scalars):
        return replace(slot, answer=replace(answer, values=dict.fromkeys(answer.values, value)))
    if isinstance(answer, Series):
        points = {n: tuple(replace(p, value=value) for p in column) for n, column in answer.points.items()}
        return replace(slot, answer=replace(answer, points=points))
    if isinstance(answer, Table):
        return replace(slot, answer=_table(answer, value))
    insights = tuple(Insight(insight.name, _table(insight.table, value)) for insight in answer.insights)
    return replace(slot, answer=replace(answer, insights=insights))


def _table(table: Table, value: float | None) -> Table:
    units: list[Unit | None] = [column.unit for column in table.columns]
    rows = tuple(
        tuple(cell if unit is None else value for cell, unit in zip(row, units, strict=True))
        for row in table.rows
    )
    return Table(tuple(Column(c.name, c.unit) for c in table.columns), rows)


def of(slots: Mapping[str, Slot], report: str) -> Mapping[str, Slot]:
    return {report: slots[report]}


@pytest.mark.parametrize("report", ALL)
def test_present(report: str) -> None:
    shown = compose_reports(report)
    about = [block for block in shown.blocks if getattr(block, "report", "") == report]
    assert about or report == "summary"
    assert not shown.incomplete
    assert not [note for note in notes(shown) if note.tone != "info"]
    assert {figure.metric.partition(".")[0] for figure in figures(shown)} == {report}


@pytest.mark.covers("an empty list", "an export without rows")
@pytest.mark.parametrize("report", ALL)
def test_empty(report: str) -> None:
    shown = compose_reports(report, current={report: Empty(NOW)})
    assert [note.text for note in notes(shown) if note.tone == "empty"] == [NOTHING[report]]
    assert not shown.incomplete
    assert not figures(shown)
    assert not shown.csvs
    assert not shown.exports


@pytest.mark.parametrize("report", ALL)
def test_unavailable(report: str) -> None:
    shown = compose_reports(report, current={report: Unavailable("the API answered 500 three times")})
    (sentence,) = shown.incomplete
    assert sentence.endswith("could not be loaded: the API answered 500 three times.")
    assert [note.text for note in notes(shown) if note.tone == "unavailable"] == [sentence]
    assert not [note for note in notes(shown) if note.tone == "empty"]
    assert not figures(shown)
    assert "ordinary" not in repr(shown.blocks)


@pytest.mark.parametrize("report", ALL)
def test_unexpected_answer_is_unavailable(report: str) -> None:
    other = Present(ExportFile("x.csv", 1, 1, ()) if report not in EXPORTS else Scalars({}, {}), NOW)
    shown = compose_reports(report, current={report: other})
    assert shown.incomplete[0].endswith("could not be loaded: its answer has an unexpected form.")


@pytest.mark.parametrize("report", ALL)
def test_no_comparison(report: str) -> None:
    shown = compose_reports(report, compared=False)
    assert not shown.incomplete
    assert {figure.window for figure in figures(shown)} == {"current"}
    assert "the week before" not in repr(shown)
    assert shown.compared_text == ""


@pytest.mark.parametrize("report", COMPARED)
def test_comparison_unavailable(report: str) -> None:
    shown = compose_reports(report, previous={report: Unavailable("it timed out")})
    (sentence,) = shown.incomplete
    assert sentence.endswith("of the week before could not be loaded: it timed out. Nothing is compared.")
    assert {figure.window for figure in figures(shown)} == {"current"}
    assert "new" not in repr([getattr(block, "value_labels", ()) for block in shown.blocks])


@pytest.mark.parametrize("report", COMPARED)
def test_comparison_empty(report: str) -> None:
    shown = compose_reports(report, previous={report: Empty(NOW)})
    assert not shown.incomplete
    assert "not loaded" not in repr(shown)


@pytest.mark.parametrize("report", ALL)
def test_missing_values_are_not_zeros(report: str) -> None:
    shown = compose_reports(
        report, current={report: with_every_number(EVERYTHING[report], None)}, compared=False
    )
    own_rows = 131.0, 36.0, 1480.0  # an export's number of rows is known, whatever is in it
    assert not [f for f in figures(shown) if f.value is not None and f.value not in own_rows]
    assert {f.text for f in figures(shown) if f.value is None} <= {NO_VALUE}
    numbers = [csv for csv in shown.csvs for row in csv.rows for cell in row if isinstance(cell, float)]
    assert not numbers


@pytest.mark.parametrize("report", ALL)
def test_zeros(report: str) -> None:
    shown = compose_reports(
        report, current={report: with_every_number(EVERYTHING[report], 0.0)}, compared=False
    )
    counted = [f for f in figures(shown) if f.unit is Unit.COUNT and f.window == "current"]
    assert {f.text for f in counted} <= {"0", "131", "36", "1,480"}
    told_nothing = [note for note in notes(shown) if note.tone == "empty"]
    assert counted or told_nothing or report == "response_volume"  # a wait of 0 s
    assert not shown.incomplete


@pytest.mark.covers("impossible numbers: negative, over 100 %")
@pytest.mark.parametrize("report", ALL)
def test_impossible_values_have_note(report: str) -> None:
    shown = compose_reports(
        report, current={report: with_every_number(EVERYTHING[report], -7.0)}, compared=False
    )
    told_so = "No score can be made of" if report == "nps_volume" else "The API gave −7"
    assert [note.text for note in notes(shown) if note.text.startswith(told_so)]
