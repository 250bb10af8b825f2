"""How many rows of tables an edition can show so that its PDF stays within ten pages.

Heights are estimates in the pixels of a page 720 wide (4 to a millimetre on A4), a little above what
WeasyPrint makes of them; document.py counts the pages afterwards.
"""

from collections.abc import Iterable, Sequence

from bot.model import Block, Cell, Chart, Edition, Headline, Kpis, LookHere, Note, TableBlock
from bot.render.charts.labels import width

MOST_PAGES = 10
MOST_ROWS = 100
"""Rows of a table on paper: each takes time to lay out, and nobody reads more."""

ROW_STEPS = (MOST_ROWS, 80, 60, 45, 30, 20, 15, 10, 5)

_PAGE = {"A4": 1_040.0, "Letter": 970.0}
_FILLED = 0.8
"""Share of a page that is used: what cannot be split leaves room at the bottom."""

_ACROSS, _SIZE, _PADDING = 720.0, 11.8, 12.0
_LINE, _ROW_EDGES, _HEADING = 15.5, 8.5, 110.0
_FRAME = 330.0
"""Opening and making together."""


def rows_that_fit(edition: Edition) -> int:
    """The most rows that each table may show: 100, or fewer where they would not fit on ten pages."""
    tables = [block for block in edition.blocks if isinstance(block, TableBlock)]
    room = MOST_PAGES * _PAGE[edition.paper] * _FILLED - _FRAME - sum(map(_height, edition.blocks))
    heights = [_row_heights(table) for table in tables]
    fitting = (most for most in ROW_STEPS if sum(sum(rows[:most]) for rows in heights) <= room)
    return next(fitting, ROW_STEPS[-1])


def fewer_rows(most: int) -> int | None:
    """The next step below `most`; None below the last."""
    return next((step for step in ROW_STEPS if step < most), None)


def _height(block: Block) -> float:
    """A block's height without the rows of its table."""
    match block:
        case Chart():
            return 130.0 + (24.0 * min(len(block.labels), 25) if block.shape == "bars" else 250.0)
        case TableBlock():
            return _HEADING
        case Kpis():
            return 250.0
        case Headline():
            return 90.0 * len(block.sentences)
        case Note():
            return 60.0 + 20.0 * len(block.text) // 100
        case LookHere():
            return 60.0 + 45.0 * len(block.items)


def _row_heights(table: TableBlock) -> list[float]:
    across = _ACROSS / max(len(table.columns), 1) - _PADDING
    return [_row_height(row, across) for row in table.rows[:MOST_ROWS]]


def _row_height(row: Sequence[Cell], across: float) -> float:
    return _ROW_EDGES + _LINE * max(_lines((cell.text for cell in row), across), default=1)


def _lines(texts: Iterable[str], across: float) -> Iterable[int]:
    """Lines that each text takes in a column `across` pixels wide."""
    return (1 + int(width(text, _SIZE) / across) for text in texts)
