"""Whether a downloaded file is a whole CSV: every row as wide as its header, down to the last."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from bot.errors import SourceUnclear

LONGEST_FIELD = 10 * 1024 * 1024
WIDEST = 1000
DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class CsvShape:
    """The header and the number of rows below it."""

    header: tuple[str, ...]
    rows: int


def check_csv(path: Path, what: str) -> CsvShape:
    """Read the whole file once, a row at a time, and measure it.

    UTF-8 with or without a byte order mark; comma, semicolon or tab. A header alone is a file of 0
    rows. Raises SourceUnclear for anything else: no header, other text, a cut or ragged row, a
    field or line over 10 MB.
    """
    # The module's own limit of 128 KB is for the whole process; a customer's message may be longer.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_FIELD))
    problem = ""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _measure(file, what)
    except UnicodeDecodeError:
        problem = "it is not UTF-8 text"
    except csv.Error:
        problem = "it is cut off or not CSV"
    raise SourceUnclear(f"The export {what} cannot be used: {problem}.")


def _measure(file: TextIO, what: str) -> CsvShape:
    delimiter = _delimiter(file, what)
    file.seek(0)
    reader = csv.reader(_lines(file, what), delimiter=delimiter, strict=True)
    header = tuple(next(reader, ()))
    if not any(header) or len(header) > WIDEST:
        raise SourceUnclear(f"The export {what} cannot be used: it has no header, or too wide a one.")
    rows = 0
    for row in reader:
        if not row:
            continue
        if len(row) != len(header):
            raise SourceUnclear(
                f"The export {what} cannot be used: line {reader.line_num} has {len(row)} columns "
                f"and the header {len(header)}, so the file is cut off or damaged."
            )
        rows += 1
    return CsvShape(header, rows)


def _delimiter(file: TextIO, what: str) -> str:
    """The one that makes the most columns of the header; a comma when they are equal."""
    first = next(_lines(file, what), "")
    if first.lstrip().startswith(("<", "{", "[")):
        raise SourceUnclear(f"The export {what} cannot be used: it is a web page, XML or JSON, not CSV.")
    return max(DELIMITERS, key=lambda one: len(next(csv.reader([first], delimiter=one), ())))


def _lines(file: TextIO, what: str) -> Iterator[str]:
    """Lines, none longer than the limit: a file without a line end must not fill the memory."""
    while line := file.readline(LONGEST_FIELD + 1):
        if len(line) > LONGEST_FIELD or "\0" in line:
            raise SourceUnclear(f"The export {what} cannot be used: a line is over 10 MB or is not text.")
        yield line
