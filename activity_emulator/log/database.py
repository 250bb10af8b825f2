"""The message log as a DuckDB database: filled once, then read by any number of threads."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from activity_emulator.log.schema import DERIVED, TABLES, VERSION, Row, create_table

# The emulator shares its machine with the program under test.
THREADS = 2


class Log:
    """A message log that reports are computed from; each query has a cursor of its own.

    `now` (UTC) is its end: nothing in it is later.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.now: datetime = self.rows("SELECT now FROM meta")[0]["now"].replace(tzinfo=UTC)

    @classmethod
    def open(cls, path: Path) -> "Log":
        """Open the log in a file, read-only. Raises duckdb.Error when the file is not a complete log."""
        connection = duckdb.connect(
            str(path), read_only=True, config={"threads": THREADS, "enable_external_access": False}
        )
        return cls(connection)

    @classmethod
    def of(cls, tables: Mapping[str, Iterable[Sequence[object]]], *, now: datetime) -> "Log":
        """Make a small log by hand, in memory.

        `tables` maps names of `TABLES` to rows in their column order, instants as aware datetimes; absent
        tables are empty. `now` is aware. Raises ValueError for a naive datetime or an unknown table.
        """
        unknown = set(tables) - set(TABLES)
        if unknown:
            raise ValueError(f"no such table: {', '.join(sorted(unknown))}")
        connection = duckdb.connect(":memory:", config={"threads": THREADS})
        for name in TABLES:
            connection.execute(create_table(name))
            _insert(connection, name, tables.get(name, ()))
        _insert(connection, "meta", [(VERSION, 0, now)])
        for statement in DERIVED:
            connection.execute(statement)
        return cls(connection)

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        """Return all rows of a SELECT, each as column name → value; instants are naive, in UTC."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql, dict(parameters or {}))
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def close(self) -> None:
        """Close the connection; the log cannot be read afterwards."""
        self._connection.close()


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Sequence[object]]) -> None:
    marks = ", ".join("?" * len(TABLES[table]))
    values = [[_utc(value) for value in row] for row in rows]
    if values:
        connection.executemany(f'INSERT INTO "{table}" VALUES ({marks})', values)  # noqa: S608 (own names)


def _utc(value: object) -> object:
    """Convert an instant to what DuckDB's TIMESTAMP holds: UTC without zone."""
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError(f"{value} has no zone")
    return value.astimezone(UTC).replace(tzinfo=None)


def fill(path: Path, rows: Iterable[Row], scratch: Path) -> None:
    """Make a new log at `path` from (table, row) pairs, instants as microseconds since 1970 UTC.

    The rows go through CSV files in `scratch`, an existing directory: inserting row by row takes minutes.
    Empty text means NULL.
    """
    _write_csv(rows, scratch)
    with duckdb.connect(str(path), config={"threads": THREADS}) as connection:
        _fill(connection, scratch)
        connection.execute("CHECKPOINT")


def fill_memory(rows: Iterable[Row], scratch: Path) -> duckdb.DuckDBPyConnection:
    """Make the log as `fill` does, but in memory: it is gone when the connection is closed."""
    _write_csv(rows, scratch)
    connection = duckdb.connect(":memory:", config={"threads": THREADS, "temp_directory": ""})
    try:
        _fill(connection, scratch)
        connection.execute("SET enable_external_access = false")
    except BaseException:
        connection.close()
        raise
    return connection


def _fill(connection: duckdb.DuckDBPyConnection, scratch: Path) -> None:
    for name in TABLES:
        connection.execute(create_table(name))
        connection.execute(_load(name), [str(scratch / f"{name}.csv")])
    for statement in DERIVED:
        connection.execute(statement)


def _write_csv(rows: Iterable[Row], scratch: Path) -> None:
    with ExitStack() as files:
        write = {}
        for name in TABLES:
            file = files.enter_context((scratch / f"{name}.csv").open("w", encoding="utf-8", newline=""))
            # Python quotes the characters of its line ends, so text may hold either of them.
            write[name] = csv.writer(file, lineterminator="\r\n").writerow
        for name, row in rows:
            write[name](row)


def _load(table: str) -> str:
    columns = TABLES[table]
    kinds = ", ".join(f"'{name}': '{'BIGINT' if k == 'TIMESTAMP' else k}'" for name, k in columns.items())
    values = ", ".join(
        f'make_timestamp("{name}")' if k == "TIMESTAMP" else f'"{name}"' for name, k in columns.items()
    )
    return (
        f'INSERT INTO "{table}" SELECT {values} FROM read_csv(?, header = false, auto_detect = false, '  # noqa: S608
        f"delim = ',', quote = '\"', escape = '\"', new_line = '\\r\\n', nullstr = '', columns = {{{kinds}}})"
    )
