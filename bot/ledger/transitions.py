"""Moves of the two state machines: every change of a state goes through this file and its table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, exists, insert, or_, select, update

from bot.errors import LedgerError
from bot.ledger.codec import storable, to_micros
from bot.ledger.journal import log_event
from bot.ledger.schema import attempts, deliveries, editions, occurrences
from bot.ledger.states import (
    ENDED,
    DeliveryCause,
    delivery_sources,
    is_over,
    require_occurrence_move,
    verdict,
)
from bot.model import Claim, DeliveryState, EventKind, OccurrenceState, Outcome

UNCLAIMED: dict[str, None] = {"owner": None, "lease_until": None}


def lock_occurrence(connection: Connection, occurrence_id: str) -> Row[Any]:
    """Return the row of an occurrence, locked (PostgreSQL; SQLite has one writer). Raise LedgerError.

    A transaction that changes an occurrence and its deliveries locks it first.
    """
    row = connection.execute(
        select(occurrences).where(occurrences.c.id == occurrence_id).with_for_update()
    ).first()
    if row is None:
        raise LedgerError(f"The ledger knows no occurrence {occurrence_id!r}.")
    return row


def lock_claimed(connection: Connection, claim: Claim) -> Row[Any] | None:
    """Return the locked row of a claimed occurrence; None when the claim was lost."""
    claimed = select(occurrences).where(occurrences.c.id == claim.key, owns_occurrence(claim))
    return connection.execute(claimed.with_for_update()).first()


def owns_occurrence(claim: Claim) -> ColumnElement[bool]:
    """Return the guard of every write that composes: still planned, and still claimed by this claim."""
    return and_(
        occurrences.c.state == OccurrenceState.PLANNED,
        occurrences.c.fence == claim.fence,
        occurrences.c.owner == claim.owner,
    )


def owns_delivery(claim: Claim) -> ColumnElement[bool]:
    """Return the guard of every write about a running attempt: still sending, and still by this claim."""
    return and_(
        deliveries.c.state == DeliveryState.SENDING,
        deliveries.c.fence == claim.fence,
        deliveries.c.owner == claim.owner,
    )


def is_busy(row: Row[Any], now: datetime) -> bool:
    """Return whether a process composes this occurrence now."""
    return row.owner is not None and (row.lease_until or 0) > to_micros(now)


def is_due(table: Table, now: datetime) -> ColumnElement[bool]:
    """Return the condition that a row of deliveries or occurrences may be tried now."""
    return or_(table.c.not_before.is_(None), table.c.not_before <= to_micros(now))


def any_row(connection: Connection, *conditions: ColumnElement[bool]) -> bool:
    """Return whether a row fulfils the conditions."""
    return bool(connection.execute(select(exists().where(*conditions))).scalar())


def transition(
    connection: Connection,
    row: Row[Any],
    after: OccurrenceState,
    cause: str,
    detail: str,
    now: datetime,
    **columns: Any,
) -> Row[Any]:
    """Move a locked occurrence, drop every claim on it and log the event; return the new row.

    `columns` are written as well. A cause that is no EventKind is not logged. Raise IllegalMove.
    """
    require_occurrence_move(OccurrenceState(row.state), after, cause)
    values = {
        "state": after,
        "not_before": None,
        "ended_at": to_micros(now) if after in ENDED else None,
        **UNCLAIMED,
        **columns,
    }
    mine = update(occurrences).where(occurrences.c.id == row.id)
    changed = connection.execute(mine.values(**values).returning(*occurrences.c)).one()
    if isinstance(cause, EventKind):
        log_event(connection, row.id, cause, detail, now)
    return changed


def finish_if_over(connection: Connection, row: Row[Any], now: datetime) -> OccurrenceState:
    """End a locked occurrence if all its deliveries ended; return its state."""
    state, states = OccurrenceState(row.state), delivery_states(connection, row.id)
    if not is_over(state, states):
        return state
    after = verdict(states)
    transition(connection, row, after, EventKind.ENDED, after.value, now)
    return after


def reopen_occurrence(
    connection: Connection, row: Row[Any], cause: str, detail: str, now: datetime
) -> Row[Any]:
    """Send the snapshot again; compose again where there is none."""
    frozen = any_row(connection, editions.c.occurrence == row.id)
    after = OccurrenceState.RENDERED if frozen else OccurrenceState.PLANNED
    return transition(connection, row, after, cause, detail, now)


def delivery_states(connection: Connection, occurrence_id: str) -> tuple[DeliveryState, ...]:
    """Return the states of all deliveries of an occurrence."""
    states = select(deliveries.c.state).where(deliveries.c.occurrence == occurrence_id)
    return tuple(map(DeliveryState, connection.execute(states).scalars()))


def move_deliveries(
    connection: Connection,
    which: ColumnElement[bool],
    after: DeliveryState,
    cause: DeliveryCause,
    **columns: Any,
) -> Sequence[Row[Any]]:
    """Move the deliveries that may leave their state by this cause; return their new rows.

    Raise IllegalMove when no state may.
    """
    sources = delivery_sources(after, cause)
    moved = update(deliveries).where(which, deliveries.c.state.in_(sources))
    return connection.execute(moved.values(state=after, **columns).returning(*deliveries.c)).all()


def end_waiting(
    connection: Connection, occurrence_id: str, after: DeliveryState, cause: DeliveryCause, reason: str
) -> None:
    """End every delivery of an occurrence that waits for its first or next attempt."""
    move_deliveries(
        connection,
        deliveries.c.occurrence == occurrence_id,
        after,
        cause,
        error=storable(reason),
        not_before=None,
    )


def outcome_columns(outcome: Outcome, now: datetime) -> dict[str, Any]:
    """Return how an attempt ended as columns of its delivery, apart from the state."""
    sent = outcome.state is DeliveryState.SENT
    return {
        "sent_at": to_micros(now) if sent else None,
        "provider_id": storable(outcome.receipt.provider_id) if outcome.receipt else "",
        "error": storable(outcome.error),
        "not_before": to_micros(outcome.retry_at) if outcome.retry_at else None,
        "lease_until": None,
    }


def log_attempt(connection: Connection, row: Row[Any], outcome: Outcome, now: datetime) -> None:
    """Append an attempt that ended; `row` is the delivery after it."""
    receipt = outcome.receipt
    provider_id, detail = (receipt.provider_id, receipt.detail) if receipt else ("", outcome.error)
    attempt = {
        "delivery": row.key,
        "number": row.attempts,
        "owner": row.owner,
        "started_at": row.started_at,
        "ended_at": to_micros(now),
        "state": outcome.state,
        "provider_id": storable(provider_id),
        "detail": storable(detail),
    }
    connection.execute(insert(attempts).values(**attempt))
