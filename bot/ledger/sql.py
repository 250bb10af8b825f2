"""The ledger on SQLite or PostgreSQL: each method is one transaction of the modules beside it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from types import TracebackType

from sqlalchemy import Engine

from bot.ledger import (
    composing,
    crashing,
    ending,
    expanding,
    holding,
    planning,
    reading,
    recovering,
    reopening,
    sending,
)
from bot.ledger.dialect import read, transact
from bot.ledger.ending import Lost
from bot.ledger.instants import seconds_to_micros, to_micros
from bot.ledger.interventions import SqlInterventions
from bot.ledger.overview import SqlOverview
from bot.ledger.reading import History
from bot.ledger.troubles import SqlTroubles
from bot.model import (
    Agents,
    Claim,
    Delivery,
    DeliveryRecord,
    Digest,
    Edition,
    Occurrence,
    OccurrenceRecord,
    OccurrenceState,
    Outcome,
    PastEdition,
    Slice,
)


class SqlLedger(SqlInterventions, SqlTroubles, SqlOverview):
    """The port `Ledger` for one process, whose claims bear its `owner`.

    Times are aware UTC; leases last `lease_seconds`. Every method raises LedgerError when the
    database cannot be used. Safe to use from several threads. `dispose()` or `with` frees it.
    """

    def __init__(self, engine: Engine, *, owner: str, lease_seconds: float) -> None:
        self.engine = engine
        self.owner = owner
        self._lease = seconds_to_micros(lease_seconds)

    def __enter__(self) -> "SqlLedger":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dispose()

    def dispose(self) -> None:
        """Close all connections (`close` is the port's word for ending an occurrence)."""
        self.engine.dispose()

    def seen(self, digest: str, now: datetime) -> tuple[datetime, bool]:
        """Until when this digest's firings are settled (UTC), and whether it is met for the first time."""
        return transact(self.engine, lambda c: planning.seen(c, digest, now))

    def settled_until(self, digests: Sequence[str], through: datetime) -> None:
        """Remember that all firings of these up to `through` are planned or skipped; never moves back."""
        transact(self.engine, lambda c: planning.settled_until(c, digests, through))

    def plan(
        self,
        occurrence: Occurrence,
        definition: Digest,
        deliveries: Sequence[Delivery],
        now: datetime,
        late: bool,
    ) -> bool:
        """Write an occurrence and its duties. False if its real firing was planned before.

        Then REAL duties add nothing, whatever became of it. TEST duties are always added, and one
        that was already tried is made ready again with its attempts counted on: a test may be
        repeated. An ended occurrence is opened for its tests and returns to its state after them.
        What only tests have used is not yet the real firing: planning that is True, and it is
        fetched anew, because the test may have run before its window was over.
        """
        return transact(
            self.engine, lambda c: planning.plan(c, occurrence, definition, deliveries, now, late)
        )

    def skip(self, occurrence: Occurrence, definition: Digest, reason: str, now: datetime) -> bool:
        """Write an occurrence that will not be sent, and why. False if its real firing was planned."""
        return transact(self.engine, lambda c: planning.skip(c, occurrence, definition, reason, now))

    def occurrence(self, occurrence_id: str) -> OccurrenceRecord | None:
        """The record, or None."""
        return read(self.engine, lambda c: reading.occurrence(c, occurrence_id))

    def outstanding(self, now: datetime) -> tuple[OccurrenceRecord, ...]:
        """Occurrences to fetch that nobody works on, or with a delivery to send now; oldest due first."""
        return read(self.engine, lambda c: reading.outstanding(c, now))

    def claim_occurrence(self, occurrence_id: str, now: datetime) -> Claim | None:
        """The sole right to fetch and compose it.

        None when somebody else has it, when it is not yet to be tried again, or when what it says
        is already kept. A claim whose lease is over is taken over.
        """
        return transact(
            self.engine,
            lambda c: composing.claim_occurrence(c, occurrence_id, self.owner, now, self._lease),
        )

    def renew(self, claim: Claim, now: datetime) -> Claim | None:
        """A longer lease, from `now` on; None when the claim was taken over, settled or reaped."""
        return transact(self.engine, lambda c: composing.renew(c, claim, now, self._lease))

    def keep(self, claim: Claim, editions: Mapping[Agents, Edition], now: datetime, held: str = "") -> bool:
        """Freeze what the occurrence says and give the claim back; state becomes `rendered`.

        With a reason it becomes `held`, and nothing is sent before a person releases it. False when
        the claim was lost, or when other content was kept already; True again for the same claim
        with the same content.
        """
        return transact(self.engine, lambda c: composing.keep(c, claim, editions, now, held))

    def decline(self, claim: Claim, editions: Mapping[Agents, Edition], reason: str, now: datetime) -> bool:
        """What was composed goes to nobody: duties `cancelled`, itself `skipped` with that reason.

        `editions` are kept for later trends. False when the claim was lost.
        """
        return transact(self.engine, lambda c: composing.decline(c, claim, editions, reason, now))

    def expand(self, claim: Claim, slices: Sequence[Slice], words: str, late: bool, now: datetime) -> bool:
        """Plan or skip what the occurrence goes out as, and end it as `done`; existing slices stay.

        `words` say what became of it. All of it or, when the claim was lost, nothing: False.
        """
        return transact(self.engine, lambda c: expanding.expand(c, claim, slices, words, late, now))

    def doubtful(self, now: datetime) -> tuple[OccurrenceRecord, ...]:
        """Occurrences with a real delivery that is unknown and to be looked up now, oldest due first."""
        return read(self.engine, lambda c: recovering.doubtful(c, now))

    def resolve(self, delivery: Delivery, outcome: Outcome, now: datetime) -> bool:
        """What became of an unknown delivery: sent, ready to be sent again, or unknown until `retry_at`.

        Appended to the audit unless it stays unknown. False when it is not unknown any more.
        """
        return transact(self.engine, lambda c: recovering.resolve(c, delivery, outcome, now))

    def held(self) -> tuple[OccurrenceRecord, ...]:
        """Every held occurrence, oldest due first."""
        return read(self.engine, reading.held)

    def release(self, occurrence_id: str, now: datetime) -> bool:
        """A person lets a held occurrence go out: `rendered`. False unless it was held."""
        return transact(self.engine, lambda c: holding.release(c, occurrence_id, now))

    def discard(self, occurrence_id: str, reason: str, now: datetime) -> bool:
        """A person ends a held occurrence. False unless it was held.

        Its duties become `cancelled`, itself `skipped` with the reason, and what it said is forgotten.
        """
        return transact(self.engine, lambda c: holding.discard(c, occurrence_id, reason, now))

    def past(self, occurrence: Occurrence, count: int) -> tuple[PastEdition, ...]:
        """What at most `count` earlier occurrences of the same digest and slice said, newest first.

        Only real ones that went out (rendered, done or failed), were declined or backfilled, due before
        it; of each its newest correction, and the edition with agents' names where it has one. If the
        ledger knows the occurrence, only those whose digest had the same groups and users then.
        """
        return read(self.engine, lambda c: reading.past(c, occurrence, count))

    def editions(self, occurrence_id: str) -> Mapping[Agents, Edition]:
        """The frozen editions; empty when none were kept."""
        return read(self.engine, lambda c: composing.kept_editions(c, occurrence_id))

    def postpone(
        self, claim: Claim, error: str, not_before: datetime | None, now: datetime, *, counted: bool = True
    ) -> bool:
        """Fetching or composing failed: again at `not_before`; when None, failed for good with its duties.

        Not `counted`: nothing failed, and it was no attempt. False when the claim was lost.
        """
        return transact(
            self.engine,
            lambda c: composing.postpone(c, claim, error, not_before, now, counted=counted),
        )

    def deliveries(self, occurrence_id: str) -> tuple[DeliveryRecord, ...]:
        """All duties of an occurrence, in the order they were planned."""
        return read(self.engine, lambda c: reading.deliveries_of(c, occurrence_id))

    def claim_delivery(self, delivery: Delivery, now: datetime) -> Claim | None:
        """Commit `sending` before the first byte.

        None when it is sent, ended, being sent, or not yet to be tried again, and unless its
        occurrence is `rendered`: nothing is sent that is not frozen, and nothing held or ended. None too
        while its channel is stopped; a try that its hour has come for takes that turn.
        """
        return transact(
            self.engine, lambda c: sending.claim_delivery(c, delivery, self.owner, now, self._lease)
        )

    def settle(self, claim: Claim, outcome: Outcome, now: datetime) -> bool:
        """Write how the attempt ended, and append it to the audit. False when the claim was lost.

        `READY` with `retry_at` keeps a retryable failure outstanding until then.
        Raises ValueError for the state `sending`.
        """
        return transact(self.engine, lambda c: sending.settle(c, claim, outcome, now))

    def close(self, occurrence_id: str, now: datetime) -> OccurrenceState:
        """End an occurrence whose duties are all ended; returns its state, ended or not."""
        return transact(self.engine, lambda c: ending.close(c, occurrence_id, now))

    def cancel(self, occurrence_id: str, reason: str, now: datetime) -> None:
        """End the duties that are not yet sent as `cancelled`; one being sent goes on."""
        transact(self.engine, lambda c: ending.cancel(c, occurrence_id, reason, now))

    def reopen(self, occurrence_id: str, now: datetime) -> int:
        """Make what surely was not accepted ready again, at once, because a person asks; how many.

        Nothing sent, unknown, cancelled, skipped, held or being worked on is touched.
        """
        return transact(self.engine, lambda c: reopening.reopen(c, occurrence_id, now))

    def reap(self, now: datetime) -> int:
        """Take back expired claims; how many.

        An occurrence may be claimed again; a cut-off send becomes `unknown`. Occurrences that have
        nothing left to do but were never closed are closed.
        """
        micros = to_micros(now)
        transact(
            self.engine, lambda c: crashing.count_lost(c, lambda t: t.c.lease_until <= micros, self.owner)
        )
        return self._take_back(lambda table: table.c.lease_until <= micros, now)

    def abandon_others(self, now: datetime, alive: Callable[[str], bool] = lambda owner: False) -> int:
        """Reap, at once, every claim of an owner other than this one that is not `alive`; how many.

        Only for who holds the SchedulerLock: it proves the scheduler before it dead. `alive`
        spares commands that run beside the scheduler (see `owner_is_running`).
        """
        owners = {*read(self.engine, ending.owners), *read(self.engine, crashing.owners)}
        dead = [owner for owner in owners if owner != self.owner and not alive(owner)]
        transact(self.engine, lambda c: crashing.count_dead(c, dead))
        return self._take_back(lambda table: table.c.owner.in_(dead), now)

    def history(self, digest: str | None) -> History:
        """Everything remembered, newest due first; of one digest, or of all (None)."""
        return read(self.engine, lambda c: reading.history(c, digest))

    def _take_back(self, lost: Lost, now: datetime) -> int:
        # One transaction per occurrence: short ones, and locks always in the same order.
        ids = read(self.engine, lambda c: ending.waiting_to_end(c, lost))
        ends = [partial(ending.end_cut_off, occurrence_id=id, lost=lost, now=now) for id in ids]
        cut_off = sum(transact(self.engine, end) for end in ends)
        return cut_off + transact(self.engine, lambda c: ending.free_occurrences(c, lost, now))
