"""One firing of a digest, and the duties to send that follow from it."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from bot.model.digest import Recipient
from bot.model.window import Window


def utc_text(moment: datetime) -> str:
    """An aware datetime as `2018-05-06T23:00:00Z` (UTC, whole seconds)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One scheduled firing: identity is (digest, due, slice), never the time it ran.

    `due` is the scheduled instant in UTC. `slice` is '' for the digest itself, the slug of a
    group or agent for one of many, or the mark of a window or group asked for by hand.
    """

    digest: str
    due: datetime
    window: Window
    slice: str = ""

    @property
    def id(self) -> str:
        """`care-weekly@2018-05-06T23:00:00Z`, or `per-group/billing@…` with a slice."""
        name = f"{self.digest}/{self.slice}" if self.slice else self.digest
        return f"{name}@{utc_text(self.due)}"


class DeliveryKind(StrEnum):
    """A real delivery counts; a test never stands for the real one."""

    REAL = "real"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The duty to send one occurrence to one recipient. Its `key` is the idempotency key."""

    occurrence: str
    recipient: Recipient
    kind: DeliveryKind = DeliveryKind.REAL

    @property
    def key(self) -> str:
        """Opaque hash of occurrence, channel, address and kind; the same at every attempt."""
        parts = (self.occurrence, self.recipient.channel, self.recipient.address, self.kind.value)
        return "v1-" + hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:40]


class DeliveryState(StrEnum):
    """Where a delivery stands: `sending` is on disk before the first byte leaves, `sent` has the provider's
    proof, `unknown` was perhaps accepted and is not repeated blindly."""

    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class OccurrenceState(StrEnum):
    """Where an occurrence stands: `rendered` means that what it says is frozen, `done` that every delivery
    was accepted, `backfilled` that it was fetched afterwards for later trends, and nobody gets it."""

    PLANNED = "planned"
    FETCHED = "fetched"
    RENDERED = "rendered"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    HELD = "held"
    BACKFILLED = "backfilled"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a provider took a delivery: its own id of it, and its words."""

    provider_id: str
    detail: str = ""
