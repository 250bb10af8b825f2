"""One occurrence, step by step. Read this file first.

> A **digest** recurs. Each **occurrence** of it covers a **window**. For it we **fetch** a **dataset**,
> **compose** an **edition**, **render** it as **renditions**, and **deliver** them through **channels**;
> the **ledger** remembers.

    ledger.outstanding → source.fetch → compose → ledger.keep
        → render → ledger.claim → channel.send → ledger.settle

What was kept is never composed again: a retry tomorrow says what was said today. What was sent is
never sent again: `sending` is on disk before the first byte leaves.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.delivery.circuit_breaker import open_circuit, trip, wait_or_expire
from bot.delivery.corrections import corrected, message_before
from bot.delivery.disposition import Conclusion, conclude
from bot.delivery.editions import ComposedEditions, compose_occurrence
from bot.delivery.fan_out import fan_out
from bot.delivery.occurrences import is_alert, last_dues
from bot.delivery.retry_policy import after_attempt, next_fetch, retry_or_fail
from bot.errors import (
    BotError,
    ChannelAuthError,
    DeliveryError,
    EditionHeld,
    LedgerError,
    Retryability,
    SourceBusy,
    SourceError,
    TemplateFailed,
    UsageError,
)
from bot.ledger import Ledger
from bot.lib.hints import release_or_discard
from bot.lib.keep_alive import KeepAlive
from bot.model import (
    Agents,
    Channel,
    Claim,
    Clock,
    Delivery,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    Edition,
    Occurrence,
    OccurrenceRecord,
    OccurrenceState,
    Outcome,
    Progress,
    Receipt,
    Rendition,
    Replacing,
    Retention,
    Source,
    corrected_by,
)
from bot.render import Renderer, describe, render

log = logging.getLogger("bot.delivery.pipeline")

KEPT = Retention()

PAST_EDITIONS = 8
"""Earlier editions that a new one is compared with: what was published, and the usual range."""

MAX_CRASHES = 3
PARKED = "its work ended the process three times; parked"
"""What kills one process after another is not begun again before a person asks."""


ComposeAlert = Callable[[Ledger, OccurrenceRecord, Iterable[Agents], datetime], Mapping[Agents, Edition]]
"""Compose the editions of an alert from the ledger, as of an instant (UTC)."""


def no_alerts(
    ledger: Ledger, alert: OccurrenceRecord, wanted: Iterable[Agents], now: datetime
) -> Mapping[Agents, Edition]:
    """Raise LedgerError: this runtime delivers no alerts."""
    raise LedgerError(f"{alert.occurrence.id} is an alert, and nothing here composes alerts")


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything one run needs, wired by `bot.app`.

    `compose_alert` composes what operators read; `sample` marks invented data; `retention` says until when
    files are kept; once `stopping` returns True, no further delivery begins. `credentials` are hashes of the
    secrets, by channel.
    """

    source: Source
    ledger: Ledger
    channels: Mapping[str, Channel]
    renderer: Renderer
    clock: Clock
    progress: Progress
    compose_alert: ComposeAlert = no_alerts
    sample: bool = False
    retention: Retention = KEPT
    stopping: Callable[[], bool] = lambda: False
    credentials: Mapping[str, str] = field(default_factory=dict)

    def close(self) -> None:
        """Let go of the channels' connections; a later send opens new ones."""
        for channel in self.channels.values():
            channel.close()


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery of this run that the provider accepted."""

    delivery: Delivery
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class RunResult:
    """What one run of an occurrence did. `errors` are in the order of the steps; the first exits.

    `skipped`: why it was composed and goes to nobody; `expanded`: it goes out as its slices, planned now;
    `held`: ids of real occurrences that wait for a person.
    """

    occurrence: str
    sent: tuple[Delivered, ...] = ()
    errors: tuple[BotError, ...] = ()
    busy: bool = False
    skipped: str = ""
    expanded: bool = False
    held: tuple[str, ...] = ()

    def plus(self, others: "Iterable[RunResult]") -> "RunResult":
        """Return this result with the deliveries, errors and held ids of others after its own."""
        results = (self, *others)
        return replace(
            self,
            sent=tuple(delivered for result in results for delivered in result.sent),
            errors=tuple(error for result in results for error in result.errors),
            held=tuple(id for result in results for id in result.held),
        )


def run_occurrence(runtime: Runtime, record: OccurrenceRecord) -> RunResult:
    """Fetch, compose and keep what is not kept yet; then deliver what is ready.

    What ended three processes at work on it ends as failed instead.
    """
    occurrence = record.occurrence
    work = runtime.ledger.start_work(occurrence.id)
    try:
        parked = work is not None and work.crash_count >= MAX_CRASHES
        return _park(runtime, occurrence) if parked else _run(runtime, record)
    finally:
        _leave(runtime, occurrence)


def _leave(runtime: Runtime, occurrence: Occurrence) -> None:
    """A ledger that cannot be written to now must not hide what was sent."""
    try:
        runtime.ledger.end_work(occurrence.id)
    except LedgerError as error:
        log.error("%s: %s", occurrence.id, error)


def _park(runtime: Runtime, occurrence: Occurrence) -> RunResult:
    if not runtime.ledger.park(occurrence.id, PARKED, runtime.clock.now()):
        return RunResult(occurrence.id, busy=True)
    return RunResult(occurrence.id, errors=(BotError(f"{occurrence.id}: {PARKED}"),))


def _run(runtime: Runtime, record: OccurrenceRecord) -> RunResult:
    if record.definition.for_each:
        return _expand(runtime, record)
    occurrence = record.occurrence
    editions = runtime.ledger.editions(occurrence.id)
    if not editions:
        claim = runtime.ledger.claim_occurrence(occurrence.id, runtime.clock.now())
        if claim is None:
            return RunResult(occurrence.id, busy=True)
        try:
            with _renewed(runtime, claim):
                editions = say(runtime, record, claim)
        except Exception as error:
            _postpone(runtime, record, claim, as_bot_error(error))
            return RunResult(occurrence.id, errors=(as_bot_error(error),))
    stopped = _kept_back(runtime, occurrence) or _held(runtime, occurrence)
    if stopped is not None:
        return stopped
    sent, errors = _deliver_all(runtime, record, editions)
    errors += _close(runtime, occurrence)
    return RunResult(occurrence.id, tuple(sent), (*_incomplete(editions), *errors))


def _renewed(runtime: Runtime, claim: Claim) -> KeepAlive:
    """Return a context manager that renews `claim`. A lost claim shows when the ledger is written."""
    return KeepAlive(lambda: runtime.ledger.renew(claim, runtime.clock.now()), f"the claim on {claim.key}")


def _expand(runtime: Runtime, record: OccurrenceRecord) -> RunResult:
    """Plan one occurrence for each group or agent, all at once with its own end."""
    ledger, occurrence = runtime.ledger, record.occurrence
    claim = ledger.claim_occurrence(occurrence.id, runtime.clock.now())
    if claim is None:
        return RunResult(occurrence.id, busy=True)
    try:
        with _renewed(runtime, claim):
            made = fan_out(
                record.definition,
                occurrence,
                runtime.source,
                last_dues(ledger, record.definition, occurrence.due),
            )
        if not ledger.fan_out(claim, made.slices, made.words, record.late, runtime.clock.now()):
            raise LedgerError(f"{occurrence.id} was taken over by another process meanwhile")
    except Exception as error:
        _postpone(runtime, record, claim, as_bot_error(error))
        return RunResult(occurrence.id, errors=(as_bot_error(error),))
    return RunResult(occurrence.id, expanded=True)


def _kept_back(runtime: Runtime, occurrence: Occurrence) -> RunResult | None:
    """The end of one that its digest's conditions keep back."""
    record = runtime.ledger.occurrence(occurrence.id)
    if record is None or record.state is not OccurrenceState.SKIPPED:
        return None
    return RunResult(occurrence.id, skipped=record.reason)


