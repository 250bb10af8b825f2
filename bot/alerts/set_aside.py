"""The alert about an occurrence that may crash its process."""

from datetime import datetime

from bot.alerts.alert import ASIDE, alert_of, plan_alert, subject_of
from bot.alerts.wording import Notice, set_aside_notice
from bot.ledger import Ledger
from bot.model import Configuration, OccurrenceRecord


def detect(ledger: Ledger, configuration: Configuration, now: datetime) -> None:
    """Plan the alert of everything that is set aside."""
    for record, _until in ledger.aside():
        alert = alert_of(ASIDE, record.occurrence)
        plan_alert(ledger, alert, record.definition, configuration.operators, now)


def compose(ledger: Ledger, alert: OccurrenceRecord, now: datetime) -> Notice:
    """Compose when it is tried again, or that this happened meanwhile."""
    subject = subject_of(ledger, alert)
    untils = (until for record, until in ledger.aside() if record.occurrence == subject.occurrence)
    return set_aside_notice(alert.definition, subject.occurrence, next(untils, None))
