"""Readers of answers: named values, series and rows. Anything that is not a finite number has no value."""

import math
from collections.abc import Mapping

from bot.model import ExportFile, Present, Scalars, Series, Slot, Table

Values = Mapping[str, float | None]
Row = Mapping[str, str | float | None]


def finite(value: object) -> float | None:
    """Return the number, or None for anything else (text, NaN, infinity)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def values_of(slot: Slot | None) -> Values | None:
    """Return the named values of an answer, or None without one."""
    if isinstance(slot, Present) and isinstance(slot.answer, Scalars):
        return {name: finite(value) for name, value in slot.answer.values.items()}
    return None


def series_of(slot: Slot | None) -> Series | None:
    """Return the series of an answer, or None without one."""
    return slot.answer if isinstance(slot, Present) and isinstance(slot.answer, Series) else None


def rows_of(slot: Slot | None) -> tuple[Row, ...]:
    """Return the rows of an answer, each by column name; () without one."""
    return table_rows(slot.answer) if isinstance(slot, Present) and isinstance(slot.answer, Table) else ()


def export_of(slot: Slot | None) -> ExportFile | None:
    """Return the file of an export, or None without one."""
    return slot.answer if isinstance(slot, Present) and isinstance(slot.answer, ExportFile) else None


def table_rows(table: Table | None) -> tuple[Row, ...]:
    """Return each row by column name; () without a table."""
    if table is None:
        return ()
    names = [column.name for column in table.columns]
    return tuple(dict(zip(names, row, strict=False)) for row in table.rows)


def insight_rows(file: ExportFile | None, insight: str) -> tuple[Row, ...]:
    """Return the rows of one insight of an export; () without the file, or without the insight."""
    return table_rows(file.insight(insight)) if file else ()


def number(row: Row, name: str) -> float | None:
    """Return a cell as a number, or None."""
    return finite(row.get(name))


def string(row: Row, name: str) -> str:
    """Return a cell as text; '' for an empty cell."""
    value = row.get(name)
    if value is None:
        return ""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value).strip()