def _close(runtime: Runtime, occurrence: Occurrence) -> list[LedgerError]:
    """End it if that was all; what cannot be ended now is ended by the next `reap`."""
    try:
        runtime.ledger.finish(occurrence.id, runtime.clock.now())
    except LedgerError as error:
        return [error]
    return []


def _held(runtime: Runtime, occurrence: Occurrence) -> RunResult | None:
    """The end of one that a person must release: the readers get nothing."""
    record = runtime.ledger.occurrence(occurrence.id)
    if record is None or record.state is not OccurrenceState.HELD:
        return None
    error = EditionHeld(f"{occurrence.id} is held. {record.reason} {release_or_discard(occurrence.id)}")
    return RunResult(occurrence.id, errors=(error,), held=(occurrence.id,))


def _deliver_all(
    runtime: Runtime, record: OccurrenceRecord, editions: Mapping[Agents, Edition]
) -> tuple[list[Delivered], list[BotError]]:
    """One attempt at each duty; one recipient's failure never stops the others."""
    sent: list[Delivered] = []
    errors: list[BotError] = []
    for duty in runtime.ledger.deliveries(record.occurrence.id):
        if runtime.stopping():
            break
        try:
            receipt = deliver(runtime, record, duty, editions)
        except TemplateFailed as error:
            # It is about a file, not about whoever would have got it: once is enough.
            errors += [error] if str(error) not in map(str, errors) else []
        except BotError as error:
            errors.append(_naming(error, duty))
        else:
            sent += [Delivered(duty.delivery, receipt)] if receipt else []
    return sent, errors


