"""What the ledger remembers, read back."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select

from bot.ledger.composing import claimable, kept_editions, not_before_is_past
from bot.ledger.correcting import corrections
from bot.ledger.frozen import thaw, thaw_window
from bot.ledger.instants import from_micros, to_micros
from bot.ledger.rows import delivery_record, occurrence_record
from bot.ledger.rules import WENT_OUT, most_telling, scope
from bot.ledger.schema import attempts, deliveries, editions, occurrences
from bot.ledger.stopping import is_stopped
from bot.model import (
    Agents,
    Attempt,
    DeliveryRecord,
    DeliveryState,
    Digest,
    Edition,
    Occurrence,
    OccurrenceRecord,
    OccurrenceState,
    PastEdition,
)

History = tuple[tuple[OccurrenceRecord, tuple[DeliveryRecord, ...]], ...]


def occurrence(connection: Connection, occurrence_id: str) -> OccurrenceRecord | None:
    """The record, or None."""
    row = connection.execute(select(occurrences).where(occurrences.c.id == occurrence_id)).first()
    return None if row is None else occurrence_record(row)


def outstanding(connection: Connection, now: datetime) -> tuple[OccurrenceRecord, ...]:
    """Occurrences to fetch that nobody works on, and rendered ones with a delivery to send now."""
    to_send = exists().where(
        deliveries.c.occurrence == occurrences.c.id,
        deliveries.c.state == DeliveryState.READY,
        not_before_is_past(deliveries, now),
        ~is_stopped(now),
    )
    rendered = and_(occurrences.c.state == OccurrenceState.RENDERED, to_send)
    wanted = select(occurrences).where(or_(claimable(now), rendered))
    rows = connection.execute(wanted.order_by(occurrences.c.due, occurrences.c.id))
    return tuple(occurrence_record(row) for row in rows)


def past(connection: Connection, occurrence: Occurrence, count: int) -> tuple[PastEdition, ...]:
    """What earlier occurrences of the same digest, slice and scope said, newest first."""
    kept = select(occurrences.c.definition).where(occurrences.c.id == occurrence.id)
    definition = connection.execute(kept).scalar()
    wanted = select(occurrences).where(*_went_out_before(occurrence)).order_by(occurrences.c.due.desc())
    rows = connection.execute(wanted).all()
    if definition is not None:
        of = scope(thaw(Digest, definition))
        rows = [row for row in rows if scope(thaw(Digest, row.definition)) == of]
    return tuple(
        PastEdition(thaw_window(row.window), most_telling(_newest_version(connection, row)))
        for row in rows[: max(0, count)]
    )


def _newest_version(connection: Connection, row: Row[Any]) -> Mapping[Agents, Edition]:
    """What the last correction says that was composed and not held back, else what was said first."""
    versions = corrections(connection, occurrence_record(row).occurrence)
    for record in reversed(versions):
        if record.state in WENT_OUT and (kept := kept_editions(connection, record.occurrence.id)):
            return kept
    return kept_editions(connection, row.id)


def _went_out_before(occurrence: Occurrence) -> tuple[ColumnElement[bool], ...]:
    state = func.coalesce(occurrences.c.resting, occurrences.c.state)
    return (
        occurrences.c.digest == occurrence.digest,
        occurrences.c.slice == occurrence.slice,
        occurrences.c.due < to_micros(occurrence.due),
        or_(
            and_(occurrences.c.real, state.in_(WENT_OUT)),
            state == OccurrenceState.BACKFILLED,
        ),
        exists().where(editions.c.occurrence == occurrences.c.id),
    )


def held(connection: Connection) -> tuple[OccurrenceRecord, ...]:
    """Every occurrence that a person must release or discard, oldest due first."""
    wanted = select(occurrences).where(occurrences.c.state == OccurrenceState.HELD)
    rows = connection.execute(wanted.order_by(occurrences.c.due, occurrences.c.id))
    return tuple(occurrence_record(row) for row in rows)


def deliveries_of(connection: Connection, occurrence_id: str) -> tuple[DeliveryRecord, ...]:
    """All duties of an occurrence, in the order they were planned."""
    wanted = select(deliveries).where(deliveries.c.occurrence == occurrence_id)
    rows = connection.execute(wanted.order_by(deliveries.c.position, deliveries.c.key))
    return tuple(delivery_record(row) for row in rows)


def history(connection: Connection, digest: str | None) -> History:
    """Every occurrence with its duties, newest due first; of one digest, or of all (None)."""
    of_digest = () if digest is None else (occurrences.c.digest == digest,)
    wanted = select(occurrences).where(*of_digest).order_by(occurrences.c.due.desc(), occurrences.c.id)
    duties = _duties_by_occurrence(connection, of_digest)
    rows = connection.execute(wanted).all()
    return tuple((occurrence_record(row), duties.get(row.id, ())) for row in rows)


def _duties_by_occurrence(
    connection: Connection, of_digest: Iterable[object]
) -> dict[str, tuple[DeliveryRecord, ...]]:
    wanted = (
        select(deliveries)
        .join(occurrences, occurrences.c.id == deliveries.c.occurrence)
        .where(*of_digest)  # type: ignore[arg-type]
        .order_by(deliveries.c.occurrence, deliveries.c.position, deliveries.c.key)
    )
    grouped = groupby(connection.execute(wanted), key=lambda row: row.occurrence)
    return {name: tuple(delivery_record(row) for row in rows) for name, rows in grouped}


def attempts_of(connection: Connection, delivery_key: str) -> tuple[Attempt, ...]:
    """Every ended try at a delivery, in the order they ended."""
    wanted = select(attempts).where(attempts.c.delivery == delivery_key).order_by(attempts.c.id)
    return tuple(
        Attempt(
            number=row.number,
            owner=row.owner,
            started_at=from_micros(row.started_at),
            ended_at=from_micros(row.ended_at),
            state=DeliveryState(row.state),
            provider_id=row.provider_id,
            detail=row.detail,
        )
        for row in connection.execute(wanted)
    )
