"""The columns of `mention_sla_export` in the vendor's spelling, and the cells of one row."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from activity_emulator.generator.days import microseconds

NOTHING = {"", "-", "–", "n/a", "null", "none"}
FIRST_YEAR, LAST_YEAR = 2000, 2100
MINUTE = 60_000_000
MOST_MINUTES = 60 * 24 * 366 * 20

# An error repeats only such text: a cell in the wrong column may be a customer's message.
HARMLESS = re.compile(r"[0-9A-Z:./,+ -]{1,30}")

# Without these a row has neither a time nor an outcome.
PUBLISHED, STATE = "Customer Publish Date (UTC)", "State"
REQUIRED = (PUBLISHED, STATE)

ACCOUNT, NETWORK = "Account Name", "Source Type"
FIRST_NAME, LAST_NAME = "Agent First Name", "Agent Last Name"
LAST_ACTION = "Last Action Date (UTC)"
WAIT, IN_QUEUE, ACTION = "Customer Wait Time (min)", "In Queue (min)", "Agent Response Time (min)"
USERNAME, FULL_NAME, CUSTOMER_NOTE = "Customer Username", "Customer Fullname", "Customer Note"
BODY, REPLY, AGENT_NOTE = "Customer Message", "Agent Response", "Agent Notes"
RESPONDED = "Agent Reponse Date (UTC)"
CLASSIFICATIONS = "Classifications"

READ = (
    *(*REQUIRED, ACCOUNT, NETWORK, FIRST_NAME, LAST_NAME, LAST_ACTION, WAIT, IN_QUEUE, ACTION),
    *(USERNAME, FULL_NAME, CUSTOMER_NOTE, BODY, REPLY, AGENT_NOTE, RESPONDED, CLASSIFICATIONS),
)

DELIMITERS = ",;\t"


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


# Accept the correct spelling too: the vendor may fix theirs.
_BY_NAME = {**{_folded(name): name for name in READ}, "agent response date (utc)": RESPONDED}


def columns_of(header: list[str]) -> dict[str, int]:
    """Return the place of each column of `READ` in a header; further columns may stand anywhere."""
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        column = _BY_NAME.get(_folded(name))
        if column is not None:
            places.setdefault(column, place)
    return places


class CellError(Exception):
    """A cell that is not what its column says."""


class Cells:
    """One row's cells by the name of their column; a column that the file lacks is empty."""

    def __init__(self, cells: Sequence[str], places: Mapping[str, int]) -> None:
        self._cells, self._places = cells, places

    def text(self, column: str) -> str:
        """Return the text without space around it."""
        place = self._places.get(column)
        return "" if place is None else self._cells[place].strip()

    def instant(self, column: str) -> int | None:
        """Return microseconds since 1970 UTC; a date without an offset is UTC. Raises CellError."""
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
        """Return a number of minutes, as microseconds; the decimal mark may be a comma. Raises CellError."""
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
        """Return a workflow state as the API writes it: `In Progress` is `in_progress`; keep unknown ones."""
        return re.sub(r"[\s-]+", "_", self.text(column)).lower()

    def names(self, column: str) -> tuple[str, ...]:
        """Return a list separated by commas or semicolons, each name once."""
        names = (" ".join(name.split()) for name in re.split("[,;]", self.text(column)))
        return tuple(dict.fromkeys(name for name in names if name))

    def _bad(self, column: str, text: str, expected: str) -> CellError:
        shown = f"{text!r}" if HARMLESS.fullmatch(text) else "its text"
        return CellError(f"{column}: {shown} is not {expected}")
