"""Composing: the claim on an occurrence, its frozen snapshot, and what a person decides about it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, select, update

from bot.ledger.channels import half_open_all_of
from bot.ledger.codec import (
    content_hash,
    freeze,
    freeze_window,
    occurrence_record,
    storable,
    thaw,
    thaw_window,
    to_micros,
)
from bot.ledger.database import Database, insert_missing, read_only, transaction
from bot.ledger.schema import crashes, deliveries, editions, occurrences
from bot.ledger.states import OPEN_DELIVERIES, RUNNING, UNDIVIDED, DeliveryCause
from bot.ledger.transitions import (
    any_row,
    composed_detail,
    delivery_states,
    end_waiting,
    extended_detail,
    has_joined,
    is_busy,
    is_due,
    lock_claimed,
    lock_occurrence,
    log_event,
    log_note,
    move_deliveries,
    reopen_occurrence,
    reopened_detail,
    transition,
)
from bot.model import (
    Agents,
    Claim,
    DeliveryKind,
    DeliveryState,
    Edition,
    EventKind,
    OccurrenceRecord,
    OccurrenceState,
)

Snapshot = Mapping[Agents, Edition]


class Snapshots(Database):
    """The part of the ledger that composes."""

    @transaction
    def claim_occurrence(self, connection: Connection, occurrence_id: str, now: datetime) -> Claim | None:
        """Claim an occurrence to compose it.

        None when another process composes it, when it is not yet to be tried again, when its snapshot
        is frozen, and for a process that has not joined.
        """
        claimed = (
            update(occurrences)
            .where(occurrences.c.id == occurrence_id, is_claimable(now), has_joined(self.owner))
            .values(
                owner=self.owner,
                fence=occurrences.c.fence + 1,
                attempts=occurrences.c.attempts + 1,
            )
            .returning(occurrences.c.fence)
        )
        fence = connection.execute(claimed).scalar()
        return None if fence is None else Claim(occurrence_id, self.owner, fence)

    @transaction
    def save_snapshot(
        self,
        connection: Connection,
        claim: Claim,
        editions: Snapshot,
        now: datetime,
        *,
        held: str = "",
        log: str = "",
    ) -> OccurrenceRecord | None:
        """Freeze the editions; the occurrence becomes `rendered`, or `held` with that reason.

        `log` is logged before. Return the record; None when the claim was lost, or when another snapshot
        was frozen before. The same claim may repeat the same snapshot.
        """
        row = lock_claimed(connection, claim)
        if row is None:
            return _repeated(connection, claim, editions)
        log_note(connection, claim.key, log, now)
        insert_snapshot(connection, claim.key, editions, now)
        after, event, detail = (
            (OccurrenceState.HELD, EventKind.HELD, held)
            if held
            else (OccurrenceState.RENDERED, EventKind.COMPOSED, composed_detail(editions))
        )
        return occurrence_record(
            transition(connection, row, after, event, detail, now, reason=storable(held))
        )

    @transaction
    def suppress(
        self,
        connection: Connection,
        claim: Claim,
        editions: Snapshot,
        reason: str,
        now: datetime,
        *,
        log: str = "",
    ) -> OccurrenceRecord | None:
        """Send a composed occurrence to nobody: deliveries `cancelled`, itself `skipped` with the reason.

        `editions` are kept for later trends, `log` is logged before. Return the record; None when the
        claim was lost.
        """
        row = lock_claimed(connection, claim)
        if row is None:
            return None
        log_note(connection, claim.key, log, now)
        insert_snapshot(connection, claim.key, editions, now)
        return end_unsent(connection, row, EventKind.SKIPPED, reason, now)

    @transaction
    def postpone(
        self,
        connection: Connection,
        claim: Claim,
        error: str,
        not_before: datetime | None,
        now: datetime,
        *,
        counted: bool = True,
    ) -> OccurrenceRecord | None:
        """Compose again at `not_before` (UTC); with None the occurrence and its deliveries are `failed`.

        Not `counted`: nothing failed, it waits for the rate limit, and this was no attempt. Return the
        record; None when the claim was lost.
        """
        row = lock_claimed(connection, claim)
        if row is None:
            return None
        columns: dict[str, Any] = {"reason": storable(error)}
        if not counted:
            columns["attempts"] = row.attempts - 1
        if not_before is None:
            end_waiting(connection, claim.key, DeliveryState.FAILED, DeliveryCause.GAVE_UP, error)
            after, event = OccurrenceState.FAILED, EventKind.GAVE_UP
        else:
            after, event = OccurrenceState.PLANNED, EventKind.POSTPONED if counted else EventKind.WAITED
            columns["not_before"] = to_micros(not_before)
        return occurrence_record(transition(connection, row, after, event, error, now, **columns))

    @transaction
    def release(self, connection: Connection, occurrence_id: str, now: datetime) -> bool:
        """Let a held occurrence go out. Return False unless it is held. Raise LedgerError."""
        row = lock_occurrence(connection, occurrence_id)
        if row.state != OccurrenceState.HELD:
            return False
        transition(connection, row, OccurrenceState.RENDERED, EventKind.RELEASED, "", now, reason="")
        return True

    @transaction
    def discard(self, connection: Connection, occurrence_id: str, reason: str, now: datetime) -> bool:
        """End what is not sent: deliveries `cancelled`, itself `skipped`, or `done` when somebody got it.

        Return False when nothing of it is unsent, and while it is being sent. The snapshot of a held one is
        deleted: its figures may be about other people. Raise LedgerError.
        """
        return discard(connection, occurrence_id, reason, now)

    @transaction
    def reopen(self, connection: Connection, occurrence_id: str, now: datetime) -> int:
        """Retry at once what was not accepted, because a person asks; return how many deliveries.

        An occurrence that still has to be fanned out counts as 1. Nothing that is sent, in doubt,
        cancelled, skipped, held or being composed is touched. Raise LedgerError when it is unknown.
        """
        row = lock_occurrence(connection, occurrence_id)
        if is_busy(row) or row.state not in REOPENABLE:
            return 0
        mine = and_(deliveries.c.occurrence == occurrence_id, deliveries.c.kind == DeliveryKind.REAL)
        ready, reopened = DeliveryState.READY, DeliveryCause.REOPENED
        count = len(move_deliveries(connection, mine, ready, reopened, not_before=None))
        undivided = row.state in UNDIVIDED and not any_row(
            connection, deliveries.c.occurrence == occurrence_id
        )
        if count or undivided:
            detail = reopened_detail(count)
            reopen_occurrence(connection, row, EventKind.REOPENED, detail, now)
            connection.execute(delete(crashes).where(crashes.c.occurrence == occurrence_id))
            half_open_all_of(connection, occurrence_id, now)
        return count or int(undivided)

    @transaction
    def park(self, connection: Connection, occurrence_id: str, reason: str, now: datetime) -> bool:
        """End as `failed` what crashes every process that works on it (a poison message).

        Return False when it has ended, and while another process composes it. A delivery that is being
        sent goes on, and ends the occurrence. Raise LedgerError when it is unknown.
        """
        row = lock_occurrence(connection, occurrence_id)
        if is_busy(row) or row.state not in RUNNING:
            return False
        end_waiting(connection, occurrence_id, DeliveryState.FAILED, DeliveryCause.GAVE_UP, reason)
        reason = storable(reason)
        sending = (deliveries.c.occurrence == occurrence_id) & deliveries.c.state.in_(OPEN_DELIVERIES)
        if any_row(connection, sending):
            mine = update(occurrences).where(occurrences.c.id == occurrence_id)
            connection.execute(mine.values(reason=reason))
            log_event(connection, occurrence_id, EventKind.GAVE_UP, reason, now)
        else:
            failed = OccurrenceState.FAILED
            transition(connection, row, failed, EventKind.GAVE_UP, reason, now, reason=reason)
        return True

    @read_only
    def editions(self, connection: Connection, occurrence_id: str) -> Snapshot:
        """Return the frozen editions; empty when there are none."""
        return snapshot(connection, occurrence_id)


REOPENABLE = (*RUNNING, OccurrenceState.FAILED)
DISCARDABLE = (*REOPENABLE, OccurrenceState.HELD)


def is_claimable(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an occurrence waits to be composed and that no process does it."""
    return and_(
        occurrences.c.state == OccurrenceState.PLANNED,
        is_due(occurrences, now),
        occurrences.c.owner.is_(None),
    )


