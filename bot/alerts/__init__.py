"""Who is told what: every kind of alert, how it is planned from the ledger, and what it says.

Each scan looks at the ledger alone and plans what is missing, so that a crash loses no alert, and its name
keeps anything from being told twice. An alert that fails is not told of.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from bot.alerts.alert import FAILED, FILE, HELD, RECOVERED, STOPPED, TRUST
from bot.alerts.channel_down import plan_stop_alerts, stopped_editions
from bot.alerts.config_error import broken_file_editions
from bot.alerts.failures import failed_editions, plan_failure_alerts, recovered_editions
from bot.alerts.held import held_editions, plan_held_alerts
from bot.alerts.monthly_report import plan_trust, trust_editions
from bot.ledger import Ledger
from bot.model import Agents, Configuration, Edition, OccurrenceRecord

Editions = Callable[[Ledger, OccurrenceRecord, Iterable[Agents], datetime], dict[Agents, Edition]]

KINDS: Final[Mapping[str, Editions]] = {
    HELD: held_editions,
    FAILED: failed_editions,
    RECOVERED: recovered_editions,
    STOPPED: stopped_editions,
    TRUST: trust_editions,
    FILE: broken_file_editions,
}
"""What an alert says, by its topic."""


def plan_alerts(ledger: Ledger, configuration: Configuration, now: datetime) -> None:
    """Plan every alert that the ledger gives reason for and that was not planned before."""
    plan_held_alerts(ledger, configuration.operators, now)
    plan_failure_alerts(ledger, configuration.operators, now)
    plan_stop_alerts(ledger, configuration, now)
    plan_trust(ledger, configuration, now)


def alert_editions(
    ledger: Ledger, alert: OccurrenceRecord, wanted: Iterable[Agents], now: datetime
) -> dict[Agents, Edition]:
    """What an alert says, for each way of showing agents. Raises LedgerError, KeyError for what is none."""
    return KINDS[alert.occurrence.topic](ledger, alert, wanted, now)
