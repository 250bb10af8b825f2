"""Channels that do not let us in: stopped for all at once, tried once an hour, and said once."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.errors import ChannelAuthError, DeliveryError, Retryability
from bot.ledger import Ledger
from bot.model import (
    DeliveryKind,
    DeliveryRecord,
    OccurrenceRecord,
    OpenCircuit,
    utc_text,
)

log = logging.getLogger("bot.delivery.circuit_breaker")


def open_circuit(ledger: Ledger, channel: str, now: datetime) -> OpenCircuit | None:
    """The channel's stop while its next try has not come."""
    found = (stop for stop in ledger.open_circuits() if stop.channel == channel)
    return next((stop for stop in found if stop.retry_at > now), None)


def trip(ledger: Ledger, channel: str, error: ChannelAuthError, credential: str, now: datetime) -> None:
    """Stop the channel for everybody, and say so in the log."""
    if ledger.open_circuit(channel, str(error), credential, now):
        log.error("%s is stopped, nothing is sent through it: %s", channel, error)


def wait_or_expire(
    ledger: Ledger, record: OccurrenceRecord, duty: DeliveryRecord, stop: OpenCircuit, now: datetime
) -> None:
    """Leave a duty outstanding that a stopped channel keeps waiting, within its digest's grace.

    Raises DeliveryError for one whose grace is over, and for a test: it is not sent behind anybody's back.
    """
    began = max(record.planned_at or stop.since, stop.since)
    is_test = duty.delivery.kind is DeliveryKind.TEST
    if not is_test and now - began <= timedelta(seconds=record.definition.grace_seconds):
        return
    words = f"{stop.channel} is stopped since {utc_text(stop.since)}: {stop.reason}"
    ledger.expire(duty.delivery, words, now)
    raise DeliveryError(words, Retryability.PERMANENT)


def half_open_after_new_secret(ledger: Ledger, credentials: Mapping[str, str], now: datetime) -> None:
    """A channel whose secret is another one than was refused may be tried at once."""
    for stop in ledger.open_circuits():
        known = credentials.get(stop.channel, "")
        if known and known != stop.credential:
            ledger.half_open(stop.channel, now)
