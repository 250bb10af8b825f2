"""Tables as exports answer them."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass


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
