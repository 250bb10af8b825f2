"""One attempt at one delivery: claimed before its first byte, settled after its last."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, update

from bot.ledger import stopping
from bot.ledger.composing import holds_delivery, not_before_is_past
from bot.ledger.ending import write_attempt
from bot.ledger.instants import from_micros, to_micros
from bot.ledger.rules import DELIVERABLE, SETTLING, storable
from bot.ledger.schema import deliveries, occurrences
from bot.model import Claim, Delivery, DeliveryState, Outcome


def claim_delivery(
    connection: Connection, delivery: Delivery, owner: str, now: datetime, lease_micros: int
) -> Claim | None:
    """Write `sending` if the delivery is ready, its time has come and what it says is frozen.

    Of a stopped channel it is the one try of its hour.
    """
    until = to_micros(now) + lease_micros
    is_frozen = exists().where(
        occurrences.c.id == deliveries.c.occurrence, occurrences.c.state.in_(DELIVERABLE)
    )
    taken = (
        update(deliveries)
        .where(
            deliveries.c.key == delivery.key,
            deliveries.c.state == DeliveryState.READY,
            not_before_is_past(deliveries, now),
            is_frozen,
        )
        .values(
            state=DeliveryState.SENDING,
            attempts=deliveries.c.attempts + 1,
            fence=deliveries.c.fence + 1,
            owner=owner,
            lease_until=until,
            started_at=to_micros(now),
            not_before=None,
        )
        .returning(deliveries.c.fence)
    )
    if stopping.is_closed(connection, delivery.recipient.channel, now):
        return None
    fence = connection.execute(taken).scalar()
    if fence is None:
        return None
    stopping.take_turn(connection, delivery.recipient.channel, now)
    return Claim(delivery.key, owner, fence, from_micros(until))


def settle(connection: Connection, claim: Claim, outcome: Outcome, now: datetime) -> bool:
    """Write how the attempt ended, if the claim still holds. Raises ValueError for `sending`."""
    settled = (
        update(deliveries)
        .where(deliveries.c.key == claim.key, holds_delivery(claim))
        .values(**_outcome_columns(outcome, now), lease_until=None)
        .returning(deliveries.c.key, deliveries.c.attempts, deliveries.c.owner, deliveries.c.started_at)
    )
    row = connection.execute(settled).first()
    if row is None:
        return False
    receipt = outcome.receipt
    provider_id, words = (receipt.provider_id, receipt.detail) if receipt else ("", outcome.error)
    write_attempt(connection, row, outcome.state, storable(provider_id), storable(words), now)
    if outcome.state is DeliveryState.SENT:
        stopping.end_stop(connection, claim.key)
    return True


def _outcome_columns(outcome: Outcome, now: datetime) -> dict[str, Any]:
    if outcome.state not in SETTLING:
        raise ValueError("an attempt cannot end as 'sending'")
    sent = outcome.state is DeliveryState.SENT
    again = outcome.retry_at if outcome.state is DeliveryState.READY else None
    return {
        "state": outcome.state,
        "sent_at": to_micros(now) if sent else None,
        "provider_id": storable(outcome.receipt.provider_id) if outcome.receipt else "",
        "error": storable(outcome.error),
        "not_before": to_micros(again) if again else None,
    }
