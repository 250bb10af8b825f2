"""The cells of one row, by column: text, instants, minutes, lists."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from activity_emulator.generator.days import microseconds

NOTHING = {"", "-", "–", "n/a", "null", "none"}
FIRST_YEAR, LAST_YEAR = 2000, 2100
MINUTE = 60_000_000
MOST_MINUTES = 60 * 24 * 366 * 20

# What may be repeated in an error: a cell in the wrong column may be a customer's message.
HARMLESS = re.compile(r"[0-9A-Z:./,+ -]{1,30}")


class CellError(Exception):
    """A cell that is not what its column says."""


class Cells:
    """One row's cells by the name of their column; a column that the file lacks is empty."""

    def __init__(self, cells: Sequence[str], places: Mapping[str, int]) -> None:
        self._cells, self._places = cells, places

    def text(self, column: str) -> str:
        """The text without space around it."""
        place = self._places.get(column)
        return "" if place is None else self._cells[place].strip()

    def instant(self, column: str) -> int | None:
        """Microseconds since 1970 UTC; a date without an offset is UTC. Raises CellError."""
        text = self.text(column).removesuffix("UTC").rstrip()
        if text.casefold() in NOTHING:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise self._bad(column, text, "a date; write 2018-05-07 09:00:00") from None
        if not FIRST_YEAR <= moment.year < LAST_YEAR:
            raise self._bad(column, text, f"a date between {FIRST_YEAR} and {LAST_YEAR}")
        return microseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))

    def minutes(self, column: str) -> int | None:
        """A number of minutes, as microseconds; the decimal mark may be a comma. Raises CellError."""
        text = self.text(column)
        if text.casefold() in NOTHING:
            return None
        try:
            minutes = float(text if "." in text else text.replace(",", "."))
        except ValueError:
            minutes = math.nan
        if not abs(minutes) <= MOST_MINUTES:
            raise self._bad(column, text, "a number of minutes")
        return round(minutes * MINUTE)

    def state(self, column: str) -> str:
        """A workflow state as the API writes it: `In Progress` is `in_progress`; unknown ones are kept."""
        return re.sub(r"[\s-]+", "_", self.text(column)).lower()

    def names(self, column: str) -> tuple[str, ...]:
        """A list separated by commas or semicolons, each name once."""
        names = (" ".join(name.split()) for name in re.split("[,;]", self.text(column)))
        return tuple(dict.fromkeys(name for name in names if name))

    def _bad(self, column: str, text: str, expected: str) -> CellError:
        shown = f"{text!r}" if HARMLESS.fullmatch(text) else "its text"
        return CellError(f"{column}: {shown} is not {expected}")
