"""From any earlier schema to this program's: one step per version, each in one transaction."""

from collections.abc import Callable

from sqlalchemy import Connection, func, inspect, select, text

from bot.errors import LedgerError
from bot.ledger.dialect import lock_for_migration
from bot.ledger.schema import metadata, migrations
from bot.ledger.schema_2 import metadata_2
from bot.ledger.schema_3 import metadata_3

Step = Callable[[Connection], None]


def _first_tables(connection: Connection) -> None:
    # Not "if missing": a table of the same name that is not ours must stop us.
    metadata.create_all(connection, checkfirst=False)


def _answers_and_landings(connection: Connection) -> None:
    metadata_2.create_all(connection, checkfirst=False)
    connection.execute(text("ALTER TABLE stamps ADD COLUMN landed_at BIGINT"))


def _pauses_streaks_and_events(connection: Connection) -> None:
    metadata_3.create_all(connection, checkfirst=False)


def _channels_tried_again(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE channel_stops ADD COLUMN again_at BIGINT"))
    connection.execute(text("ALTER TABLE channel_stops ADD COLUMN credential TEXT"))


STEPS: dict[int, Step] = {
    1: _first_tables,
    2: _answers_and_landings,
    3: _pauses_streaks_and_events,
    4: _channels_tried_again,
}
"""What turns version n-1 into version n. A new version adds a line here; none is ever edited."""

SCHEMA_VERSION = max(STEPS)


def migrate(connection: Connection) -> None:
    """Bring the schema up to date. Raises LedgerError when it is newer than this program."""
    lock_for_migration(connection)
    found = schema_version(connection)
    if found > SCHEMA_VERSION:
        raise LedgerError(
            f"The database was written by a newer version of this program (schema {found}; "
            f"this program knows {SCHEMA_VERSION}). Upgrade the program, or use another database."
        )
    for version in range(found + 1, SCHEMA_VERSION + 1):
        STEPS[version](connection)
        connection.execute(migrations.insert().values(version=version))


def schema_version(connection: Connection) -> int:
    """The version of the tables; 0 for an empty database (its table of versions is made)."""
    if not inspect(connection).has_table(migrations.name):
        migrations.create(connection)
    return connection.execute(select(func.max(migrations.c.version))).scalar() or 0
