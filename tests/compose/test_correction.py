"""Corrections: marked in every place, with each changed figure once."""

from dataclasses import replace

import pytest

from bot.compose.correction import UNKNOWN, Changed, changes_of, compose_correction
from bot.model import (
    CHANGES,
    Agents,
    Edition,
    Headline,
    Present,
    Scalars,
    Series,
    Slot,
    Table,
    TableBlock,
    Unavailable,
)
from tests.compose.data import CURRENT, NOW, SUMMARY, digest
from tests.compose.edition_walk import compose_reports, texts
from tests.compose.full_dataset import EVERYTHING

ALL = tuple(EVERYTHING)


def summary(**changes: float) -> dict[str, Slot]:
    before = CURRENT["summary"]
    assert isinstance(before, Present)
    assert isinstance(before.answer, Scalars)
    answer = replace(before.answer, values={**before.answer.values, **SUMMARY, **changes})
    return {"summary": replace(before, answer=answer)}


def rows(kept: int) -> dict[str, Slot]:
    before = CURRENT["user_summary"]
    assert isinstance(before, Present)
    assert isinstance(before.answer, Table)
    return {"user_summary": replace(before, answer=replace(before.answer, rows=before.answer.rows[:kept]))}


def corrected(now: Edition, sent: Edition | None, shown: Agents = Agents.NAMES) -> Edition:
    return compose_correction(now, sent, digest(), shown, corrected_at=NOW)


def table(edition: Edition) -> list[tuple[str, ...]]:
    tables = [block for block in edition.blocks if isinstance(block, TableBlock) and block.report == CHANGES]
    return [tuple(cell.text for cell in row) for block in tables for row in block.rows]


def test_changed_figure_has_both_texts() -> None:
    sent = compose_reports("summary", current=summary(total_volume=1469.0))
    now = compose_reports("summary", current=summary(total_volume=1520.0))
    assert Changed("Messages", "1,469", "1,520") in set(changes_of(sent, now))
    assert ("Messages", "1,469", "1,520") in table(corrected(now, sent))


def test_correction_is_marked_everywhere() -> None:
    sent, now = compose_reports("summary"), compose_reports("summary", current=summary(total_volume=1520.0))
    corrected_edition = corrected(now, sent)
    assert corrected_edition.subject == f"Corrected: {now.subject}"
    assert corrected_edition.title.startswith("Corrected: ")
    assert corrected_edition.summary_text.startswith("Corrected: ")
    assert len(corrected_edition.summary_text) <= 200
    [headline] = [block for block in corrected_edition.blocks if isinstance(block, Headline)]
    assert headline.sentences[0].text.startswith("Corrected Mon 23 November 2026 at 09:00, Sydney time: ")
    assert "Messages: was 1,469, now 1,520" in headline.sentences[0].text


def test_equal_editions_have_no_changes() -> None:
    sent = compose_reports(*ALL)
    corrected_edition = corrected(sent, sent)
    assert table(corrected_edition) == []
    assert any("No figure differs." in text for text in texts(corrected_edition))


def test_correction_without_original() -> None:
    corrected_edition = corrected(compose_reports("summary"), None)
    assert table(corrected_edition) == []
    assert any(UNKNOWN in text for text in texts(corrected_edition))


def test_added_or_removed_row_is_one_change() -> None:
    few, all_ = (
        compose_reports("user_summary", current=rows(1)),
        compose_reports("user_summary", current=rows(9)),
    )
    came = [change for change in changes_of(few, all_) if change.now == "listed"]
    went = [change for change in changes_of(all_, few) if change.now == "not listed"]
    assert [change.label for change in came] == [change.label for change in went]
    assert came
    assert all(change.was == "not listed" for change in came)
    labels = [change.label for change in changes_of(few, all_)]
    assert len(labels) == len(set(labels))


def test_newly_loaded_section_is_a_change() -> None:
    sent = compose_reports(
        "summary", "user_summary", current={"user_summary": Unavailable("the API was down")}
    )
    now = compose_reports("summary", "user_summary")
    assert any(
        change.was == "could not be loaded" and change.now == "loaded" for change in changes_of(sent, now)
    )


def points(more: float) -> dict[str, Slot]:
    before = CURRENT["states_volume"]
    assert isinstance(before, Present)
    assert isinstance(before.answer, Series)
    name = next(iter(before.answer.points))
    first, *others = before.answer.points[name]
    moved = (replace(first, value=(first.value or 0) + more), *others)
    series = replace(before.answer, points=dict(before.answer.points) | {name: moved})
    return {"states_volume": replace(before, answer=series)}


def test_changed_points_are_counted() -> None:
    sent, now = compose_reports("states_volume"), compose_reports("states_volume", current=points(3.0))
    [chart] = [change for change in changes_of(sent, now) if change.label.endswith("(chart)")]
    assert chart.now == "1 point moved"


def test_changed_csv_rows_are_counted() -> None:
    few, all_ = (
        compose_reports("user_summary", current=rows(1)),
        compose_reports("user_summary", current=rows(2)),
    )
    [file] = [change for change in changes_of(few, all_) if change.label.endswith(".csv")]
    assert file == Changed("user_summary.csv", "–", "1 row new or different")


@pytest.mark.parametrize("shown", [Agents.NONE, Agents.INITIALS])
def test_correction_hides_names(shown: Agents) -> None:
    sent = compose_reports("user_summary", "user_volume", current=rows(1), shown=shown)
    now = compose_reports("user_summary", "user_volume", current=rows(9), shown=shown)
    named = compose_reports("user_summary", "user_volume", current=rows(9))
    names = {text for text in texts(named) if " " in text} & {
        cell.text
        for block in named.blocks
        if isinstance(block, TableBlock)
        for row in block.rows
        for cell in row[:1]
    }
    assert names
    content = " ".join(texts(corrected(now, sent, shown)))
    assert not [name for name in names if name in content]


def test_headline_lists_three_changes() -> None:
    sent, now = (
        compose_reports(*ALL),
        compose_reports(*ALL, current=summary(total_volume=9.0, total_responded_to=1.0, broke_sla=1.0)),
    )
    [headline] = [block for block in corrected(now, sent).blocks if isinstance(block, Headline)]
    assert len(headline.sentences[0].text) <= 300
