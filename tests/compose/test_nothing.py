"""Where there is nothing: a first week is not a week of zeros, and many empty reports are one sentence."""

import pytest

from bot.model import Chart, Empty, LookHere, Note, TableBlock
from tests.compose.data import NOW
from tests.compose.everything import EVERYTHING
from tests.compose.test_compose import tiles
from tests.editions.samples import NAMED, WEEKLY, composed


def test_a_first_week_is_compared_with_nothing() -> None:
    """A week before without anything makes no topic new, no count grown and no hint."""
    shown = NAMED["first-week"]()
    assert shown.compared_text == "nothing to compare with: no data for 9 – 15 November"
    assert {kpi.change.text for kpi in tiles(shown).values()} == {""}
    assert not [block for block in shown.blocks if isinstance(block, LookHere)]
    words = [words for block in shown.blocks if isinstance(block, Chart) for words in block.value_labels]
    assert words
    assert not [text for text in words if "new" in text]
    headings = [column.label for b in shown.blocks if isinstance(b, TableBlock) for column in b.columns]
    assert "Change" not in headings


def test_one_answer_of_the_week_before_is_enough_to_compare() -> None:
    before = {name: Empty(NOW) for name in WEEKLY} | {"summary": EVERYTHING["summary"]}
    shown = composed(EVERYTHING, before)
    assert shown.compared_text == "compared with 9 – 15 November"


def empty_notes(count: int) -> list[Note]:
    gone = {name: Empty(NOW) for name in WEEKLY[1 : count + 1]}
    shown = composed(EVERYTHING | gone, None)
    return [block for block in shown.blocks if isinstance(block, Note) and block.tone == "empty"]


@pytest.mark.parametrize("count", [1, 2])
def test_few_empty_reports_say_so_each_in_its_place(count: int) -> None:
    assert [note.report for note in empty_notes(count)] == list(WEEKLY[1 : count + 1])


def test_three_empty_reports_are_one_sentence() -> None:
    (note,) = empty_notes(3)
    assert note.title == "Nothing in this window"
    assert note.text == "Nothing to show for “Messages over time”, “Customer wait” and “What it was about”."
