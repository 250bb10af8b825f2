"""The two ways out of `held`, both by a person: what was kept goes out after all, or it never does."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, select, update

from bot.ledger import journal
from bot.ledger.ending import end_waiting, finish, locked_row
from bot.ledger.handing_on import hand_on_days
from bot.ledger.rules import storable
from bot.ledger.schema import deliveries, editions, occurrences
from bot.model import DeliveryState, EventKind, OccurrenceState


def release(connection: Connection, occurrence_id: str, now: datetime) -> bool:
    """Let what is held go out. False unless it is held and not discarded. Raises LedgerError."""
    row = locked_row(connection, occurrence_id)
    has_content = _is_there(connection, editions.c.occurrence == occurrence_id)
    if row.state != OccurrenceState.HELD or not has_content:
        return False
    reason = row.reason if row.resting else ""
    mine = update(occurrences).where(occurrences.c.id == occurrence_id)
    connection.execute(mine.values(state=OccurrenceState.RENDERED, reason=reason))
    journal.write(connection, occurrence_id, EventKind.RELEASED, "", now)
    return True


def discard(connection: Connection, occurrence_id: str, reason: str, now: datetime) -> bool:
    """Cancel what waits, forget what was held, and end as skipped. False unless held. Raises LedgerError.

    The content goes too: it may be somebody else's, and not even a later test shall send it. What
    was ended before and only opened for tests returns to that end. A test that is being sent since
    before the real firing began ends first; whoever closes it then ends the occurrence.
    """
    row = locked_row(connection, occurrence_id)
    if row.state != OccurrenceState.HELD:
        return False
    end_waiting(connection, occurrence_id, DeliveryState.CANCELLED, reason)
    connection.execute(delete(editions).where(editions.c.occurrence == occurrence_id))
    resting = OccurrenceState(row.resting or OccurrenceState.SKIPPED)
    why = row.reason if row.resting else storable(reason)
    mine = update(occurrences).where(occurrences.c.id == occurrence_id)
    connection.execute(mine.values(resting=resting, reason=why))
    journal.write(connection, occurrence_id, EventKind.DISCARDED, reason, now)
    hand_on_days(connection, occurrence_id, now)
    mine_sending = (deliveries.c.occurrence == occurrence_id) & (deliveries.c.state == DeliveryState.SENDING)
    if not _is_there(connection, mine_sending):
        finish(connection, occurrence_id, resting, now)
    return True


def _is_there(connection: Connection, condition: ColumnElement[bool]) -> bool:
    return bool(connection.execute(select(exists().where(condition))).scalar())
