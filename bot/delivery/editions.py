"""Fetch the data of one occurrence, compose one edition per agent-visibility level, and decide what to do.

`decide` is pure: send, suppress (`send_when`, `when_empty`), hold for a person, or fetch again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from bot.compose import compose
from bot.compose.conditions import nothing_came_in, reason_to_suppress, shortened
from bot.delivery.corrections import corrected
from bot.delivery.retry_policy import is_late, next_fetch
from bot.delivery.runtime import Runtime
from bot.errors import SourceUnavailable
from bot.model import (
    Agents,
    Clock,
    Dataset,
    Digest,
    Edition,
    Filtering,
    FilterState,
    NamedId,
    Occurrence,
    OccurrenceRecord,
    PastEdition,
    Progress,
    Source,
    Unavailable,
    corrected_by,
)
from bot.source.gather import gather
from bot.timetable import compared_window

NO_FILTER = Filtering()

PAST_EDITIONS = 8
"""How many earlier editions a new one is compared with."""


@dataclass(frozen=True, slots=True)
class CompositionRequest:
    """What to compose: one edition of `occurrence` for each of `levels`.

    `keep_seconds`: how long files are kept, if the edition is to say so. `refetch_since` (UTC): ignore
    answers from before, even final ones.
    """

    digest: Digest
    occurrence: Occurrence
    levels: Iterable[Agents]
    sample: bool = False
    late: bool = False
    past: Sequence[PastEdition] = ()
    keep_seconds: float | None = None
    refetch_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ComposedEditions:
    """The editions of an occurrence by visibility level, and what is known of its filter.

    `fetched_at`: when each answer behind them was fetched (UTC). `suppressed`: why they are sent to nobody,
    by the digest's `send_when` and `when_empty`; '' when they are sent. `renamed`: which name means another
    id than it did last time.
    """

    editions: Mapping[Agents, Edition]
    filtering: Filtering = NO_FILTER
    fetched_at: tuple[datetime, ...] = ()
    suppressed: str = ""
    renamed: str = ""

    def fetch_summary(self, since: datetime) -> str:
        """Return '9 answers: 7 asked for now, 2 kept from earlier'."""
        count = len(self.fetched_at)
        cached = sum(at < since for at in self.fetched_at)
        earlier = f", {cached} kept from earlier" if cached else ""
        return f"{count} {'answer' if count == 1 else 'answers'}: {count - cached} asked for now{earlier}"

    @property
    def held(self) -> str:
        """Why a person must release them; '' when they may be sent."""
        doubtful = self.filtering.state in (FilterState.UNVERIFIED, FilterState.IGNORED)
        return " ".join(filter(None, (self.filtering.reason if doubtful else "", self.renamed)))

    @property
    def incomplete(self) -> tuple[str, ...]:
        """What could not be loaded, a sentence each."""
        return tuple(dict.fromkeys(s for edition in self.editions.values() for s in edition.incomplete))


class Decision(Enum):
    """What to do with composed editions."""

    SEND = auto()
    SUPPRESS = auto()
    HOLD = auto()
    RETRY = auto()


@dataclass(frozen=True, slots=True)
class Disposition:
    """A decision and its reason, '' for SEND."""

    decision: Decision
    reason: str = ""


def compose_record(runtime: Runtime, record: OccurrenceRecord, levels: set[Agents]) -> ComposedEditions:
    """Compose a planned occurrence against its past editions.

    The level without agents is always composed: it is kept for later trends when names are pruned. A
    correction refetches everything, and lists what changed against the version before.
    """
    occurrence = record.occurrence
    request = CompositionRequest(
        record.definition,
        occurrence,
        levels | {Agents.NONE},
        sample=runtime.sample,
        late=is_late(record, runtime.clock.now()),
        past=runtime.ledger.past(corrected_by(occurrence), PAST_EDITIONS),
        keep_seconds=runtime.retention.artifacts_seconds,
        refetch_since=record.planned_at if occurrence.number else None,
    )
    composed = compose_occurrence(runtime.source(), request, runtime.clock, runtime.progress)
    if not occurrence.number:
        return composed
    editions = corrected(runtime.ledger, record, composed.editions, runtime.clock.now())
    return replace(composed, editions=editions)


def compose_occurrence(
    source: Source, request: CompositionRequest, clock: Clock, progress: Progress
) -> ComposedEditions:
    """Fetch and compose, without a ledger. Raise SourceError, UsageError."""
    digest, occurrence = request.digest, request.occurrence
    compared = compared_window(occurrence.window, digest.window, digest.compare)
    refetch = request.refetch_since is not None
    dataset = gather(
        source,
        digest,
        occurrence.window,
        compared,
        request.refetch_since or occurrence.due,
        progress,
        anew=refetch,
    )
    fetched_at = clock.now()
    editions = {
        agents: compose(
            digest,
            occurrence,
            dataset,
            agents=agents,
            fetched_at=fetched_at,
            sample=request.sample,
            late=request.late,
            past=request.past,
            keep_seconds=request.keep_seconds,
        )
        for agents in sorted(set(request.levels))
    }
    suppressed = _suppressed(digest, next(iter(editions.values())), dataset) if editions else ""
    if digest.when_empty == "note" and nothing_came_in(dataset):
        editions = {agents: shortened(edition) for agents, edition in editions.items()}
    renamed = "" if occurrence.number else _renamed(dataset.ids, request.past)
    return ComposedEditions(editions, dataset.filtering, _fetch_times(dataset), suppressed, renamed)


def _renamed(ids: Iterable[NamedId], past: Sequence[PastEdition]) -> str:
    """Return which names mean another id than in the latest edition that went out, and what to do; or ''."""
    latest = next((one.edition.ids for one in past if one.published and one.edition.ids), ())
    before = {named.name: named.id for named in latest}
    changed = [
        f"{named.name} is id {named.id}, and was id {before[named.name]} in the last edition."
        for named in ids
        if before.get(named.name, named.id) != named.id
    ]
    if not changed:
        return ""
    return (
        f"{' '.join(changed)} These may be other people's figures. If the name is right, release this "
        "edition: the new id is remembered. If not, write the id into reports.yaml and discard this edition."
    )


def decide(record: OccurrenceRecord, composed: ComposedEditions, now: datetime) -> Disposition:
    """Decide what to do with composed editions at `now` (UTC).

    A hold takes precedence: conditions are not judged on figures that may be other people's. A correction
    ignores conditions, because readers already have the earlier version.
    """
    if composed.held:
        return Disposition(Decision.HOLD, composed.held)
    if composed.incomplete and record.definition.if_incomplete == "hold":
        return _retry_or_hold(record, " ".join(composed.incomplete), now)
    if composed.suppressed and not record.occurrence.number:
        return Disposition(Decision.SUPPRESS, composed.suppressed)
    return Disposition(Decision.SEND)


def _retry_or_hold(record: OccurrenceRecord, incomplete: str, now: datetime) -> Disposition:
    """Fetch again within the grace; after it a person decides, and a release sends it marked."""
    waiting = f"It is not sent incomplete (if_incomplete: hold). {incomplete}"
    if next_fetch(record, SourceUnavailable(waiting), now) is not None:
        return Disposition(Decision.RETRY, waiting)
    held = f"{incomplete} It stayed so until its grace ended (if_incomplete: hold)."
    return Disposition(Decision.HOLD, held)


def _suppressed(digest: Digest, edition: Edition, dataset: Dataset) -> str:
    # send_when first: a window without messages misses no target either.
    if reason := reason_to_suppress(digest, dataset, edition):
        return f"{reason} (send_when)"
    is_empty = digest.when_empty == "skip" and nothing_came_in(dataset)
    return "nothing came in (when_empty: skip)" if is_empty else ""


def _fetch_times(dataset: Dataset) -> tuple[datetime, ...]:
    slots = (*dataset.current.values(), *dataset.previous.values())
    return tuple(slot.fetched_at for slot in slots if not isinstance(slot, Unavailable))
