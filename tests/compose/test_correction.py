"""What a correction says: marked in every place, and every figure that differs named once."""

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
from tests.compose.everything import EVERYTHING
from tests.compose.walk import texts, told

ALL = tuple(EVERYTHING)


def summary(**changes: float) -> dict[str, Slot]:
    before = CURRENT["summary"]
    assert isinstance(before, Present)
    assert isinstance(before.answer, Scalars)
    answer = replace(before.answer, values=before.answer.values | SUMMARY | changes)
    return {"summary": replace(before, answer=answer)}


def rows(kept: int) -> dict[str, Slot]:
    before = CURRENT["user_summary"]
    assert isinstance(before, Present)
    assert isinstance(before.answer, Table)
    return {"user_summary": replace(before, answer=replace(before.answer, rows=before.answer.rows[:kept]))}


def corrected(now: Edition, sent: Edition | None, shown: Agents = Agents.NAMES) -> Edition:
    return compose_correction(now, sent, digest(), shown, corrected_at=NOW)


def table(edition: Edition) -> list[tuple[str, ...]]:
    found = [block for block in edition.blocks if isinstance(block, TableBlock) and block.report == CHANGES]
    return [tuple(cell.text for cell in row) for block in found for row in block.rows]


def test_each_figure_that_differs_is_named_with_both_wordings() -> None:
    sent = told("summary", current=summary(total_volume=1469.0))
    now = told("summary", current=summary(total_volume=1520.0))
    assert Changed("Messages", "1,469", "1,520") in set(changes_of(sent, now))
    assert ("Messages", "1,469", "1,520") in table(corrected(now, sent))


def test_it_is_marked_in_subject_title_notification_and_opening() -> None:
    sent, now = told("summary"), told("summary", current=summary(total_volume=1520.0))
    made = corrected(now, sent)
    assert made.subject == f"Corrected: {now.subject}"
    assert made.title.startswith("Corrected: ")
    assert made.summary_text.startswith("Corrected: ")
    assert len(made.summary_text) <= 200
    [headline] = [block for block in made.blocks if isinstance(block, Headline)]
    assert headline.sentences[0].text.startswith("Corrected Mon 23 November 2026 at 09:00, Sydney time: ")
    assert "Messages: was 1,469, now 1,520" in headline.sentences[0].text


def test_equal_editions_have_no_list_and_say_so() -> None:
    sent = told(*ALL)
    made = corrected(sent, sent)
    assert table(made) == []
    assert any("No figure differs." in text for text in texts(made))


def test_without_the_version_before_nothing_can_be_listed_and_that_is_said() -> None:
    made = corrected(told("summary"), None)
    assert table(made) == []
    assert any(UNKNOWN in text for text in texts(made))


def test_a_row_that_came_or_went_is_one_line() -> None:
    few, all_ = told("user_summary", current=rows(1)), told("user_summary", current=rows(9))
    came = [change for change in changes_of(few, all_) if change.now == "listed"]
    went = [change for change in changes_of(all_, few) if change.now == "not listed"]
    assert [change.label for change in came] == [change.label for change in went]
    assert came
    assert all(change.was == "not listed" for change in came)
    labels = [change.label for change in changes_of(few, all_)]
    assert len(labels) == len(set(labels))


def test_a_section_that_is_loaded_now_is_told() -> None:
    sent = told("summary", "user_summary", current={"user_summary": Unavailable("the API was down")})
    now = told("summary", "user_summary")
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


def test_points_of_curves_that_differ_are_counted() -> None:
    sent, now = told("states_volume"), told("states_volume", current=points(3.0))
    [chart] = [change for change in changes_of(sent, now) if change.label.endswith("(chart)")]
    assert chart.now == "1 point moved"


def test_rows_of_files_that_differ_are_counted() -> None:
    few, all_ = told("user_summary", current=rows(1)), told("user_summary", current=rows(2))
    [file] = [change for change in changes_of(few, all_) if change.label.endswith(".csv")]
    assert file == Changed("user_summary.csv", "–", "1 row new or different")


@pytest.mark.parametrize("shown", [Agents.NONE, Agents.INITIALS])
def test_nobody_is_named_where_no_name_is_wanted(shown: Agents) -> None:
    sent = told("user_summary", "user_volume", current=rows(1), shown=shown)
    now = told("user_summary", "user_volume", current=rows(9), shown=shown)
    named = told("user_summary", "user_volume", current=rows(9))
    names = {text for text in texts(named) if " " in text} & {
        cell.text
        for block in named.blocks
        if isinstance(block, TableBlock)
        for row in block.rows
        for cell in row[:1]
    }
    assert names
    said = " ".join(texts(corrected(now, sent, shown)))
    assert not [name for name in names if name in said]


def test_the_longest_list_fits_the_opening() -> None:
    sent, now = (
        told(*ALL),
        told(*ALL, current=summary(total_volume=9.0, total_responded_to=1.0, broke_sla=1.0)),
    )
    [headline] = [block for block in corrected(now, sent).blocks if isinstance(block, Headline)]
    assert len(headline.sentences[0].text) <= 300
