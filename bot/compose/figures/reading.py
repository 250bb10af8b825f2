"""Answers as the composer reads them: named values, points and rows. What is no number is no value."""

import math
from collections.abc import Mapping

from bot.model import ExportFile, Present, Scalars, Series, Slot, Table

Values = Mapping[str, float | None]
Row = Mapping[str, str | float | None]


def finite(value: object) -> float | None:
    """The number, or None for anything that cannot be one (words, NaN, infinity)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def values_of(slot: Slot | None) -> Values | None:
    """The named values of an answer, or None when there is none."""
    if isinstance(slot, Present) and isinstance(slot.answer, Scalars):
        return {name: finite(value) for name, value in slot.answer.values.items()}
    return None


def series_of(slot: Slot | None) -> Series | None:
    """The series of an answer, or None when there is none."""
    if isinstance(slot, Present) and isinstance(slot.answer, Series):
        return slot.answer
    return None


def rows_of(slot: Slot | None) -> tuple[Row, ...]:
    """The rows of an answer; () when there is none."""
    if isinstance(slot, Present) and isinstance(slot.answer, Table):
        return table_rows(slot.answer)
    return ()


def export_of(slot: Slot | None) -> ExportFile | None:
    """The file of an export, or None when there is none."""
    if isinstance(slot, Present) and isinstance(slot.answer, ExportFile):
        return slot.answer
    return None


def table_rows(table: Table | None) -> tuple[Row, ...]:
    """Each row by column name; () for no table."""
    if table is None:
        return ()
    names = [column.name for column in table.columns]
    return tuple(dict(zip(names, row, strict=False)) for row in table.rows)


def number(row: Row, name: str) -> float | None:
    """A cell as a number, or None."""
    return finite(row.get(name))


def word(row: Row, name: str) -> str:
    """A cell as words; '' where there are none."""
    value = row.get(name)
    if value is None:
        return ""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value).strip()
