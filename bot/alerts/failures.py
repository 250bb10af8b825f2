"""Alerts about final failures: one until the digest is sent again, then one about the recovery."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.alerts.alert import FAILED, RECOVERED, alert_of, plan_alert, subject_of
from bot.alerts.wording import Cause, Notice, failed_notice, recovered_notice
from bot.delivery.retry_policy import ALERT_WITHIN, is_final_unknown
from bot.ledger import Ledger
from bot.model import (
    Configuration,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    Ended,
    EventKind,
    OccurrenceRecord,
    OccurrenceState,
)
from bot.timetable import next_firing


def detect(ledger: Ledger, configuration: Configuration, now: datetime) -> None:
    """Plan the alerts of failures and recoveries that ended lately."""
    for ended in ledger.endings(now - ALERT_WITHIN, FAILED):
        topic = _topic(ledger, ended, now)
        if topic:
            alert = alert_of(topic, ended.record.occurrence)
            plan_alert(ledger, alert, ended.record.definition, configuration.operators, now)


def compose_failed(ledger: Ledger, alert: OccurrenceRecord, now: datetime) -> Notice:
    """Compose why it failed, whom it did not reach, and what can be done."""
    failed = subject_of(ledger, alert)
    deliveries = _real(ledger, failed)
    following = next_firing(failed.definition, now)
    return failed_notice(
        alert.definition,
        failed.occurrence,
        causes(failed, deliveries),
        len(deliveries),
        following.due if following else None,
    )


def compose_recovered(ledger: Ledger, alert: OccurrenceRecord, now: datetime) -> Notice:
    """Compose that it was sent, and what had failed before."""
    sent = subject_of(ledger, alert)
    endings = ledger.endings(now - 2 * ALERT_WITHIN, FAILED)
    before = next((ended.before for ended in endings if ended.record.occurrence == sent.occurrence), None)
    failed = before if before is not None and before.state is OccurrenceState.FAILED else sent
    return recovered_notice(alert.definition, sent.occurrence, failed.occurrence.id)


def causes(failed: OccurrenceRecord, deliveries: Sequence[DeliveryRecord]) -> tuple[Cause, ...]:
    """Return why recipients were not served for certain, grouped by reason.

    An occurrence that could not be divided into slices has no deliveries, and one reason.
    """
    if not deliveries:
        return (Cause((), failed.reason, failed.attempts),)
    by_reason: dict[str, list[DeliveryRecord]] = {}
    for pending in deliveries:
        if pending.state.is_unserved:
            by_reason.setdefault(pending.error or failed.reason, []).append(pending)
    return tuple(
        Cause(
            tuple(
                f"{pending.delivery.recipient.channel} {pending.delivery.recipient.address}"
                for pending in group
            ),
            reason,
            max(pending.attempts for pending in group),
        )
        for reason, group in by_reason.items()
    )


def _topic(ledger: Ledger, ended: Ended, now: datetime) -> str:
    """Return FAILED, RECOVERED or ''."""
    record, before = ended.record, ended.before
    if any(event.kind is EventKind.DISCARDED for event in ledger.events(record.occurrence.id)):
        return ""  # a person ended it: it was not sent to everybody
    followed_failure = before is not None and before.state is OccurrenceState.FAILED
    if record.state is OccurrenceState.FAILED:
        return "" if followed_failure or not _is_final(ledger, record, now) else FAILED
    return RECOVERED if followed_failure or _was_alerted(ledger, ended) else ""


def _was_alerted(ledger: Ledger, ended: Ended) -> bool:
    """Return whether the last alert said that this occurrence failed; then a person sent it again."""
    alert = ledger.occurrence(alert_of(FAILED, ended.record.occurrence).id)
    if alert is None or alert.planned_at is None:
        return False
    before = ended.before.ended_at if ended.before else None
    return before is None or before <= alert.planned_at


def _is_final(ledger: Ledger, failed: OccurrenceRecord, now: datetime) -> bool:
    """Return whether none of its deliveries is looked up again, or it was in vain for `late_after`."""
    limit = timedelta(seconds=failed.definition.late_after_seconds)
    unknown = (pending for pending in _real(ledger, failed) if pending.state is DeliveryState.UNKNOWN)
    return all(is_final_unknown(one, now) or now - (one.started_at or now) >= limit for one in unknown)


def _real(ledger: Ledger, record: OccurrenceRecord) -> tuple[DeliveryRecord, ...]:
    deliveries = ledger.deliveries(record.occurrence.id)
    return tuple(pending for pending in deliveries if pending.delivery.kind is DeliveryKind.REAL)
