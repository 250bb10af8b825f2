"""One occurrence, step by step. Read this file first.

> A **digest** recurs. Each **occurrence** of it covers a **window**. For it we **fetch** a **dataset**,
> **compose** an **edition**, **render** it as **renditions**, and **deliver** them through **channels**;
> the **ledger** remembers.

A saved snapshot is never composed again: a retry tomorrow sends the figures of today. A sent delivery is
never sent again: its claim (`sending`) is on disk before the first byte leaves.
"""

import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from bot.compose import late_text
from bot.delivery.circuit_breaker import blocking_circuit, trip, wait_or_expire
from bot.delivery.corrections import message_before
from bot.delivery.editions import ComposedEditions, Decision, compose_record, decide
from bot.delivery.fan_out import fan_out
from bot.delivery.occurrences import is_alert, last_dues
from bot.delivery.recipients import look_again
from bot.delivery.retry_policy import (
    MAX_CRASHES,
    SET_ASIDE_FOR,
    after_attempt,
    deadline,
    is_late,
    next_fetch,
    retry_or_fail,
    too_late,
)
from bot.delivery.runtime import Delivered, RunResult, Runtime
from bot.errors import (
    BotError,
    ChannelStopped,
    DeliveryError,
    EditionHeld,
    LedgerError,
    Retryability,
    SourceBusy,
    SourceError,
    SourceUnavailable,
    TemplateFailed,
    UsageError,
)
from bot.ledger import Ledger
from bot.lib.hints import refetch, release_or_discard
from bot.lib.log_context import DELIVERY, OCCURRENCE, about
from bot.model import (
    COMPOSE,
    Agents,
    Claim,
    Delivery,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    Edition,
    OccurrenceRecord,
    OccurrenceState,
    Outcome,
    Receipt,
    Rendition,
    Replacing,
    Work,
)
from bot.render import describe, render

log = logging.getLogger("bot.delivery.pipeline")

SET_ASIDE = "its work ended the program three times; it is tried once more in an hour, on its own"
PARKED = "its work ended the program four times, the last time on its own; parked"


def run_occurrence(runtime: Runtime, record: OccurrenceRecord, lane: str = "") -> RunResult:
    """Advance one occurrence as far as it can go now; with a `lane` only its part of it (see `Job`).

        PLANNED ──compose──▶ RENDERED ──deliver──▶ DONE | FAILED
           │                     ▲
           ├──▶ HELD ──release───┘   in doubt or incomplete: a person decides
           ├──▶ SKIPPED              suppressed: send_when, when_empty; or no recipient is left
           ├──▶ DONE                 for_each: its children are planned
           ├──▶ PLANNED              postponed: retry_policy
           └──▶ FAILED               the grace is over, or it crashed four processes, the last alone

    Each step is one transaction that returns the record that it wrote. A crash between two steps loses
    nothing: the next run begins at the state on disk.
    """
    now = runtime.clock.now()
    id = record.occurrence.id
    with about(OCCURRENCE, id), crash_guard(runtime.ledger, id) as work:
        if work is None:
            return RunResult(record.occurrence.id, busy=True)
        if work.crash_count > MAX_CRASHES:
            return _park(runtime, work.record, now)
        if work.crash_count == MAX_CRASHES and not work.was_set_aside:
            return _set_aside(runtime, work.record, now)
        work = look_again(runtime.audience, runtime.ledger, work, now)
        if not work.editions and work.record.state is not OccurrenceState.SKIPPED:
            claim = runtime.ledger.claim_occurrence(record.occurrence.id, now)
            if claim is None:
                return RunResult(record.occurrence.id, busy=True)
            step = fan_out_children if work.record.definition.for_each else compose
            try:
                work = step(runtime, work, claim)
                if work.record.state is OccurrenceState.RENDERED:  # fetching may have taken hours
                    work = look_again(runtime.audience, runtime.ledger, work, runtime.clock.now())
            except Exception as error:
                return _postpone(runtime, work.record, claim, as_bot_error(error))
        return replace(_after_composing(runtime, work, lane), changes=work.changes)


