"""The recipients of an occurrence: who left is cancelled, who came or has another address is added."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, select, update

from bot.ledger.codec import delivery_columns, freeze, storable
from bot.ledger.database import Database, insert_missing, transaction
from bot.ledger.deliveries import deliveries_of
from bot.ledger.schema import deliveries, editions, occurrences
from bot.ledger.snapshots import end_unsent
from bot.ledger.states import UNSENT, DeliveryCause, verdict
from bot.ledger.transitions import (
    any_row,
    is_busy,
    lock_occurrence,
    log_event,
    move_deliveries,
    reopen_occurrence,
    transition,
)
from bot.model import (
    Delivery,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    Digest,
    EventKind,
    OccurrenceKind,
    OccurrenceRecord,
    OccurrenceState,
)

ADDED = "a recipient now"
NAMED = "named by a person"
NOBODY = "nobody is left to send it to"

HAVE_IT = (DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.SENDING)
"""States of who has it, or may have it: such a person is not sent it at another address."""

UNFROZEN = (OccurrenceState.PLANNED, OccurrenceState.FAILED, OccurrenceState.SKIPPED)
REOPENED = (OccurrenceState.DONE, OccurrenceState.FAILED, OccurrenceState.SKIPPED)


class Recipients(Database):
    """The part of the ledger that follows the file and the roster."""

    @transaction
    def readdress(
        self,
        connection: Connection,
        record: OccurrenceRecord,
        definition: Digest,
        wanted: Sequence[Delivery],
        reasons: Mapping[str, str],
        now: datetime,
    ) -> tuple[str, ...]:
        """Give an occurrence the recipients that it has now; return what changed, a sentence each.

        Cancel what is not sent of `reasons` (by key; '' is the whole occurrence), add or reopen the `wanted`.
        Without a snapshot it is composed by `definition`. Nobody left to send it to: it is skipped. Return
        () while a process composes it, and when `record` is outdated. Raise LedgerError when it is unknown.
        """
        row = lock_occurrence(connection, record.occurrence.id)
        if is_busy(row) or row.state != record.state:
            return ()
        said = (*_cancel(connection, row, reasons, now), *_address(connection, row, wanted, now))
        if row.state in UNFROZEN and not any_row(connection, editions.c.occurrence == row.id):
            mine = update(occurrences).where(occurrences.c.id == row.id)
            connection.execute(mine.values(definition=freeze(definition)))
        _follow(connection, row, reasons.get("", ""), now)
        return said


def _cancel(
    connection: Connection, row: Row[Any], reasons: Mapping[str, str], now: datetime
) -> Iterator[str]:
    for key, reason in reasons.items():
        cancelled = move_deliveries(
            connection,
            and_(deliveries.c.occurrence == row.id, deliveries.c.key == key),
            DeliveryState.CANCELLED,
            DeliveryCause.READDRESSED,
            error=storable(reason),
            not_before=None,
        )
        for delivery in cancelled:
            yield _logged(connection, delivery, EventKind.CANCELLED, reason, now)


def _address(
    connection: Connection, row: Row[Any], wanted: Sequence[Delivery], now: datetime
) -> Iterator[str]:
    """Add, reopen or bring up to date; nobody who has it, and nothing where a correction took its place."""
    superseded = and_(occurrences.c.about == row.id, occurrences.c.kind == OccurrenceKind.CORRECTION)
    if any_row(connection, superseded):
        return
    known = deliveries_of(connection, row.id)
    have_it = {one.delivery.recipient.person for one in known if one.state in HAVE_IT} - {0}
    for position, delivery in enumerate(wanted, len(known)):
        mine = deliveries.c.key == delivery.key
        if delivery.recipient.person in have_it:
            continue
        if insert_missing(connection, deliveries, delivery_columns(delivery, position)):
            reopened = connection.execute(select(deliveries).where(mine)).all()
        else:
            reopened = _reopened(connection, delivery)
            unsent = update(deliveries).where(mine, deliveries.c.state.in_(UNSENT))
            connection.execute(unsent.values(recipient=freeze(delivery.recipient)))
        for added in reopened:
            why = NAMED if delivery.recipient.named else ADDED
            yield _logged(connection, added, EventKind.NOTED, why, now)


def _reopened(connection: Connection, delivery: Delivery) -> list[Row[Any]]:
    """Reopen a delivery that was cancelled; for whom a person names also one that failed or waits."""
    causes = (DeliveryCause.READDRESSED, *([DeliveryCause.REOPENED] if delivery.recipient.named else []))
    mine, ready = deliveries.c.key == delivery.key, DeliveryState.READY
    return [
        row
        for cause in causes
        for row in move_deliveries(connection, mine, ready, cause, error="", not_before=None)
    ][:1]


def _follow(connection: Connection, row: Row[Any], reason: str, now: datetime) -> None:
    """Skip the occurrence when nobody is left, reopen one that ended when somebody came."""
    known = [one for one in deliveries_of(connection, row.id) if one.delivery.kind is DeliveryKind.REAL]
    states = [one.state for one in known]
    if row.state in REOPENED and DeliveryState.READY in states:
        reopen_occurrence(connection, row, EventKind.REOPENED, "its recipients changed", now)
    elif row.state != OccurrenceState.SKIPPED and _nobody_left(states, reason):
        end_unsent(connection, row, EventKind.CANCELLED, reason or _last_reason(known), now)
    elif row.state == OccurrenceState.FAILED and verdict(states) is OccurrenceState.DONE:
        done = OccurrenceState.DONE
        transition(connection, row, done, EventKind.ENDED, done.value, now)
    elif row.state == OccurrenceState.SKIPPED and not known and not reason:
        reopen_occurrence(connection, row, EventKind.REOPENED, "the file names it again", now)


def _nobody_left(states: Sequence[DeliveryState], reason: str) -> bool:
    return all(state is DeliveryState.CANCELLED for state in states) if states else bool(reason)


def _last_reason(known: Sequence[DeliveryRecord]) -> str:
    return f"{NOBODY}; {known[-1].delivery.recipient.address}: {known[-1].error}"


def _logged(connection: Connection, delivery: Row[Any], kind: EventKind, why: str, now: datetime) -> str:
    whom = f"{delivery.channel} {delivery.address}"
    log_event(connection, delivery.occurrence, kind, f"{whom}: {why}", now)
    return f"{'cancelled' if kind is EventKind.CANCELLED else 'added'} {whom}: {why}"
