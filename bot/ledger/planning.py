"""Writing what is due: digests met, occurrences and their duties, firings skipped."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from bot.ledger import journal
from bot.ledger.dialect import insert_each_missing, insert_missing
from bot.ledger.ending import locked_row
from bot.ledger.instants import from_micros, to_micros
from bot.ledger.rows import delivery_columns, occurrence_columns
from bot.ledger.rules import ENDED, planned_words, storable
from bot.ledger.schema import deliveries, digests, editions, occurrences
from bot.model import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Digest,
    EventKind,
    Occurrence,
    OccurrenceState,
)


def seen(connection: Connection, digest: str, now: datetime) -> tuple[datetime, bool]:
    """Until when the digest's firings are settled (UTC), and whether this is the first meeting."""
    met = to_micros(now)
    first = insert_missing(connection, digests, {"name": digest, "first_seen": met, "settled_until": met})
    until = select(digests.c.settled_until).where(digests.c.name == digest)
    return from_micros(connection.execute(until).scalar_one()), first


def settled_until(connection: Connection, names: Sequence[str], through: datetime) -> None:
    """Remember that all firings of these digests up to `through` are decided; never moves back."""
    until = to_micros(through)
    rows = [{"name": name, "first_seen": until, "settled_until": until} for name in sorted(names)]
    insert_each_missing(connection, digests, rows)
    later = update(digests).where(digests.c.name.in_(names), digests.c.settled_until < until)
    connection.execute(later.values(settled_until=until))


def plan(
    connection: Connection,
    occurrence: Occurrence,
    definition: Digest,
    duties: Sequence[Delivery],
    now: datetime,
    late: bool,
) -> bool:
    """Write an occurrence and its duties, or add tests to one that exists (see `SqlLedger.plan`)."""
    real = tuple(duty for duty in duties if duty.kind is DeliveryKind.REAL)
    columns = new_columns(occurrence, definition, now) | {"late": late, "real": bool(real) or not duties}
    if insert_missing(connection, occurrences, columns):
        _add(connection, occurrence.id, duties)
        words = planned_words(duties, late=late)
        journal.write(connection, occurrence.id, EventKind.PLANNED, words, now)
        return True
    row = locked_row(connection, occurrence.id)
    fresh = bool(real) and not row.real
    if fresh:
        _begin_real(connection, occurrence, definition, late)
        _add(connection, occurrence.id, real)
    _test_again(connection, occurrence.id, tuple(duty for duty in duties if duty not in real))
    if fresh or len(real) < len(duties):
        words = planned_words(duties, late=late)
        journal.write(connection, occurrence.id, EventKind.PLANNED, words, now)
    return fresh


def skip(
    connection: Connection, occurrence: Occurrence, definition: Digest, reason: str, now: datetime
) -> bool:
    """Write an occurrence that will not be sent, and why. False if its real firing was planned."""
    skipped = {
        "state": OccurrenceState.SKIPPED,
        "reason": storable(reason),
        "real": True,
        "ended_at": to_micros(now),
    }
    if insert_missing(connection, occurrences, new_columns(occurrence, definition, now) | skipped):
        journal.write(connection, occurrence.id, EventKind.SKIPPED, reason, now)
        return True
    row = locked_row(connection, occurrence.id)
    if row.real:
        return False
    if row.state not in ENDED:  # tests are under way: skipped when they are over
        skipped |= {"state": row.state, "resting": OccurrenceState.SKIPPED, "ended_at": None}
    connection.execute(update(occurrences).where(occurrences.c.id == occurrence.id).values(**skipped))
    journal.write(connection, occurrence.id, EventKind.SKIPPED, reason, now)
    return True


def new_columns(occurrence: Occurrence, definition: Digest, now: datetime) -> dict[str, Any]:
    """A new occurrence, planned, as columns."""
    return occurrence_columns(occurrence, definition) | {
        "state": OccurrenceState.PLANNED,
        "real": True,
        "late": False,
        "reason": "",
        "attempts": 0,
        "fence": 0,
        "planned_at": to_micros(now),
    }


def _add(connection: Connection, occurrence_id: str, duties: Sequence[Delivery]) -> None:
    highest = select(func.max(deliveries.c.position)).where(deliveries.c.occurrence == occurrence_id)
    last = connection.execute(highest).scalar()
    first = 0 if last is None else last + 1
    for position, duty in enumerate(duties, first):
        insert_missing(connection, deliveries, delivery_columns(duty, position))


def _begin_real(connection: Connection, occurrence: Occurrence, definition: Digest, late: bool) -> None:
    """The real firing of what only tests have used: it is fetched anew, for a test may run too early.

    The fence rises, so that a test that is composing right now keeps nothing.
    """
    connection.execute(delete(editions).where(editions.c.occurrence == occurrence.id))
    start = occurrence_columns(occurrence, definition) | {
        "state": OccurrenceState.PLANNED,
        "resting": None,
        "real": True,
        "late": late,
        "reason": "",
        "attempts": 0,
        "not_before": None,
        "fence": occurrences.c.fence + 1,
        "owner": None,
        "lease_until": None,
        "ended_at": None,
    }
    connection.execute(update(occurrences).where(occurrences.c.id == occurrence.id).values(**start))


def _test_again(connection: Connection, occurrence_id: str, tests: Sequence[Delivery]) -> None:
    if not tests:
        return
    _add(connection, occurrence_id, tests)
    for test in tests:
        _make_ready(connection, test)
    row = locked_row(connection, occurrence_id)
    if row.state in ENDED:
        _reopen(connection, row)


def _make_ready(connection: Connection, test: Delivery) -> None:
    columns = delivery_columns(test, 0)
    again = {name: columns[name] for name in ("recipient", "state", "provider_id", "error")}
    connection.execute(
        update(deliveries)
        .where(deliveries.c.key == test.key, deliveries.c.state != DeliveryState.SENDING)
        .values(**again, not_before=None, sent_at=None)
    )


def _reopen(connection: Connection, row: Row[Any]) -> None:
    """Let the tests of an ended occurrence run; afterwards it returns to how its real duties ended."""
    kept = select(editions.c.agents).where(editions.c.occurrence == row.id).limit(1)
    has_content = connection.execute(kept).first() is not None
    again = {
        "state": OccurrenceState.RENDERED if has_content else OccurrenceState.PLANNED,
        "resting": row.state if row.real or row.state == OccurrenceState.BACKFILLED else None,
        "not_before": None,
    }
    connection.execute(update(occurrences).where(occurrences.c.id == row.id).values(**again))
