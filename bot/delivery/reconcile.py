"""Look up what was perhaps accepted before anything is sent again.

A lost answer, or a process that died while sending, leaves a delivery `unknown`. Slack tells whether the
message is in the channel; mail cannot tell and follows `email.on_unknown`; a folder is written again,
which is idempotent.
"""

import logging
from collections.abc import Mapping
from datetime import datetime

from bot.delivery.retry_policy import (
    HISTORY_LAG,
    LOOK_UP_AS_AFTER,
    MAX_UNKNOWN_ATTEMPTS,
    NEVER,
    RECHECK_AFTER,
    retry_at,
)
from bot.errors import BotError, CannotLookUp, DeliveryError, Retryability
from bot.ledger import Ledger
from bot.lib.log_context import DELIVERY, OCCURRENCE, about
from bot.model import (
    Channel,
    Clock,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    OccurrenceRecord,
    Outcome,
)

log = logging.getLogger("bot.delivery.reconcile")


def reconcile(ledger: Ledger, channels: Mapping[str, Channel], clock: Clock) -> int:
    """Look up every unknown delivery that is due for it; return how many are settled."""
    return sum(
        reconcile_occurrence(ledger, channels, clock, record) for record in ledger.in_doubt(clock.now())
    )


def reconcile_occurrence(
    ledger: Ledger, channels: Mapping[str, Channel], clock: Clock, record: OccurrenceRecord, lane: str = ""
) -> int:
    """Look up the unknown deliveries of one occurrence, in one `lane` or all; return how many are settled."""
    settled = 0
    for pending in ledger.deliveries(record.occurrence.id):
        if lane in ("", pending.delivery.recipient.channel) and _is_in_doubt(pending, clock.now()):
            outcome = _look_up(channels, record, pending, clock.now())
            known = outcome.state is not DeliveryState.UNKNOWN
            settled += ledger.reconcile(pending.delivery, outcome, clock.now()) and known
            to = pending.delivery.recipient.address
            with about(OCCURRENCE, record.occurrence.id), about(DELIVERY, pending.delivery.key):
                log.info("%s to %s: %s", record.occurrence.id, to, _summary(outcome))
    return settled


def _is_in_doubt(pending: DeliveryRecord, now: datetime) -> bool:
    waits = pending.not_before is not None and pending.not_before > now
    return (
        pending.state is DeliveryState.UNKNOWN
        and pending.delivery.kind is not DeliveryKind.TEST
        and not waits
    )


def _look_up(
    channels: Mapping[str, Channel], record: OccurrenceRecord, pending: DeliveryRecord, now: datetime
) -> Outcome:
    began = pending.started_at or now
    try:
        receipt = channels[pending.delivery.recipient.channel].find(pending.delivery, began)
    except (BotError, KeyError) as error:
        return _cannot_know(record, pending, now, error)
    if receipt is not None:
        return Outcome(DeliveryState.SENT, receipt)
    if now - began < HISTORY_LAG:
        return Outcome(DeliveryState.UNKNOWN, error=pending.error, retry_at=now + RECHECK_AFTER)
    if pending.attempts >= MAX_UNKNOWN_ATTEMPTS:
        reason = f"perhaps accepted {pending.attempts} times; not sent again by itself"
        return Outcome(DeliveryState.UNKNOWN, error=reason, retry_at=now + NEVER)
    return Outcome(DeliveryState.READY, error=f"{pending.error}; it is sent again")


def _cannot_know(
    record: OccurrenceRecord, pending: DeliveryRecord, now: datetime, error: Exception
) -> Outcome:
    """Return the outcome that stays unknown; it is looked up again within the digest's grace."""
    permanent = isinstance(error, CannotLookUp) or (
        isinstance(error, DeliveryError) and error.retryability is Retryability.PERMANENT
    )
    age, asked = now - (pending.started_at or now), getattr(error, "retry_after", None)
    if permanent or age.total_seconds() > record.definition.grace_seconds:
        again = now + NEVER
    elif age < HISTORY_LAG and not asked:
        again = now + RECHECK_AFTER
    else:
        again = retry_at(LOOK_UP_AS_AFTER, now, asked)
    return Outcome(DeliveryState.UNKNOWN, error=str(error), retry_at=again)


def _summary(outcome: Outcome) -> str:
    if outcome.state is DeliveryState.SENT:
        return "it had arrived"
    return "it is sent again" if outcome.state is DeliveryState.READY else f"still unknown: {outcome.error}"
