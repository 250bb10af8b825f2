"""The ledger: the durable record of what was planned, composed and delivered.

Each method is one transaction, defined in the module of its subject. A lost claim changes nothing.
"""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, func, inspect, select

from bot.errors import LedgerError
from bot.ledger.channels import Circuits
from bot.ledger.crashes import Crashes
from bot.ledger.database import (
    check_integrity,
    lock_for_migration,
    make_engine,
    parse_url,
    prepare_file,
    read,
    require_not_moved,
    sqlite_path,
    transact,
)
from bot.ledger.deliveries import Deliveries
from bot.ledger.occurrences import Occurrences
from bot.ledger.queries import Queries
from bot.ledger.reaper import Reaper
from bot.ledger.recipients import Recipients
from bot.ledger.retention import Retention
from bot.ledger.schema import metadata, migrations
from bot.ledger.snapshots import Snapshots
from bot.model import ProcessKind


class Ledger(Occurrences, Snapshots, Deliveries, Recipients, Crashes, Reaper, Circuits, Queries, Retention):
    """The ledger for one process, on SQLite or PostgreSQL. Times are aware UTC.

    Every method raises LedgerError when the database cannot be used.
    """


def open_ledger(url: str, *, owner: str, kind: ProcessKind | None = ProcessKind.COMMAND) -> Ledger:
    """Open the ledger at `url` (`sqlite:///…` or `postgresql+psycopg://…`); create it when it is missing.

    `owner` is unique to this process: `host:pid:random`. With a `kind` it joins, and others know it until
    it closes the ledger or is gone; None is for who only reads. Raise LedgerError, never with a password
    in it, when the database is of another version, damaged, read-only, a link, or cannot be reached.
    """
    parsed = parse_url(url)
    path = sqlite_path(parsed)
    if path is not None:
        require_not_moved(path)
        prepare_file(path)
    engine = make_engine(parsed)
    try:
        transact(engine, migrate)
        read(engine, check_integrity)
    except BaseException:
        engine.dispose()
        if path is not None:
            require_not_moved(path)
        raise
    ledger = Ledger(engine, owner=owner, kind=kind)
    try:
        ledger.join()
        if path is not None:
            require_not_moved(path)  # it may have waited for the end of the move
    except BaseException:
        ledger.close()
        raise
    return ledger


FIRST_VERSION = 7
"""The version of the first release. Versions 1 to 6 were written while the program was being built."""

STEPS: Mapping[int, Callable[[Connection], None]] = {}
"""Each step turns version n-1 into version n. Add a step for a new version; never edit one."""

SCHEMA_VERSION = max(STEPS, default=FIRST_VERSION)


def migrate(connection: Connection) -> None:
    """Bring the schema up to date.

    Raise LedgerError for a database of a newer program, of one from before the first release, and for
    tables of another program.
    """
    lock_for_migration(connection)
    version = schema_version(connection)
    _require_known(version)
    if not version:
        # Without a check for existing tables: a table of the same name that is not ours must stop us.
        metadata.create_all(connection, checkfirst=False)
        connection.execute(migrations.insert().values(version=SCHEMA_VERSION))
        return
    for later in range(version + 1, SCHEMA_VERSION + 1):
        STEPS[later](connection)
        connection.execute(migrations.insert().values(version=later))


def schema_version(connection: Connection) -> int:
    """Return the version of the tables; 0 for an empty database, whose table of versions is created."""
    if not inspect(connection).has_table(migrations.name):
        migrations.create(connection)
    return connection.execute(select(func.max(migrations.c.version))).scalar() or 0


def _require_known(version: int) -> None:
    if version > SCHEMA_VERSION:
        raise LedgerError(
            f"The database was written by a newer version of this program (schema {version}; "
            f"this program knows {SCHEMA_VERSION}). Upgrade the program, or use another database."
        )
    if 0 < version < FIRST_VERSION:
        raise LedgerError(
            f"The database was written by a version from before the first release (schema {version}) "
            "and cannot be used. To keep its history, run `digestbot history --json > history.json` with "
            "that version; then move the database away and start again."
        )
