"""The monthly trust digest: what became of everything that was due, counted from the ledger alone."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.alerts.alert import TRUST, operators_digest, plan_alert
from bot.alerts.wording import Counted, Notice, trust_notice
from bot.delivery.retry_policy import ALERT_WITHIN
from bot.ledger import Ledger
from bot.model import (
    ON_TIME,
    Configuration,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    Occurrence,
    OccurrenceKind,
    OccurrenceRecord,
    OccurrenceState,
    Window,
)

AT = time(8)
COUNTED_AS = {
    DeliveryState.FAILED: "failed",
    DeliveryState.UNKNOWN: "unknown",
    DeliveryState.CANCELLED: "skipped",
}

Due = tuple[OccurrenceRecord, tuple[DeliveryRecord, ...]]


def detect(ledger: Ledger, configuration: Configuration, now: datetime) -> None:
    """Plan the report of last month on the first of a month at 08:00; none where nothing was due."""
    definition = operators_digest(configuration)
    month = month_of(definition.name, definition.zone, now)
    if not timedelta(0) <= now - month.due <= ALERT_WITHIN or ledger.occurrence(month.id) is not None:
        return
    if count(ledger, month.window):
        plan_alert(ledger, month, definition, configuration.operators, now)


def month_of(digest: str, zone: str, now: datetime) -> Occurrence:
    """Return this month's report: due on its first day, about the month before."""
    today = now.astimezone(ZoneInfo(zone)).date()
    first = today.replace(day=1)
    last = first - timedelta(days=1)
    due = datetime.combine(first, AT, ZoneInfo(zone)).astimezone(UTC)
    month = Window.of_dates(last.replace(day=1), last, zone)
    return Occurrence(digest, due, month, kind=OccurrenceKind.ALERT, topic=TRUST)


def compose(ledger: Ledger, alert: OccurrenceRecord, now: datetime) -> Notice:
    """Compose the month in figures."""
    counts = count(ledger, alert.occurrence.window)
    return trust_notice(alert.definition, alert.occurrence, counts)


def count(ledger: Ledger, month: Window) -> tuple[Counted, ...]:
    """Count every digest with something due in the month, by name: one delivery for each recipient."""
    by_digest: dict[str, Counter[str]] = {}
    for record, deliveries in ledger.due_between(month.start.astimezone(UTC), month.end.astimezone(UTC)):
        if record.occurrence.kind is OccurrenceKind.SCHEDULED:
            counter = _counted(record, deliveries)
            by_digest.setdefault(record.occurrence.digest, Counter()).update(counter)
    return tuple(Counted(name, **counter) for name, counter in sorted(by_digest.items()))


def _counted(record: OccurrenceRecord, deliveries: Sequence[DeliveryRecord]) -> Counter[str]:
    real = [pending for pending in deliveries if pending.delivery.kind is DeliveryKind.REAL]
    if record.state is OccurrenceState.SKIPPED:
        many = len(real) or len(record.definition.recipients)
        return Counter(due=many, skipped=many)
    if record.state is OccurrenceState.HELD:
        return Counter(due=len(real), held=len(real))
    return Counter(due=len(real)) + sum((_outcome_of(record, pending) for pending in real), Counter())


def _outcome_of(record: OccurrenceRecord, pending: DeliveryRecord) -> Counter[str]:
    if pending.state is DeliveryState.SENT:
        at = pending.sent_at or record.occurrence.due
        return Counter(["sent", "on_time" if at - record.occurrence.due <= ON_TIME else "late"])
    return Counter([COUNTED_AS[pending.state]] if pending.state in COUNTED_AS else [])
