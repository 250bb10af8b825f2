"""The database: opening it safely, transactions, and where SQLite and PostgreSQL differ."""

import contextlib
import functools
import os
import sqlite3
import stat
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, Self, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from bot.errors import LedgerError
from bot.ledger.codec import MICROS_PER_SECOND, to_micros

T = TypeVar("T")
P = ParamSpec("P")
D = TypeVar("D", bound="HasEngine")

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
URL_HINT = "Use sqlite:///path/to/file.db or postgresql+psycopg://user@host/name."

BUSY_SECONDS = 15.0
"""How long a SQLite transaction waits for another process's."""

READING = {"ledger_reading": True}
MIGRATION_LOCK = 0x6469_6765
MAX_TRIES = 5
RETRYABLE = ("40001", "40P01")  # serialization failure, deadlock: PostgreSQL asks to try again


class HasEngine(Protocol):
    """What a method needs to be a transaction."""

    engine: Engine


class Database:
    """An engine, and the process that works on it: its claims bear `owner`.

    Safe to use from several threads. Free it by `close()` or `with`.
    """

    def __init__(self, engine: Engine, *, owner: str) -> None:
        self.engine = engine
        self.owner = owner

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def transaction(
    method: Callable[Concatenate[D, Connection, P], T],
) -> Callable[Concatenate[D, P], T]:
    """Make a method one write transaction. It gets the connection as its first argument."""

    @functools.wraps(method)
    def run(self: D, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return transact(self.engine, lambda connection: method(self, connection, *args, **kwargs))

    return run


def read_only(method: Callable[Concatenate[D, Connection, P], T]) -> Callable[Concatenate[D, P], T]:
    """Make a method read one consistent view. It gets the connection as its first argument."""

    @functools.wraps(method)
    def run(self: D, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return read(self.engine, lambda connection: method(self, connection, *args, **kwargs))

    return run


def transact(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Run `work` as one write transaction. Raise LedgerError when the database cannot do it."""
    for tries in range(1, MAX_TRIES + 1):
        try:
            with engine.begin() as connection:
                return work(connection)
        except DBAPIError as error:
            if tries == MAX_TRIES or not asks_to_try_again(error):
                raise unusable(error) from error
        except SQLAlchemyError as error:
            raise unusable(error) from error
    raise AssertionError("unreachable")


def read(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Run `work` on one consistent view, without blocking writers. Raise LedgerError."""
    try:
        with engine.execution_options(**READING).begin() as connection:
            return work(connection)
    except SQLAlchemyError as error:
        raise unusable(error) from error


def parse_url(url: str) -> URL:
    """Return the address of a database. Raise LedgerError for one that cannot hold the ledger."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The address is not repeated: it may hold a password.
        raise LedgerError(f"The database address cannot be read. {URL_HINT}") from None
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        if parsed.database in (None, "", ":memory:") or parsed.query:
            raise LedgerError(f"The database must be a plain file, to be remembered. {URL_HINT}")
    elif parsed.drivername != "postgresql+psycopg":
        raise LedgerError(f"The database kind {parsed.drivername!r} is not supported. {URL_HINT}")
    return parsed


def sqlite_path(url: URL) -> Path | None:
    """Return the file of a SQLite database; None for PostgreSQL."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def is_sqlite(url: str) -> bool:
    """Return whether the ledger at `url` is a file of this machine. Raise LedgerError."""
    return sqlite_path(parse_url(url)) is not None


def without_password(url: str) -> str:
    """Return the address of a database as it may be shown. Raise LedgerError."""
    return parse_url(url).difference_update_query(["password", "sslpassword"]).render_as_string()


def moved_name(path: Path) -> Path:
    """Return the name of a database file whose ledger was moved to PostgreSQL."""
    return path.with_name(path.name + ".moved")


def require_not_moved(path: Path) -> None:
    """Raise LedgerError for a file that was put aside: a service of old must not begin a new ledger there."""
    if moved_name(path).exists():
        raise LedgerError(
            f"The ledger {path} was moved to PostgreSQL: set BOT_DATABASE_URL to its address there. "
            f"To begin a new one here, put {moved_name(path)} away first."
        )


def prepare_file(path: Path) -> None:
    """Create the file of a database (0600) and its folders (0700), or restrict an existing file.

    Never open a file that exists: closing it would drop the locks that other connections of this
    process hold on it. Raise LedgerError for symlinks and read-only files.
    """
    try:
        make_private_folder(path.parent)
        if not os.path.lexists(path):
            _create(path)
        _restrict(path)
    except OSError as error:
        raise LedgerError(f"The database {path} cannot be created or opened: {error.strerror}.") from error


def make_private_folder(folder: Path) -> None:
    """Create a folder and its missing parents, for this user only. Raise OSError."""
    if folder.is_dir():
        return
    make_private_folder(folder.parent)
    folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)


def _create(path: Path) -> None:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        os.close(os.open(path, flags, PRIVATE_FILE))
    except FileExistsError:
        return  # another process was faster


def _restrict(path: Path) -> None:
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        raise LedgerError(f"The database {path} is not a plain file (a link or a folder); refused.")
    if not status.st_mode & stat.S_IWUSR:
        raise LedgerError(f"The database {path} is read-only; allow writing to it, or use another.")
    if stat.S_IMODE(status.st_mode) & ~PRIVATE_FILE:
        os.chmod(path, PRIVATE_FILE)


def make_engine(url: URL) -> Engine:
    """Return an engine whose write transactions are safe on either database. Connect to nothing yet."""
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    try:
        return create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            max_overflow=-1,  # each thread of the crew may need one
            isolation_level="READ COMMITTED",
            connect_args={"connect_timeout": 5, "keepalives_idle": 10, "tcp_user_timeout": 20_000},
        )
    except ModuleNotFoundError as error:
        raise LedgerError(
            f"PostgreSQL needs the package {error.name}: pip install 'digestbot[postgres]'"
        ) from error


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not begin transactions; `_begin_sqlite` does.
    connection.isolation_level = None
    _use_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL, once; the file remembers. Raise sqlite3.OperationalError.

    The switch fails at once while another process does the same, whatever the timeout. An exclusive
    transaction waits for that process, so run one between tries.
    """
    for _ in range(MAX_TRIES):
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


def asks_to_try_again(error: DBAPIError) -> bool:
    """Return whether the database rolled back only because of another transaction."""
    return getattr(error.orig, "sqlstate", None) in RETRYABLE


def insert_missing(connection: Connection, table: Table, values: dict[str, Any]) -> bool:
    """Insert a row unless its key exists; return whether it was inserted.

    By RETURNING: psycopg's rowcount is -1 after ON CONFLICT.
    """
    statement = _insert(connection, table).values(**values).on_conflict_do_nothing()
    return connection.execute(statement.returning(*table.primary_key)).first() is not None


def insert_each_missing(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows whose key does not exist."""
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


def shared_now(connection: Connection, here: datetime | None = None) -> int:
    """Return the time that all processes share, in microseconds: PostgreSQL's clock, else `here`.

    Without `here` SQLite tells the machine's, to the second.
    """
    if connection.dialect.name == "sqlite":
        if here is not None:
            return to_micros(here)
        return int(connection.execute(select(func.strftime("%s", "now"))).scalar_one()) * MICROS_PER_SECOND
    return to_micros(connection.execute(select(func.clock_timestamp())).scalar_one())


def lock_for_migration(connection: Connection) -> None:
    """Keep other processes from migrating; SQLite's BEGIN IMMEDIATE does that already."""
    if connection.dialect.name != "sqlite":
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))


def check_integrity(connection: Connection) -> None:
    """Raise LedgerError when the pages of a SQLite file do not fit together."""
    if connection.dialect.name != "sqlite":
        return
    if connection.execute(text("PRAGMA quick_check(1)")).scalar_one() != "ok":
        raise LedgerError("The database file is damaged; restore it from a backup.")


def vacuum(engine: Engine) -> bool:
    """Rewrite the database without deleted rows. Return False when another process kept files from being cut.

    SQLite overwrites deleted rows with zeros (`secure_delete`), but copies may remain in the write-ahead
    log and in unused parts of pages. On PostgreSQL the rows are freed; its log and its backups are the
    business of its operators. Raise LedgerError.
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
    # SQLite also says this when it cannot enlarge its log on a full disk.
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
    """Return a database error as a sentence for people; the driver's own text stays in `__cause__`."""
    message = str(getattr(error, "orig", None) or error).lower()
    for sign, sentence in SENTENCES:
        if sign in message:
            return LedgerError(sentence)
    return LedgerError(f"The database could not do its work ({type(error).__name__}).")
