"""The mail's text part: wrapped lines, aligned key figures and tables, at most 78 columns wide.

Widths count terminal columns: East Asian wide characters take two, combining marks none.
"""

import re
from collections.abc import Sequence

from rich.cells import cell_len

from bot.render.escaping import NO_BREAK, bound, cut, loose
from bot.render.parts import ShownCell, ShownHint, ShownTable, Tile, halved

WIDTH = 78
_BLANKS = re.compile(rf"[^\S{NO_BREAK}]+")
MAX_COLUMN, MIN_NAME = 30, 16


def padded(text: str, width: int, right: bool = False) -> str:
    """Pad the text with spaces to `width` columns, on its left if `right`."""
    gap = " " * max(width - cell_len(text), 0)
    return gap + text if right else text + gap


def wrapped(text: str, width: int = WIDTH) -> tuple[str, ...]:
    """Wrap the text at `width` columns; only longer words are broken, figures never."""
    lines: list[str] = []
    for word in _BLANKS.split(bound(text).strip()):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines += _pieces(word, width)
    return tuple(loose(line) for line in lines)


def _pieces(word: str, width: int) -> list[str]:
    """Split a word at `width` columns: Chinese and Japanese have no blanks to break at."""
    pieces = [""]
    for character in word:
        if cell_len(pieces[-1] + character) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def numbered(hint: ShownHint) -> tuple[str, ...]:
    """Return '1. Text. Evidence.', wrapped, with later lines below the first word."""
    start = f"{hint.number}. "
    lines = wrapped(" ".join(filter(None, (hint.text, hint.evidence))), WIDTH - len(start))
    return tuple(f"{start if n == 0 else ' ' * len(start)}{line}" for n, line in enumerate(lines))


def aligned_tiles(tiles: Sequence[Tile]) -> tuple[str, ...]:
    """Return the key figures, one per line: label, value, movement, target and base, in columns.

    Text beyond 78 columns continues below the movement.
    """
    label = max((cell_len(tile.label) for tile in tiles), default=0)
    value = max((cell_len(tile.value) for tile in tiles), default=0)
    return tuple(
        line
        for tile in tiles
        for line in _continued(
            f"{padded(tile.label, label)}  {padded(tile.value, value, right=True)}   ",
            " · ".join(filter(None, (tile.movement, tile.target, tile.base))),
        )
    )


def _continued(start: str, rest: str) -> tuple[str, ...]:
    indent = cell_len(start)
    lines = wrapped(rest, max(WIDTH - indent, MAX_COLUMN)) or ("",)
    return tuple(f"{start if n == 0 else ' ' * indent}{line}".rstrip() for n, line in enumerate(lines))


def text_table(table: ShownTable) -> tuple[str, ...]:
    """Return a table in aligned columns with a rule under each heading, at most 78 columns wide.

    If it is too wide, headings take two lines and the first column is cut; if it still is, each row
    becomes a line with every figure after its heading.
    """
    body = [[cut(cell.text, MAX_COLUMN) for cell in row] for row in table.rows]
    heads = [("", cut(column.label, MAX_COLUMN)) for column in table.columns]
    widths = _widths(heads, body)
    if _across(widths) > WIDTH:
        heads = [halved(cut(column.label, MAX_COLUMN)) for column in table.columns]
        widths = _widths(heads, body)
    excess = max(_across(widths) - WIDTH, 0)
    widths[0] = max(widths[0] - excess, min(widths[0], MIN_NAME))
    if _across(widths) > WIDTH:
        return tuple(line for row in table.rows for line in _record(table, row))
    right = [column.numeric for column in table.columns]
    lines = [_line([head[n] for head in heads], widths, right) for n in (0, 1)]
    lines = [line for line in lines if line.strip()]
    rows = [_line([cut(row[0], widths[0]), *row[1:]], widths, right) for row in body]
    return (*lines, "  ".join("-" * width for width in widths), *rows)


def _widths(heads: Sequence[tuple[str, str]], body: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(cell_len, [*head, *(row[n] for row in body)])) for n, head in enumerate(heads)]


def _across(widths: Sequence[int]) -> int:
    """Return the columns of a line with two blanks between its cells."""
    return sum(widths) + 2 * (len(widths) - 1)


def _record(table: ShownTable, row: Sequence[ShownCell]) -> tuple[str, ...]:
    """Return 'Jane Pear: All 66 · Assigned 2 · …', wrapped and indented below the name."""
    cells = [f"{column.label} {cell.text}" for column, cell in zip(table.columns[1:], row[1:], strict=True)]
    lines = wrapped(f"{row[0].text}: {' · '.join(cells)}", WIDTH - 2)
    return tuple(f"{'  ' if n else ''}{line}" for n, line in enumerate(lines))


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = (padded(text, width, side) for text, width, side in zip(row, widths, right, strict=True))
    return "  ".join(cells).rstrip()
