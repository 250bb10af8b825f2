"""What one occurrence says: its answers gathered and composed, for each way of showing agents."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.compose import compose
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
class Said:
    """What an occurrence says for each way of showing agents, and what is known of its filter.

    `fetched_at`: when each answer behind it was fetched (UTC).
    """

    editions: Mapping[Agents, Edition]
    filtering: Filtering = NO_FILTER
    fetched_at: tuple[datetime, ...] = ()

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


def compose_editions(
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
) -> Said:
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
    return Said(editions, dataset.filtering, _fetched_at(dataset))


def _fetched_at(dataset: Dataset) -> tuple[datetime, ...]:
    slots = (*dataset.current.values(), *dataset.previous.values())
    return tuple(slot.fetched_at for slot in slots if not isinstance(slot, Unavailable))
