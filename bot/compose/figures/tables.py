"""Parts of tables: columns, cells with figures, and shares that small samples replace by counts."""

from collections.abc import Sequence

from bot.compose.figures.context import Context
from bot.compose.figures.metrics import FEW_REPLIES, OVER_SLA
from bot.model import NO_VALUE, Cell, Change, Figure, TableBlock, TableColumn, Unit

Cells = tuple[Cell, ...]


def columns(*texts: str, numbers: Sequence[str] = ()) -> tuple[TableColumn, ...]:
    """Return columns of text, then columns of numbers."""
    return (*map(TableColumn, texts), *(TableColumn(label, numeric=True) for label in numbers))


def table(
    report: str,
    title: str,
    caption: str,
    header: tuple[TableColumn, ...],
    rows: Sequence[Cells],
    total: int | None = None,
) -> TableBlock:
    """Return a table; `total` counts all rows where not all are shown."""
    return TableBlock(report, title, caption, header, tuple(rows), len(rows) if total is None else total)


def figure_cell(figure: Figure) -> Cell:
    """Return a figure as a cell."""
    return Cell(figure.text, figure)


def change_cell(change: Change) -> Cell:
    """Return a change as a cell: '+157, +12%', '+9 min, +21%, worse'."""
    return Cell(", ".join(filter(None, (change.text, change.word))), change.figure)


def over_sla_cell(count: Figure, replies: float | None, report: str, context: Context) -> Cell:
    """Return the share of replies over SLA; below twenty replies the counts, since such shares say little.

    The tone is bad where the share is beyond the digest's target.
    """
    if not replies or count.value is None:
        return Cell(NO_VALUE)
    if replies < FEW_REPLIES:
        return Cell(f"{count.text} of {context.wording.number(replies)}", count)
    value, limit = count.value / replies, context.target(OVER_SLA.name)
    share = context.figure(f"{report}.{OVER_SLA.name}", value, Unit.SHARE, count.subject)
    return Cell(share.text, share, "bad" if limit is not None and value > limit else "plain")
