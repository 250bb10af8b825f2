"""Plain text in columns: what the mail's text part needs that a template cannot do.

Widths count terminal columns: East Asian wide characters take two, combining marks none.
"""

import re
import unicodedata
from collections.abc import Sequence

from bot.render.escaping import NO_BREAK, bound, cut, loose
from bot.render.parts import ShownCell, ShownHint, ShownTable, Tile, halved

WIDTH = 78
_BLANKS = re.compile(rf"[^\S{NO_BREAK}]+")
FIRST_COLUMN, LEAST_NAME = 30, 16


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
    """Lines of at most `width` columns; words are broken only where they are longer, figures never."""
    lines: list[str] = []
    for word in _BLANKS.split(bound(text).strip()):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and columns_of(longer) <= width:
            lines[-1] = longer
        else:
            lines += _pieces(word, width)
    return tuple(loose(line) for line in lines)


def _pieces(word: str, width: int) -> list[str]:
    """A word in pieces of at most `width` columns: Chinese and Japanese have no blanks to break at."""
    pieces = [""]
    for character in word:
        if columns_of(pieces[-1] + character) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def numbered(hint: ShownHint) -> tuple[str, ...]:
    """'1. Text. Evidence.', wrapped, later lines below the first word."""
    start = f"{hint.number}. "
    lines = wrapped(" ".join(filter(None, (hint.text, hint.evidence))), WIDTH - len(start))
    return tuple(f"{start if n == 0 else ' ' * len(start)}{line}" for n, line in enumerate(lines))


def aligned_tiles(tiles: Sequence[Tile]) -> tuple[str, ...]:
    """Key figures, one a line: label, value, movement, target and base, in columns.

    What goes beyond 78 columns is continued below the movement.
    """
    label = max((columns_of(tile.label) for tile in tiles), default=0)
    value = max((columns_of(tile.value) for tile in tiles), default=0)
    return tuple(
        line
        for tile in tiles
        for line in _continued(
            f"{padded(tile.label, label)}  {padded(tile.value, value, right=True)}   ",
            " · ".join(filter(None, (tile.movement, tile.target, tile.base))),
        )
    )


def _continued(start: str, rest: str) -> tuple[str, ...]:
    indent = columns_of(start)
    lines = wrapped(rest, max(WIDTH - indent, FIRST_COLUMN)) or ("",)
    return tuple(f"{start if n == 0 else ' ' * indent}{line}".rstrip() for n, line in enumerate(lines))


def text_table(table: ShownTable) -> tuple[str, ...]:
    """A table in aligned columns with a rule under each heading, at most 78 columns wide.

    Headings take two lines and the first column is cut where that is needed; a table that is wider
    even so becomes a line for each row, every figure after its heading.
    """
    body = [[cut(cell.text, FIRST_COLUMN) for cell in row] for row in table.rows]
    heads = [("", cut(column.label, FIRST_COLUMN)) for column in table.columns]
    widths = _widths(heads, body)
    if _across(widths) > WIDTH:
        heads = [halved(cut(column.label, FIRST_COLUMN)) for column in table.columns]
        widths = _widths(heads, body)
    excess = max(_across(widths) - WIDTH, 0)
    widths[0] = max(widths[0] - excess, min(widths[0], LEAST_NAME))
    if _across(widths) > WIDTH:
        return tuple(line for row in table.rows for line in _record(table, row))
    right = [column.numeric for column in table.columns]
    lines = [_line([head[n] for head in heads], widths, right) for n in (0, 1)]
    lines = [line for line in lines if line.strip()]
    rows = [_line([cut(row[0], widths[0]), *row[1:]], widths, right) for row in body]
    return (*lines, "  ".join("-" * width for width in widths), *rows)


def _widths(heads: Sequence[tuple[str, str]], body: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(columns_of, [*head, *(row[n] for row in body)])) for n, head in enumerate(heads)]


def _across(widths: Sequence[int]) -> int:
    """Columns of a line with two blanks between its cells."""
    return sum(widths) + 2 * (len(widths) - 1)


def _record(table: ShownTable, row: Sequence[ShownCell]) -> tuple[str, ...]:
    """'Jane Pear: All 66 · Assigned 2 · …', wrapped and indented below the name."""
    told = [f"{column.label} {cell.text}" for column, cell in zip(table.columns[1:], row[1:], strict=True)]
    lines = wrapped(f"{row[0].text}: {' · '.join(told)}", WIDTH - 2)
    return tuple(f"{'  ' if n else ''}{line}" for n, line in enumerate(lines))


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = (padded(text, width, side) for text, width, side in zip(row, widths, right, strict=True))
    return "  ".join(cells).rstrip()
