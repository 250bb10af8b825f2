"""What was unknown and is known now: the provider was asked, or a person or a rule decided."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.ledger import journal
from bot.ledger.ending import close, finish, locked_row
from bot.ledger.instants import to_micros
from bot.ledger.reopening import open_again
from bot.ledger.rules import storable, verdict
from bot.ledger.schema import deliveries
from bot.model import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    EventKind,
    OccurrenceState,
    Outcome,
)


def resolve(connection: Connection, delivery: Delivery, outcome: Outcome, words: str, now: datetime) -> bool:
    """End an `unknown` delivery, or make it ready again. False unless it was unknown. Raises LedgerError."""
    row = locked_row(connection, delivery.occurrence)
    receipt, again = outcome.receipt, outcome.retry_at if outcome.state is DeliveryState.READY else None
    known = (
        update(deliveries)
        .where(deliveries.c.key == delivery.key, deliveries.c.state == DeliveryState.UNKNOWN)
        .values(
            state=outcome.state,
            sent_at=deliveries.c.started_at if outcome.state is DeliveryState.SENT else None,
            provider_id=storable(receipt.provider_id) if receipt else "",
            error=storable(outcome.error),
            not_before=to_micros(again) if again else None,
        )
    )
    if not connection.execute(known).rowcount:
        return False
    journal.write(connection, delivery.occurrence, EventKind.RESOLVED, words, now)
    if outcome.state is DeliveryState.READY:
        open_again(connection, delivery.occurrence)
    elif row.state == OccurrenceState.FAILED:
        judge_again(connection, delivery.occurrence, now)
    else:
        close(connection, delivery.occurrence, now)
    return True


def judge_again(connection: Connection, occurrence_id: str, now: datetime) -> None:
    """A failed occurrence whose duties stand better now is perhaps done."""
    wanted = select(deliveries.c.state, deliveries.c.kind).where(deliveries.c.occurrence == occurrence_id)
    duties = [(DeliveryState(duty.state), DeliveryKind(duty.kind)) for duty in connection.execute(wanted)]
    if verdict(duties) is OccurrenceState.DONE:
        finish(connection, occurrence_id, OccurrenceState.DONE, now)
        journal.write(connection, occurrence_id, EventKind.ENDED, OccurrenceState.DONE.value, now)
