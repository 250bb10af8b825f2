"""One scheduler per SQLite database."""

import os

from bot.errors import LedgerError
from bot.ledger.database import parse_url, sqlite_path
from bot.ledger.file_lock import FileLock


class SchedulerLock:
    """A lock on `<database>.lock` (0600), held from `with` to its end; the file stays.

    `url` is the ledger's. On PostgreSQL schedulers share the work, and nothing is locked. Raise
    LedgerError with the holder's process id when another scheduler has it.
    """

    def __init__(self, url: str) -> None:
        database = sqlite_path(parse_url(url))
        self._lock = None if database is None else FileLock(database.with_name(database.name + ".lock"))

    def __enter__(self) -> "SchedulerLock":
        if self._lock is not None and not self._lock.take(f"{os.getpid()}\n"):
            holder = self._lock.text().strip()
            who = f"process {holder}" if holder.isdecimal() else "another process"
            raise LedgerError(f"Another scheduler ({who}) already works with this database; stop it first.")
        return self

    def __exit__(self, *_error: object) -> None:
        if self._lock is not None:
            self._lock.free()
