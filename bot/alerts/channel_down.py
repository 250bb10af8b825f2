"""The alert about a channel whose circuit is open: to those operators whom another channel reaches."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.alerts.alert import operators_digest, plan_alert
from bot.alerts.wording import Notice, stopped_notice
from bot.delivery.occurrences import STOPPED
from bot.ledger import Ledger
from bot.model import Configuration, Occurrence, OccurrenceKind, OccurrenceRecord, OpenCircuit, Window


def detect(ledger: Ledger, configuration: Configuration, now: datetime) -> None:
    """Plan one alert for each open circuit."""
    for circuit in ledger.open_circuits():
        reachable = [to for to in configuration.operators if to.channel != circuit.channel]
        definition = operators_digest(configuration)
        plan_alert(ledger, _alert(circuit, definition.name, definition.zone), definition, reachable, now)


def compose(ledger: Ledger, alert: OccurrenceRecord, now: datetime) -> Notice:
    """Compose which channel is down, since when and why."""
    channel = alert.occurrence.slice
    reasons = (circuit.reason for circuit in ledger.open_circuits() if circuit.channel == channel)
    return stopped_notice(alert.definition, alert.occurrence, channel, next(reasons, ""))


def _alert(circuit: OpenCircuit, digest: str, zone: str) -> Occurrence:
    day = circuit.since.astimezone(ZoneInfo(zone)).date()
    window = Window.of_dates(day, day, zone)
    return Occurrence(digest, circuit.since, window, circuit.channel, OccurrenceKind.ALERT, STOPPED)
