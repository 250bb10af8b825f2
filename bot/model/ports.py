"""The ports: what the pipeline needs from outside, and nothing about who provides it."""

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

from bot.model.dataset import Empty, Form, Group, Present, Query, User
from bot.model.digest import Recipient
from bot.model.occurrence import Delivery, Receipt
from bot.model.rendition import Rendition

Progress = Callable[[str], None]
"""Called with one short line when a long step begins or moves on."""


class Clock(Protocol):
    """The source of time."""

    def now(self) -> datetime:
        """Return the present, aware, UTC."""

    def monotonic(self) -> float:
        """Return seconds that never step back, for waits and time-outs."""

    def sleep(self, seconds: float) -> None:
        """Wait `seconds`."""


class Source(Protocol):
    """The Activity API."""

    def groups(self) -> tuple[Group, ...]:
        """Return all groups. Raise SourceError."""

    def users(self) -> tuple[User, ...]:
        """Return all users, archived ones included. Raise SourceError."""

    def forms(self) -> tuple[Form, ...]:
        """Return all forms, archived ones included. Raise SourceError."""

    def fetch(self, query: Query, due: datetime, *, anew: bool = False) -> Present | Empty:
        """Return the answer to one query; an ExportQuery ends as an ExportFile. Raise SourceError.

        A cached answer is returned when its window had settled as it was fetched, or when it was fetched
        at or after `due` (UTC); with `anew` only in the second case.
        """

    def belonged(self, groups: Sequence[int]) -> frozenset[int]:
        """Return the ids of all users that were ever listed in one of these groups."""


@dataclass(frozen=True, slots=True)
class Permit:
    """Result of `acquire`: a permit (give `stamp` to `release`), or the seconds to `wait` for one."""

    wait: float = 0.0
    stamp: int = 0


class Limiter(Protocol):
    """The shared rate limit of one token. It never sleeps."""

    def acquire(self, key: str, *, urgent: bool = False) -> Permit:
        """Return a permit (the request is counted), or the wait. `urgent` may use the reserved ones."""

    def release(self, key: str, stamp: int) -> None:
        """End an attempt: its request reached the server before now, and counts from now."""

    def block(self, key: str, seconds: float) -> None:
        """Allow no request with this token for `seconds` (the API said 429)."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it came (text), when (UTC), and whether its window had settled by then."""

    text: str
    fetched_at: datetime
    settled: bool


@dataclass(frozen=True, slots=True)
class ExportJob:
    """An export that the API works on: its token there, and when it was started (UTC).

    It is the `starts`-th job for this question. `polled_at` (UTC) is when its status was last requested:
    a process that takes over polls no sooner than the first would have.
    """

    token: str
    started_at: datetime
    starts: int = 1
    polled_at: datetime | None = None


class AnswerStore(Protocol):
    """Answers of the API, shared by every thread and process. Keys are hashes with the token in them."""

    def get(self, key: str) -> KeptAnswer | None:
        """Return the newest answer, or None."""

    def lock(self, key: str) -> bool:
        """Take the sole right to request this answer; False while another thread or process has it."""

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """Store the answer in place of an older one; end the lock and the export job."""

    def unlock(self, key: str) -> None:
        """End the lock unless `keep` did; an export job stays known."""

    def job(self, key: str) -> ExportJob | None:
        """Return the export job that was started for this question and is not done."""

    def keep_job(self, key: str, job: ExportJob) -> None:
        """Store a started job at once, so that a restart polls the same one."""

    def forget_job(self, key: str) -> None:
        """Delete a job that failed."""

    def remember_members(self, account: str, pairs: Sequence[tuple[int, int]]) -> None:
        """Store (user id, group id) pairs for ever; `account` is the token's hash."""

    def belonged(self, account: str, groups: Sequence[int]) -> frozenset[int]:
        """Return every user that was ever a member of one of these groups."""


class FileStore(Protocol):
    """Exports that every host can read, by name. A name stands for the same bytes for ever."""

    def keep(self, name: str, path: Path) -> None:
        """Store the file at `path`, with when it was written. Raise LedgerError, OSError."""

    def fetch(self, name: str, path: Path) -> datetime | None:
        """Write the file to `path`, a new one; return when it was written (UTC). None: missing or damaged.

        Raise LedgerError, OSError.
        """

    def forget(self, before: datetime) -> Set[str]:
        """Delete the files written before that moment (UTC); return their names. Raise LedgerError."""


COMPOSE, ALERTS = "compose", "alerts"
"""The lanes of composing: alerts have one of their own, so that a slow API delays none.

Every channel has a lane of its own name."""


@dataclass(frozen=True, slots=True)
class Job:
    """One step of an occurrence (its id): compose it, or send what goes through one channel.

    `lane` is COMPOSE, ALERTS or the channel's name. Jobs of one `order` (digest and slice, or an alert) and
    lane run one after another, oldest first.
    """

    occurrence: str
    lane: str
    order: str


class Crew(Protocol):
    """The threads that run jobs. A lane has its own, so that a slow mail server delays no Slack."""

    def start(self, work: Callable[[Job], None], idle: Callable[[], None]) -> None:
        """Call `work`, which raises nothing, with every job; call `idle` in a thread that runs no other."""

    def offer(self, jobs: Sequence[Job]) -> None:
        """Have these jobs run once, unless they wait or run already. The ledger remembers what is due."""

    def stop(self, seconds: float) -> None:
        """Begin no further job; return when none runs any more, after `seconds` at most."""


class Channel(Protocol):
    """A means of sending."""

    def send(self, delivery: Delivery, rendition: Rendition, now: datetime) -> Receipt:
        """Send once, without retries. `now` (UTC) dates the attempt. Raise DeliveryError."""

    def find(self, delivery: Delivery, attempted_at: datetime) -> Receipt | None:
        """Return the receipt of an attempt (UTC) that is in doubt, or None to send it again.

        Raise DeliveryError when it cannot be known now, PERMANENT when it never can.
        """

    def close(self) -> None:
        """Close open connections; sending again opens new ones."""


@runtime_checkable
class Replacing(Protocol):
    """A channel that can replace a message by its correction."""

    def replace(self, delivery: Delivery, rendition: Rendition, provider_id: str, now: datetime) -> Receipt:
        """Replace the message `provider_id`. May be repeated. Raise DeliveryError."""


class State(StrEnum):
    """Fine; for a person to compare; not visible; the file or a secret is wrong; the other side failed."""

    FINE = "fine"
    SEEN = "seen"
    UNCLEAR = "unclear"
    WRONG = "wrong"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What it is about, what was seen, and what to do about it ('' for nothing)."""

    state: State
    about: str
    seen: str
    todo: str = ""


@runtime_checkable
class Probing(Protocol):
    """A channel that can look at its provider and at recipients without sending anything."""

    def probe(self, recipients: Sequence[Recipient]) -> Iterator[Finding]:
        """Yield what the provider says of us and of these recipients."""
