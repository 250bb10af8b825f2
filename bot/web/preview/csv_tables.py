"""A CSV file as a table to look at: its first rows, read without reading the rest."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from bot.errors import TemplateFailed
from bot.model import CsvFile, StoredCsv

ROWS, COLUMNS, LETTERS = 50, 40, 200


@dataclass(frozen=True, slots=True)
class ShownTable:
    """At most 50 rows of 40 columns, each cell cut to 200 letters. `hint` says what is left out."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    hint: str


def csv_table(file: CsvFile | StoredCsv) -> ShownTable:
    """The beginning of the file. Raises TemplateFailed when a kept export cannot be read."""
    try:
        with _opened(file) as source:
            return _table(file.name, csv.reader(source))
    except (OSError, csv.Error) as error:
        raise TemplateFailed(f"{file.name} cannot be shown: {error}") from None


def _table(name: str, lines: "Iterator[list[str]]") -> ShownTable:
    header = next(lines, [])
    rows = [tuple(_cut(cell) for cell in row[:COLUMNS]) for row in islice(lines, ROWS)]
    more_rows, more_columns = next(lines, None) is not None, len(header) > COLUMNS
    said = [
        f"the first {ROWS} rows" if more_rows else f"{len(rows)} {'row' if len(rows) == 1 else 'rows'}",
        *([f"the first {COLUMNS} of {len(header)} columns"] if more_columns else []),
    ]
    return ShownTable(name, tuple(map(_cut, header[:COLUMNS])), tuple(rows), ", ".join(said))


def _opened(file: CsvFile | StoredCsv) -> TextIO:
    if isinstance(file, StoredCsv):
        return Path(file.path).open(encoding="utf-8-sig", errors="replace", newline="")
    return io.StringIO(file.content.decode("utf-8-sig", "replace"), newline="")


def _cut(cell: str) -> str:
    return cell if len(cell) <= LETTERS else cell[: LETTERS - 1] + "…"