def say(runtime: Runtime, record: OccurrenceRecord, claim: Claim) -> Mapping[Agents, Edition]:
    """Fetch, compose for every way of showing agents that a recipient wants, freeze it; held if need be.

    Raises SourceUnavailable where the digest rather waits for what could not be loaded.
    """
    wanted = {duty.delivery.recipient.agents for duty in runtime.ledger.deliveries(record.occurrence.id)}
    if is_alert(record.occurrence):
        said = ComposedEditions(runtime.compose_alert(runtime.ledger, record, wanted, runtime.clock.now()))
    else:
        said = _fetch_and_compose(runtime, record, wanted)
    conclusion = conclude(record, said, runtime.clock.now())
    if not _freeze(runtime.ledger, claim, said, conclusion, runtime.clock.now()):
        raise LedgerError(f"{record.occurrence.id} was taken over by another process meanwhile")
    return said.editions


def _freeze(
    ledger: Ledger, claim: Claim, said: ComposedEditions, conclusion: Conclusion, now: datetime
) -> bool:
    """Freeze what is said; of what goes to nobody only what names no agent, for later trends."""
    if not conclusion.kept_back:
        return ledger.save_snapshot(claim, said.editions, now, held=conclusion.held) is not None
    nameless: Mapping[Agents, Edition] = {Agents.NONE: said.editions[Agents.NONE]}
    return ledger.suppress(claim, nameless, conclusion.kept_back, now) is not None


def _fetch_and_compose(runtime: Runtime, record: OccurrenceRecord, wanted: set[Agents]) -> ComposedEditions:
    """What the answers say. A correction's are asked for anew, and compared with what was sent before.

    The edition without agents is kept for later trends, when those with their names are gone.
    """
    occurrence, asked_at = record.occurrence, runtime.clock.now()
    said = compose_occurrence(
        runtime.source,
        record.definition,
        occurrence,
        wanted | {Agents.NONE},
        runtime.clock,
        runtime.progress,
        runtime.sample,
        record.late,
        runtime.ledger.past(corrected_by(occurrence), PAST_EDITIONS),
        keep_seconds=runtime.retention.artifacts_seconds,
        anew_since=record.planned_at if occurrence.number else None,
    )
    runtime.ledger.log_event(occurrence.id, said.asked_words(asked_at), runtime.clock.now())
    if not occurrence.number:
        return said
    return replace(said, editions=corrected(runtime.ledger, record, said.editions, runtime.clock.now()))


def _naming(error: BotError, duty: DeliveryRecord) -> BotError:
    """The error with whom it is about in front, unless it says so."""
    address = duty.delivery.recipient.address
    if address not in str(error):
        error.args = (f"{address}: {error}",)
    return error


def deliver(
    runtime: Runtime, record: OccurrenceRecord, duty: DeliveryRecord, editions: Mapping[Agents, Edition]
) -> Receipt | None:
    """One attempt at one delivery; None when there is nothing to do.

    The channel and the rendition come before the claim: what fails there was surely not sent. Through a
    stopped channel nothing goes. Raises BotError, after settling.
    """
    now = runtime.clock.now()
    if duty.state is not DeliveryState.READY or _waits(duty, now):
        return None
    stop = open_circuit(runtime.ledger, duty.delivery.recipient.channel, now)
    if stop is not None:
        wait_or_expire(runtime.ledger, record, duty, stop, now)
        return None
    try:
        channel = runtime.channels[duty.delivery.recipient.channel]
        rendition = _render(runtime, record.occurrence, duty.delivery, editions)
        if not duty.attempts:
            whom = f"{duty.delivery.recipient.channel} {duty.delivery.recipient.address}"
            runtime.ledger.log_event(
                duty.delivery.occurrence, f"{whom}: {describe(rendition)}", runtime.clock.now()
            )
    except Exception as error:
        _settle_before_sending(runtime, record, duty, as_bot_error(error))
        raise as_bot_error(error) from error
    claim = runtime.ledger.claim_delivery(duty.delivery, runtime.clock.now())
    if claim is None:
        return None
    with _renewed(runtime, claim):
        return _send(runtime, record, duty, claim, channel, rendition)


