"""Reading a message log: one connection, a cursor of its own for each question."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from activity_emulator.log.schema import DERIVED, TABLES, VERSION, create_table

# The emulator shares its machine with the program under test.
THREADS = 2


class Log:
    """A message log that reports are computed from. `now` (UTC) is its end: nothing in it is later."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.now: datetime = self.rows("SELECT now FROM meta")[0]["now"].replace(tzinfo=UTC)

    @classmethod
    def open(cls, path: Path) -> "Log":
        """The log kept in a file, read-only. Raises duckdb.Error when the file is not a whole log."""
        connection = duckdb.connect(
            str(path), read_only=True, config={"threads": THREADS, "enable_external_access": False}
        )
        return cls(connection)

    @classmethod
    def of(cls, tables: Mapping[str, Iterable[Sequence[object]]], *, now: datetime) -> "Log":
        """A small hand-made log in memory.

        `tables` maps names of `TABLES` to rows in their column order, instants as aware datetimes; absent
        tables are empty. `now` is aware. Raises ValueError for a naive datetime or an unknown table.
        """
        connection = duckdb.connect(":memory:", config={"threads": THREADS})
        unknown = set(tables) - set(TABLES)
        if unknown:
            raise ValueError(f"no such table: {', '.join(sorted(unknown))}")
        for name in TABLES:
            connection.execute(create_table(name))
            _insert(connection, name, tables.get(name, ()))
        _insert(connection, "meta", [(VERSION, 0, now)])
        for statement in DERIVED:
            connection.execute(statement)
        return cls(connection)

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        """All rows of a SELECT, each as column name → value; instants come back naive, in UTC."""
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
    """Instants as DuckDB's TIMESTAMP holds them: UTC without zone."""
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError(f"{value} has no zone")
    return value.astimezone(UTC).replace(tzinfo=None)
