"""The alert of a channel whose circuit is open: to those operators whom another channel reaches."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.alerts.alert import STOPPED, operators_digest, plan_alert
from bot.alerts.wording import compose_stopped
from bot.ledger import Ledger
from bot.model import (
    Agents,
    Configuration,
    Edition,
    Occurrence,
    OccurrenceKind,
    OccurrenceRecord,
    OpenCircuit,
    Recipient,
    Window,
)


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
