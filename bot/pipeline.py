"""One occurrence, step by step. Read this file first.

> A **digest** recurs. Each **occurrence** of it covers a **window**. For it we **fetch** a **dataset**,
> **compose** an **edition**, **render** it as **renditions**, and **deliver** them through **channels**;
> the **ledger** remembers.

    ledger.outstanding → source.fetch → compose → ledger.keep
        → render → ledger.claim → channel.send → ledger.settle

What was kept is never composed again: a retry tomorrow says what was said today. What was sent is
never sent again: `sending` is on disk before the first byte leaves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.compose import compose
from bot.errors import BotError, Certainty, DeliveryError, SourceError, TemplateFailed
from bot.model import (
    Agents,
    Channel,
    Claim,
    Clock,
    Delivery,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    Digest,
    Edition,
    Ledger,
    Occurrence,
    OccurrenceRecord,
    Outcome,
    Progress,
    Receipt,
    Rendition,
    Source,
)
from bot.render import RENDER, Renderer
from bot.source.gather import gather
from bot.timetable import compared_window

BACKOFF_MINUTES = (1, 5, 15, 60)
"""Waits after the first, second, third and every later retryable failure."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything one run needs, wired by `bot.app`. `sample` marks invented data."""

    source: Source
    ledger: Ledger
    channels: Mapping[str, Channel]
    renderer: Renderer
    clock: Clock
    progress: Progress
    sample: bool = False

    def close(self) -> None:
        """Let go of the channels' connections; a later send opens new ones."""
        for channel in self.channels.values():
            channel.close()


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery of this run that the provider accepted."""

    delivery: Delivery
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Ending:
    """What one run of an occurrence did. `errors` are in the order of the steps; `first` exits."""

    occurrence: str
    sent: tuple[Sent, ...] = ()
    errors: tuple[BotError, ...] = ()
    busy: bool = False


def run_occurrence(parts: Parts, record: OccurrenceRecord) -> Ending:
    """Fetch, compose and keep what is not kept yet; then deliver what is ready."""
    occurrence = record.occurrence
    editions = parts.ledger.editions(occurrence.id)
    if not editions:
        claim = parts.ledger.claim_occurrence(occurrence.id, parts.clock.now())
        if claim is None:
            return Ending(occurrence.id, busy=True)
        try:
            editions = say(parts, record, claim)
        except BotError as error:
            _postpone(parts, record, claim, error)
            return Ending(occurrence.id, errors=(error,))
    errors: list[BotError] = [*_incomplete(editions)]
    sent = []
    for duty in parts.ledger.deliveries(occurrence.id):
        try:
            receipt = deliver(parts, duty, editions)
        except BotError as error:
            errors.append(error)
        else:
            sent += [Sent(duty.delivery, receipt)] if receipt else []
    parts.ledger.close(occurrence.id, parts.clock.now())
    return Ending(occurrence.id, tuple(sent), tuple(errors))


def say(parts: Parts, record: OccurrenceRecord, claim: Claim) -> Mapping[Agents, Edition]:
    """Fetch, compose for every way of showing agents that a recipient wants, and freeze it."""
    keepalive = _Keepalive(parts, claim)
    wanted = {duty.delivery.recipient.agents for duty in parts.ledger.deliveries(record.occurrence.id)}
    editions = compose_editions(
        parts.source,
        record.definition,
        record.occurrence,
        wanted,
        parts.clock,
        keepalive,
        parts.sample,
        record.late,
    )
    parts.ledger.keep(keepalive.claim, editions, parts.clock.now())
    return parts.ledger.editions(record.occurrence.id) or editions


def compose_editions(
    source: Source,
    digest: Digest,
    occurrence: Occurrence,
    wanted: Iterable[Agents],
    clock: Clock,
    progress: Progress,
    sample: bool,
    late: bool = False,
) -> dict[Agents, Edition]:
    """The editions of one occurrence, without a ledger: what `preview` and `check` show too."""
    compared = compared_window(occurrence.window, digest.window, digest.compare)
    dataset = gather(source, digest, occurrence.window, compared, progress)
    fetched_at = clock.now()
    return {
        agents: compose(
            digest, occurrence, dataset, agents=agents, fetched_at=fetched_at, sample=sample, late=late
        )
        for agents in sorted(set(wanted))
    }


def deliver(parts: Parts, duty: DeliveryRecord, editions: Mapping[Agents, Edition]) -> Receipt | None:
    """One attempt at one delivery; None when there is nothing to do.

    Rendering comes before the claim. Raises TemplateFailed or DeliveryError, after settling.
    """
    if duty.state is not DeliveryState.READY:
        return None
    delivery = duty.delivery
    try:
        rendition = _render(parts, delivery, editions)
    except TemplateFailed as error:
        _settle_broken(parts, duty, error)
        raise
    claim = parts.ledger.claim_delivery(delivery, parts.clock.now())
    if claim is None:
        return None
    return _send(parts, duty, claim, rendition)


def _render(parts: Parts, delivery: Delivery, editions: Mapping[Agents, Edition]) -> Rendition:
    recipient = delivery.recipient
    marking = "TEST" if delivery.kind is DeliveryKind.TEST else ""
    return RENDER[recipient.channel](parts.renderer, editions[recipient.agents], recipient, marking)


def _send(parts: Parts, duty: DeliveryRecord, claim: Claim, rendition: Rendition) -> Receipt:
    recipient = duty.delivery.recipient
    parts.progress(f"sending to {recipient.channel} {recipient.address}")
    try:
        receipt = parts.channels[recipient.channel].send(duty.delivery, rendition, parts.clock.now())
    except DeliveryError as error:
        parts.ledger.settle(claim, _failure(error, duty.attempts + 1, parts.clock.now()), parts.clock.now())
        raise
    parts.ledger.settle(claim, Outcome(DeliveryState.SENT, receipt), parts.clock.now())
    return receipt


def _settle_broken(parts: Parts, duty: DeliveryRecord, error: TemplateFailed) -> None:
    """A template that fails is tried again later: somebody may mend it within the hour."""
    now = parts.clock.now()
    claim = parts.ledger.claim_delivery(duty.delivery, now)
    if claim is not None:
        again = retry_at(duty.attempts + 1, now)
        parts.ledger.settle(claim, Outcome(DeliveryState.READY, error=str(error), retry_at=again), now)


def retry_at(attempts: int, now: datetime, asked_seconds: float | None = None) -> datetime:
    """When to try again after `attempts` failures: 1, 5, 15, then every 60 minutes, or as asked."""
    minutes = BACKOFF_MINUTES[min(max(attempts, 1), len(BACKOFF_MINUTES)) - 1]
    return now + timedelta(seconds=max(minutes * 60.0, asked_seconds or 0.0))


def waited_seconds(attempts: int) -> float:
    """How long `attempts` failures have waited in all; compared with a digest's grace."""
    later = max(0, attempts - len(BACKOFF_MINUTES)) * BACKOFF_MINUTES[-1]
    return 60.0 * (sum(BACKOFF_MINUTES[:attempts]) + later)


