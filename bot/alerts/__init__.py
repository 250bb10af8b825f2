"""Operator alerts: how each kind is detected in the ledger, and what its message says.

An alert is an occurrence of its own. It is planned, composed, delivered and retried like every occurrence,
so a crash loses none; its id names what it is about, so none is sent twice. A failed alert raises no alert.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.alerts import channel_down, config_error, failures, held, late, monthly_report, set_aside
from bot.alerts.alert import ASIDE, FAILED, FILE, HELD, LATE, OUT, RECOVERED, TRUST
from bot.alerts.wording import Notice, edition_of
from bot.delivery.occurrences import STOPPED
from bot.ledger import Ledger
from bot.model import Agents, Configuration, Edition, OccurrenceRecord


@dataclass(frozen=True, slots=True)
class AlertKind:
    """How an alert is composed, and which function plans it; None where another one does."""

    compose: Callable[[Ledger, OccurrenceRecord, datetime], Notice]
    detect: Callable[[Ledger, Configuration, datetime], None] | None = None


KINDS: Final[Mapping[str, AlertKind]] = {
    HELD: AlertKind(held.compose, held.detect),
    ASIDE: AlertKind(set_aside.compose, set_aside.detect),
    FAILED: AlertKind(failures.compose_failed, failures.detect),
    RECOVERED: AlertKind(failures.compose_recovered),  # planned by failures.detect
    LATE: AlertKind(late.compose_late, late.detect),  # after those that make it superfluous
    OUT: AlertKind(late.compose_out),  # planned by late.detect
    STOPPED: AlertKind(channel_down.compose, channel_down.detect),
    TRUST: AlertKind(monthly_report.compose, monthly_report.detect),
    FILE: AlertKind(config_error.compose),  # planned by the service: the ledger does not know the file
}
"""Every kind of alert, by its topic."""


def plan_alerts(ledger: Ledger, configuration: Configuration, now: datetime) -> None:
    """Plan every alert that the ledger gives reason for and that was not planned before."""
    if not configuration.operators:
        return
    for kind in KINDS.values():
        if kind.detect is not None:
            kind.detect(ledger, configuration, now)


def alert_editions(
    ledger: Ledger, alert: OccurrenceRecord, levels: Iterable[Agents], now: datetime
) -> dict[Agents, Edition]:
    """Compose an alert for each visibility level. Raise LedgerError when its subject is unknown."""
    notice = KINDS[alert.occurrence.topic].compose(ledger, alert, now)
    return {agents: edition_of(notice, alert.definition, agents, now) for agents in sorted(set(levels))}
