"""Occurrences as they are planned: firings, corrections, backfilled windows, children of a fan-out."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, select, update

from bot.ledger.codec import (
    delivery_columns,
    freeze,
    from_micros,
    occurrence_columns,
    occurrence_record,
    storable,
    thaw,
    to_micros,
)
from bot.ledger.database import Database, insert_each_missing, insert_missing, read_only, transaction
from bot.ledger.schema import deliveries, digests, editions, occurrences, pauses
from bot.ledger.snapshots import insert_snapshot
from bot.ledger.states import DeliveryCause, verdict
from bot.ledger.transitions import (
    BACKFILLED,
    any_row,
    delivery_states,
    finish_if_over,
    lock_claimed,
    lock_occurrence,
    log_event,
    log_note,
    move_deliveries,
    planned_detail,
    superseded_detail,
    transition,
)
from bot.model import (
    Agents,
    ChildOccurrence,
    Claim,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Digest,
    Edition,
    EventKind,
    Occurrence,
    OccurrenceRecord,
    OccurrenceState,
)
from bot.timetable import timing_of

Payload = Mapping[str, Any]
NO_PAYLOAD: Payload = MappingProxyType({})


class Occurrences(Database):
    """The part of the ledger that plans."""

    @transaction
    def register_digest(self, connection: Connection, digest: str, now: datetime) -> tuple[datetime, bool]:
        """Return until when a digest's firings are decided (UTC), and whether it is new to the ledger."""
        first = insert_missing(connection, digests, {"name": digest, "planned_through": to_micros(now)})
        through = select(digests.c.planned_through).where(digests.c.name == digest)
        return from_micros(connection.execute(through).scalar_one()), first

    @read_only
    def decided(self, connection: Connection) -> dict[str, datetime]:
        """Return until when the firings of each digest in the ledger are decided (UTC)."""
        rows = connection.execute(select(digests.c.name, digests.c.planned_through))
        return {row.name: from_micros(row.planned_through) for row in rows}

    @read_only
    def retimed(self, connection: Connection, planned: Sequence[Digest]) -> dict[str, Digest | None]:
        """Return each digest whose timing is not the one noted, with the noted one; None where none is."""
        rows = connection.execute(select(digests.c.name, digests.c.timing))
        noted: dict[str, str] = {row.name: row.timing for row in rows}
        return {
            one.name: thaw(Digest, noted[one.name]) if noted.get(one.name) else None
            for one in planned
            if noted.get(one.name) != _timing(one)
        }

    @transaction
    def planned_through(
        self,
        connection: Connection,
        names: Sequence[str],
        through: datetime,
        retimed: Sequence[Digest] = (),
    ) -> None:
        """Remember that every firing of these digests up to `through` is decided; never go back.

        Note when those of `retimed` fire.
        """
        until = to_micros(through)
        rows = [{"name": name, "planned_through": until} for name in sorted(names)]
        insert_each_missing(connection, digests, rows)
        later = update(digests).where(digests.c.name.in_(names), digests.c.planned_through < until)
        connection.execute(later.values(planned_through=until))
        for digest in retimed:
            mine = update(digests).where(digests.c.name == digest.name)
            connection.execute(mine.values(timing=_timing(digest)))

    @transaction
    def plan(
        self,
        connection: Connection,
        occurrence: Occurrence,
        definition: Digest,
        deliveries: Sequence[Delivery],
        now: datetime,
        late: bool,
        payload: Payload = NO_PAYLOAD,
    ) -> bool:
        """Write an occurrence and its deliveries. Return False if it exists, and change nothing.

        A backfilled occurrence is planned anew: it is composed again, for nobody got it.
        """
        return plan(connection, occurrence, definition, deliveries, now, late, payload)

    @transaction
    def skip(
        self,
        connection: Connection,
        occurrence: Occurrence,
        definition: Digest,
        reason: str,
        now: datetime,
    ) -> bool:
        """Write an occurrence that is not sent, and why. Return False if it exists."""
        return skip(connection, occurrence, definition, reason, now)

    @transaction
    def fan_out(
        self,
        connection: Connection,
        claim: Claim,
        children: Sequence[ChildOccurrence],
        summary: str,
        late: bool,
        now: datetime,
    ) -> OccurrenceRecord | None:
        """Plan or skip each child and end their occurrence as `done`; children that exist stay.

        `summary` is logged. Return the ended occurrence; None when the claim was lost: nothing was written.
        """
        row = lock_claimed(connection, claim)
        if row is None:
            return None
        for child in children:
            if child.skipped:
                skip(connection, child.occurrence, child.definition, child.skipped, now)
            else:
                of, asked_at = child.occurrence, row.asked_at
                plan(connection, of, child.definition, child.deliveries, now, late, asked_at=asked_at)
        log_note(connection, claim.key, summary, now)
        done = OccurrenceState.DONE
        return occurrence_record(transition(connection, row, done, EventKind.ENDED, done.value, now))

    @transaction
    def correct(
        self,
        connection: Connection,
        occurrence: Occurrence,
        correction: Occurrence,
        definition: Digest,
        deliveries: Sequence[Delivery],
        now: datetime,
    ) -> bool:
        """Plan a correction. What nobody got of the version before is `cancelled`: the correction goes there.

        Return False when that correction was planned before. Raise LedgerError.
        """
        if not plan(connection, correction, definition, deliveries, now, late=False):
            return False
        row = lock_occurrence(connection, occurrence.id)
        _supersede(connection, occurrence.id, superseded_detail(correction))
        log_event(connection, occurrence.id, EventKind.CORRECTED, correction.id, now)
        if row.state == OccurrenceState.FAILED:
            _end_as_done(connection, row, now)
        else:
            finish_if_over(connection, row, now)
        return True

    @transaction
    def backfill(
        self,
        connection: Connection,
        occurrence: Occurrence,
        definition: Digest,
        editions: Mapping[Agents, Edition],
        now: datetime,
    ) -> bool:
        """Store what a past occurrence would have said; nobody gets it.

        Return False unless it is new, or was skipped without a snapshot.
        """
        backfilled = {"state": OccurrenceState.BACKFILLED, "reason": BACKFILLED, "ended_at": to_micros(now)}
        if insert_missing(connection, occurrences, _new_columns(occurrence, definition, now) | backfilled):
            log_event(connection, occurrence.id, EventKind.BACKFILLED, "", now)
        else:
            row = lock_occurrence(connection, occurrence.id)
            if row.state != OccurrenceState.SKIPPED or _has_snapshot(connection, occurrence.id):
                return False
            reason = f"{row.reason}; {BACKFILLED}"
            transition(
                connection, row, OccurrenceState.BACKFILLED, EventKind.BACKFILLED, "", now, reason=reason
            )
        insert_snapshot(connection, occurrence.id, editions, now)
        return True

    @transaction
    def pause(self, connection: Connection, digest: str, now: datetime) -> bool:
        """Skip the firings of a digest from `now` on. Return False when it was paused already."""
        return insert_missing(connection, pauses, {"digest": digest, "paused_at": to_micros(now)})

    @transaction
    def resume(self, connection: Connection, digest: str) -> datetime | None:
        """End the pause of a digest; return when it began (UTC), None when there was none."""
        ended = delete(pauses).where(pauses.c.digest == digest).returning(pauses.c.paused_at)
        return from_micros(connection.execute(ended).scalar())

    @read_only
    def paused(self, connection: Connection) -> Mapping[str, datetime]:
        """Return each paused digest, and since when (UTC)."""
        rows = connection.execute(select(pauses).order_by(pauses.c.digest))
        return {row.digest: from_micros(row.paused_at) for row in rows}