@contextmanager
def crash_guard(ledger: Ledger, occurrence_id: str) -> Iterator[Work | None]:
    """Register this process as working on an occurrence: its death meanwhile counts as a crash."""
    work = ledger.start_work(occurrence_id)
    try:
        yield work
    finally:
        try:
            ledger.end_work(occurrence_id)
        except LedgerError as error:  # must not hide what was sent
            log.error("%s: %s", occurrence_id, error)


def compose(runtime: Runtime, work: Work, claim: Claim) -> Work:
    """Fetch, compose and save the snapshot; return the work with what the ledger wrote.

    Raise SourceUnavailable while missing data is worth waiting for, LedgerError when the claim was lost.
    """
    record, now = work.record, runtime.clock.now()
    levels = {pending.delivery.recipient.agents for pending in work.deliveries}
    if is_alert(record.occurrence):
        composed = ComposedEditions(runtime.compose_alert(runtime.ledger, record, levels, now))
    else:
        composed = compose_record(runtime, record, levels)
    written = _save(runtime, record, claim, composed, asked_at=now)
    if written is None:
        raise _claim_lost(record)
    return replace(work, record=written, editions=composed.editions)


def _save(
    runtime: Runtime, record: OccurrenceRecord, claim: Claim, composed: ComposedEditions, asked_at: datetime
) -> OccurrenceRecord | None:
    ledger, now = runtime.ledger, runtime.clock.now()
    summary = "" if is_alert(record.occurrence) else composed.fetch_summary(asked_at)
    disposition = decide(record, composed, now)
    match disposition.decision:
        case Decision.RETRY:
            raise SourceUnavailable(disposition.reason)
        case Decision.SUPPRESS:
            # Later trends need the figures; agents' names are of no use to them.
            nameless = {Agents.NONE: composed.editions[Agents.NONE]}
            return runtime.patiently(
                lambda: ledger.suppress(claim, nameless, disposition.reason, now, log=summary)
            )
        case _:
            editions, held = composed.editions, disposition.reason
            return runtime.patiently(
                lambda: ledger.save_snapshot(claim, editions, now, held=held, log=summary)
            )


def fan_out_children(runtime: Runtime, work: Work, claim: Claim) -> Work:
    """Plan one occurrence for each group or agent, in one transaction. Raise as `fan_out`."""
    record, ledger = work.record, runtime.ledger
    previous = last_dues(ledger, record.definition, record.occurrence.due)
    fan = fan_out(record.definition, record.occurrence, runtime.source(), previous)
    now = runtime.clock.now()
    written = ledger.fan_out(claim, fan.children, fan.summary, is_late(record, now), now)
    if written is None:
        raise _claim_lost(record)
    return replace(work, record=written)


def _after_composing(runtime: Runtime, work: Work, lane: str) -> RunResult:
    record, id = work.record, work.record.occurrence.id
    if record.definition.for_each:
        return RunResult(id, expanded=True)
    if record.state is OccurrenceState.SKIPPED:
        return RunResult(id, skipped=record.reason)
    if record.state is OccurrenceState.HELD:
        error = EditionHeld(f"{id} is held. {record.reason} {release_or_discard(id)}")
        return RunResult(id, errors=(error,), held=(id,))
    if lane == COMPOSE and work.deliveries:
        return RunResult(id, errors=_incomplete(work.editions))
    if lane:
        of_lane = (one for one in work.deliveries if one.delivery.recipient.channel == lane)
        return deliver_all(runtime, replace(work, deliveries=tuple(of_lane)))
    result = deliver_all(runtime, work)
    return replace(result, errors=(*_incomplete(work.editions), *result.errors))


