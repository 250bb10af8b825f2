"""The ports: what the pipeline needs from the outside, and nothing about who provides it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.model.dataset import Empty, Group, Present, Query, User
from bot.model.digest import Agents, Digest
from bot.model.edition import Edition
from bot.model.occurrence import (
    Delivery,
    DeliveryState,
    Occurrence,
    OccurrenceState,
    Receipt,
)
from bot.model.rendition import Rendition

Progress = Callable[[str], None]
"""Called with one short line when a long step begins or moves on."""


class Clock(Protocol):
    """Where the engine and the command line read the time."""

    def now(self) -> datetime:
        """The present, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds that never step back, for waits and time-outs."""

    def sleep(self, seconds: float) -> None:
        """Wait `seconds`."""


class Source(Protocol):
    """The Activity API."""

    def groups(self) -> tuple[Group, ...]:
        """All groups. Raises SourceError."""

    def users(self) -> tuple[User, ...]:
        """All users, archived ones included. Raises SourceError."""

    def fetch(self, query: Query) -> Present | Empty:
        """The answer to one question; an ExportQuery ends as an ExportFile. Raises SourceError."""


class Limiter(Protocol):
    """The shared memory of requests sent with one token."""

    def take(self, key: str) -> float:
        """0.0 when a request may be sent now (and is counted), else seconds to wait."""

    def block(self, key: str, seconds: float) -> None:
        """Nobody sends with this token for `seconds` (the API said 429)."""


class Channel(Protocol):
    """A means of sending. One table in `bot.channels` lists them."""

    def send(self, delivery: Delivery, rendition: Rendition, now: datetime) -> Receipt:
        """Send once, without retries. `now` (UTC) dates the attempt. Raises DeliveryError."""

    def close(self) -> None:
        """Let go of kept connections; sending again opens new ones."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one row until `lease_until` (UTC); `fence` grows with every claim."""

    key: str
    owner: str
    fence: int
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class OccurrenceRecord:
    """An occurrence as the ledger remembers it; `definition` is the digest when it was planned."""

    occurrence: Occurrence
    definition: Digest
    state: OccurrenceState
    late: bool
    reason: str
    attempts: int
    not_before: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery as the ledger remembers it. Times are UTC."""

    delivery: Delivery
    state: DeliveryState
    attempts: int
    sent_at: datetime | None
    provider_id: str
    error: str
    not_before: datetime | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended: a receipt, or the state and words of its failure.

    `retry_at` (UTC) keeps a retryable failure outstanding until then.
    """

    state: DeliveryState
    receipt: Receipt | None = None
    error: str = ""
    retry_at: datetime | None = None


class Ledger(Protocol):
    """The durable record. Every change is one transaction; a lost claim changes nothing."""

    def seen(self, digest: str, now: datetime) -> tuple[datetime, bool]:
        """Until when this digest's firings are settled (UTC), and whether it is met for the first time."""

    def settled_until(self, digest: str, through: datetime) -> None:
        """Remember that all firings up to `through` are planned or skipped."""

    def plan(
        self,
        occurrence: Occurrence,
        definition: Digest,
        deliveries: Sequence[Delivery],
        now: datetime,
        late: bool,
    ) -> bool:
        """Write an occurrence and its duties; existing ones stay. False if it existed."""

    def skip(self, occurrence: Occurrence, definition: Digest, reason: str, now: datetime) -> bool:
        """Write an occurrence that will not be sent, and why. False if it existed."""

    def occurrence(self, occurrence_id: str) -> OccurrenceRecord | None:
        """The record, or None."""

    def outstanding(self, now: datetime) -> tuple[OccurrenceRecord, ...]:
        """Occurrences with work that may be done now, oldest due first."""

    def claim_occurrence(self, occurrence_id: str, now: datetime) -> Claim | None:
        """The sole right to fetch and compose it, or None when somebody else has it."""

    def renew(self, claim: Claim, now: datetime) -> Claim | None:
        """A longer lease for a long step, or None when the claim was lost."""

    def keep(self, claim: Claim, editions: Mapping[Agents, Edition], now: datetime) -> bool:
        """Freeze what the occurrence says; state becomes `rendered`. False when the claim was lost."""

    def editions(self, occurrence_id: str) -> Mapping[Agents, Edition]:
        """The frozen editions; empty when none were kept."""

    def postpone(self, claim: Claim, error: str, not_before: datetime | None, now: datetime) -> bool:
        """Fetching or composing failed: again at `not_before`, or failed for good when None."""

    def deliveries(self, occurrence_id: str) -> tuple[DeliveryRecord, ...]:
        """All duties of an occurrence, in the order they were planned."""

    def claim_delivery(self, delivery: Delivery, now: datetime) -> Claim | None:
        """Commit `sending` before the first byte; None when it is sent, ended or being sent."""

    def settle(self, claim: Claim, outcome: Outcome, now: datetime) -> bool:
        """Write how the attempt ended. False when the claim was lost."""

    def close(self, occurrence_id: str, now: datetime) -> OccurrenceState:
        """End an occurrence whose duties are all ended; returns its state."""

    def reopen(self, occurrence_id: str, now: datetime) -> int:
        """Make what surely was not accepted ready again, because a person asks; how many duties."""

    def reap(self, now: datetime) -> int:
        """Take back expired claims: work becomes outstanding, a cut-off send becomes unknown."""

    def history(self, digest: str | None) -> tuple[tuple[OccurrenceRecord, tuple[DeliveryRecord, ...]], ...]:
        """Everything remembered, newest due first."""

    def cancel(self, occurrence_id: str, reason: str, now: datetime) -> None:
        """End the duties that are not yet sent as `cancelled`."""
