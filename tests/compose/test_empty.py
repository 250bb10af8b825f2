"""Empty data: a first week is not a week of zeros, and many empty reports are one sentence."""

import pytest

from bot.model import Chart, Empty, LookHere, Note, TableBlock
from tests.compose.data import NOW
from tests.compose.full_dataset import EVERYTHING
from tests.compose.test_compose import tiles
from tests.editions.samples import NAMED, WEEKLY, composed


def test_empty_comparison_is_dropped() -> None:
    """An empty week before makes no topic new, no count grown and no hint."""
    shown = NAMED["first-week"]()
    assert shown.compared_text == "nothing to compare with: no data for 9 – 15 November"
    assert {kpi.change.text for kpi in tiles(shown).values()} == {""}
    assert not [block for block in shown.blocks if isinstance(block, LookHere)]
    labels = [label for block in shown.blocks if isinstance(block, Chart) for label in block.value_labels]
    assert labels
    assert not [label for label in labels if "new" in label]
    headings = [column.label for b in shown.blocks if isinstance(b, TableBlock) for column in b.columns]
    assert "Change" not in headings


def test_one_previous_answer_is_compared() -> None:
    before = {name: Empty(NOW) for name in WEEKLY} | {"summary": EVERYTHING["summary"]}
    shown = composed(EVERYTHING, before)
    assert shown.compared_text == "compared with 9 – 15 November"


def empty_notes(count: int) -> list[Note]:
    gone = {name: Empty(NOW) for name in WEEKLY[1 : count + 1]}
    shown = composed(EVERYTHING | gone, None)
    return [block for block in shown.blocks if isinstance(block, Note) and block.tone == "empty"]


@pytest.mark.parametrize("count", [1, 2])
def test_few_empty_reports_stay_separate(count: int) -> None:
    assert [note.report for note in empty_notes(count)] == list(WEEKLY[1 : count + 1])


def test_three_empty_reports_are_folded() -> None:
    (note,) = empty_notes(3)
    assert note.title == "Nothing in this window"
    assert note.text == "Nothing to show for “Messages over time”, “Customer wait” and “What it was about”."
