"""Tables as exports answer them."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Table:
    """A header and rows of cells; None is an empty cell."""

    header: Sequence[str]
    rows: Sequence[Sequence[object]]

    def csv(self) -> bytes:
        """The table as CSV: UTF-8 without mark, comma, CRLF line ends."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(self.header)
        writer.writerows(self.rows)
        return text.getvalue().encode()


def cells(rows: Iterable[Mapping[str, object]], header: Sequence[str]) -> list[list[object]]:
    """Rows of the log's answer as cells in the header's order, instants as text to the second."""
    return [[_cell(row[column]) for column in header] for row in rows]


def _cell(value: object) -> object:
    return value.strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else value
