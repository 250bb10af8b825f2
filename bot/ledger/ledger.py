"""The ledger: the durable record of what was planned, composed and delivered.

A method is one transaction, and stands in the file of its subject. A lost claim changes nothing.
"""

from datetime import datetime

from sqlalchemy import Connection

from bot.ledger.channels import Circuits
from bot.ledger.database import (
    check_integrity,
    make_engine,
    parse_url,
    prepare_file,
    read,
    sqlite_path,
    transact,
    transaction,
)
from bot.ledger.deliveries import Deliveries
from bot.ledger.journal import log_event
from bot.ledger.leases import Leases
from bot.ledger.migrations import migrate
from bot.ledger.occurrences import Occurrences
from bot.ledger.queries import Queries
from bot.ledger.retention import Retention
from bot.ledger.snapshots import Snapshots
from bot.model import EventKind


class Ledger(Occurrences, Snapshots, Deliveries, Leases, Circuits, Queries, Retention):
    """The ledger for one process, on SQLite or PostgreSQL. Times are aware UTC.

    Every method raises LedgerError when the database cannot be used.
    """

    @transaction
    def log_event(self, connection: Connection, occurrence_id: str, note: str, now: datetime) -> None:
        """Append a note to the events of an occurrence."""
        log_event(connection, occurrence_id, EventKind.NOTED, note, now)


def open_ledger(url: str, *, owner: str, lease_seconds: float = 180.0) -> Ledger:
    """Open the ledger at `url` (`sqlite:///…` or `postgresql+psycopg://…`); create it when it is missing.

    `owner` is unique to this process: `host:pid:random`. Raise LedgerError, never with a password in it,
    when the database is of another version, damaged, read-only, a link, or cannot be reached.
    """
    parsed = parse_url(url)
    path = sqlite_path(parsed)
    if path is not None:
        prepare_file(path)
    engine = make_engine(parsed)
    try:
        transact(engine, migrate)
        read(engine, check_integrity)
    except BaseException:
        engine.dispose()
        raise
    return Ledger(engine, owner=owner, lease_seconds=lease_seconds)
