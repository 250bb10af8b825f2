"""Slack's rules for tables, over all tables of a message together.

Slack answers `only_one_table_allowed` to a second table, and counts 10,000 characters over all of
them; rows must be as long as each other, and no cell may be empty.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.render.escaping import units

ROW_LIMIT = 100
COLUMN_LIMIT = 20
CHARACTER_LIMIT = 10_000
ALIGNMENTS = ("left", "center", "right")


def check_tables(blocks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every table rule that the blocks break, as sentences."""
    tables = [(index, block) for index, block in enumerate(blocks) if block.get("type") == "table"]
    found = [f"block {index}: {rule}" for index, table in tables for rule in _check_table(table)]
    if len(tables) > 1:
        found.append(f"{len(tables)} tables: a message may hold one")
    size = sum(units(text) for _, table in tables for text in _cell_texts(table))
    if size > CHARACTER_LIMIT:
        found.append(f"tables hold {size} characters, at most {CHARACTER_LIMIT}")
    return found


def _check_table(table: Mapping[str, Any]) -> Iterator[str]:
    rows = table.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        yield "a table needs rows, each a list of cells"
        return
    if not 1 <= len(rows) <= ROW_LIMIT:
        yield f"{len(rows)} rows, 1 to {ROW_LIMIT} allowed with the header"
    if len({len(row) for row in rows}) > 1:
        yield "rows are not equally long"
    if any(not 1 <= len(row) <= COLUMN_LIMIT for row in rows):
        yield f"a row has 1 to {COLUMN_LIMIT} cells"
    yield from _check_settings(table.get("column_settings", []))
    for row in rows:
        for cell in row:
            yield from _check_cell(cell)


def _check_settings(settings: object) -> Iterator[str]:
    if not isinstance(settings, list) or len(settings) > COLUMN_LIMIT:
        yield f"at most {COLUMN_LIMIT} column_settings"
        return
    for setting in settings:
        if setting is not None and (
            not isinstance(setting, Mapping) or setting.get("align", "left") not in ALIGNMENTS
        ):
            yield f"a column is aligned {', '.join(ALIGNMENTS)}"


def _check_cell(cell: object) -> Iterator[str]:
    """Cells are literal text: a rich_text cell could hold a mention, and none is needed."""
    if not isinstance(cell, Mapping) or cell.get("type") != "raw_text":
        yield "a cell must be raw_text"
    elif not isinstance(cell.get("text"), str) or not cell["text"]:
        yield "a cell is empty"


def _cell_texts(table: Mapping[str, Any]) -> Iterator[str]:
    rows = table.get("rows")
    for row in rows if isinstance(rows, list) else []:
        for cell in row if isinstance(row, list) else []:
            if isinstance(cell, Mapping) and isinstance(cell.get("text"), str):
                yield cell["text"]
