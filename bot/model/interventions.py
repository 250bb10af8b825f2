"""What people and upkeep do to the ledger, and what it can tell of what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.model.digest import Agents, Digest
from bot.model.edition import Edition
from bot.model.occurrence import Delivery, DeliveryState, Occurrence
from bot.model.records import OccurrenceRecord


class EventKind(StrEnum):
    """What happened to an occurrence; each attempt to send is an `Attempt` instead."""

    PLANNED = "planned"
    SKIPPED = "skipped"
    WAITED = "waited"
    POSTPONED = "postponed"
    GAVE_UP = "gave up"
    COMPOSED = "composed"
    HELD = "held"
    RELEASED = "released"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"
    REOPENED = "reopened"
    CORRECTED = "corrected"
    BACKFILLED = "backfilled"
    TAKEN_BACK = "taken back"
    ENDED = "ended"
    PRUNED = "pruned"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, at `at` (UTC); with `times` above one, again and again until `last_at`."""

    kind: EventKind
    at: datetime
    detail: str
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at one delivery that ended: `number` counts from 1, times are UTC.

    `state` is how this try ended (`ready`: surely not sent, tried again later); `detail` is the
    provider's words or the error's.
    """

    number: int
    owner: str
    started_at: datetime
    ended_at: datetime
    state: DeliveryState
    provider_id: str
    detail: str


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """What began to be kept before these instants (UTC) is to go.

    `artifacts`: editions that may name agents; `figures`: editions; `ledger`: what was sent to whom.
    """

    artifacts: datetime
    figures: datetime
    ledger: datetime


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many are gone: editions that may name agents, other editions, occurrences; and were discarded."""

    personal: int = 0
    figures: int = 0
    occurrences: int = 0
    discarded: int = 0


class Interventions(Protocol):
    """The part of the port `Ledger` that is not the daily way of an occurrence."""

    def attempts(self, delivery_key: str) -> tuple[Attempt, ...]:
        """Every ended try at a delivery, in order."""

    def events(self, occurrence_id: str) -> tuple[Event, ...]:
        """What happened to an occurrence, in order."""

    def note(self, occurrence_id: str, words: str, now: datetime) -> None:
        """Append something worth knowing to what happened."""

    def pause(self, digest: str, now: datetime) -> bool:
        """Firings of this digest are skipped from `now` on. False when it was paused already."""

    def resume(self, digest: str) -> datetime | None:
        """End the pause; since when (UTC) it was paused, None when it was not."""

    def paused(self) -> Mapping[str, datetime]:
        """Each paused digest, and since when (UTC)."""

    def correct(
        self,
        occurrence: Occurrence,
        correction: Occurrence,
        definition: Digest,
        deliveries: Sequence[Delivery],
        now: datetime,
    ) -> bool:
        """Plan a correction of `occurrence`, whose own duties that nobody got become `cancelled`.

        False when that correction was planned before.
        """

    def corrections(self, occurrence: Occurrence) -> tuple[OccurrenceRecord, ...]:
        """The corrections of an occurrence that is none itself, oldest first."""

    def backfill(
        self, occurrence: Occurrence, definition: Digest, editions: Mapping[Agents, Edition], now: datetime
    ) -> bool:
        """Keep what a past occurrence would have said; nobody gets it.

        False unless it is unknown, or was skipped without content.
        """

    def prune(self, cutoffs: Cutoffs, now: datetime) -> Pruned:
        """Forget what is older than `cutoffs`. What has not ended stays.

        What is held since before `cutoffs.artifacts` is discarded first: its content may not be kept.
        """

    def compact(self) -> bool:
        """Leave no trace of what was forgotten in the database's files; False when others prevented that."""
