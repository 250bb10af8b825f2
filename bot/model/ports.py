"""The ports: what the pipeline needs from the outside, and nothing about who provides it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from bot.model.dataset import Empty, Form, Group, Present, Query, User
from bot.model.digest import Agents, Digest, Recipient
from bot.model.edition import Edition, PastEdition
from bot.model.findings import Finding
from bot.model.interventions import Interventions
from bot.model.occurrence import Delivery, Occurrence, OccurrenceState, Receipt
from bot.model.overview import Overview
from bot.model.records import Claim, DeliveryRecord, OccurrenceRecord, Outcome, Slice
from bot.model.rendition import Rendition
from bot.model.troubles import Troubles

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

    def forms(self) -> tuple[Form, ...]:
        """All forms, archived ones included. Raises SourceError."""

    def fetch(self, query: Query, due: datetime, *, anew: bool = False) -> Present | Empty:
        """The answer to one question; an ExportQuery ends as an ExportFile. Raises SourceError.

        A kept answer is given again when its window had settled as it was fetched, or when it was
        fetched at or after `due` (UTC); with `anew` only then.
        """

    def belonged(self, groups: Sequence[int]) -> frozenset[int]:
        """Ids of all users that the list of users ever showed in one of these groups."""

    def is_filter_verified(self, query: Query) -> bool:
        """Whether a filtered answer with this query's groups and users once differed from everybody's."""

    def note_filter_verified(self, query: Query) -> None:
        """Remember that it did."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Leave to send one request now, to be given back by `Limiter.landed`; or seconds to `wait` for it."""

    wait: float = 0.0
    stamp: int = 0


class Limiter(Protocol):
    """The shared memory of requests sent with one token. It never sleeps, it only answers."""

    def take(self, key: str, *, urgent: bool = False) -> Turn:
        """Leave to send (and the request is counted), or the wait. `urgent` may use the reserved slots."""

    def landed(self, key: str, stamp: int) -> None:
        """The attempt is over: its request reached the server before now, and counts from now."""

    def block(self, key: str, seconds: float) -> None:
        """Nobody sends with this token for `seconds` (the API said 429)."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it came (text), when (UTC), and whether its window had settled by then."""

    text: str
    fetched_at: datetime
    settled: bool


@dataclass(frozen=True, slots=True)
class ExportJob:
    """An export that the API was asked for: its token there, and when it was started (UTC).

    It is the `starts`-th job for this question. `polled_at` (UTC) is when its status was last asked for:
    whoever goes on with it need not ask sooner than its turn.
    """

    token: str
    started_at: datetime
    starts: int = 1
    polled_at: datetime | None = None


class AnswerStore(Protocol):
    """What the API said, shared by every thread and process. Keys are hashes with the token in them."""

    def recall(self, key: str) -> KeptAnswer | None:
        """The newest answer, or None."""

    def begin(self, key: str, now: datetime) -> bool:
        """The sole right to ask this question, for some minutes; False while somebody alive has it."""

    def extend(self, key: str, now: datetime) -> bool:
        """A longer right; False when it was lost."""

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """Keep the answer in place of an older one, and end the right to ask and the export job."""

    def give_up(self, key: str) -> None:
        """End the right to ask without an answer; an export job stays known."""

    def job(self, key: str) -> ExportJob | None:
        """The export job that was started for this question and not yet kept."""

    def keep_job(self, key: str, job: ExportJob) -> None:
        """Remember a started job at once, so that a restart polls the same one."""

    def forget_job(self, key: str) -> None:
        """The job came to nothing."""

    def note_members(self, account: str, members: Sequence[tuple[int, int]], now: datetime) -> None:
        """Remember (user id, group id) pairs for ever; `account` is the token's hash."""

    def belonged(self, account: str, groups: Sequence[int]) -> frozenset[int]:
        """Every user ever noted in one of these groups."""

    def is_verified(self, key: str) -> bool:
        """Whether the filter that `key` stands for was seen to be honoured."""

    def note_verified(self, key: str, now: datetime) -> None:
        """Remember that it was."""

    def forget(self, before: datetime) -> int:
        """Forget every answer fetched, and every export job started, before that moment (UTC); how many."""


