"""Circuit breaker per channel: opens when our login or account is refused, closes on the first delivery.

While it is open, one attempt an hour is let through.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from bot.delivery.retry_policy import deadline
from bot.errors import CHANNEL_AGAIN_SECONDS, ChannelStopped, DeliveryError, Retryability
from bot.ledger import Ledger
from bot.model import DeliveryKind, DeliveryRecord, OccurrenceRecord, OpenCircuit, utc_text

log = logging.getLogger("bot.delivery.circuit_breaker")


def blocking_circuit(circuits: Iterable[OpenCircuit], channel: str, now: datetime) -> OpenCircuit | None:
    """Return the channel's open circuit unless its next attempt is allowed at `now` (UTC)."""
    return next(
        (circuit for circuit in circuits if circuit.channel == channel and circuit.retry_at > now), None
    )


def trip(ledger: Ledger, channel: str, error: ChannelStopped, credential: str, now: datetime) -> None:
    """Open the circuit for every delivery through this channel, and log it once."""
    pause = timedelta(seconds=error.retry_after or CHANNEL_AGAIN_SECONDS)
    if ledger.open_circuit(channel, str(error), credential, now, pause):
        log.error("%s is stopped, nothing is sent through it: %s", channel, error)


def wait_or_expire(
    ledger: Ledger, record: OccurrenceRecord, pending: DeliveryRecord, circuit: OpenCircuit, now: datetime
) -> None:
    """Leave a delivery outstanding behind an open circuit within its digest's grace.

    Raise DeliveryError once the grace is over, and for a test, which is sent while its sender waits or never.
    """
    if pending.delivery.kind is not DeliveryKind.TEST and now <= deadline(record):
        return
    reason = f"{circuit.channel} is stopped since {utc_text(circuit.since)}: {circuit.reason}"
    ledger.expire(pending.delivery, reason, now)
    raise DeliveryError(reason, Retryability.PERMANENT)


def half_open_after_new_secret(ledger: Ledger, credentials: Mapping[str, str], now: datetime) -> None:
    """Allow an attempt now where the secret is not the one that was refused; `credentials` are hashes."""
    for circuit in ledger.open_circuits():
        credential = credentials.get(circuit.channel, "")
        if credential and credential != circuit.credential:
            ledger.half_open(circuit.channel, now)
