"""Writing a whole message log into a new DuckDB file, through CSV: inserting row by row takes minutes."""

import csv
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

import duckdb

from activity_emulator.log.schema import DERIVED, TABLES, create_table


def fill(path: Path, rows: Iterable[tuple[str, Sequence[object]]], scratch: Path) -> None:
    """A new log at `path` from (table, row) pairs, instants as microseconds since 1970 UTC.

    `scratch` is an existing directory for temporary files. Text may not be empty: empty means NULL.
    """
    _write_csv(rows, scratch)
    with duckdb.connect(str(path), config={"threads": "2"}) as connection:
        _fill(connection, scratch)
        connection.execute("CHECKPOINT")


def fill_memory(rows: Iterable[tuple[str, Sequence[object]]], scratch: Path) -> duckdb.DuckDBPyConnection:
    """As `fill`, but the log is in memory, and gone when the connection is closed."""
    _write_csv(rows, scratch)
    connection = duckdb.connect(":memory:", config={"threads": "2", "temp_directory": ""})
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


def _write_csv(rows: Iterable[tuple[str, Sequence[object]]], scratch: Path) -> None:
    with ExitStack() as files:
        write = {}
        for name in TABLES:
            file = files.enter_context((scratch / f"{name}.csv").open("w", encoding="utf-8", newline=""))
            # Python quotes what the end of its lines is made of: text may hold either character.
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