class Channel(Protocol):
    """A means of sending. One table in `bot.channels` lists them."""

    def send(self, delivery: Delivery, rendition: Rendition, now: datetime) -> Receipt:
        """Send once, without retries. `now` (UTC) dates the attempt. Raises DeliveryError."""

    def find(self, delivery: Delivery, attempted_at: datetime) -> Receipt | None:
        """Whether an attempt (UTC) whose end nobody knows arrived: its receipt, or None to send it again.

        Raises DeliveryError when it cannot be known now, PERMANENT when it never can.
        """

    def close(self) -> None:
        """Let go of kept connections; sending again opens new ones."""


@runtime_checkable
class Replacing(Protocol):
    """A channel that can put a correction in the place of what it sent before."""

    def replace(self, delivery: Delivery, rendition: Rendition, provider_id: str, now: datetime) -> Receipt:
        """Put this in the place of the message `provider_id`. May be repeated. Raises DeliveryError."""


@runtime_checkable
class Probing(Protocol):
    """A channel that can look at its provider and at recipients without sending anything."""

    def probe(self, recipients: Sequence[Recipient]) -> Iterator[Finding]:
        """Yield what the provider says of us and of these recipients."""


class Ledger(Interventions, Troubles, Overview, Protocol):
    """The durable record. Every change is one transaction; a lost claim changes nothing."""

    def seen(self, digest: str, now: datetime) -> tuple[datetime, bool]:
        """Until when this digest's firings are settled (UTC), and whether it is met for the first time."""

    def settled_until(self, digests: Sequence[str], through: datetime) -> None:
        """Remember that all firings of these digests up to `through` are planned or skipped."""

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

    def keep(self, claim: Claim, editions: Mapping[Agents, Edition], now: datetime, held: str = "") -> bool:
        """Freeze what the occurrence says; state becomes `rendered`, or `held` with that reason.

        False when the claim was lost.
        """

    def decline(self, claim: Claim, editions: Mapping[Agents, Edition], reason: str, now: datetime) -> bool:
        """What was composed goes to nobody: duties `cancelled`, itself `skipped` with that reason.

        `editions` are kept for later trends. False when the claim was lost.
        """

    def expand(self, claim: Claim, slices: Sequence[Slice], words: str, late: bool, now: datetime) -> bool:
        """Plan or skip what the occurrence goes out as, and end it as `done`; existing slices stay.

        `words` say what became of it. All of it or, when the claim was lost, nothing: False.
        """

    def doubtful(self, now: datetime) -> tuple[OccurrenceRecord, ...]:
        """Occurrences with a real delivery that is unknown and to be looked up now, oldest due first."""

    def resolve(self, delivery: Delivery, outcome: Outcome, now: datetime) -> bool:
        """What became of an unknown delivery: sent, ready to be sent again, or unknown until `retry_at`.

        False when it is not unknown any more.
        """

    def held(self) -> tuple[OccurrenceRecord, ...]:
        """Every held occurrence, oldest due first."""

    def release(self, occurrence_id: str, now: datetime) -> bool:
        """A person lets a held occurrence go out: `rendered`. False unless it was held."""

    def discard(self, occurrence_id: str, reason: str, now: datetime) -> bool:
        """A person ends a held occurrence: duties `cancelled`, itself `skipped`. False unless it was held."""

    def past(self, occurrence: Occurrence, count: int) -> tuple[PastEdition, ...]:
        """What at most `count` earlier occurrences of the same digest and slice said, newest first.

        Only real ones that went out (rendered, done or failed), were declined or backfilled, due before
        it; of each its newest correction, and the edition with agents' names where it has one.
        """

    def editions(self, occurrence_id: str) -> Mapping[Agents, Edition]:
        """The frozen editions; empty when none were kept."""

    def postpone(
        self, claim: Claim, error: str, not_before: datetime | None, now: datetime, *, counted: bool = True
    ) -> bool:
        """Fetching or composing failed: again at `not_before`, or failed for good when None.

        Not `counted`: nothing failed, the rest has to wait, and it was no attempt.
        """

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
