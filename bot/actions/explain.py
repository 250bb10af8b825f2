"""The history of one occurrence, step by step, and the commands that apply to it now."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.alerts.alert import FAILED, HELD, LATE, OPERATORS, OUT, RECOVERED, alert_of
from bot.compose.figures.wording import Wording
from bot.delivery.corrections import versions
from bot.delivery.occurrences import is_alert
from bot.ledger import Ledger
from bot.model import (
    Attempt,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    Event,
    EventKind,
    OccurrenceRecord,
    OccurrenceState,
    corrected_by,
)

STATES = {
    OccurrenceState.PLANNED: "waiting to be fetched",
    OccurrenceState.RENDERED: "being sent",
    OccurrenceState.DONE: "done",
    OccurrenceState.FAILED: "failed",
    OccurrenceState.SKIPPED: "skipped",
    OccurrenceState.HELD: "held",
    OccurrenceState.BACKFILLED: "backfilled",
}
HAPPENED = {
    EventKind.PLANNED: "planned: {}",
    EventKind.SKIPPED: "skipped: {}",
    EventKind.WAITED: "waited: {}",
    EventKind.POSTPONED: "could not be fetched or composed, tried again later: {}",
    EventKind.GAVE_UP: "could not be fetched or composed, given up: {}",
    EventKind.COMPOSED: "fetched, composed and kept; {}",
    EventKind.HELD: "composed, kept and held: {}",
    EventKind.RELEASED: "released by a person",
    EventKind.DISCARDED: "ended before it was sent: {}",
    EventKind.CANCELLED: "cancelled: {}",
    EventKind.REOPENED: "{}",
    EventKind.CORRECTED: "corrected by {}",
    EventKind.BACKFILLED: "fetched afterwards for later trends; sent to nobody",
    EventKind.TAKEN_BACK: "{}; it may be tried again",
    EventKind.SET_ASIDE: "set aside: {}",
    EventKind.ENDED: "ended: {}",
    EventKind.PRUNED: "forgotten: {}",
    EventKind.NOTED: "{}",
}
"""Each kind of event in words; a test checks that this table is complete."""

TRIED = {
    DeliveryState.SENT: "sent",
    DeliveryState.FAILED: "failed for good",
    DeliveryState.UNKNOWN: "perhaps sent, its answer was lost",
    DeliveryState.READY: "not sent, tried again later",
}
STANDS = {
    DeliveryState.READY: "waiting",
    DeliveryState.SENDING: "being sent now",
    DeliveryState.SENT: "sent",
    DeliveryState.FAILED: "failed",
    DeliveryState.UNKNOWN: "unknown: perhaps sent",
    DeliveryState.CANCELLED: "cancelled",
}


def story(ledger: Ledger, record: OccurrenceRecord) -> Iterator[str]:
    """Yield its state, events, deliveries and the commands that apply. Raise LedgerError."""
    deliveries = ledger.deliveries(record.occurrence.id)
    yield from _opening(record)
    yield ""
    yield from timeline(ledger, record, deliveries)
    if deliveries:
        yield ""
        yield from (_standing(pending, record) for pending in deliveries)
    yield from _relations(ledger, record)
    if hints := tuple(commands(record, deliveries)):
        yield ""
        yield from hints


def _opening(record: OccurrenceRecord) -> Iterator[str]:
    occurrence, digest = record.occurrence, record.definition
    wording = Wording(digest.locale, digest.zone)
    marks = ", late" if record.late else ""
    yield f"{occurrence.id}: {STATES[record.state]}{marks}"
    if record.reason:
        yield f"  {record.reason}"
    groups = ", ".join((*digest.groups, *digest.users)) or "everybody"
    yield f"  {digest.title}, {digest.schedule.phrase}; due {wording.moment(occurrence.due)}"
    yield f"  about {wording.window(occurrence.window)} ({digest.window.phrase}), {groups}"
    if record.not_before is not None:
        yield f"  next try: {_local(record.not_before, record)}"
    yield f"  times below: {digest.zone}"


def timeline(
    ledger: Ledger, record: OccurrenceRecord, deliveries: tuple[DeliveryRecord, ...]
) -> Iterator[str]:
    """Yield events and attempts in the order in which they began."""
    lines = [(event.at, 0, _event(event, record)) for event in ledger.events(record.occurrence.id)]
    for pending in deliveries:
        lines += [(a.started_at, 1, _attempt(a, pending)) for a in ledger.attempts(pending.delivery.key)]
    for at, _, line in sorted(lines, key=lambda entry: entry[:2]):
        yield f"  {_local(at, record)}  {line}"


def _event(event: Event, record: OccurrenceRecord) -> str:
    line = HAPPENED[event.kind].format(event.detail)
    if event.times == 1:
        return line
    return f"{line} ({event.times} times, until {_local(event.last_at, record)})"


def _attempt(attempt: Attempt, pending: DeliveryRecord) -> str:
    seconds = (attempt.ended_at - attempt.started_at).total_seconds()
    outcome = TRIED.get(attempt.state, attempt.state.value)
    proof = "; ".join(filter(None, (attempt.provider_id, attempt.detail)))
    line = f"{_whom(pending)}, try {attempt.number}, {seconds:.1f} s: {outcome}"
    return f"{line} ({proof})" if proof else line


def _standing(pending: DeliveryRecord, record: OccurrenceRecord) -> str:
    at = f" {_local(pending.sent_at, record)}" if pending.sent_at else ""
    again = f"; next try {_local(pending.not_before, record)}" if pending.not_before else ""
    proof = f", {pending.provider_id}" if pending.provider_id else ""
    error = f": {pending.error}" if pending.error else ""
    return f"{_whom(pending)}: {STANDS[pending.state]}{at}{proof}{again}{error}"


def _whom(pending: DeliveryRecord) -> str:
    test = " (TEST)" if pending.delivery.kind is DeliveryKind.TEST else ""
    return f"{pending.delivery.recipient.channel} {pending.delivery.recipient.address}{test}"


def _relations(ledger: Ledger, record: OccurrenceRecord) -> Iterator[str]:
    """Yield the other occurrences that belong to this one."""
    occurrence = record.occurrence
    if is_alert(occurrence):
        if occurrence.digest != OPERATORS:
            yield f"It tells the operators of {occurrence.about}"
        return
    if occurrence.number:
        yield f"It corrects {corrected_by(occurrence).id}"
    else:
        for version in versions(ledger, occurrence)[1:]:
            yield f"Corrected by {version.occurrence.id}: {STATES[version.state]}"
    for kind in (LATE, HELD, FAILED, RECOVERED, OUT):
        alert = ledger.occurrence(alert_of(kind, occurrence).id)
        if alert is not None:
            yield f"The operators were told by {alert.occurrence.id}: {STATES[alert.state]}"


def commands(record: OccurrenceRecord, deliveries: tuple[DeliveryRecord, ...]) -> Iterator[str]:
    """Yield the commands that apply now."""
    occurrence = record.occurrence
    if record.state is OccurrenceState.HELD:
        yield f"Send it all the same:  digestbot release {occurrence.id}"
        yield f"Drop it:               digestbot discard {occurrence.id}"
        return
    real = [pending for pending in deliveries if pending.delivery.kind is DeliveryKind.REAL]
    if any(pending.state.is_unserved for pending in real):
        yield f"Send it again to those not served:  digestbot resend {occurrence.id}"
        yield f"Drop it for those:                  digestbot discard {occurrence.id}"
    elif any(pending.state is DeliveryState.READY for pending in real):
        yield f"Try now instead of later:           digestbot resend {occurrence.id}"
    if any(pending.state is DeliveryState.SENT for pending in real) and not is_alert(occurrence):
        yield f"It was wrong, correct it:           digestbot resend {corrected_by(occurrence).id} --refetch"


def _local(moment: datetime, record: OccurrenceRecord) -> str:
    return f"{moment.astimezone(ZoneInfo(record.definition.zone)):%Y-%m-%d %H:%M:%S}"
