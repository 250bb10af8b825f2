"""Fetch past windows afterwards, so that a first edition has its trend. Send nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.delivery.editions import ComposedEditions, CompositionRequest, compose_occurrence
from bot.delivery.fan_out import fan_out
from bot.delivery.occurrences import occurrence_of
from bot.delivery.runtime import Runtime
from bot.errors import BotError, EditionHeld, SourceError
from bot.model import Agents, Digest, Occurrence, OccurrenceState
from bot.timetable import Firing, latest_firing

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class BackfilledWindow:
    """One past window: whether it is kept now, was `known` before, or the `error` that prevented it."""

    occurrence: Occurrence
    known: bool = False
    error: BotError | None = None


def past_firings(digest: Digest, now: datetime, count: int) -> tuple[Firing, ...]:
    """Return the firings before the latest one, newest first; a paused or ended digest has them too."""
    running = replace(digest, paused=False, until=None)
    firings: list[Firing] = []
    firing = latest_firing(running, now)
    while firing is not None and len(firings) < count:
        firing = latest_firing(running, firing.due - SECOND)
        firings += [firing] if firing is not None else []
    return tuple(firings)


def backfill(runtime: Runtime, digest: Digest, count: int) -> Iterator[BackfilledWindow]:
    """Fetch, compose and keep the `count` windows before the latest, newest first.

    Skip what is kept already, so that an interrupted run continues where it stopped. The failure of one
    window, or of one slice of a `for_each` digest, never stops the next.
    """
    for firing in past_firings(digest, runtime.clock.now(), count):
        occurrence = occurrence_of(digest, firing, None)
        if not digest.for_each:
            yield _filled(runtime, digest, occurrence)
            continue
        for child in fan_out(digest, occurrence, runtime.source()).children:
            yield _filled(runtime, child.definition, child.occurrence)


def _filled(runtime: Runtime, digest: Digest, occurrence: Occurrence) -> BackfilledWindow:
    runtime.progress(f"{occurrence.id}: {occurrence.window.first_day} to {occurrence.window.last_day}")
    if _is_known(runtime, occurrence):
        return BackfilledWindow(occurrence, known=True)
    try:
        kept = _fill(runtime, digest, occurrence)
    except BotError as error:
        return BackfilledWindow(occurrence, error=error)
    return BackfilledWindow(occurrence, known=not kept)


def _is_known(runtime: Runtime, occurrence: Occurrence) -> bool:
    record = runtime.ledger.occurrence(occurrence.id)
    if record is None:
        return False
    return record.state is not OccurrenceState.SKIPPED or bool(runtime.ledger.editions(occurrence.id))


def _fill(runtime: Runtime, digest: Digest, occurrence: Occurrence) -> bool:
    """Fill one window. Raise SourceError when something could not be loaded: a gap beats half a window."""
    wanted = {recipient.agents for recipient in digest.recipients} | {Agents.NONE}
    request = CompositionRequest(digest, occurrence, wanted, sample=runtime.sample)
    composed = compose_occurrence(runtime.source(), request, runtime.clock, runtime.progress)
    _require_whole(composed, occurrence)
    return runtime.ledger.backfill(occurrence, digest, composed.editions, runtime.clock.now())


def _require_whole(composed: ComposedEditions, occurrence: Occurrence) -> None:
    if composed.held:
        raise EditionHeld(f"{occurrence.id} was not kept: {composed.held}")
    for edition in composed.editions.values():
        if edition.incomplete:
            raise SourceError(f"{occurrence.id} was not kept: {edition.incomplete[0]}")
