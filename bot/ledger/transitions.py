"""Moves of the two state machines: every change of a state goes through this file and its table."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, exists, insert, or_, select, update

from bot.errors import LedgerError
from bot.ledger.codec import storable, to_micros
from bot.ledger.schema import attempts, deliveries, editions, events, occurrences, processes
from bot.ledger.states import (
    ENDED,
    DeliveryCause,
    delivery_sources,
    is_over,
    require_occurrence_move,
    verdict,
)
from bot.model import (
    Agents,
    Claim,
    Delivery,
    DeliveryKind,
    DeliveryState,
    EventKind,
    Occurrence,
    OccurrenceState,
    Outcome,
)


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


def is_busy(row: Row[Any]) -> bool:
    """Return whether a process composes this occurrence now."""
    return row.owner is not None


def has_joined(owner: str) -> ColumnElement[bool]:
    """Return the condition of every claim: others know this process, and will notice its end."""
    return exists().where(processes.c.owner == owner)


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
    asked = {"asked_at": to_micros(now)} if cause in (EventKind.REOPENED, EventKind.RELEASED) else {}
    values = {
        "state": after,
        "not_before": None,
        "ended_at": to_micros(now) if after in ENDED else None,
        "owner": None,
        **asked,
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
    return transition(connection, row, after, cause, detail, now, reason="")


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
        "error": storable(outcome.error or (outcome.receipt.note if outcome.receipt else "")),
        "not_before": to_micros(outcome.retry_at) if outcome.retry_at else None,
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


COUNTED = frozenset({EventKind.WAITED})
"""Events that may repeat many times in a row: one row, counted."""

CUT_OFF = "cut off while sending; perhaps accepted"
CUT_OFF_FETCHING = "the process that fetched it is gone"
FORGOTTEN = "(no longer kept)"
TOO_LONG_HELD = "held longer than what may name people is kept (retention: artifacts)"
BACKFILLED = "backfilled: fetched afterwards for later trends, sent to nobody"
ASKED_AGAIN = "a person asked to send again"


def log_event(
    connection: Connection, occurrence_id: str, kind: EventKind, detail: str, now: datetime
) -> None:
    """Append an event, or count it once more."""
    at, text = to_micros(now), storable(detail)
    if kind in COUNTED and _counted(connection, occurrence_id, kind, text, at):
        return
    row = {"occurrence": occurrence_id, "at": at, "what": kind, "detail": text, "times": 1, "last_at": at}
    connection.execute(insert(events).values(**row))


def log_note(connection: Connection, occurrence_id: str, note: str, now: datetime) -> None:
    """Append a note unless it is empty."""
    if note:
        log_event(connection, occurrence_id, EventKind.NOTED, note, now)


def _counted(connection: Connection, occurrence_id: str, kind: EventKind, detail: str, at: int) -> bool:
    """Count the latest event once more if it is of this kind; return whether it was."""
    newest = select(events.c.id, events.c.what).where(events.c.occurrence == occurrence_id)
    last = connection.execute(newest.order_by(events.c.id.desc()).limit(1)).first()
    if last is None or last.what != kind:
        return False
    again = update(events).where(events.c.id == last.id)
    connection.execute(again.values(times=events.c.times + 1, last_at=at, detail=detail))
    return True


def planned_detail(deliveries: Sequence[Delivery], *, late: bool) -> str:
    """Return '2 to send, late', or '1 test to send'."""
    tests = sum(delivery.kind is DeliveryKind.TEST for delivery in deliveries)
    kind = "" if not tests else " test" if tests == 1 else " tests"
    return f"{len(deliveries)}{kind} to send" + (", late" if late else "")


def composed_detail(agents: Iterable[Agents]) -> str:
    """Return 'agents shown as names, none'."""
    return "agents shown as " + ", ".join(sorted(agents))


def pruned_detail(agents: Iterable[Agents]) -> str:
    """Return 'what was said with agents as names'."""
    return "what was said with agents as " + ", ".join(sorted(agents))


def reopened_detail(count: int) -> str:
    """Return 'a person asked to send again: 2 deliveries'; no number before an occurrence is fanned out."""
    if not count:
        return ASKED_AGAIN
    return f"{ASKED_AGAIN}: {count} {'delivery' if count == 1 else 'deliveries'}"


def expired_detail(delivery: Delivery, reason: str) -> str:
    """Return 'slack #care: not sent: the reason'."""
    return f"{delivery.recipient.channel} {delivery.recipient.address}: not sent: {reason}"


def superseded_detail(correction: Occurrence) -> str:
    """Return why a delivery of the version before is cancelled."""
    return f"the correction {correction.id} goes there instead"


def extended_detail(suppressed: Occurrence) -> str:
    """Return what `explain` says of an occurrence whose window was extended."""
    return f"also about the days of {suppressed.id}, which nobody got"
