"""What past occurrences would have said: fetched afterwards, kept for later trends, sent to nobody."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, exists, select, update

from bot.ledger import journal
from bot.ledger.composing import keep_editions
from bot.ledger.dialect import insert_missing
from bot.ledger.ending import locked_row
from bot.ledger.instants import to_micros
from bot.ledger.planning import new_columns
from bot.ledger.rules import BACKFILLED
from bot.ledger.schema import editions, occurrences
from bot.model import Agents, Digest, Edition, EventKind, Occurrence, OccurrenceState


def backfill(
    connection: Connection,
    occurrence: Occurrence,
    definition: Digest,
    said: Mapping[Agents, Edition],
    now: datetime,
) -> bool:
    """Write the occurrence with what it says. False unless it is new, or skipped without content.

    It is not the real firing: a person who asks for that one later gets it fetched anew.
    """
    kept = {"state": OccurrenceState.BACKFILLED, "real": False, "ended_at": to_micros(now)}
    new = new_columns(occurrence, definition, now) | kept | {"reason": BACKFILLED}
    if not insert_missing(connection, occurrences, new):
        row = locked_row(connection, occurrence.id)
        if row.state != OccurrenceState.SKIPPED or _has_content(connection, occurrence.id):
            return False
        mine = update(occurrences).where(occurrences.c.id == occurrence.id)
        connection.execute(mine.values(**kept, reason=f"{row.reason}; {BACKFILLED}"))
    keep_editions(connection, occurrence.id, said, now)
    journal.write(connection, occurrence.id, EventKind.BACKFILLED, "", now)
    return True


def _has_content(connection: Connection, occurrence_id: str) -> bool:
    return bool(connection.execute(select(exists().where(editions.c.occurrence == occurrence_id))).scalar())
