"""Records of the ledger: rows as they stood, claims, attempts and events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.model.digest import Agents, Digest
from bot.model.edition import Edition
from bot.model.occurrence import Delivery, DeliveryState, Occurrence, OccurrenceState, Receipt


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one row while its owner is alive; `fence` grows with every claim."""

    key: str
    owner: str
    fence: int


class ProcessKind(StrEnum):
    """What a process is: the service, one that only works, or a command."""

    RUN = "run"
    WORKER = "worker"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Process:
    """A process that shares the ledger; `joined_at` (UTC) and silence are by the database's clock.

    `file` is the hash of its configuration, '' before it has one. `has_turn`: it plans. On SQLite nobody is
    silent: a process is alive or not.
    """

    owner: str
    kind: ProcessKind
    host: str
    version: str
    file: str
    joined_at: datetime
    silent_seconds: float
    is_alive: bool
    has_turn: bool


@dataclass(frozen=True, slots=True)
class OccurrenceRecord:
    """An occurrence as the ledger remembers it; `definition` is the digest when it was planned.

    `planned_at` and `ended_at` (UTC) are when it was first written, and when it ended; `asked_at` when a
    person last asked that it goes out. `payload` is what an alert says that the ledger knows from nowhere
    else, JSON.
    """

    occurrence: Occurrence
    definition: Digest
    state: OccurrenceState
    late: bool
    reason: str
    attempts: int
    not_before: datetime | None
    planned_at: datetime | None = None
    ended_at: datetime | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChildOccurrence:
    """A child occurrence of a `for_each` digest. `skipped` is the reason when it has no recipients."""

    occurrence: Occurrence
    definition: Digest
    deliveries: tuple[Delivery, ...]
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery as the ledger remembers it. Times are UTC; `started_at` is of the latest attempt."""

    delivery: Delivery
    state: DeliveryState
    attempts: int
    sent_at: datetime | None
    provider_id: str
    error: str
    not_before: datetime | None
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended; a retryable failure stays outstanding until `retry_at` (UTC)."""

    state: DeliveryState
    receipt: Receipt | None = None
    error: str = ""
    retry_at: datetime | None = None


HALF_OPEN_AFTER = timedelta(hours=1)
"""An open circuit lets one attempt through in that time."""


@dataclass(frozen=True, slots=True)
class OpenCircuit:
    """A channel whose login or account was refused: nothing is sent through it before `retry_at` (UTC).

    `credential` is the hash of the secret that was refused, '' when it is not known.
    """

    channel: str
    reason: str
    since: datetime
    retry_at: datetime
    credential: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """All that the work on one occurrence needs.

    `crash_count` processes crashed while they worked on it alone; `was_set_aside`: this is its last try.
    `changes`: what the file and the roster changed about its recipients, a sentence each.
    """

    record: OccurrenceRecord
    crash_count: int
    was_set_aside: bool
    editions: Mapping[Agents, Edition]
    deliveries: tuple[DeliveryRecord, ...]
    open_circuits: tuple[OpenCircuit, ...]
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """An occurrence that ended, and the one of its digest and slice that ended before it."""

    record: OccurrenceRecord
    before: OccurrenceRecord | None = None


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
    SET_ASIDE = "set aside"
    ENDED = "ended"
    PRUNED = "pruned"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Event:
    """One event, at `at` (UTC); with `times` above one, repeated until `last_at`."""

    kind: EventKind
    at: datetime
    detail: str
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at one delivery that ended: `number` counts from 1, times are UTC.

    `state` is how it ended (`ready`: not accepted, tried again later); `detail` is the provider's text or
    the error's.
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
    """The instants (UTC) before which data is deleted.

    `artifacts`: editions that may name agents; `figures`: editions; `ledger`: what was sent to whom.
    """

    artifacts: datetime
    figures: datetime
    ledger: datetime


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many were deleted: editions that may name agents, other editions, occurrences; and discarded."""

    personal: int = 0
    figures: int = 0
    occurrences: int = 0
    discarded: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """How many there are, tests apart.

    `occurrences` and `deliveries` (by channel) in each state now; `tries` at deliveries by how each ended,
    which only grow until they are pruned.
    """

    occurrences: Mapping[OccurrenceState, int]
    deliveries: Mapping[tuple[str, DeliveryState], int]
    tries: Mapping[tuple[str, DeliveryState], int]