def snapshot(connection: Connection, occurrence_id: str) -> dict[Agents, Edition]:
    """Return the frozen editions; empty when there are none. Raise LedgerError when one is damaged."""
    frozen = select(editions).where(editions.c.occurrence == occurrence_id).order_by(editions.c.agents)
    return {Agents(row.agents): thaw(Edition, row.content) for row in connection.execute(frozen)}


def insert_snapshot(connection: Connection, occurrence_id: str, snapshot: Snapshot, now: datetime) -> None:
    """Freeze the editions of an occurrence that has none."""
    for agents, edition in snapshot.items():
        content = freeze(edition)
        row = {
            "occurrence": occurrence_id,
            "agents": agents,
            "content": content,
            "content_hash": content_hash(content),
            "kept_at": to_micros(now),
        }
        insert_missing(connection, editions, row)


def discard(connection: Connection, occurrence_id: str, reason: str, now: datetime) -> bool:
    """End what is not sent of an occurrence; return False when there is nothing (see `Ledger.discard`)."""
    row, states = lock_occurrence(connection, occurrence_id), delivery_states(connection, occurrence_id)
    if row.state not in DISCARDABLE or DeliveryState.SENDING in states:
        return False
    if row.state == OccurrenceState.HELD:
        connection.execute(delete(editions).where(editions.c.occurrence == occurrence_id))
    if DeliveryState.SENT in states:
        end_waiting(connection, row.id, DeliveryState.CANCELLED, DeliveryCause.CANCELLED, reason)
        transition(connection, row, OccurrenceState.DONE, EventKind.DISCARDED, reason, now)
    else:
        end_unsent(connection, row, EventKind.DISCARDED, reason, now)
    return True


