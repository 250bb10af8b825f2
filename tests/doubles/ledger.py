"""Ledgers for tests: a SQLite file for each, copied from a template that has the tables already; and their death."""

import functools
import itertools
import shutil
import sqlite3
import tempfile
import weakref
from pathlib import Path

from sqlalchemy import event, text

from bot.ledger import Ledger, open_ledger
from bot.ledger.presence import GONE_AFTER

_numbers = itertools.count()


def new_ledger(owner: str = "here:1:a") -> Ledger:
    """Return the ledger of a process on an empty database of its own."""
    folder, template = _template()
    database = folder / f"{next(_numbers)}.db"
    shutil.copyfile(template, database)
    return _opened(f"sqlite:///{database}", owner)


def beside(ledger: Ledger, owner: str) -> Ledger:
    """Return the ledger of another process on the same database."""
    return _opened(address(ledger), owner)


def address(ledger: Ledger) -> str:
    """Return where a ledger's database is."""
    return ledger.engine.url.render_as_string(hide_password=False)


def kill(ledger: Ledger) -> None:
    """Leave a ledger as the death of its process does: unheard, its claims as they are.

    On PostgreSQL it has been silent for long enough, and the others have been heard for as long.
    """
    if ledger._lock is not None:
        ledger._lock.drop()
        return
    ledger._left.set()
    ledger._heart.join()
    silence(ledger, ledger.owner)


def silence(ledger: Ledger, owner: str) -> None:
    """Make a process unheard for 31 s, and all others heard regularly for as long (PostgreSQL)."""
    age = {"age": GONE_AFTER + 1_000_000, "owner": owner}
    with ledger.engine.begin() as connection:
        silent = text("UPDATE processes SET beat_at = beat_at - :age WHERE owner = :owner")
        connection.execute(silent, age)
        steady = text("UPDATE processes SET steady_since = steady_since - :age WHERE owner <> :owner")
        connection.execute(steady, age)


def _opened(url: str, owner: str) -> Ledger:
    ledger = open_ledger(url, owner=owner)
    ledger.engine.dispose()
    event.listen(ledger.engine, "connect", _without_waiting_for_the_disk)
    weakref.finalize(ledger, ledger.engine.dispose)
    return ledger


def _without_waiting_for_the_disk(connection: sqlite3.Connection, _record: object) -> None:
    """No test that uses these ledgers pulls the plug."""
    connection.execute("PRAGMA synchronous = OFF")


@functools.cache
def _template() -> tuple[Path, Path]:
    folder = tempfile.TemporaryDirectory(prefix="ledgers-")
    template = Path(folder.name) / "template.db"
    with (
        open_ledger(f"sqlite:///{template}", owner="template", kind=None) as ledger,
        ledger.engine.connect() as connection,
    ):
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    _FOLDERS.append(folder)
    return Path(folder.name), template


_FOLDERS: "list[tempfile.TemporaryDirectory[str]]" = []
"""Kept until the process ends, and removed then."""