def _waits(duty: DeliveryRecord, now: datetime) -> bool:
    return duty.not_before is not None and duty.not_before > now


def _render(
    runtime: Runtime, occurrence: Occurrence, delivery: Delivery, editions: Mapping[Agents, Edition]
) -> Rendition:
    recipient = delivery.recipient
    marking = "TEST" if delivery.kind is DeliveryKind.TEST else ""
    edition = editions.get(recipient.agents)
    if edition is None:
        again = f"digestbot resend {occurrence.id} --refetch"
        raise UsageError(f"what it said is no longer kept (retention); fetch it anew: {again}")
    if not is_alert(occurrence):
        # A person released it: what was doubtful is said in it, the operators' mark is not for readers.
        edition = replace(edition, unverified=False)
    return render(runtime.renderer, edition, recipient, marking=marking)


def _send(
    runtime: Runtime,
    record: OccurrenceRecord,
    duty: DeliveryRecord,
    claim: Claim,
    channel: Channel,
    rendition: Rendition,
) -> Receipt:
    recipient = duty.delivery.recipient
    runtime.progress(f"sending to {recipient.channel} {recipient.address}")
    try:
        receipt = _hand_over(runtime, record, duty, channel, rendition)
    except DeliveryError as error:
        if isinstance(error, ChannelAuthError):
            credential = runtime.credentials.get(recipient.channel, "")
            trip(runtime.ledger, recipient.channel, error, credential, runtime.clock.now())
        outcome = after_attempt(error, record, duty, runtime.clock.now())
        runtime.ledger.finish_attempt(claim, outcome, runtime.clock.now())
        raise
    _write_down(runtime, claim, receipt, recipient.address)
    return receipt


def _write_down(runtime: Runtime, claim: Claim, receipt: Receipt, address: str) -> None:
    """Settle as sent. Raises DeliveryError: what was accepted and is not written down is looked up later."""
    took = f"{address} took it ({receipt.provider_id}), but"
    try:
        settled = runtime.ledger.finish_attempt(
            claim, Outcome(DeliveryState.SENT, receipt), runtime.clock.now()
        )
    except LedgerError as error:
        raise DeliveryError(
            f"{took} that could not be written down: {error}", Retryability.UNKNOWN
        ) from error
    if not settled:
        raise DeliveryError(f"{took} the claim was lost meanwhile", Retryability.UNKNOWN)


def _hand_over(
    runtime: Runtime, record: OccurrenceRecord, duty: DeliveryRecord, channel: Channel, rendition: Rendition
) -> Receipt:
    """Send; a correction goes in the place of what was sent, where the channel can do that."""
    now = runtime.clock.now()
    before = message_before(runtime.ledger, record.occurrence, duty.delivery.recipient)
    if before and isinstance(channel, Replacing):
        return channel.replace(duty.delivery, rendition, before, now)
    return channel.send(duty.delivery, rendition, now)


def _settle_before_sending(
    runtime: Runtime, record: OccurrenceRecord, duty: DeliveryRecord, error: BotError
) -> None:
    """What fails before sending is tried again later: somebody may mend the template within the hour."""
    now = runtime.clock.now()
    claim = runtime.ledger.claim_delivery(duty.delivery, now)
    if claim is not None:
        runtime.ledger.finish_attempt(claim, retry_or_fail(str(error), record, duty, now), now)


def as_bot_error(error: Exception) -> BotError:
    """The error itself if it is meant for people; else a bug, logged with its traceback."""
    if isinstance(error, BotError):
        return error
    log.error("unexpected error", exc_info=error)
    return BotError(f"this is a bug: {type(error).__name__}; the log has its place")


def _postpone(runtime: Runtime, record: OccurrenceRecord, claim: Claim, error: BotError) -> None:
    """Fetching failed or must wait: it is tried again later."""
    now = runtime.clock.now()
    if isinstance(error, SourceBusy):
        again = now + timedelta(seconds=error.retry_after or 1.0)
        runtime.ledger.postpone(claim, str(error), again, now, counted=False)
    else:
        runtime.ledger.postpone(claim, str(error), next_fetch(record, error, now), now)


def _incomplete(editions: Mapping[Agents, Edition]) -> tuple[SourceError, ...]:
    """What could not be loaded, as errors: the edition goes out marked, and the exit status says 3."""
    sentences = dict.fromkeys(s for edition in editions.values() for s in edition.incomplete)
    return tuple(SourceError(sentence) for sentence in sentences)
