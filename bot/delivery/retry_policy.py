"""What follows a failure: whether and when it is tried again. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import BotError, ChannelAuthError, DeliveryError, Retryability
from bot.model import DeliveryKind, DeliveryRecord, DeliveryState, OccurrenceRecord, Outcome

BACKOFF_MINUTES = (1, 5, 15, 60)
"""Waits after the first, second, third and every later retryable failure."""


def retry_at(attempts: int, now: datetime, asked_seconds: float | None = None) -> datetime:
    """When to try again after `attempts` failures: 1, 5, 15, then every 60 minutes, or as asked."""
    minutes = BACKOFF_MINUTES[min(max(attempts, 1), len(BACKOFF_MINUTES)) - 1]
    return now + timedelta(seconds=max(minutes * 60.0, asked_seconds or 0.0))


def waited_seconds(attempts: int) -> float:
    """How long `attempts` failures have waited in all; compared with a digest's grace."""
    later = max(0, attempts - len(BACKOFF_MINUTES)) * BACKOFF_MINUTES[-1]
    return 60.0 * (sum(BACKOFF_MINUTES[:attempts]) + later)


def after_attempt(
    error: DeliveryError, record: OccurrenceRecord, duty: DeliveryRecord, now: datetime
) -> Outcome:
    """How a failed attempt ends: again later, failed for good, or unknown.

    After `ChannelAuthError` it waits for its channel, which is tried once an hour or when a person mended it.
    """
    if isinstance(error, ChannelAuthError):
        return replace(retry_or_fail(str(error), record, duty, now), retry_at=None)
    if error.retryability is Retryability.RETRYABLE:
        return retry_or_fail(str(error), record, duty, now, error.retry_after)
    state = DeliveryState.UNKNOWN if error.retryability is Retryability.UNKNOWN else DeliveryState.FAILED
    return Outcome(state, error=str(error))


def retry_or_fail(
    error: str,
    record: OccurrenceRecord,
    duty: DeliveryRecord,
    now: datetime,
    asked_seconds: float | None = None,
) -> Outcome:
    """Outstanding until its next try, within the digest's grace. A test is not worth waiting for."""
    attempts = duty.attempts + 1
    over = waited_seconds(attempts) > record.definition.grace_seconds
    if over or duty.delivery.kind is DeliveryKind.TEST:
        return Outcome(DeliveryState.FAILED, error=error)
    return Outcome(DeliveryState.READY, error=error, retry_at=retry_at(attempts, now, asked_seconds))


def next_fetch(record: OccurrenceRecord, error: BotError, now: datetime) -> datetime | None:
    """When to fetch again after a failure, within the digest's grace counted from the first try; else None.

    Permanent refusals too: a token or a group's name gets mended meanwhile, and a try costs little.
    """
    if waited_seconds(record.attempts + 1) > record.definition.grace_seconds:
        return None
    return retry_at(record.attempts + 1, now, getattr(error, "retry_after", None))
