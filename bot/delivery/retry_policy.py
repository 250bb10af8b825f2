"""Retry policy: every backoff, limit and deadline of delivery, and what follows a failure. Pure.

Two limits stand in `bot.model`: `HALF_OPEN_AFTER` (a channel that refused the login is tried hourly),
which the ledger needs too, and `ON_TIME` (five minutes). One API request is retried by
`bot/source/http/request.py`.
"""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import BotError, ChannelStopped, DeliveryError, Retryability, SourceBusy
from bot.model import (
    ON_TIME,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    OccurrenceKind,
    OccurrenceRecord,
    OpenCircuit,
    Outcome,
    utc_text,
)

BACKOFF_MINUTES = (1, 5, 15, 60)
"""Waits after the first, second, third and every later retryable failure, until the digest's grace ends.

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


def is_scheduled(record: OccurrenceRecord) -> bool:
    """Return whether the planner planned it; what a person sends was due whenever they like."""
    of = record.occurrence
    on_time = record.planned_at is None or record.planned_at - of.due <= ON_TIME
    return of.kind is OccurrenceKind.SCHEDULED and (record.late or on_time)


def is_late(record: OccurrenceRecord, at: datetime) -> bool:
    """Return whether what goes out at that moment (UTC) is late."""
    return is_scheduled(record) and at - record.occurrence.due > ON_TIME


def deadline(record: OccurrenceRecord) -> datetime:
    """Return until when (UTC) it may go out: its grace after it was due, or after a person asked for it."""
    due = record.occurrence.due
    begun = record.asked_at or (due if is_scheduled(record) else record.planned_at or due)
    return begun + timedelta(seconds=record.definition.grace_seconds)


def too_late(record: OccurrenceRecord, pending: DeliveryRecord, circuits: Iterable[OpenCircuit]) -> str:
    """Return why a delivery is not attempted after its deadline."""
    hours = f"{record.definition.grace_seconds / 3600:g}"
    reason = f"its grace of {hours} h ended at {utc_text(deadline(record))}"
    if pending.error:
        return f"{reason}; the last attempt: {pending.error}"
    channel = pending.delivery.recipient.channel
    stopped = (
        f"; {channel} is stopped since {utc_text(c.since)}: {c.reason}"
        for c in circuits
        if c.channel == channel
    )
    return reason + next(stopped, "")


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
    again = retry_at(pending.attempts + 1, now, asked_seconds)
    if again > deadline(record) or pending.delivery.kind is DeliveryKind.TEST:
        return Outcome(DeliveryState.FAILED, error=error)
    return Outcome(DeliveryState.READY, error=error, retry_at=again)


def next_fetch(record: OccurrenceRecord, error: BotError, now: datetime) -> datetime | None:
    """Return when to fetch again after a failure; None when that is after the end of the grace.

    Permanent refusals are retried too: a token or the name of a group may be corrected meanwhile. Waiting
    for the rate limit (SourceBusy) is no failure.
    """
    if isinstance(error, SourceBusy):
        chance = random.Random(record.occurrence.id).random()  # noqa: S311 (no secret)
        again = now + timedelta(seconds=(error.retry_after or 1.0) * (1 + JITTER * chance))
    else:
        again = retry_at(record.attempts + 1, now, getattr(error, "retry_after", None))
    return again if again <= deadline(record) else None


def is_final_unknown(pending: DeliveryRecord, now: datetime) -> bool:
    """Return whether an unknown delivery is not looked up again by itself."""
    return pending.not_before is not None and pending.not_before - now > FOR_GOOD
