"""What was perhaps accepted is looked up before anything is sent again.

A provider's answer that was lost, or a process that died while sending, leaves a delivery `unknown`. Slack
is asked whether the message is in the channel; mail cannot be asked and follows `email.on_unknown`; a folder
is written again, for that does no harm.
"""

import logging
from collections.abc import Mapping
from datetime import datetime

from bot.delivery.retry_policy import HISTORY_LAG, MAX_UNKNOWN_ATTEMPTS, NEVER, RECHECK_AFTER, retry_at
from bot.errors import BotError, DeliveryError, Retryability
from bot.ledger import Ledger
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
    """Look up every unknown delivery whose time has come; how many are not unknown any more."""
    return sum(
        reconcile_occurrence(ledger, channels, clock, record) for record in ledger.in_doubt(clock.now())
    )


def reconcile_occurrence(
    ledger: Ledger, channels: Mapping[str, Channel], clock: Clock, record: OccurrenceRecord
) -> int:
    """Look up the unknown deliveries of one occurrence; how many are not unknown any more."""
    settled = 0
    for duty in ledger.deliveries(record.occurrence.id):
        if _is_in_doubt(duty, clock.now()):
            outcome = _found(channels, record, duty, clock.now())
            known = outcome.state is not DeliveryState.UNKNOWN
            settled += ledger.reconcile(duty.delivery, outcome, clock.now()) and known
            log.info("%s to %s: %s", record.occurrence.id, duty.delivery.recipient.address, _told(outcome))
    return settled


def _is_in_doubt(duty: DeliveryRecord, now: datetime) -> bool:
    waits = duty.not_before is not None and duty.not_before > now
    return duty.state is DeliveryState.UNKNOWN and duty.delivery.kind is not DeliveryKind.TEST and not waits


def _found(
    channels: Mapping[str, Channel], record: OccurrenceRecord, duty: DeliveryRecord, now: datetime
) -> Outcome:
    began = duty.started_at or now
    try:
        receipt = channels[duty.delivery.recipient.channel].find(duty.delivery, began)
    except (BotError, KeyError) as error:
        return _cannot_know(record, duty, now, error)
    if receipt is not None:
        return Outcome(DeliveryState.SENT, receipt)
    if now - began < HISTORY_LAG:
        return Outcome(DeliveryState.UNKNOWN, error=duty.error, retry_at=now + RECHECK_AFTER)
    if duty.attempts >= MAX_UNKNOWN_ATTEMPTS:
        words = f"perhaps accepted {duty.attempts} times; not sent again by itself"
        return Outcome(DeliveryState.UNKNOWN, error=words, retry_at=now + NEVER)
    return Outcome(DeliveryState.READY, error=f"{duty.error}; it is sent again")


def _cannot_know(record: OccurrenceRecord, duty: DeliveryRecord, now: datetime, error: Exception) -> Outcome:
    """Return the outcome that stays unknown; it is looked up again within the digest's grace."""
    permanent = isinstance(error, DeliveryError) and error.retryability is Retryability.PERMANENT
    age, asked = now - (duty.started_at or now), getattr(error, "retry_after", None)
    if permanent or age.total_seconds() > record.definition.grace_seconds:
        again = now + NEVER
    elif age < HISTORY_LAG and not asked:
        again = now + RECHECK_AFTER
    else:
        again = retry_at(3, now, asked)
    return Outcome(DeliveryState.UNKNOWN, error=str(error), retry_at=again)


def _told(outcome: Outcome) -> str:
    if outcome.state is DeliveryState.SENT:
        return "it had arrived"
    return "it is sent again" if outcome.state is DeliveryState.READY else f"still unknown: {outcome.error}"
