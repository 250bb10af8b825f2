"""What the ledger gives back: rows as they stood, the right to work on one, and how an attempt ended."""

from dataclasses import dataclass
from datetime import datetime

from bot.model.digest import Digest
from bot.model.occurrence import Delivery, DeliveryState, Occurrence, OccurrenceState, Receipt


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one row until `lease_until` (UTC); `fence` grows with every claim."""

    key: str
    owner: str
    fence: int
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class OccurrenceRecord:
    """An occurrence as the ledger remembers it; `definition` is the digest when it was planned.

    `planned_at` and `ended_at` (UTC) are when it was written first, and when it ended.
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
    """How one attempt ended: a receipt, or the state and words of its failure.

    `retry_at` (UTC) keeps a retryable failure outstanding until then.
    """

    state: DeliveryState
    receipt: Receipt | None = None
    error: str = ""
    retry_at: datetime | None = None