@lru_cache(maxsize=16_384)
def _timing(digest: Digest) -> str:
    """Return when a digest fires, frozen; cached, for the planner compares it at every tick."""
    return freeze(timing_of(digest))


def plan(
    connection: Connection,
    occurrence: Occurrence,
    definition: Digest,
    planned: Sequence[Delivery],
    now: datetime,
    late: bool,
    payload: Payload = NO_PAYLOAD,
    asked_at: int | None = None,
) -> bool:
    """Write an occurrence and its deliveries; return False if it exists (see `Ledger.plan`)."""
    columns = _new_columns(occurrence, definition, now)
    columns |= {"late": late, "payload": json.dumps(dict(payload)), "asked_at": asked_at}
    detail = planned_detail(planned, late=late)
    if insert_missing(connection, occurrences, columns):
        log_event(connection, occurrence.id, EventKind.PLANNED, detail, now)
    else:
        row = lock_occurrence(connection, occurrence.id)
        if row.state != OccurrenceState.BACKFILLED:
            return False
        connection.execute(delete(editions).where(editions.c.occurrence == occurrence.id))
        columns |= {"fence": occurrences.c.fence + 1, "planned_at": row.planned_at}
        transition(connection, row, OccurrenceState.PLANNED, EventKind.PLANNED, detail, now, **columns)
    for position, delivery in enumerate(planned):
        insert_missing(connection, deliveries, delivery_columns(delivery, position))
    return True


def skip(
    connection: Connection, occurrence: Occurrence, definition: Digest, reason: str, now: datetime
) -> bool:
    """Write an occurrence that is not sent; return False if it exists (see `Ledger.skip`)."""
    skipped = {"state": OccurrenceState.SKIPPED, "reason": storable(reason), "ended_at": to_micros(now)}
    if insert_missing(connection, occurrences, _new_columns(occurrence, definition, now) | skipped):
        log_event(connection, occurrence.id, EventKind.SKIPPED, reason, now)
        return True
    row = lock_occurrence(connection, occurrence.id)
    if row.state != OccurrenceState.BACKFILLED:
        return False
    transition(
        connection, row, OccurrenceState.SKIPPED, EventKind.SKIPPED, reason, now, reason=storable(reason)
    )
    return True


def _new_columns(occurrence: Occurrence, definition: Digest, now: datetime) -> dict[str, Any]:
    return occurrence_columns(occurrence, definition) | {
        "state": OccurrenceState.PLANNED,
        "payload": "{}",
        "late": False,
        "reason": "",
        "attempts": 0,
        "fence": 0,
        "planned_at": to_micros(now),
    }


def _supersede(connection: Connection, occurrence_id: str, detail: str) -> None:
    move_deliveries(
        connection,
        and_(deliveries.c.occurrence == occurrence_id, deliveries.c.kind == DeliveryKind.REAL),
        DeliveryState.CANCELLED,
        DeliveryCause.CORRECTED,
        error=detail,
        not_before=None,
    )


def _end_as_done(connection: Connection, row: Row[Any], now: datetime) -> None:
    """End a failed occurrence as done when no recipient is left who did not get it."""
    done = OccurrenceState.DONE
    if verdict(delivery_states(connection, row.id)) is done:
        transition(connection, row, done, EventKind.ENDED, done.value, now)


def _has_snapshot(connection: Connection, occurrence_id: str) -> bool:
    return any_row(connection, editions.c.occurrence == occurrence_id)
