"""Corrections, and what becomes of the version before."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, select, update

from bot.ledger import journal
from bot.ledger.ending import close, finish, locked_row
from bot.ledger.instants import to_micros
from bot.ledger.planning import plan
from bot.ledger.rows import occurrence_record
from bot.ledger.rules import REOPENED, superseded, verdict
from bot.ledger.schema import deliveries, occurrences
from bot.model import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Digest,
    EventKind,
    Occurrence,
    OccurrenceRecord,
    OccurrenceState,
    corrected_by,
    correction_number,
)
from bot.model.corrections import CORRECTED


def correct(
    connection: Connection,
    occurrence: Occurrence,
    correction: Occurrence,
    definition: Digest,
    duties: Sequence[Delivery],
    now: datetime,
) -> bool:
    """Plan the correction; whoever had not got the version before gets this one. Raises LedgerError."""
    if not plan(connection, correction, definition, duties, now, late=False):
        return False
    row = locked_row(connection, occurrence.id)
    waiting = update(deliveries).where(
        deliveries.c.occurrence == occurrence.id,
        deliveries.c.kind == DeliveryKind.REAL,
        deliveries.c.state.in_(REOPENED),
    )
    words = superseded(correction)
    connection.execute(waiting.values(state=DeliveryState.CANCELLED, error=words, not_before=None))
    journal.write(connection, occurrence.id, EventKind.CORRECTED, correction.id, now)
    if row.state == OccurrenceState.FAILED:
        _judge_again(connection, occurrence.id, now)
    else:
        close(connection, occurrence.id, now)
    return True


def _judge_again(connection: Connection, occurrence_id: str, now: datetime) -> None:
    """A failed occurrence is done when nobody is left who did not get it."""
    wanted = select(deliveries.c.state, deliveries.c.kind).where(deliveries.c.occurrence == occurrence_id)
    duties = [(DeliveryState(duty.state), DeliveryKind(duty.kind)) for duty in connection.execute(wanted)]
    if verdict(duties) is OccurrenceState.DONE:
        finish(connection, occurrence_id, OccurrenceState.DONE, now)
        journal.write(connection, occurrence_id, EventKind.ENDED, OccurrenceState.DONE.value, now)


def corrections(connection: Connection, occurrence: Occurrence) -> tuple[OccurrenceRecord, ...]:
    """The corrections of an occurrence, oldest first."""
    rows = corrections_rows(connection, occurrence)
    records = [occurrence_record(row) for row in rows]
    return tuple(sorted(records, key=lambda record: correction_number(record.occurrence)))


def corrections_rows(connection: Connection, occurrence: Occurrence) -> list[Row[tuple[object, ...]]]:
    """Their rows, in no order."""
    beside = select(occurrences).where(
        occurrences.c.digest == occurrence.digest,
        occurrences.c.due == to_micros(occurrence.due),
        occurrences.c.slice.startswith(CORRECTED, autoescape=True),
    )
    found = connection.execute(beside).all()
    return [row for row in found if corrected_by(occurrence_record(row).occurrence).id == occurrence.id]
