"""Deliveries: attempts are claimed before the first byte and finished after the last; doubts reconciled."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, select

from bot.ledger.channels import close_circuit, is_blocked, use_half_open
from bot.ledger.codec import delivery_record, occurrence_record, storable, to_micros
from bot.ledger.database import Database, read_only, transaction
from bot.ledger.schema import deliveries, occurrences
from bot.ledger.states import OPEN_DELIVERIES, RECONCILABLE, RECONCILED, DeliveryCause, verdict
from bot.ledger.transitions import (
    any_row,
    delivery_states,
    expired_detail,
    finish_if_over,
    has_joined,
    is_due,
    lock_occurrence,
    log_attempt,
    log_event,
    log_note,
    move_deliveries,
    outcome_columns,
    owns_delivery,
    reopen_occurrence,
    transition,
)
from bot.model import (
    Claim,
    Delivery,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    EventKind,
    OccurrenceRecord,
    OccurrenceState,
    Outcome,
)


class Deliveries(Database):
    """The part of the ledger that sends."""

    @transaction
    def claim_delivery(
        self, connection: Connection, delivery: Delivery, now: datetime, *, log: str = "", token: str = ""
    ) -> Claim | None:
        """Commit `sending` before the first byte, and log `log`.

        None when it is sent, ended, being sent or not yet to be tried again, and unless its occurrence
        is `rendered`: what is held or not frozen is not sent. None too while the circuit of its channel
        is open, and for a process that has not joined; the first claim of a half-open circuit takes its
        one attempt. With the same unique `token` it may be repeated when its answer was lost.
        """
        return self._claim_delivery(connection, delivery, now, log, token)

    @transaction
    def finish_attempt(self, connection: Connection, claim: Claim, outcome: Outcome, now: datetime) -> bool:
        """Write how an attempt ended. Return False when the claim was lost, unless this receipt is written.

        `READY` with `retry_at` keeps a retryable failure outstanding until then. Raise IllegalMove
        (a ValueError) for a state that ends no attempt.
        """
        return _finish_attempt(connection, claim, outcome, now)

    @transaction
    def fail_before_sending(
        self, connection: Connection, delivery: Delivery, outcome: Outcome, now: datetime
    ) -> bool:
        """Count an attempt that failed before anything was sent. Return False when it cannot be claimed."""
        claim = self._claim_delivery(connection, delivery, now)
        return claim is not None and _finish_attempt(connection, claim, outcome, now)

    @transaction
    def expire(self, connection: Connection, delivery: Delivery, reason: str, now: datetime) -> bool:
        """End a waiting delivery as `failed`: it is not retried. Return False unless it waits."""
        failed, error = DeliveryState.FAILED, storable(reason)
        mine = deliveries.c.key == delivery.key
        rows = move_deliveries(connection, mine, failed, DeliveryCause.GAVE_UP, error=error, not_before=None)
        if rows:
            detail = expired_detail(delivery, reason)
            log_event(connection, delivery.occurrence, EventKind.NOTED, detail, now)
        return bool(rows)

    @transaction
    def finish(self, connection: Connection, occurrence_id: str, now: datetime) -> OccurrenceState:
        """End an occurrence whose deliveries all ended; return its state, ended or not. Raise LedgerError."""
        return finish_if_over(connection, lock_occurrence(connection, occurrence_id), now)

    @read_only
    def in_doubt(self, connection: Connection, now: datetime) -> tuple[OccurrenceRecord, ...]:
        """Return the occurrences with an unknown delivery (no test) to look up now, oldest due first."""
        unknown = exists().where(deliveries.c.occurrence == occurrences.c.id, is_in_doubt(now))
        rows = select(occurrences).where(unknown)
        ordered = rows.order_by(occurrences.c.due, occurrences.c.id)
        return tuple(map(occurrence_record, connection.execute(ordered)))

    @transaction
    def reconcile(self, connection: Connection, delivery: Delivery, outcome: Outcome, now: datetime) -> bool:
        """Write what became of an unknown delivery: sent, ready to retry, or unknown until `retry_at`.

        Reopen or end its occurrence accordingly. Return False when it is not unknown any more.
        Raise LedgerError.
        """
        occurrence = lock_occurrence(connection, delivery.occurrence)
        columns, mine = outcome_columns(outcome, now), deliveries.c.key == delivery.key
        rows = move_deliveries(connection, mine, outcome.state, DeliveryCause.RECONCILED, **columns)
        if not rows:
            return False
        if outcome.state is not DeliveryState.UNKNOWN:
            log_attempt(connection, rows[0], outcome, now)
            _follow(connection, occurrence, now)
        return True

    def _claim_delivery(
        self, connection: Connection, delivery: Delivery, now: datetime, log: str = "", token: str = ""
    ) -> Claim | None:
        channel = delivery.recipient.channel
        if is_blocked(connection, channel, now):
            return _repeated(connection, delivery, self.owner, token)
        frozen = exists().where(
            occurrences.c.id == deliveries.c.occurrence, occurrences.c.state == OccurrenceState.RENDERED
        )
        rows = move_deliveries(
            connection,
            and_(deliveries.c.key == delivery.key, is_due(deliveries, now), frozen, has_joined(self.owner)),
            DeliveryState.SENDING,
            DeliveryCause.CLAIMED,
            attempts=deliveries.c.attempts + 1,
            fence=deliveries.c.fence + 1,
            owner=self.owner,
            claim=token,
            started_at=to_micros(now),
            not_before=None,
        )
        if not rows:
            return _repeated(connection, delivery, self.owner, token)
        use_half_open(connection, channel, now)
        log_note(connection, delivery.occurrence, log, now)
        return Claim(delivery.key, self.owner, rows[0].fence)


def _repeated(connection: Connection, delivery: Delivery, owner: str, token: str) -> Claim | None:
    """Return the claim that this very request got before, if its answer was lost."""
    mine = select(deliveries.c.fence).where(
        deliveries.c.key == delivery.key,
        deliveries.c.state == DeliveryState.SENDING,
        deliveries.c.owner == owner,
        deliveries.c.claim == token,
    )
    fence = connection.execute(mine).scalar() if token else None
    return None if fence is None else Claim(delivery.key, owner, fence)


def is_in_doubt(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a delivery (no test) of an occurrence is unknown and to be looked up now."""
    return and_(
        occurrences.c.state.in_(RECONCILABLE),
        deliveries.c.state == DeliveryState.UNKNOWN,
        deliveries.c.kind == DeliveryKind.REAL,
        is_due(deliveries, now),
    )


