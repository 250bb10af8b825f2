"""Retry policy: every backoff, limit and deadline of delivery, and what follows a failure. Pure.

Two limits stand in `bot.model`: `HALF_OPEN_AFTER` (a channel that refused the login is tried hourly),
which the ledger needs too, and `ON_TIME` (five minutes). One API request is retried by
`bot/source/http/request.py`.
"""

import random
from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import BotError, ChannelStopped, DeliveryError, Retryability, SourceBusy
from bot.model import DeliveryKind, DeliveryRecord, DeliveryState, OccurrenceRecord, Outcome

BACKOFF_MINUTES = (1, 5, 15, 60)
"""Waits after the first, second, third and every later retryable failure, within the digest's grace.

`docs/` says them too: `tests/docs/test_reliability.py` compares.
"""

MAX_CRASHES = 3
"""An occurrence that crashed this many processes is set aside; one more crash parks it (poison message)."""

SET_ASIDE_FOR = timedelta(hours=1)

JITTER = 0.1
"""Waits for the rate limit differ by up to that share, so that hosts do not wake together."""

RECHECK_AFTER = timedelta(seconds=10)
HISTORY_LAG = timedelta(seconds=20)
"""A provider's history may lag: only what it does not show this long after the attempt did not arrive."""

MAX_UNKNOWN_ATTEMPTS = 3
"""Most attempts while the outcome stays unknown: each attempt may have arrived."""

LOOK_UP_AS_AFTER = 3
"""A failed look-up is repeated with the backoff of that many failures."""

NEVER = timedelta(days=3650)
FOR_GOOD = timedelta(days=365)
"""An unknown delivery whose next look-up is further away is left to a person's `resend`."""

ALERT_GRACE_SECONDS = 86_400.0
"""An alert is retried at least that long, however short the grace of its digest is."""

ALERT_WITHIN = timedelta(days=3)
"""After downtime, alerts about what happened longer ago are not sent."""


def retry_at(attempts: int, now: datetime, asked_seconds: float | None = None) -> datetime:
    """Return when to retry after `attempts` failures: after a backoff, or as asked if later."""
    minutes = BACKOFF_MINUTES[min(max(attempts, 1), len(BACKOFF_MINUTES)) - 1]
    return now + timedelta(seconds=max(minutes * 60.0, asked_seconds or 0.0))


def waited_seconds(attempts: int) -> float:
    """Return how long `attempts` failures have waited in all, to compare with a digest's grace."""
    later = max(0, attempts - len(BACKOFF_MINUTES)) * BACKOFF_MINUTES[-1]
    return 60.0 * (sum(BACKOFF_MINUTES[:attempts]) + later)


def after_attempt(
    error: DeliveryError, record: OccurrenceRecord, pending: DeliveryRecord, now: datetime
) -> Outcome:
    """Return the outcome of a failed attempt: retried later, failed, or unknown.

    After ChannelStopped there is no time to retry at: the circuit of the channel decides.
    """
    if isinstance(error, ChannelStopped):
        return replace(retry_or_fail(str(error), record, pending, now), retry_at=None)
    if error.retryability is Retryability.RETRYABLE:
        return retry_or_fail(str(error), record, pending, now, error.retry_after)
    is_unknown = error.retryability is Retryability.UNKNOWN
    return Outcome(DeliveryState.UNKNOWN if is_unknown else DeliveryState.FAILED, error=str(error))


def retry_or_fail(
    error: str,
    record: OccurrenceRecord,
    pending: DeliveryRecord,
    now: datetime,
    asked_seconds: float | None = None,
) -> Outcome:
    """Return READY with the time of the next attempt within the grace, else FAILED. Never retry a test."""
    attempts = pending.attempts + 1
    is_over = waited_seconds(attempts) > record.definition.grace_seconds
    if is_over or pending.delivery.kind is DeliveryKind.TEST:
        return Outcome(DeliveryState.FAILED, error=error)
    return Outcome(DeliveryState.READY, error=error, retry_at=retry_at(attempts, now, asked_seconds))


def next_fetch(record: OccurrenceRecord, error: BotError, now: datetime) -> datetime | None:
    """Return when to fetch again after a failure; None when the grace, from the first try on, is over.

    Permanent refusals are retried too: a token or the name of a group may be corrected meanwhile. Waiting
    for the rate limit (SourceBusy) is no failure and has no end.
    """
    if isinstance(error, SourceBusy):
        chance = random.Random(record.occurrence.id).random()  # noqa: S311 (no secret)
        return now + timedelta(seconds=(error.retry_after or 1.0) * (1 + JITTER * chance))
    if waited_seconds(record.attempts + 1) > record.definition.grace_seconds:
        return None
    return retry_at(record.attempts + 1, now, getattr(error, "retry_after", None))


def is_final_unknown(pending: DeliveryRecord, now: datetime) -> bool:
    """Return whether an unknown delivery is not looked up again by itself."""
    return pending.not_before is not None and pending.not_before - now > FOR_GOOD