def deliver_all(runtime: Runtime, work: Work) -> RunResult:
    """Attempt each delivery that is ready once, then finish the occurrence if all of them ended.

    One recipient's failure never stops the others.
    """
    occurrence_id = work.record.occurrence.id
    sent: list[Delivered] = []
    errors: list[BotError] = []
    for pending in work.deliveries:
        if runtime.stopping():
            break
        try:
            with about(DELIVERY, pending.delivery.key):
                receipt = deliver(runtime, work, pending)
        except TemplateFailed as error:  # the same file fails for every recipient: report it once
            errors += [error] if str(error) not in map(str, errors) else []
        except BotError as error:
            errors.append(_with_address(error, pending.delivery))
            work = replace(work, open_circuits=runtime.ledger.open_circuits())
        else:
            sent += [Delivered(pending.delivery, receipt)] if receipt else []
    try:
        runtime.patiently(lambda: runtime.ledger.finish(occurrence_id, runtime.clock.now()))
    except LedgerError as error:  # `reap` finishes it later
        errors.append(error)
    return RunResult(occurrence_id, tuple(sent), tuple(errors))


def deliver(runtime: Runtime, work: Work, pending: DeliveryRecord) -> Receipt | None:
    """Attempt one delivery; return None when there is nothing to do now.

    What fails before the claim (the channel, the rendition) was not sent. Raise BotError after the outcome
    is written.
    """
    delivery, recipient, now = pending.delivery, pending.delivery.recipient, runtime.clock.now()
    waits = pending.not_before is not None and pending.not_before > now
    if pending.state is not DeliveryState.READY or waits:
        return None
    circuit = blocking_circuit(work.open_circuits, recipient.channel, now)
    if circuit is not None:
        wait_or_expire(runtime.ledger, work.record, pending, circuit, now)
        return None
    if delivery.kind is not DeliveryKind.TEST and now > deadline(work.record):
        reason = too_late(work.record, pending, work.open_circuits)
        runtime.ledger.expire(delivery, reason, now)
        raise DeliveryError(reason, Retryability.PERMANENT)
    try:
        channel = runtime.channels[recipient.channel]
        rendition = _render(runtime, work, delivery)
        replaced = message_before(runtime.ledger, work.record.occurrence, recipient)
    except Exception as cause:
        error, now = as_bot_error(cause), runtime.clock.now()
        outcome = retry_or_fail(str(error), work.record, pending, now)
        runtime.ledger.fail_before_sending(delivery, outcome, now)
        raise error from cause
    now = runtime.clock.now()
    summary = f"{recipient.channel} {recipient.address}: {describe(rendition)}"
    summary, token = "" if pending.attempts else summary, secrets.token_hex(8)
    claim = runtime.patiently(lambda: runtime.ledger.claim_delivery(delivery, now, log=summary, token=token))
    if claim is None:
        return None
    runtime.progress(f"sending to {recipient.channel} {recipient.address}")
    try:
        if replaced and isinstance(channel, Replacing):
            receipt = channel.replace(delivery, rendition, replaced, now)
        else:
            receipt = channel.send(delivery, rendition, now)
    except DeliveryError as failure:
        _finish_failed(runtime, work.record, pending, claim, failure)
        raise
    _finish_sent(runtime, claim, receipt, recipient.address)
    return receipt


def _render(runtime: Runtime, work: Work, delivery: Delivery) -> Rendition:
    occurrence, recipient = work.record.occurrence, delivery.recipient
    edition = work.editions.get(recipient.agents)
    if edition is None:
        raise UsageError(
            f"what it said is no longer kept (retention); fetch it anew: {refetch(occurrence.id)}"
        )
    if not is_alert(occurrence):
        # A person released it: the edition states the doubt, the operators' mark is not for readers.
        edition = replace(edition, unverified=False)
    if is_late(work.record, runtime.clock.now()):
        edition = replace(edition, late_text=late_text(work.record.definition, occurrence))
    marking = "TEST" if delivery.kind is DeliveryKind.TEST else ""
    return render(runtime.renderer, edition, recipient, marking=marking)