def deliveries_of(connection: Connection, occurrence_id: str) -> tuple[DeliveryRecord, ...]:
    """Return all deliveries of an occurrence, in the order they were planned."""
    rows = select(deliveries).where(deliveries.c.occurrence == occurrence_id)
    ordered = rows.order_by(deliveries.c.position, deliveries.c.key)
    return tuple(map(delivery_record, connection.execute(ordered)))


def _finish_attempt(connection: Connection, claim: Claim, outcome: Outcome, now: datetime) -> bool:
    columns = outcome_columns(outcome, now)
    if outcome.state is not DeliveryState.READY:
        columns["not_before"] = None
    mine = and_(deliveries.c.key == claim.key, owns_delivery(claim))
    rows = move_deliveries(connection, mine, outcome.state, DeliveryCause.FINISHED, **columns)
    if not rows:
        return _is_written(connection, claim, outcome)
    log_attempt(connection, rows[0], outcome, now)
    if outcome.state is DeliveryState.SENT:
        close_circuit(connection, rows[0].channel)
    return True


def _is_written(connection: Connection, claim: Claim, outcome: Outcome) -> bool:
    """Return whether this very receipt was written before, and the answer to that was lost."""
    receipt = outcome.receipt
    same = and_(
        deliveries.c.key == claim.key,
        deliveries.c.fence == claim.fence,
        deliveries.c.state == DeliveryState.SENT,
        deliveries.c.provider_id == (storable(receipt.provider_id) if receipt else None),
    )
    return outcome.state is DeliveryState.SENT and any_row(connection, same)


def _follow(connection: Connection, row: Row[Any], now: datetime) -> None:
    """Reopen an occurrence with something to send; else end it as its deliveries say."""
    states = delivery_states(connection, row.id)
    if any(state in OPEN_DELIVERIES for state in states):
        reopen_occurrence(connection, row, RECONCILED, "", now)
        return
    after = verdict(states)
    if row.state != after:
        ended_at = to_micros(now) if row.ended_at is None else row.ended_at
        transition(connection, row, after, EventKind.ENDED, after.value, now, ended_at=ended_at)
