"""What is held, and how operators are told of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.alerts.alert import HELD, alert_of, plan_alert
from bot.alerts.held_edition import compose_alert
from bot.errors import LedgerError
from bot.ledger import Ledger
from bot.lib.hints import release_or_discard
from bot.model import Agents, DeliveryKind, Edition, OccurrenceRecord, Recipient


def plan_held_alerts(ledger: Ledger, operators: Sequence[Recipient], now: datetime) -> None:
    """Plan the alert of every held occurrence but tests."""
    for held in ledger.held():
        if any(duty.delivery.kind is DeliveryKind.REAL for duty in ledger.deliveries(held.occurrence.id)):
            plan_alert(ledger, alert_of(HELD, held.occurrence), held.definition, operators, now)


def held_editions(
    ledger: Ledger, alert: OccurrenceRecord, wanted: Iterable[Agents], now: datetime
) -> dict[Agents, Edition]:
    """What the operators are told. An edition that is only unverified is shown to them, marked."""
    held = ledger.occurrence(alert.occurrence.about)
    if held is None:
        raise LedgerError(f"The ledger knows no occurrence {alert.occurrence.about!r} to tell of.")
    occurrence = held.occurrence
    kept = ledger.editions(occurrence.id)
    shown = {agents: kept.get(agents) or next(iter(kept.values()), None) for agents in set(wanted)}
    return {
        agents: compose_alert(
            alert.definition,
            occurrence,
            held.reason,
            release_or_discard(occurrence.id),
            edition if edition is not None and edition.unverified else None,
            agents=agents,
            now=now,
        )
        for agents, edition in sorted(shown.items())
    }