def _failure(error: DeliveryError, attempts: int, now: datetime) -> Outcome:
    if error.certainty is Certainty.RETRYABLE:
        return Outcome(
            DeliveryState.READY, error=str(error), retry_at=retry_at(attempts, now, error.retry_after)
        )
    state = DeliveryState.UNKNOWN if error.certainty is Certainty.UNKNOWN else DeliveryState.FAILED
    return Outcome(state, error=str(error))


def _postpone(parts: Parts, record: OccurrenceRecord, claim: Claim, error: BotError) -> None:
    """Fetching failed: try again within the digest's grace, counted from the first try."""
    now = parts.clock.now()
    over = waited_seconds(record.attempts + 1) > record.definition.grace_seconds
    asked = getattr(error, "retry_after", None)
    again = None if over else retry_at(record.attempts + 1, now, asked)
    parts.ledger.postpone(claim, str(error), again, now)


def _incomplete(editions: Mapping[Agents, Edition]) -> tuple[SourceError, ...]:
    """What could not be loaded, as errors: the edition goes out marked, and the exit status says 3."""
    sentences = dict.fromkeys(s for edition in editions.values() for s in edition.incomplete)
    return tuple(SourceError(sentence) for sentence in sentences)


class _Keepalive:
    """A progress callback that also renews the claim, so that a long fetch keeps its lease."""

    def __init__(self, parts: Parts, claim: Claim) -> None:
        self._parts = parts
        self.claim = claim

    def __call__(self, text: str) -> None:
        self._parts.progress(text)
        self.claim = self._parts.ledger.renew(self.claim, self._parts.clock.now()) or self.claim
