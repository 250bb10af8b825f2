"""Ending things: occurrences whose duties are over, duties that were cut off, claims that expired."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, exists, or_, select, update

from bot.errors import LedgerError
from bot.ledger import journal
from bot.ledger.instants import to_micros
from bot.ledger.rules import (
    CUT_OFF,
    CUT_OFF_FETCHING,
    ENDED,
    OPEN_DUTIES,
    PARKED_FROM,
    WITH_CONTENT,
    WITHOUT_CONTENT,
    expired_words,
    may_close,
    storable,
    verdict,
)
from bot.ledger.schema import attempts, deliveries, occurrences
from bot.model import Delivery, DeliveryKind, DeliveryState, EventKind, OccurrenceState

Lost = Callable[[Table], ColumnElement[bool]]
"""Which claims in the table of deliveries or occurrences were lost."""

FREE: dict[str, None] = {"owner": None, "lease_until": None}


def locked_row(connection: Connection, occurrence_id: str) -> Row[Any]:
    """The occurrence's row, kept from other transactions (PostgreSQL; SQLite has one writer anyway).

    Whoever changes an occurrence together with its duties takes this first. Raises LedgerError.
    """
    wanted = select(occurrences).where(occurrences.c.id == occurrence_id).with_for_update()
    row = connection.execute(wanted).first()
    if row is None:
        raise LedgerError(f"The ledger knows no occurrence {occurrence_id!r}.")
    return row


def close(connection: Connection, occurrence_id: str, now: datetime) -> OccurrenceState:
    """End the occurrence if all its duties ended; its state afterwards. Raises LedgerError."""
    row = locked_row(connection, occurrence_id)
    state = OccurrenceState(row.state)
    wanted = select(deliveries.c.state, deliveries.c.kind).where(deliveries.c.occurrence == occurrence_id)
    duties = [(DeliveryState(duty.state), DeliveryKind(duty.kind)) for duty in connection.execute(wanted)]
    if not may_close(state, duties):
        return state
    ended = OccurrenceState(row.resting) if row.resting else verdict(duties)
    finish(connection, occurrence_id, ended, now)
    journal.write(connection, occurrence_id, EventKind.ENDED, ended.value, now)
    return ended


def finish(connection: Connection, occurrence_id: str, state: OccurrenceState, now: datetime) -> None:
    """Write the final state, and take every claim on the occurrence back."""
    final = {"state": state, "resting": None, "not_before": None, "ended_at": to_micros(now), **FREE}
    connection.execute(update(occurrences).where(occurrences.c.id == occurrence_id).values(**final))


def cancel(connection: Connection, occurrence_id: str, reason: str, now: datetime) -> None:
    """End the duties that wait as `cancelled`; one being sent goes on. Raises LedgerError."""
    row = locked_row(connection, occurrence_id)
    end_waiting(connection, occurrence_id, DeliveryState.CANCELLED, reason)
    if row.state not in ENDED and row.resting is None:
        why = update(occurrences).where(occurrences.c.id == occurrence_id)
        connection.execute(why.values(reason=storable(reason)))
    journal.write(connection, occurrence_id, EventKind.CANCELLED, reason, now)
    close(connection, occurrence_id, now)


def end_waiting(connection: Connection, occurrence_id: str, state: DeliveryState, reason: str) -> None:
    """End every duty that is not yet tried or waits for its next try."""
    waiting = update(deliveries).where(
        deliveries.c.occurrence == occurrence_id, deliveries.c.state == DeliveryState.READY
    )
    connection.execute(waiting.values(state=state, error=storable(reason), not_before=None))


def expire(connection: Connection, delivery: Delivery, reason: str, now: datetime) -> bool:
    """End one duty that waits as `failed`. False unless it waited."""
    waiting = update(deliveries).where(
        deliveries.c.key == delivery.key, deliveries.c.state == DeliveryState.READY
    )
    failed = {"state": DeliveryState.FAILED, "error": storable(reason), "not_before": None}
    ended = connection.execute(waiting.values(**failed)).rowcount > 0
    if ended:
        journal.write(connection, delivery.occurrence, EventKind.NOTED, expired_words(delivery, reason), now)
    return ended


def give_up(connection: Connection, occurrence_id: str, reason: str, now: datetime) -> bool:
    """End what waits as `failed`, and the occurrence unless a duty is being sent. Raises LedgerError."""
    row = locked_row(connection, occurrence_id)
    busy = row.owner is not None and (row.lease_until or 0) > to_micros(now)
    if busy or row.state not in PARKED_FROM:
        return False
    end_waiting(connection, occurrence_id, DeliveryState.FAILED, reason)
    if row.resting is None:
        why = update(occurrences).where(occurrences.c.id == occurrence_id)
        connection.execute(why.values(reason=storable(reason)))
    sending = exists().where(deliveries.c.occurrence == occurrence_id, deliveries.c.state.in_(OPEN_DUTIES))
    if not connection.execute(select(sending)).scalar():
        finish(connection, occurrence_id, OccurrenceState(row.resting or OccurrenceState.FAILED), now)
    journal.write(connection, occurrence_id, EventKind.GAVE_UP, reason, now)
    return True


def waiting_to_end(connection: Connection, lost: Lost) -> Sequence[str]:
    """The occurrences with a lost send, or with nothing left to do but to be closed."""
    mine = deliveries.c.occurrence == occurrences.c.id
    cut_off = exists().where(mine, deliveries.c.state == DeliveryState.SENDING, lost(deliveries))
    busy = exists().where(mine, deliveries.c.state.in_(OPEN_DUTIES))
    over = and_(occurrences.c.state.in_(WITH_CONTENT), ~busy)
    found = select(occurrences.c.id).where(or_(cut_off, over)).order_by(occurrences.c.id)
    return connection.execute(found).scalars().all()


def end_cut_off(connection: Connection, occurrence_id: str, lost: Lost, now: datetime) -> int:
    """Lost sends of one occurrence become `unknown`, and it is closed if that was the last; how many."""
    locked_row(connection, occurrence_id)
    cut_off = (
        update(deliveries)
        .where(
            deliveries.c.occurrence == occurrence_id,
            deliveries.c.state == DeliveryState.SENDING,
            lost(deliveries),
        )
        .values(state=DeliveryState.UNKNOWN, error=CUT_OFF, lease_until=None)
        .returning(deliveries.c.key, deliveries.c.attempts, deliveries.c.owner, deliveries.c.started_at)
    )
    rows = connection.execute(cut_off).all()
    for row in rows:
        write_attempt(connection, row, DeliveryState.UNKNOWN, "", CUT_OFF, now)
    close(connection, occurrence_id, now)
    return len(rows)


def write_attempt(
    connection: Connection, row: Row[Any], state: DeliveryState, provider_id: str, detail: str, now: datetime
) -> None:
    """Append one ended attempt to the audit; `row` has key, attempts, owner and started_at."""
    connection.execute(
        attempts.insert().values(
            delivery=row.key,
            number=row.attempts,
            owner=row.owner,
            started_at=row.started_at,
            ended_at=to_micros(now),
            state=state,
            provider_id=provider_id,
            detail=detail,
        )
    )


def free_occurrences(connection: Connection, lost: Lost, now: datetime) -> int:
    """Claims to fetch and compose that were lost: the occurrence may be claimed again; how many."""
    claimed = update(occurrences).where(
        occurrences.c.state.in_(WITHOUT_CONTENT), occurrences.c.owner.is_not(None), lost(occurrences)
    )
    freed = connection.execute(claimed.values(**FREE).returning(occurrences.c.id)).scalars().all()
    for occurrence_id in freed:
        journal.write(connection, occurrence_id, EventKind.TAKEN_BACK, CUT_OFF_FETCHING, now)
    return len(freed)


def owners(connection: Connection) -> Sequence[str]:
    """Every owner that holds a claim now."""
    sending = select(deliveries.c.owner).where(deliveries.c.state == DeliveryState.SENDING)
    composing = select(occurrences.c.owner).where(occurrences.c.owner.is_not(None))
    return connection.execute(sending.union(composing)).scalars().all()
