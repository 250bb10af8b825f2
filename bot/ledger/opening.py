"""Opening the ledger's database: safe files, a checked schema, and clear refusals."""

import os
import stat
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import LedgerError
from bot.ledger.dialect import check_integrity, make_engine, read, transact
from bot.ledger.migrating import migrate

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
WAYS = "Use sqlite:///path/to/file.db or postgresql+psycopg://user@host/name."


def open_engine(url: str) -> Engine:
    """A checked engine with the schema up to date. Raises LedgerError, never with a password in it."""
    parsed = parse_url(url)
    path = sqlite_path(parsed)
    if path is not None:
        prepare_file(path)
    engine = _engine(parsed)
    try:
        transact(engine, migrate)
        read(engine, check_integrity)
    except BaseException:
        engine.dispose()
        raise
    return engine


def parse_url(url: str) -> URL:
    """The database's address. Raises LedgerError for one that the ledger cannot live in."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The words are not repeated: they may hold a password.
        raise LedgerError(f"The database address cannot be read. {WAYS}") from None
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        if parsed.database in (None, "", ":memory:") or parsed.query:
            raise LedgerError(f"The database must be a plain file, to be remembered. {WAYS}")
    elif parsed.drivername != "postgresql+psycopg":
        raise LedgerError(f"The database kind {parsed.drivername!r} is not supported. {WAYS}")
    return parsed


def sqlite_path(url: URL) -> Path | None:
    """The file of a SQLite database; None for PostgreSQL."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def prepare_file(path: Path) -> None:
    """Make the database's file (0600) and missing folders (0700), or take others' rights from it.

    The file is never opened when it exists: closing it would drop the locks that other
    connections of this process hold on it. Raises LedgerError for symlinks and read-only files.
    """
    try:
        make_private_folder(path.parent)
        if not os.path.lexists(path):
            _create(path)
        _restrict(path)
    except OSError as error:
        raise LedgerError(f"The database {path} cannot be created or opened: {error.strerror}.") from error


def make_private_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, for this user only. Raises OSError."""
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
    found = os.lstat(path)
    if not stat.S_ISREG(found.st_mode):
        raise LedgerError(f"The database {path} is not a plain file (a link or a folder); refused.")
    if not found.st_mode & stat.S_IWUSR:
        raise LedgerError(f"The database {path} is read-only; allow writing to it, or use another.")
    if stat.S_IMODE(found.st_mode) & ~PRIVATE_FILE:
        os.chmod(path, PRIVATE_FILE)


def _engine(url: URL) -> Engine:
    try:
        return make_engine(url)
    except ModuleNotFoundError as error:
        raise LedgerError(
            f"PostgreSQL needs the package {error.name}: pip install 'psycopg[binary]'."
        ) from error
