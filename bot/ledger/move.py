"""Move a ledger from a SQLite file to PostgreSQL: all of it or nothing; then the file is put aside."""

import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path

from sqlalchemy import Connection, Table, func, insert, select, text

from bot.errors import LedgerError
from bot.ledger.database import moved_name, sqlite_path, transact
from bot.ledger.export_parts import pieces_of, store_file, stored_pieces
from bot.ledger.ledger import Ledger
from bot.ledger.schema import (
    answer_locks,
    export_parts,
    files,
    metadata,
    processes,
    turns,
    work,
)
from bot.lib.export_folder import ExportFolder

OF_PROCESSES = {processes, turns, files, work, answer_locks}
"""Tables about processes, which do not move with the ledger."""

MOVED = tuple(table for table in metadata.sorted_tables if table not in OF_PROCESSES | {export_parts})
BATCH = 100


@dataclass(frozen=True, slots=True)
class Moved:
    """How many rows moved, by table, how many exports, and where the SQLite file is now."""

    rows: Mapping[str, int]
    exports: int
    file: Path


def move_ledger(source: Ledger, target: Ledger, exports: ExportFolder) -> Moved:
    """Copy the ledger and the exports that may be shared, compare both, and rename the SQLite file.

    A claim of a process that is gone moves as it is, to be taken back there. The copy is one transaction. A
    target that holds the same already was copied before a kill: the file is renamed then. Raise LedgerError
    while the source is in use, and for a target that holds anything else.
    """
    path = sqlite_path(source.engine.url)
    if path is None:
        raise LedgerError("Only a ledger on SQLite can be moved.")

    def copy_and_rename(reading: Connection) -> Moved:
        # Nobody else writes to the file from here until it has its new name.
        _require_idle(source, reading)
        shared = _shareable(exports)
        rows = transact(target.engine, lambda writing: _copy_all(reading, writing, shared))
        for ending in ("", "-wal", "-shm"):
            os.rename(f"{path}{ending}", f"{moved_name(path)}{ending}")
        return Moved(rows, len(shared), moved_name(path))

    moved = transact(source.engine, copy_and_rename)
    source.close()
    with closing(sqlite3.connect(moved.file)) as last:
        last.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # one file from now on
    return moved


def _require_idle(source: Ledger, reading: Connection) -> None:
    alive = next((process for process in source.processes() if process.is_alive), None)
    if alive is not None:
        raise LedgerError(f"Process {alive.owner} ({alive.kind}) works with this database; stop it first.")
    if not any(_has_rows(reading, table) for table in MOVED):
        raise LedgerError("This database holds nothing to move.")


def _copy_all(reading: Connection, writing: Connection, exports: Sequence[Path]) -> dict[str, int]:
    tables = metadata.sorted_tables
    writing.execute(text(f"LOCK TABLE {', '.join(table.name for table in tables)} IN EXCLUSIVE MODE"))
    if not any(_has_rows(writing, table) for table in tables):
        for table in MOVED:
            _copy(reading, writing, table)
        for path in exports:
            store_file(writing, path.name, path)
    hashes = {table.name: _hash(reading, table) for table in MOVED}
    unlike = [table.name for table in MOVED if _hash(writing, table) != hashes[table.name]]
    unlike += [table.name for table in OF_PROCESSES if _has_rows(writing, table)]
    unlike += [path.name for path in exports if not _is_stored(writing, path)]
    if unlike:
        raise LedgerError(
            f"The target holds something else already ({', '.join(sorted(unlike))}); name an empty database."
        )
    return {name: count for name, (count, _) in hashes.items()}


def _copy(reading: Connection, writing: Connection, table: Table) -> None:
    rows = reading.execute(select(table).execution_options(yield_per=BATCH)).mappings()
    for batch in rows.partitions():
        writing.execute(insert(table), [dict(row) for row in batch])
    key = table.autoincrement_column
    if key is not None and _has_rows(writing, table):
        # Explicit ids do not move the sequence on.
        sequence = func.pg_get_serial_sequence(table.name, key.name)
        writing.execute(select(func.setval(sequence, select(func.max(key)).scalar_subquery())))


def _has_rows(connection: Connection, table: Table) -> bool:
    return connection.execute(select(table).limit(1)).first() is not None


def _hash(connection: Connection, table: Table) -> tuple[int, int]:
    """Return the number of rows, and a hash that is equal for the same rows in any order."""
    count = total = 0
    for row in connection.execute(select(table).execution_options(yield_per=BATCH)):
        count += 1
        total += int.from_bytes(sha256(repr(tuple(row)).encode()).digest())
    return count, total


def _shareable(exports: ExportFolder) -> list[Path]:
    found = sorted(exports.root.glob("[!.]*.csv"))
    return [p for p in found if p.is_file() and not p.is_symlink() and p.stat().st_size <= exports.largest]


def _is_stored(writing: Connection, path: Path) -> bool:
    stored = (piece for piece, _ in stored_pieces(writing, path.name))
    return all(here == there for here, there in zip_longest(pieces_of(path), stored))