def end_unsent(
    connection: Connection, row: Row[Any], event: EventKind, reason: str, now: datetime
) -> OccurrenceRecord:
    """End an occurrence as skipped. With `since last run` its days go to the next one."""
    end_waiting(connection, row.id, DeliveryState.CANCELLED, DeliveryCause.CANCELLED, reason)
    skipped = transition(
        connection, row, OccurrenceState.SKIPPED, event, reason, now, reason=storable(reason)
    )
    _extend_next_window(connection, skipped, now)
    return occurrence_record(skipped)


def _repeated(connection: Connection, claim: Claim, editions_: Snapshot) -> OccurrenceRecord | None:
    """Return the record if this very claim froze this very snapshot before."""
    row = connection.execute(select(occurrences).where(occurrences.c.id == claim.key)).first()
    frozen = select(editions.c.agents, editions.c.content_hash).where(editions.c.occurrence == claim.key)
    hashes = {row.agents: row.content_hash for row in connection.execute(frozen)}
    wanted = {agents.value: content_hash(freeze(edition)) for agents, edition in editions_.items()}
    same = row is not None and row.fence == claim.fence and bool(hashes) and hashes == wanted
    return occurrence_record(row) if row is not None and same else None


def _extend_next_window(connection: Connection, suppressed: Row[Any], now: datetime) -> None:
    """With `since last run`, extend the next planned occurrence over the window of one that nobody got.

    What is planned later computes its own beginning; what is composed already stays as it is.
    """
    following = (
        select(occurrences)
        .where(
            occurrences.c.digest == suppressed.digest,
            occurrences.c.slice == suppressed.slice,
            occurrences.c.kind == suppressed.kind,
            occurrences.c.due > suppressed.due,
            occurrences.c.state == OccurrenceState.PLANNED,
        )
        .order_by(occurrences.c.due)
        .limit(1)
    )
    row = connection.execute(following.with_for_update()).first()
    if row is None:
        return
    record, before = occurrence_record(row), thaw_window(suppressed.window)
    window = record.occurrence.window
    if record.definition.window.kind != "since last run" or window.start != before.end:
        return
    wider = update(occurrences).where(occurrences.c.id == row.id)
    connection.execute(wider.values(window=freeze_window(replace(window, start=before.start))))
    detail = extended_detail(occurrence_record(suppressed).occurrence)
    log_event(connection, row.id, EventKind.NOTED, detail, now)
