"""The alert about an edition that waits for a person."""

from datetime import datetime

from bot.alerts.alert import HELD, alert_of, plan_alert, subject_of
from bot.alerts.wording import Notice, held_notice
from bot.ledger import Ledger
from bot.lib.hints import release_or_discard
from bot.model import Configuration, DeliveryKind, OccurrenceRecord


def detect(ledger: Ledger, configuration: Configuration, now: datetime) -> None:
    """Plan the alert of every held occurrence but tests."""
    for held in ledger.held():
        deliveries = ledger.deliveries(held.occurrence.id)
        if any(pending.delivery.kind is DeliveryKind.REAL for pending in deliveries):
            alert = alert_of(HELD, held.occurrence)
            plan_alert(ledger, alert, held.definition, configuration.operators, now)


def compose(ledger: Ledger, alert: OccurrenceRecord, now: datetime) -> Notice:
    """Compose the reason and the two commands; show an edition that is only unverified, marked."""
    held = subject_of(ledger, alert)
    editions = ledger.editions(held.occurrence.id)
    hint = release_or_discard(held.occurrence.id)
    return held_notice(alert.definition, held.occurrence, held.reason, hint, editions)
