"""One firing of a digest, and the deliveries that follow from it."""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.model.digest import Recipient
from bot.model.window import Window

ON_TIME = timedelta(minutes=5)
"""What is planned or sent later than this after its due instant is late."""

_CORRECTION = re.compile(r"_corrected-([1-9][0-9]*)(?:-(.+))?", re.ASCII)


def utc_text(moment: datetime) -> str:
    """Return an aware datetime as `2018-05-06T23:00:00Z` (UTC, whole seconds)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class OccurrenceKind(StrEnum):
    """Why an occurrence exists: its schedule, a person's `send`, a test, a correction, or an alert."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    TEST = "test"
    CORRECTION = "correction"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One firing: its identity is everything but the window, and never the time it ran.

    `due` is the scheduled instant in UTC. `slice` is '' for the digest itself, the slug of a group or
    agent for a child of a fan-out, or the mark of a window or group of a person's `send`. A correction has
    a `number`, from 1; an alert has a `topic`. Both are `about` the occurrence with that id ('' for an
    alert about the service).
    """

    digest: str
    due: datetime
    window: Window
    slice: str = ""
    kind: OccurrenceKind = OccurrenceKind.SCHEDULED
    topic: str = ""
    number: int = 0
    about: str = ""

    @property
    def id(self) -> str:
        """Return `care-weekly@2018-05-06T23:00:00Z`, or `per-group/billing@…` with a slice.

        A correction is `care-weekly/_corrected-1@…`, an alert `care-weekly/_held@…`; the slice follows.
        """
        topic = f"corrected-{self.number}" if self.number else self.topic
        path = "-".join(filter(None, (f"_{topic}" if topic else "", self.slice)))
        return f"{self.digest}/{path}@{utc_text(self.due)}" if path else f"{self.digest}@{utc_text(self.due)}"


def correction_of(occurrence: Occurrence, number: int) -> Occurrence:
    """Return the `number`-th correction of an occurrence, counted from 1. Both versions are kept."""
    return replace(occurrence, kind=OccurrenceKind.CORRECTION, number=number, about=occurrence.id)


def corrected_by(occurrence: Occurrence) -> Occurrence:
    """Return what a correction corrects; the occurrence itself when it is none."""
    if not occurrence.number:
        return occurrence
    return replace(occurrence, kind=OccurrenceKind.SCHEDULED, number=0, about="")


def split_correction(path: str) -> tuple[int, str]:
    """Return the number and the slice of a printed path, `_corrected-2-billing`; 0 and itself for another."""
    match = _CORRECTION.fullmatch(path)
    return (int(match[1]), match[2] or "") if match else (0, path)


class DeliveryKind(StrEnum):
    """A real delivery counts; a test never replaces the real one."""

    REAL = "real"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One occurrence for one recipient. Its `key` is the idempotency key."""

    occurrence: str
    recipient: Recipient
    kind: DeliveryKind = DeliveryKind.REAL

    @property
    def key(self) -> str:
        """Return an opaque hash of occurrence, channel, address and kind; the same at every attempt."""
        parts = (self.occurrence, self.recipient.channel, self.recipient.address, self.kind.value)
        return "v1-" + hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:40]


class DeliveryState(StrEnum):
    """State of a delivery.

    `sending` is on disk before the first byte leaves, `sent` has the provider's receipt, `unknown` may have
    been accepted and is not repeated blindly.
    """

    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"

    @property
    def is_unserved(self) -> bool:
        """Whether the recipient may not have got it, and it is not retried by itself."""
        return self in (DeliveryState.FAILED, DeliveryState.UNKNOWN)


class OccurrenceState(StrEnum):
    """State of an occurrence.

    `rendered` means that its snapshot is frozen, `done` that every delivery was accepted, `backfilled` that
    it was composed afterwards for later trends only.
    """

    PLANNED = "planned"
    RENDERED = "rendered"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    HELD = "held"
    BACKFILLED = "backfilled"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider's proof that it accepted a delivery: its own id of it, and its text.

    `note` is what people should know of where it went.
    """

    provider_id: str
    detail: str = ""
    note: str = ""
