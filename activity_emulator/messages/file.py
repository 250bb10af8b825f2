"""A `mention_sla_export` file: one message for each row, every error with its line."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from activity_emulator.errors import MessagesError
from activity_emulator.messages import cells as c
from activity_emulator.messages.cells import CellError, Cells

SECOND = 1_000_000
# Characters; DuckDB reads lines of two megabytes, of which a cell is at most a third.
LONGEST_CELL = 150_000
LONGEST_READ = 10_000_000
LONGEST_HEADER = 100_000


@dataclass(frozen=True, slots=True)
class Message:
    """One row of the file; instants in microseconds since 1970 UTC, absent text is ''.

    `agent`: first and last name, None if unassigned. `customer`: the author, '' if the row does not name one.
    """

    line: int
    account: str
    network: str
    agent: tuple[str, str] | None
    customer: str
    full_name: str
    customer_note: str
    state: str
    classifications: tuple[str, ...]
    body: str
    reply: str
    agent_note: str
    published_at: int
    assigned_at: int | None
    responded_at: int | None
    last_action_at: int | None

    @property
    def last_at(self) -> int:
        """Return the last instant of the row."""
        others = (self.assigned_at, self.responded_at, self.last_action_at)
        return max((self.published_at, *(at for at in others if at is not None)))


def read_messages(path: Path) -> tuple[list[Message], int]:
    """Return the messages of a file, and the number of rows left out because they have no publish date.

    UTF-8 with or without a BOM; comma, semicolon or tab; columns in any order, further and missing ones too.
    Raises MessagesError: no such file, no CSV, a required column or a cell is missing, a bad date or number.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            messages = list(_messages(path, file))
    except OSError as error:
        raise MessagesError(path, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise MessagesError(path, "is not UTF-8 text; save it as CSV UTF-8", _undecodable(path)) from None
    dated = [message for message in messages if message is not None]
    if not dated:
        raise MessagesError(path, "has no messages")
    return dated, len(messages) - len(dated)


def _messages(path: Path, file: TextIO) -> Iterator[Message | None]:
    first = file.readline(LONGEST_HEADER)
    delimiter = max(c.DELIMITERS, key=lambda mark: len(c.columns_of(_split(first, mark))))
    header = _split(first, delimiter)
    places = c.columns_of(header)
    _check_header(path, first, places)
    for line, cells in _rows(path, file, delimiter):
        if len(cells) != len(header):
            raise MessagesError(path, f"has {len(cells)} cells, the header {len(header)}", line)
        if max(map(len, cells)) > LONGEST_CELL:
            raise MessagesError(path, f"has a cell of more than {LONGEST_CELL} characters", line)
        try:
            yield _message(line, Cells(cells, places))
        except CellError as error:
            raise MessagesError(path, str(error), line) from None


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _check_header(path: Path, first: str, places: dict[str, int]) -> None:
    if not first.strip():
        raise MessagesError(path, "has no header", 1)
    if not places:
        raise MessagesError(path, "is no mention_sla_export: none of its columns is here", 1)
    for name in c.REQUIRED:
        if name not in places:
            raise MessagesError(path, f"has no column {name!r}", 1)


def _rows(path: Path, file: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with its first line; skip empty lines."""
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_READ))
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    line = 2
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 2
    except csv.Error as error:
        raise MessagesError(path, f"is no CSV: {error}", line) from None


def _message(line: int, row: Cells) -> Message | None:
    published_at = row.instant(c.PUBLISHED)
    if published_at is None:
        return None
    agent = (row.text(c.FIRST_NAME), row.text(c.LAST_NAME))
    responded_at = _responded_at(row, published_at)
    queued_until = _assigned_at(row, published_at, responded_at)
    assigned_at = queued_until if any(agent) else None
    return Message(
        line=line,
        account=row.text(c.ACCOUNT) or "Unknown",
        network=row.text(c.NETWORK) or "Unknown",
        agent=agent if any(agent) else None,
        customer=row.text(c.USERNAME) or row.text(c.FULL_NAME),
        full_name=row.text(c.FULL_NAME),
        customer_note=row.text(c.CUSTOMER_NOTE),
        state=row.state(c.STATE) or _inferred_state(assigned_at, responded_at),
        classifications=row.names(c.CLASSIFICATIONS),
        body=row.text(c.BODY),
        reply=row.text(c.REPLY),
        agent_note=row.text(c.AGENT_NOTE),
        published_at=published_at,
        assigned_at=assigned_at,
        responded_at=responded_at,
        last_action_at=row.instant(c.LAST_ACTION),
    )


def _responded_at(row: Cells, published_at: int) -> int | None:
    """Return the time of the response: dates are whole seconds, the wait is often finer."""
    dated, wait = row.instant(c.RESPONDED), row.minutes(c.WAIT)
    if dated is None or wait is None:
        return dated
    return published_at + wait if abs(published_at + wait - dated) < SECOND else dated


def _assigned_at(row: Cells, published_at: int, responded_at: int | None) -> int:
    """Return the time at which the message left the queue; a response is never before it."""
    queued = row.minutes(c.IN_QUEUE)
    assigned_at = published_at if queued is None else published_at + queued
    if responded_at is not None and (queued is None or assigned_at > responded_at):
        return responded_at - (row.minutes(c.ACTION) or 0)
    return assigned_at


def _inferred_state(assigned_at: int | None, responded_at: int | None) -> str:
    """Infer the state of a row that names none."""
    if responded_at is not None:
        return "responded"
    return "new" if assigned_at is None else "assigned"


def _undecodable(path: Path) -> int:
    """Return the first line that is not UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1
