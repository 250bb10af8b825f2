"""What one occurrence says: its answers gathered and composed, for each way of showing agents."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.compose import compose
from bot.compose.conditions import nothing_came_in, reason_to_suppress, shortened
from bot.model import (
    Agents,
    Clock,
    Dataset,
    Digest,
    Edition,
    Filtering,
    FilterState,
    Occurrence,
    PastEdition,
    Progress,
    Source,
    Unavailable,
)
from bot.source.gather import gather
from bot.timetable import compared_window

NO_FILTER = Filtering()


@dataclass(frozen=True, slots=True)
class ComposedEditions:
    """What an occurrence says for each way of showing agents, and what is known of its filter.

    `fetched_at`: when each answer behind it was fetched (UTC). `kept_back`: why it goes to nobody, by the
    digest's `send_when` and `when_empty`; '' when it goes out.
    """

    editions: Mapping[Agents, Edition]
    filtering: Filtering = NO_FILTER
    fetched_at: tuple[datetime, ...] = ()
    kept_back: str = ""

    def asked_words(self, since: datetime) -> str:
        """'9 answers: 7 asked for now, 2 kept from earlier'."""
        kept = sum(at < since for at in self.fetched_at)
        count = len(self.fetched_at)
        earlier = f", {kept} kept from earlier" if kept else ""
        return f"{count} {'answer' if count == 1 else 'answers'}: {count - kept} asked for now{earlier}"

    @property
    def held(self) -> str:
        """Why it must not go out by itself; '' when it may."""
        doubtful = self.filtering.state in (FilterState.UNVERIFIED, FilterState.IGNORED)
        return self.filtering.reason if doubtful else ""

    @property
    def incomplete(self) -> tuple[str, ...]:
        """What could not be loaded, a sentence each."""
        return tuple(dict.fromkeys(s for edition in self.editions.values() for s in edition.incomplete))


def compose_occurrence(
    source: Source,
    digest: Digest,
    occurrence: Occurrence,
    wanted: Iterable[Agents],
    clock: Clock,
    progress: Progress,
    sample: bool,
    late: bool = False,
    past: Sequence[PastEdition] = (),
    *,
    keep_seconds: float | None = None,
    anew_since: datetime | None = None,
) -> ComposedEditions:
    """The editions of one occurrence, without a ledger: what `preview` and `check` show too.

    `keep_seconds`: how long files are kept, where that is to be said. `anew_since` (UTC): no answer from
    before counts, not even a final one.
    """
    compared = compared_window(occurrence.window, digest.window, digest.compare)
    anew = anew_since is not None
    dataset = gather(
        source, digest, occurrence.window, compared, anew_since or occurrence.due, progress, anew=anew
    )
    fetched_at = clock.now()
    editions = {
        agents: compose(
            digest,
            occurrence,
            dataset,
            agents=agents,
            fetched_at=fetched_at,
            sample=sample,
            late=late,
            past=past,
            keep_seconds=keep_seconds,
        )
        for agents in sorted(set(wanted))
    }
    kept_back = _kept_back(digest, next(iter(editions.values())), dataset) if editions else ""
    if digest.when_empty == "note" and nothing_came_in(dataset):
        editions = {agents: shortened(edition) for agents, edition in editions.items()}
    return ComposedEditions(editions, dataset.filtering, _fetched_at(dataset), kept_back)


def _kept_back(digest: Digest, edition: Edition, dataset: Dataset) -> str:
    """Why it goes to nobody: `send_when` first, for nothing that came in misses no target either."""
    if why := reason_to_suppress(digest, dataset, edition):
        return f"{why} (send_when)"
    return (
        "nothing came in (when_empty: skip)"
        if digest.when_empty == "skip" and nothing_came_in(dataset)
        else ""
    )


def _fetched_at(dataset: Dataset) -> tuple[datetime, ...]:
    slots = (*dataset.current.values(), *dataset.previous.values())
    return tuple(slot.fetched_at for slot in slots if not isinstance(slot, Unavailable))
