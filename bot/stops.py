"""Channels that do not let us in: stopped for all at once, tried once an hour, and said once."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.alerts import STOPPED, operators_digest, plan_alert
from bot.compose.notices import compose_stopped
from bot.errors import Certainty, ChannelRefused, DeliveryError
from bot.ledger import Ledger
from bot.model import (
    Agents,
    Configuration,
    DeliveryKind,
    DeliveryRecord,
    Edition,
    Occurrence,
    OccurrenceKind,
    OccurrenceRecord,
    OpenCircuit,
    Recipient,
    Window,
    utc_text,
)

log = logging.getLogger("bot.stops")


def stop_of(ledger: Ledger, channel: str, now: datetime) -> OpenCircuit | None:
    """The channel's stop while its next try has not come."""
    found = (stop for stop in ledger.open_circuits() if stop.channel == channel)
    return next((stop for stop in found if stop.retry_at > now), None)


def note_refusal(ledger: Ledger, channel: str, error: ChannelRefused, credential: str, now: datetime) -> None:
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
    raise DeliveryError(words, Certainty.PERMANENT)


def try_new_credentials(ledger: Ledger, credentials: Mapping[str, str], now: datetime) -> None:
    """A channel whose secret is another one than was refused may be tried at once."""
    for stop in ledger.open_circuits():
        known = credentials.get(stop.channel, "")
        if known and known != stop.credential:
            ledger.half_open(stop.channel, now)


def plan_stop_alerts(ledger: Ledger, configuration: Configuration, now: datetime) -> None:
    """Plan one alert for each stop, to those operators whom another channel reaches."""
    for stop in ledger.open_circuits():
        others: Sequence[Recipient] = [one for one in configuration.operators if one.channel != stop.channel]
        definition = operators_digest(configuration)
        plan_alert(ledger, _alert(stop, definition.name, definition.zone), definition, others, now)


def stopped_editions(
    ledger: Ledger, alert: OccurrenceRecord, wanted: Iterable[Agents], now: datetime
) -> dict[Agents, Edition]:
    """Which channel, since when and why."""
    channel = alert.occurrence.slice
    reason = next((stop.reason for stop in ledger.open_circuits() if stop.channel == channel), "")
    return {
        agents: compose_stopped(alert.definition, alert.occurrence, channel, reason, agents=agents, now=now)
        for agents in sorted(set(wanted))
    }


def _alert(stop: OpenCircuit, digest: str, zone: str) -> Occurrence:
    day = stop.since.astimezone(ZoneInfo(zone)).date()
    days = Window.of_dates(day, day, zone)
    return Occurrence(digest, stop.since, days, stop.channel, OccurrenceKind.ALERT, STOPPED)
