"""The monthly trust digest: what became of everything that was due, counted from the ledger alone."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
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
    month = Window.of_dates(_first_of(last), last, zone)
    return Occurrence(digest, due, month, kind=OccurrenceKind.ALERT, topic=TRUST)


def compose(ledger: Ledger, alert: OccurrenceRecord, now: datetime) -> Notice:
    """Compose the month in figures."""
    counts = count(ledger, alert.occurrence.window)
    return trust_notice(alert.definition, alert.occurrence, counts)


def count(ledger: Ledger, month: Window) -> tuple[Counted, ...]:
    """Every digest with something due in the month, by name: one delivery for each recipient."""
    by_digest: dict[str, Counter[str]] = {}
    for record, duties in ledger.due_between(month.start.astimezone(UTC), month.end.astimezone(UTC)):
        if record.occurrence.kind is OccurrenceKind.SCHEDULED:
            found = _counted(record, duties)
            by_digest.setdefault(record.occurrence.digest, Counter()).update(found)
    return tuple(Counted(name, **found) for name, found in sorted(by_digest.items()))


def _counted(record: OccurrenceRecord, duties: Sequence[DeliveryRecord]) -> Counter[str]:
    real = [duty for duty in duties if duty.delivery.kind is DeliveryKind.REAL]
    if record.state is OccurrenceState.SKIPPED:
        many = len(real) or len(record.definition.recipients)
        return Counter(due=many, skipped=many)
    if record.state is OccurrenceState.HELD:
        return Counter(due=len(real), held=len(real))
    return Counter(due=len(real)) + sum((_one(record, duty) for duty in real), Counter())


def _one(record: OccurrenceRecord, duty: DeliveryRecord) -> Counter[str]:
    if duty.state is DeliveryState.SENT:
        at = duty.sent_at or record.occurrence.due
        return Counter(["sent", "on_time" if at - record.occurrence.due <= ON_TIME else "late"])
    return Counter([COUNTED_AS[duty.state]] if duty.state in COUNTED_AS else [])


def _first_of(day: date) -> date:
    return day.replace(day=1)
