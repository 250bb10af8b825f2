"""Ledgers for tests: a SQLite file for each, copied from a template that has the tables already."""

import functools
import itertools
import shutil
import sqlite3
import tempfile
import weakref
from pathlib import Path

from sqlalchemy import event

from bot.ledger import Ledger, open_ledger

_numbers = itertools.count()


def new_ledger(owner: str = "here:1:a", lease_seconds: float = 180.0) -> Ledger:
    """Return the ledger of a process on an empty database of its own."""
    folder, template = _template()
    database = folder / f"{next(_numbers)}.db"
    shutil.copyfile(template, database)
    return _opened(f"sqlite:///{database}", owner, lease_seconds)


def beside(ledger: Ledger, owner: str) -> Ledger:
    """Return the ledger of another process on the same database."""
    return _opened(ledger.engine.url.render_as_string(), owner, ledger.lease_micros / 1e6)


def _opened(url: str, owner: str, lease_seconds: float) -> Ledger:
    ledger = open_ledger(url, owner=owner, lease_seconds=lease_seconds)
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
        open_ledger(f"sqlite:///{template}", owner="template") as ledger,
        ledger.engine.connect() as connection,
    ):
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    _FOLDERS.append(folder)
    return Path(folder.name), template


_FOLDERS: "list[tempfile.TemporaryDirectory[str]]" = []
"""Kept until the process ends, and removed then."""
