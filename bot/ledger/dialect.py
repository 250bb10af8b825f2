"""Where SQLite and PostgreSQL differ, and nothing else: opening, locking, clocks and error words."""

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.errors import LedgerError
from bot.ledger.instants import to_micros

T = TypeVar("T")

BUSY_SECONDS = 15.0
"""How long a SQLite transaction waits for another process's."""

READING = {"ledger_reading": True}
MIGRATION_LOCK = 0x6469_6765
TRIES = 5
RETRYABLE = ("40001", "40P01")  # serialization failure, deadlock: PostgreSQL asks to try again


def make_engine(url: URL) -> Engine:
    """An engine whose write transactions are safe on either database. Nothing connects yet."""
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    return create_engine(url, hide_parameters=True, pool_pre_ping=True, isolation_level="READ COMMITTED")


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not begin transactions by itself; `_begin_sqlite` does.
    connection.isolation_level = None
    _use_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL, once; it remembers. Raises sqlite3.OperationalError.

    The switch alone fails at once when another process is about to do the same, whatever the
    timeout. An exclusive transaction does wait for that process, so one of them stands between tries.
    """
    for _ in range(TRIES):
        if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            return
        with contextlib.suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")
            return
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("ROLLBACK")
    connection.execute("PRAGMA journal_mode = WAL")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred BEGIN that writes later fails at once with "locked", whatever the timeout.
    reading = connection.get_execution_options().get("ledger_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def transact(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Run `work` as one write transaction. Raises LedgerError when the database cannot do it."""
    for tries in range(1, TRIES + 1):
        try:
            with engine.begin() as connection:
                return work(connection)
        except DBAPIError as error:
            if tries == TRIES or not asks_to_try_again(error):
                raise unusable(error) from error
        except SQLAlchemyError as error:
            raise unusable(error) from error
    raise AssertionError("unreachable")


def read(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Run `work` on one consistent view, without keeping writers out. Raises LedgerError."""
    try:
        with engine.execution_options(**READING).begin() as connection:
            return work(connection)
    except SQLAlchemyError as error:
        raise unusable(error) from error


def asks_to_try_again(error: DBAPIError) -> bool:
    """Whether the database undid the transaction only because of another one."""
    return getattr(error.orig, "sqlstate", None) in RETRYABLE


def insert_missing(connection: Connection, table: Table, values: dict[str, Any]) -> bool:
    """Insert a row unless a unique one is there; whether it was inserted.

    By RETURNING: psycopg's rowcount is -1 after ON CONFLICT.
    """
    statement = _insert(connection, table).values(**values).on_conflict_do_nothing()
    return connection.execute(statement.returning(*table.primary_key)).first() is not None


def insert_each_missing(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert those rows of which no unique one is there."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def put(connection: Connection, table: Table, values: dict[str, Any], newest: str = "") -> None:
    """Insert a row, or replace the one of the same key unless its column `newest` is later."""
    statement = _insert(connection, table).values(**values)
    is_newer = table.c[newest] <= statement.excluded[newest] if newest else None
    key = list(table.primary_key)
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=values, where=is_newer))


def _insert(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def shared_now(connection: Connection, here: datetime) -> int:
    """The time that all processes agree on, in microseconds: PostgreSQL's own clock, else `here`."""
    if connection.dialect.name == "sqlite":
        return to_micros(here)
    return to_micros(connection.execute(select(func.clock_timestamp())).scalar_one())


def lock_for_migration(connection: Connection) -> None:
    """Keep other processes from migrating; SQLite's BEGIN IMMEDIATE did that already."""
    if connection.dialect.name != "sqlite":
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))


def check_integrity(connection: Connection) -> None:
    """Raises LedgerError when a SQLite file's pages do not fit together."""
    if connection.dialect.name != "sqlite":
        return
    found = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    if found != "ok":
        raise LedgerError("The database file is damaged; restore it from a backup.")


def vacuum(engine: Engine) -> bool:
    """Write the database anew without what was deleted. False when others kept files from being cut.

    SQLite overwrites what is deleted with zeros (`secure_delete`), but copies of it may stand in the
    write-ahead log and in unused parts of pages. On PostgreSQL the rows are freed; its own log and its
    backups are its operators' business. Raises LedgerError.
    """
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return _vacuum(connection)
    except SQLAlchemyError as error:
        raise unusable(error) from error


def _vacuum(connection: Connection) -> bool:
    if connection.dialect.name != "sqlite":
        connection.execute(text("VACUUM"))
        return True
    # Not through SQLAlchemy, which begins a transaction first; VACUUM runs outside of any.
    driver: Any = connection.connection.driver_connection
    driver.execute("ROLLBACK") if driver.in_transaction else None
    driver.execute("VACUUM")
    busy, _, _ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


SENTENCES = (
    ("readonly", "The database is read-only for this user."),
    ("read-only", "The database is read-only for this user."),
    ("full", "The disk of the database is full; nothing can be written down there."),
    ("no space", "The disk of the database is full; nothing can be written down there."),
    # SQLite's words when it cannot make or enlarge its log on a full disk, too.
    ("disk i/o error", "The disk of the database is full or broken; nothing can be written down there."),
    ("locked", f"Another program kept the database locked for {BUSY_SECONDS:.0f} seconds."),
    ("not a database", "The database file is not one, or is damaged; restore it from a backup."),
    ("malformed", "The database file is damaged; restore it from a backup."),
    ("unable to open", "The database file cannot be opened; see its folder's permissions."),
    ("already exists", "The database belongs to another program: it has tables of the same names."),
    ("password authentication", "The database refused the user name or password."),
    ("does not exist", "The database, its user, or a table in it does not exist."),
    ("connection", "The database server cannot be reached."),
)


def unusable(error: SQLAlchemyError) -> LedgerError:
    """A database error as a sentence for people; the driver's own words stay in `__cause__`."""
    words = str(getattr(error, "orig", None) or error).lower()
    for sign, sentence in SENTENCES:
        if sign in words:
            return LedgerError(sentence)
    return LedgerError(f"The database could not do its work ({type(error).__name__}).")
