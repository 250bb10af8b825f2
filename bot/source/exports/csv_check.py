"""Read a downloaded CSV file and verify that it is whole: every row as wide as its header."""

import csv
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TextIO

from bot.errors import SourceUnclear

LONGEST_FIELD = 10 * 1024 * 1024
LONGEST_ROW = 16 * 1024 * 1024
WIDEST = 1000
DELIMITERS = (",", ";", "\t")


def checked_rows(path: Path, what: str) -> Generator[list[str], None, None]:
    """Yield the header, then every row under it, read once from the file and never held together.

    UTF-8 with or without a byte order mark; comma, semicolon or tab. A header alone is a file of 0
    rows. Raises SourceUnclear, also after good rows, for anything else: no header, other text, a cut
    or ragged row, a field or line over 10 MB, a row over 16 MB.
    """
    # The module's own limit of 128 KB is for the whole process; a customer's message may be longer.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_FIELD))
    problem = ""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _rows(file, what)
        return
    except UnicodeDecodeError:
        problem = "it is not UTF-8 text"
    except csv.Error:
        problem = "it is cut off or not CSV"
    raise SourceUnclear(f"The export {what} cannot be used: {problem}.")


def _rows(file: TextIO, what: str) -> Iterator[list[str]]:
    delimiter = _delimiter(file, what)
    file.seek(0)
    lines = _Lines(file, what)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    header = next(reader, [])
    width = len(header)
    if not any(header) or width > WIDEST:
        raise SourceUnclear(f"The export {what} cannot be used: it has no header, or too wide a one.")
    yield header
    for row in reader:
        lines.of_this_row = 0
        if len(row) == width:
            yield row
        elif row:
            raise SourceUnclear(
                f"The export {what} cannot be used: line {reader.line_num} has {len(row)} columns "
                f"and the header {width}, so the file is cut off or damaged."
            )


def _delimiter(file: TextIO, what: str) -> str:
    """Return the delimiter that makes the most columns of the header; a comma when they are equal."""
    first = next(iter(_Lines(file, what)), "")
    if first.lstrip().startswith(("<", "{", "[")):
        raise SourceUnclear(f"The export {what} cannot be used: it is a web page, XML or JSON, not CSV.")
    return max(DELIMITERS, key=lambda delimiter: len(next(csv.reader([first], delimiter=delimiter), ())))


class _Lines:
    """Lines of a file, none and no row longer than its limit. The reader of a row resets `of_this_row`."""

    def __init__(self, file: TextIO, what: str) -> None:
        self._file = file
        self._what = what
        self.of_this_row = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(LONGEST_FIELD + 1):
            self.of_this_row += len(line)
            is_line = len(line) <= LONGEST_FIELD and "\0" not in line
            if not is_line or self.of_this_row > LONGEST_ROW:
                problem = "a row is over 16 MB" if is_line else "a line is over 10 MB or is not text"
                raise SourceUnclear(f"The export {self._what} cannot be used: {problem}.")
            yield line
