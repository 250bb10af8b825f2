"""Whether nothing at all came in, and the edition that says only that."""

from dataclasses import replace

from bot.model import (
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
