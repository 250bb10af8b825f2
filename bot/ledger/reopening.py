"""Another try because a person asks: what surely was not accepted becomes ready again."""

from datetime import datetime

from sqlalchemy import Connection, exists, select, update

from bot.ledger import crashing, journal, stopping
from bot.ledger.ending import FREE, locked_row
from bot.ledger.instants import to_micros
from bot.ledger.rules import NOT_REOPENED, REOPENED, UNDIVIDED, reopened_words
from bot.ledger.schema import deliveries, editions, occurrences
from bot.model import DeliveryKind, DeliveryState, EventKind, OccurrenceState


def reopen(connection: Connection, occurrence_id: str, now: datetime) -> int:
    """Make the failed and the waiting real duties of an occurrence ready at once; how many.

    What waits to be divided into slices, or could not be, is divided again: 1.

    Nothing sent, unknown or cancelled is touched, nor what somebody works on, nor a skipped or
    held occurrence. Raises LedgerError for an unknown occurrence.
    """
    row = locked_row(connection, occurrence_id)
    busy = row.owner is not None and (row.lease_until or 0) > to_micros(now)
    if busy or row.state in NOT_REOPENED:
        return 0
    again = update(deliveries).where(
        deliveries.c.occurrence == occurrence_id,
        deliveries.c.kind == DeliveryKind.REAL,
        deliveries.c.state.in_(REOPENED),
    )
    ready = again.values(state=DeliveryState.READY, not_before=None).returning(deliveries.c.key)
    count = len(connection.execute(ready).all())
    any_duty = select(exists().where(deliveries.c.occurrence == occurrence_id))
    undivided = row.state in UNDIVIDED and not connection.execute(any_duty).scalar()
    if count or undivided:
        open_again(connection, occurrence_id)
        crashing.forget(connection, occurrence_id)
        stopping.try_at_once_for(connection, occurrence_id, now)
        journal.write(connection, occurrence_id, EventKind.REOPENED, reopened_words(count), now)
    return count or int(undivided)


def open_again(connection: Connection, occurrence_id: str) -> None:
    """Back to sending what is frozen, or to fetching where nothing was."""
    frozen = connection.execute(select(exists().where(editions.c.occurrence == occurrence_id))).scalar()
    state = OccurrenceState.RENDERED if frozen else OccurrenceState.PLANNED
    # How it ended before counts no more, not even for tests that are under way.
    values = {"state": state, "resting": None, "not_before": None, "ended_at": None, **FREE}
    connection.execute(update(occurrences).where(occurrences.c.id == occurrence_id).values(**values))
