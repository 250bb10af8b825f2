"""Missing data: whether nothing came in at all, an empty comparison window, and reports without content."""

from collections.abc import Sequence
from dataclasses import replace

from bot.compose.figures.wording import Wording
from bot.model import (
    Block,
    Dataset,
    Edition,
    Empty,
    ExportFile,
    Headline,
    Note,
    Present,
    Scalars,
    Sentence,
    Series,
    Slot,
    Table,
    Unit,
)

SEVERAL = 3
"""So many empty reports are told in one sentence: a heading for each would be a page of nothing."""
TITLE = "Nothing in this window"
NOTHING = "Nothing came in: no messages and no answers in this window."


def nothing_came_in(dataset: Dataset) -> bool:
    """Whether every answer of the window says that there was nothing.

    What could not be loaded is not nothing: nobody knows what it would have said.
    """
    return bool(dataset.current) and all(map(_is_nothing, dataset.current.values()))


def _is_nothing(slot: Slot) -> bool:
    if isinstance(slot, Empty):
        return True
    if not isinstance(slot, Present):
        return False
    answer = slot.answer
    if isinstance(answer, ExportFile):
        return answer.rows == 0
    if isinstance(answer, Scalars):
        return not any(answer.values.values())
    if isinstance(answer, Series):
        return not any(point.value for points in answer.points.values() for point in points)
    return _counts_nothing(answer)


def _counts_nothing(table: Table) -> bool:
    """Rows may stand there for people and topics that had nothing."""
    counts = [table.column(column.name) for column in table.columns if column.unit is Unit.COUNT]
    return not any(value for values in counts for value in values) if counts else not table.rows


def shortened(edition: Edition) -> Edition:
    """The edition as one sentence, with the notes about the whole of it, and without files."""
    notes = tuple(block for block in edition.blocks if isinstance(block, Note) and not block.report)
    return replace(
        edition,
        summary_text=NOTHING,
        blocks=(Headline((Sentence(NOTHING),)), *notes),
        csvs=(),
        exports=(),
        brief=True,
    )


def compared(dataset: Dataset, words: Wording) -> tuple[Dataset, str]:
    """The dataset to compose from, and what it is compared with in words, '' for nothing.

    A window before in which every report is empty is a first week, not a week of zeros: against it all
    topics would be new, and everything would have grown.
    """
    before = dataset.previous_window
    if before is None:
        return dataset, ""
    same_year = before.last_day.year == dataset.window.last_day.year
    span = words.span(before, weekdays=False, year=not same_year)
    if dataset.previous and all(isinstance(slot, Empty) for slot in dataset.previous.values()):
        alone = replace(dataset, previous_window=None, previous={})
        return alone, f"nothing to compare with: no data for {span}"
    return dataset, f"compared with {span}"


def folded(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks with three empty reports and more as one note in the place of the first."""
    empty = [block for block in blocks if _is_empty(block)]
    if len(empty) < SEVERAL:
        return tuple(blocks)
    first, one = empty[0], _one(empty)
    return tuple(one if block is first else block for block in blocks if block is first or block not in empty)


def _is_empty(block: Block) -> bool:
    return isinstance(block, Note) and block.tone == "empty" and bool(block.title) and not block.figures


def _one(notes: Sequence[Block]) -> Note:
    """'Nothing to show for “Customer wait”, “What it was about” and “Open cases”.'"""
    titles = [note.title for note in notes if isinstance(note, Note)]
    told = f"{', '.join(f'“{title}”' for title in titles[:-1])} and “{titles[-1]}”"
    return Note(f"Nothing to show for {told}.", "empty", title=TITLE)
