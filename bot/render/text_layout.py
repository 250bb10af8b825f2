"""Plain text in columns: what the mail's text part needs that a template cannot do.

Widths count terminal columns: East Asian wide characters take two, combining marks none.
"""

import textwrap
import unicodedata
from collections.abc import Sequence

from bot.render.escaping import cut
from bot.render.parts import ShownTable, Tile

WIDTH = 78
FIRST_COLUMN = 30


def columns_of(text: str) -> int:
    """How many terminal columns a text takes."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded(text: str, width: int, right: bool = False) -> str:
    """The text filled with spaces to `width` columns, on its left when `right`."""
    gap = " " * max(width - columns_of(text), 0)
    return gap + text if right else text + gap


def wrapped(text: str, width: int = WIDTH) -> tuple[str, ...]:
    """Lines of at most `width` characters; words are broken only where they are longer."""
    return tuple(textwrap.wrap(text, width, break_on_hyphens=False))


def aligned_tiles(tiles: Sequence[Tile]) -> tuple[str, ...]:
    """Key figures, one a line: label, value, movement and target, in columns."""
    label = max((columns_of(tile.label) for tile in tiles), default=0)
    value = max((columns_of(tile.value) for tile in tiles), default=0)
    return tuple(
        f"{padded(tile.label, label)}  {padded(tile.value, value, right=True)}   "
        f"{' · '.join(filter(None, (tile.movement, tile.target, tile.base)))}".rstrip()
        for tile in tiles
    )


def text_table(table: ShownTable) -> tuple[str, ...]:
    """A table in aligned columns with a rule under its heading; long names are cut."""
    heading = tuple(cut(column.label, FIRST_COLUMN) for column in table.columns)
    body = tuple(tuple(cut(cell.text, FIRST_COLUMN) for cell in row) for row in table.rows)
    right = tuple(column.numeric for column in table.columns)
    widths = tuple(max(columns_of(row[index]) for row in (heading, *body)) for index in range(len(heading)))
    lines = tuple(_line(row, widths, right) for row in (heading, *body))
    return (lines[0], "-" * max(columns_of(line) for line in lines), *lines[1:])


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = (padded(text, width, side) for text, width, side in zip(row, widths, right, strict=True))
    return "  ".join(cells).rstrip()
