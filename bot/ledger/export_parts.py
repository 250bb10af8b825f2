"""Exports in the ledger's PostgreSQL, so that every host can send what one has fetched."""

import os
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path

from sqlalchemy import Connection, bindparam, delete, insert, select

from bot.ledger.codec import from_micros, to_micros
from bot.ledger.database import Database, read_only, transaction
from bot.ledger.schema import export_parts
from bot.lib.export_folder import open_private

PIECE = 1024 * 1024
"""Bytes of a file in one row: what is held in memory, and far below what a row may have."""


class ExportParts:
    """The port `FileStore` in pieces: a file of any size takes no more memory than two of them.

    Every method is one transaction and raises LedgerError.
    """

    def __init__(self, ledger: Database) -> None:
        self.engine = ledger.engine

    @transaction
    def keep(self, connection: Connection, name: str, path: Path) -> None:
        """Store the file at `path`, with when it was written; all of it or nothing. Raise OSError."""
        store_file(connection, name, path)

    @read_only
    def fetch(self, connection: Connection, name: str, path: Path) -> datetime | None:
        """Write the file to `path`, a new one; return when it was written (UTC). None: missing or damaged.

        Raise OSError.
        """
        written_at = None
        with open_private(path) as file:
            try:
                for piece, written_at in stored_pieces(connection, name):  # noqa: B007 - of the last one
                    file.write(piece)
            except zlib.error:
                return None
            file.flush()
            os.fsync(file.fileno())
        return from_micros(written_at)

    @transaction
    def forget(self, connection: Connection, before: datetime) -> frozenset[str]:
        """Delete the files written before that moment (UTC); return their names."""
        old = delete(export_parts).where(export_parts.c.written_at < to_micros(before))
        return frozenset(connection.execute(old.returning(export_parts.c.name)).scalars())


def store_file(connection: Connection, name: str, path: Path) -> None:
    """Store a file in place of an earlier one of this name. Raise OSError."""
    connection.execute(delete(export_parts).where(export_parts.c.name == name))
    written_at = to_micros(datetime.fromtimestamp(path.stat().st_mtime, UTC))
    for part, piece in enumerate(pieces_of(path)):
        row = {"name": name, "part": part, "content": zlib.compress(piece, 1), "written_at": written_at}
        connection.execute(insert(export_parts), row)


def pieces_of(path: Path) -> Iterator[bytes]:
    """Yield a file piece by piece. Raise OSError."""
    with path.open("rb") as file:
        yield from iter(partial(file.read, PIECE), b"")


def stored_pieces(connection: Connection, name: str) -> Iterator[tuple[bytes, int]]:
    """Yield a stored file piece by piece, with when it was written. Raise zlib.error for a damaged one."""
    # One by one: a driver would fetch all rows of one query at once.
    row_of = select(export_parts.c.content, export_parts.c.written_at).where(
        export_parts.c.name == name, export_parts.c.part == bindparam("number")
    )
    for number in count():
        row = connection.execute(row_of, {"number": number}).first()
        if row is None:
            return
        yield zlib.decompress(row.content), row.written_at
