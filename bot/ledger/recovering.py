"""What became of deliveries that were perhaps accepted, once somebody looked."""

from datetime import datetime

from sqlalchemy import Connection, exists, func, select, update

from bot.ledger import journal
from bot.ledger.composing import not_before_is_past
from bot.ledger.ending import locked_row, write_attempt
from bot.ledger.instants import to_micros
from bot.ledger.reopening import open_again
from bot.ledger.rows import occurrence_record
from bot.ledger.rules import DOUBTS_COUNT_IN, storable, verdict
from bot.ledger.schema import deliveries, occurrences
from bot.model import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    EventKind,
    OccurrenceRecord,
    Outcome,
)


def doubtful(connection: Connection, now: datetime) -> tuple[OccurrenceRecord, ...]:
    """Occurrences with a real delivery that is unknown and to be looked up now."""
    in_doubt = exists().where(
        deliveries.c.occurrence == occurrences.c.id,
        deliveries.c.state == DeliveryState.UNKNOWN,
        deliveries.c.kind == DeliveryKind.REAL,
        not_before_is_past(deliveries, now),
    )
    wanted = select(occurrences).where(occurrences.c.state.in_(DOUBTS_COUNT_IN), in_doubt)
    rows = connection.execute(wanted.order_by(occurrences.c.due, occurrences.c.id))
    return tuple(occurrence_record(row) for row in rows)


def resolve(connection: Connection, delivery: Delivery, outcome: Outcome, now: datetime) -> bool:
    """Write what was found, and open or end the occurrence accordingly. Raises LedgerError."""
    locked_row(connection, delivery.occurrence)
    resolved = (
        update(deliveries)
        .where(deliveries.c.key == delivery.key, deliveries.c.state == DeliveryState.UNKNOWN)
        .values(**_columns(outcome, now))
        .returning(deliveries.c.key, deliveries.c.attempts, deliveries.c.owner, deliveries.c.started_at)
    )
    row = connection.execute(resolved).first()
    if row is None:
        return False
    receipt = outcome.receipt
    provider_id, words = (receipt.provider_id, receipt.detail) if receipt else ("", outcome.error)
    if outcome.state is not DeliveryState.UNKNOWN:
        write_attempt(connection, row, outcome.state, storable(provider_id), storable(words), now)
        _follow(connection, delivery.occurrence, now)
    return True


def _columns(outcome: Outcome, now: datetime) -> dict[str, object]:
    sent = outcome.state is DeliveryState.SENT
    return {
        "state": outcome.state,
        "sent_at": to_micros(now) if sent else None,
        "provider_id": storable(outcome.receipt.provider_id) if outcome.receipt else "",
        "error": storable(outcome.error),
        "not_before": to_micros(outcome.retry_at) if outcome.retry_at else None,
        "lease_until": None,
    }


def _follow(connection: Connection, occurrence_id: str, now: datetime) -> None:
    """Open again what has something to send; else its end follows from its duties."""
    wanted = select(deliveries.c.state, deliveries.c.kind).where(deliveries.c.occurrence == occurrence_id)
    duties = [(DeliveryState(duty.state), DeliveryKind(duty.kind)) for duty in connection.execute(wanted)]
    mine = update(occurrences).where(occurrences.c.id == occurrence_id)
    if any(state in (DeliveryState.READY, DeliveryState.SENDING) for state, _ in duties):
        open_again(connection, occurrence_id)
        return
    ended = verdict(duties)
    over = {"state": ended, "ended_at": func.coalesce(occurrences.c.ended_at, to_micros(now))}
    differs = mine.where(occurrences.c.resting.is_(None), occurrences.c.state != ended)
    if connection.execute(differs.values(**over)).rowcount:
        journal.write(connection, occurrence_id, EventKind.ENDED, ended.value, now)
