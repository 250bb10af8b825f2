"""Resend what was not delivered, to the recipients as they are now: the same window and figures."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from bot.delivery.corrections import message_before, versions
from bot.delivery.occurrences import is_alert
from bot.delivery.pipeline import run_occurrence
from bot.delivery.recipients import look_at_ended, was_cancelled
from bot.delivery.retry_policy import HISTORY_LAG
from bot.delivery.runtime import RunResult, Runtime
from bot.errors import DeliveryError, Retryability, UsageError
from bot.ledger import Ledger
from bot.lib.hints import release_or_discard
from bot.model import (
    Delivery,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    EventKind,
    OccurrenceRecord,
    OccurrenceState,
    Outcome,
    Receipt,
    Recipient,
    Replacing,
)
from bot.model.channel_types import CHANNEL_TYPES

UNDIVIDED = (OccurrenceState.PLANNED, OccurrenceState.FAILED)
"""A `for_each` occurrence whose slices are not there yet."""

WAITING = (DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.READY)
ASKED = "sent again, because a person asked"


def newest_version(ledger: Ledger, record: OccurrenceRecord) -> OccurrenceRecord:
    """Return the last correction of an occurrence, or itself: outdated figures are not sent again."""
    known = versions(ledger, record.occurrence)
    return known[-1] if known else record


def unserved_since(ledger: Ledger, since: datetime) -> Iterator[OccurrenceRecord]:
    """Yield occurrences due at or after `since` (UTC) with a failed or unknown delivery, oldest first."""
    for record, deliveries in reversed(ledger.history(None)):
        real = [pending for pending in deliveries if pending.delivery.kind is DeliveryKind.REAL]
        unserved = any(pending.state.is_unserved for pending in real)
        undivided = bool(record.definition.for_each) and record.state is OccurrenceState.FAILED
        if record.occurrence.due >= since and (unserved or undivided):
            yield record


def require_resendable(ledger: Ledger, record: OccurrenceRecord) -> None:
    """Raise UsageError, with the command to use instead, for what cannot be sent as it was."""
    occurrence = record.occurrence
    if record.state not in UNDIVIDED:
        _require_one(record)
    if record.state is OccurrenceState.HELD:
        raise UsageError(f"{occurrence.id} is held: {record.reason} {release_or_discard(occurrence.id)}")
    ended = record.state in (OccurrenceState.SKIPPED, OccurrenceState.BACKFILLED)
    if ended and not was_cancelled(ledger, occurrence.id):
        phrase = record.definition.window.phrase
        again = f"digestbot send {occurrence.digest} --window {phrase!r}"
        raise UsageError(f"{occurrence.id} was never to be sent: {record.reason}. Its days: {again}")
    kept = ledger.editions(occurrence.id)
    wanted = {d.delivery.recipient.agents for d in ledger.deliveries(occurrence.id) if d.state in WAITING}
    pruned = any(event.kind is EventKind.PRUNED for event in ledger.events(occurrence.id))
    if pruned and wanted - kept.keys():
        raise UsageError(
            f"What {occurrence.id} said is no longer kept (retention in reports.yaml). "
            f"Fetch it anew: digestbot resend {occurrence.id} --refetch"
        )


def _require_one(record: OccurrenceRecord) -> None:
    """Raise UsageError for a fan-out: it has no edition of its own to send again."""
    of, kind = record.occurrence, record.definition.for_each
    if kind:
        raise UsageError(
            f"{of.id} goes out as one edition for each {kind}. Give one of them, see: "
            f"digestbot history {of.digest}"
        )


def require_correctable(ledger: Ledger, record: OccurrenceRecord) -> None:
    """Raise UsageError for an occurrence that was not delivered: there is nothing to correct."""
    occurrence = record.occurrence
    _require_one(record)
    if is_alert(occurrence):
        raise UsageError(f"{occurrence.id} tells the operators of another one; there is nothing to fetch.")
    if record.state is OccurrenceState.HELD:
        raise UsageError(f"{occurrence.id} is held: {record.reason} {release_or_discard(occurrence.id)}")
    if record.state in (OccurrenceState.SKIPPED, OccurrenceState.BACKFILLED):
        raise UsageError(f"Nobody got {occurrence.id}: {record.reason}. There is nothing to correct.")
    if not occurrence.number and record.state is OccurrenceState.PLANNED:
        raise UsageError(f"{occurrence.id} is not composed yet: it is fetched anew as it is.")


def resend(runtime: Runtime, record: OccurrenceRecord) -> RunResult:
    """Try every recipient that it has now and that is not served, once.

    Look up unknown deliveries first where that is possible.
    """
    if record.definition.for_each:
        return _divide_again(runtime, record)
    occurrence_id = record.occurrence.id
    doubts = tuple(_settle_unknown(runtime, record))
    record = runtime.ledger.occurrence(occurrence_id) or record
    changes = look_at_ended(runtime.audience, runtime.ledger, record, runtime.clock.now())
    runtime.ledger.reopen(occurrence_id, runtime.clock.now())
    result = _run_if_ready(runtime, record)
    return replace(result, errors=(*result.errors, *doubts), changes=(*changes, *result.changes))


def send_to(runtime: Runtime, record: OccurrenceRecord, recipients: Sequence[Recipient]) -> RunResult:
    """Send it for real to recipients whom a person names, in the file or not; nobody gets it twice."""
    id = record.occurrence.id
    named = tuple(Delivery(id, replace(one, named=True)) for one in recipients)
    changes = runtime.ledger.readdress(record, record.definition, named, {}, runtime.clock.now())
    for one in recipients:
        runtime.ledger.half_open(one.channel, runtime.clock.now())
    result = _run_if_ready(runtime, record)
    return replace(result, changes=(*changes, *result.changes))


def _run_if_ready(runtime: Runtime, record: OccurrenceRecord) -> RunResult:
    id, ledger = record.occurrence.id, runtime.ledger
    record = ledger.occurrence(id) or record
    if any(pending.state is DeliveryState.READY for pending in ledger.deliveries(id)):
        return run_occurrence(runtime, record)
    return RunResult(id, skipped=record.reason if record.state is OccurrenceState.SKIPPED else "")


def _divide_again(runtime: Runtime, record: OccurrenceRecord) -> RunResult:
    """Try to divide it into slices once, then try each slice once."""
    of = record.occurrence
    runtime.ledger.reopen(of.id, runtime.clock.now())
    whole = run_occurrence(runtime, runtime.ledger.occurrence(of.id) or record)
    children = []
    for one in runtime.ledger.outstanding(runtime.clock.now()) if whole.expanded else ():
        mine = (one.occurrence.digest, one.occurrence.due) == (of.digest, of.due)
        if mine and not is_alert(one.occurrence):
            children.append(run_occurrence(runtime, one))
    return whole.plus(children)


def _settle_unknown(runtime: Runtime, record: OccurrenceRecord) -> Iterator[DeliveryError]:
    for pending in runtime.ledger.deliveries(record.occurrence.id):
        if pending.state is DeliveryState.UNKNOWN and pending.delivery.kind is DeliveryKind.REAL:
            try:
                _look_up(runtime, record, pending)
            except DeliveryError as error:
                address = pending.delivery.recipient.address
                reason = f"{address}: still unknown, and not sent again: {error}"
                yield DeliveryError(reason, error.retryability, error.retry_after)


def _look_up(runtime: Runtime, record: OccurrenceRecord, pending: DeliveryRecord) -> None:
    """Settle it as sent if the provider has it, else as ready. Raise DeliveryError when that is unknown yet.

    What a rule would leave to a person (`email.on_unknown: hold`, too many doubtful tries) is decided now:
    a person asks.
    """
    receipt = _receipt(runtime, record, pending)
    if receipt is not None:
        outcome = Outcome(DeliveryState.SENT, receipt)
    else:
        outcome = Outcome(DeliveryState.READY, error=f"{pending.error}; {ASKED}")
    runtime.ledger.reconcile(pending.delivery, outcome, runtime.clock.now())


def _receipt(runtime: Runtime, record: OccurrenceRecord, pending: DeliveryRecord) -> Receipt | None:
    """Return the provider's proof, or None. Look for it twice when it may only be late."""
    recipient = pending.delivery.recipient
    channel, began = runtime.channels[recipient.channel], pending.started_at or runtime.clock.now()
    before = message_before(runtime.ledger, record.occurrence, recipient)
    if before and isinstance(channel, Replacing):
        return None  # editing the same message again changes nothing
    runtime.progress(f"looking for it in {recipient.address}")
    try:
        receipt = channel.find(pending.delivery, began)
        lag = (began + HISTORY_LAG - runtime.clock.now()).total_seconds()
        if receipt is None and CHANNEL_TYPES[recipient.channel].history_lags and lag > 0:
            runtime.progress(f"it is not in {recipient.address} yet; looking again in {lag:.0f} s")
            runtime.clock.sleep(lag)
            receipt = channel.find(pending.delivery, began)
    except DeliveryError as error:
        if error.retryability is Retryability.PERMANENT:
            return None
        raise
    return receipt
