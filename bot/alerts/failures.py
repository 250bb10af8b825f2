"""Failures: told when they are final, once until a digest is sent again, and then that it was."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.alerts.alert import FAILED, RECOVERED, alert_of, plan_alert
from bot.alerts.wording import Cause, compose_failed, compose_recovered
from bot.delivery.retry_policy import ALERT_WITHIN, is_final_unknown
from bot.errors import LedgerError
from bot.ledger import Ledger
from bot.model import (
    Agents,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    Edition,
    Ended,
    OccurrenceRecord,
    OccurrenceState,
    Recipient,
)
from bot.timetable import next_firing

UNSERVED = (DeliveryState.FAILED, DeliveryState.UNKNOWN)


def plan_failure_alerts(ledger: Ledger, operators: Sequence[Recipient], now: datetime) -> None:
    """Plan what is to be told of everything that ended lately; what was told before is left alone."""
    if not operators:
        return
    for ended in ledger.endings(now - ALERT_WITHIN, FAILED):
        occurrence = ended.record.occurrence
        kind = _news(ledger, ended, now)
        if kind:
            plan_alert(ledger, alert_of(kind, occurrence), ended.record.definition, operators, now)


def failed_editions(
    ledger: Ledger, alert: OccurrenceRecord, wanted: Iterable[Agents], now: datetime
) -> dict[Agents, Edition]:
    """Why, whom it did not reach, and what can be done."""
    failed = _subject(ledger, alert)
    duties = _real(ledger, failed)
    following = next_firing(failed.definition, now)
    return {
        agents: compose_failed(
            alert.definition,
            failed.occurrence,
            causes(failed, duties),
            len(duties),
            following.due if following else None,
            agents=agents,
            now=now,
        )
        for agents in sorted(set(wanted))
    }


def recovered_editions(
    ledger: Ledger, alert: OccurrenceRecord, wanted: Iterable[Agents], now: datetime
) -> dict[Agents, Edition]:
    """That it was sent, and what had failed before."""
    sent = _subject(ledger, alert)
    ends = ledger.endings(now - 2 * ALERT_WITHIN, FAILED)
    before = next((one.before for one in ends if one.record.occurrence == sent.occurrence), None)
    failed = before is not None and before.state is OccurrenceState.FAILED
    name = before.occurrence.id if before is not None and failed else sent.occurrence.id
    return {
        agents: compose_recovered(alert.definition, sent.occurrence, name, agents=agents, now=now)
        for agents in sorted(set(wanted))
    }


def causes(failed: OccurrenceRecord, duties: Sequence[DeliveryRecord]) -> tuple[Cause, ...]:
    """Why each recipient was not surely served, those of the same reason together.

    What was not even divided into slices has no duties yet, and one reason.
    """
    if not duties:
        return (Cause((), failed.reason, failed.attempts),)
    by_words: dict[str, list[DeliveryRecord]] = {}
    for duty in duties:
        if duty.state in UNSERVED:
            by_words.setdefault(duty.error or failed.reason, []).append(duty)
    return tuple(
        Cause(
            tuple(f"{duty.delivery.recipient.channel} {duty.delivery.recipient.address}" for duty in found),
            words,
            max(duty.attempts for duty in found),
        )
        for words, found in by_words.items()
    )


def _news(ledger: Ledger, ended: Ended, now: datetime) -> str:
    """FAILED, RECOVERED or ''."""
    record, before = ended.record, ended.before
    followed_failure = before is not None and before.state is OccurrenceState.FAILED
    if record.state is OccurrenceState.FAILED:
        return "" if followed_failure or not _is_final(ledger, record, now) else FAILED
    return RECOVERED if followed_failure or _was_told(ledger, ended) else ""


def _was_told(ledger: Ledger, ended: Ended) -> bool:
    """Whether the last that was told is that this very occurrence failed; then somebody sent it again."""
    told = ledger.occurrence(alert_of(FAILED, ended.record.occurrence).id)
    if told is None or told.planned_at is None:
        return False
    before = ended.before.ended_at if ended.before else None
    return before is None or before <= told.planned_at


def _is_final(ledger: Ledger, failed: OccurrenceRecord, now: datetime) -> bool:
    """Whether nothing of it will still be looked up."""
    unknown = (duty for duty in _real(ledger, failed) if duty.state is DeliveryState.UNKNOWN)
    return all(is_final_unknown(duty, now) for duty in unknown)


def _real(ledger: Ledger, record: OccurrenceRecord) -> tuple[DeliveryRecord, ...]:
    duties = ledger.deliveries(record.occurrence.id)
    return tuple(duty for duty in duties if duty.delivery.kind is DeliveryKind.REAL)


def _subject(ledger: Ledger, alert: OccurrenceRecord) -> OccurrenceRecord:
    record = ledger.occurrence(alert.occurrence.about)
    if record is None:
        raise LedgerError(f"The ledger knows no occurrence {alert.occurrence.about!r} to tell of.")
    return record