def _finish_failed(
    runtime: Runtime, record: OccurrenceRecord, pending: DeliveryRecord, claim: Claim, error: DeliveryError
) -> None:
    channel, now = pending.delivery.recipient.channel, runtime.clock.now()
    if isinstance(error, ChannelStopped):
        credential = runtime.credentials.get(channel, "")
        runtime.patiently(lambda: trip(runtime.ledger, channel, error, credential, now))
    outcome = after_attempt(error, record, pending, now)
    runtime.patiently(lambda: runtime.ledger.finish_attempt(claim, outcome, now))


def _finish_sent(runtime: Runtime, claim: Claim, receipt: Receipt, address: str) -> None:
    """Write the receipt. Raise DeliveryError when that fails: the delivery is reconciled later."""
    accepted = f"{address} took it ({receipt.provider_id}), but"
    outcome = Outcome(DeliveryState.SENT, receipt)
    try:
        is_written = runtime.patiently(
            lambda: runtime.ledger.finish_attempt(claim, outcome, runtime.clock.now())
        )
    except LedgerError as error:
        text = f"{accepted} that could not be written down: {error}"
        raise DeliveryError(text, Retryability.UNKNOWN) from error
    if not is_written:
        raise DeliveryError(f"{accepted} the claim was lost meanwhile", Retryability.UNKNOWN)


def _claim_lost(record: OccurrenceRecord) -> LedgerError:
    return LedgerError(f"{record.occurrence.id} was taken over by another process meanwhile")


def _set_aside(runtime: Runtime, record: OccurrenceRecord, now: datetime) -> RunResult:
    """Leave what crashed three processes alone for a while: the fourth try decides."""
    id = record.occurrence.id
    if not runtime.ledger.set_aside(id, SET_ASIDE, now + SET_ASIDE_FOR, now):
        return RunResult(id, busy=True)
    return RunResult(id, errors=(BotError(f"{id}: {SET_ASIDE}"),))


def _park(runtime: Runtime, record: OccurrenceRecord, now: datetime) -> RunResult:
    """Fail what crashed one process after another: it is not tried again before a person asks."""
    id = record.occurrence.id
    if not runtime.ledger.park(id, PARKED, now):
        return RunResult(id, busy=True)
    return RunResult(id, errors=(BotError(f"{id}: {PARKED}"),))


def _postpone(runtime: Runtime, record: OccurrenceRecord, claim: Claim, error: BotError) -> RunResult:
    """Retry composing later; waiting for the rate limit counts as no attempt."""
    now = runtime.clock.now()
    counted = not isinstance(error, SourceBusy)
    again = next_fetch(record, error, now)
    runtime.patiently(lambda: runtime.ledger.postpone(claim, str(error), again, now, counted=counted))
    return RunResult(record.occurrence.id, errors=(error,))


def as_bot_error(error: Exception) -> BotError:
    """Return the error itself if it is meant for people; else log the bug with its traceback."""
    if isinstance(error, BotError):
        return error
    log.error("unexpected error", exc_info=error)
    return BotError(f"this is a bug: {type(error).__name__}; the log has its place")


def _with_address(error: BotError, delivery: Delivery) -> BotError:
    """Return the error with the address in front, as a copy: a channel may raise the same one again."""
    address = delivery.recipient.address
    if address in str(error):
        return error
    named = type(error).__new__(type(error))
    named.__dict__.update(error.__dict__)
    named.args = (f"{address}: {error}",)
    return named


def _incomplete(editions: Mapping[Agents, Edition]) -> tuple[SourceError, ...]:
    """Return what could not be loaded: the edition goes out marked, and the exit status is 3."""
    sentences = dict.fromkeys(s for edition in editions.values() for s in edition.incomplete)
    return tuple(SourceError(sentence) for sentence in sentences)
