"""Two owners, crashes, lost answers and a clock that jumps: nothing sent twice, nothing lost.

Every step is done on a database (SQLite, or PostgreSQL in `make check`) and compared with a small model:
which claims hold, and which moves are in the tables. Beside it stands the world: what a provider really
accepted, which the ledger can only learn from answers. tests/slow has more and longer examples.
"""

import contextlib
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.ledger import Ledger, open_ledger
from bot.ledger.snapshots import DISCARDABLE
from bot.ledger.states import ENDED
from bot.model import (
    Claim,
    Cutoffs,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Occurrence,
    OccurrenceKind,
    OccurrenceState,
    Outcome,
    Receipt,
)
from tests.doubles.ledger import kill
from tests.ledger.databases import POSTGRES_URL, empty_postgres
from tests.ledger.factories import DUE, NOW, deliveries_of, digest, occurrence, said, trial
from tests.ledger.model import Claims, forbidden_moves, states_in

ADDRESSES = ("ann@example.com", "bob@example.com")
SENT, UNKNOWN = Outcome(DeliveryState.SENT, Receipt("1")), Outcome(DeliveryState.UNKNOWN, error="lost")
FAILED = Outcome(DeliveryState.FAILED, error="550")
FIRINGS = (occurrence(), occurrence(due=DUE + timedelta(weeks=1)), trial())
OWNER = st.integers(0, 1)
FIRING = st.sampled_from(FIRINGS)
ADDRESS = st.sampled_from(ADDRESSES)


@dataclass
class Work:
    """A claim, and what the sender knows of the attempt so far."""

    owner: int
    claim: Claim
    delivery: Delivery | None = None
    accepted: bool = False


class LedgerMachine(RuleBasedStateMachine):
    postgres = False

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.latest = NOW
        self.lives = 0
        self.accepted: Counter[str] = Counter()
        self.blind: Counter[str] = Counter()
        """How often each was sent again although it was unknown: `email.on_unknown: resend`."""
        self.claims = Claims()
        self.composing: list[Work] = []
        self.sending: list[Work] = []
        self.states: dict = {}
        self.open = contextlib.ExitStack()
        self.url = self._empty_database()
        self.ledgers: list[Ledger] = []

    def _empty_database(self) -> str:
        if self.postgres:
            empty_postgres()
            return POSTGRES_URL
        return f"sqlite:///{self.open.enter_context(tempfile.TemporaryDirectory())}/bot.db"

    @initialize()
    def begin(self) -> None:
        for _ in range(2):
            self._live(len(self.ledgers))

    def teardown(self) -> None:
        self.open.close()

    def _live(self, owner: int) -> None:
        self.lives += 1
        del self.ledgers[owner : owner + 1]
        ledger = self.open.enter_context(open_ledger(self.url, owner=f"here:{self.lives}:x"))
        self.ledgers.insert(owner, ledger)

    def known(self, of: Occurrence) -> bool:
        return of.id in states_in(self.ledgers[0])

    # Time, life and death

    @rule(seconds=st.sampled_from([1, 60, 179, 180, 400, 3_600, -3_600, -60]))
    def turn_the_clock(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.latest = max(self.latest, self.now)

    @rule(owner=OWNER)
    def crash_and_start_again(self, owner: int) -> None:
        self.composing = [work for work in self.composing if work.owner != owner]
        self.sending = [work for work in self.sending if work.owner != owner]
        kill(self.ledgers[owner])
        self._live(owner)

    @rule(owner=OWNER)
    def reap(self, owner: int) -> None:
        living = {ledger.owner for ledger in self.ledgers}
        assert self.ledgers[owner].reap(self.now) == self.claims.bury(living)

    # Planning

    @rule(owner=OWNER, of=FIRING)
    def plan(self, owner: int, of: Occurrence) -> None:
        before = self.states.get(of.id)
        planned = self.ledgers[owner].plan(of, digest(), work_of(of), self.now, False)
        assert planned == (before in (None, OccurrenceState.BACKFILLED))

    @rule(owner=OWNER, of=FIRING)
    def skip(self, owner: int, of: Occurrence) -> None:
        before = self.states.get(of.id)
        skipped = self.ledgers[owner].skip(of, digest(), "holiday", self.now)
        assert skipped == (before in (None, OccurrenceState.BACKFILLED))

    @rule(owner=OWNER, of=FIRING)
    def reopen(self, owner: int, of: Occurrence) -> None:
        if self.known(of) and self.ledgers[owner].reopen(of.id, self.now):
            self.claims.end(of.id)

    # Composing

    @rule(owner=OWNER, of=FIRING)
    def claim_occurrence(self, owner: int, of: Occurrence) -> None:
        self.ledgers[owner].start_work(of.id)
        claim = self.ledgers[owner].claim_occurrence(of.id, self.now)
        if claim:
            self.claims.give(claim)
            self.composing.append(Work(owner, claim))

    @precondition(lambda self: self.composing)
    @rule(data=st.data(), held=st.sampled_from(["", "", "odd"]))
    def save_snapshot(self, data, held: str) -> None:
        work = data.draw(st.sampled_from(self.composing), label="claim")
        of = next(each for each in FIRINGS if each.id == work.claim.key)
        saved = self.ledgers[work.owner].save_snapshot(work.claim, said(of), self.now, held=held)
        self._ended_composing(work, saved)

    @precondition(lambda self: self.composing)
    @rule(data=st.data(), minutes=st.sampled_from([None, 0, 5]))
    def postpone(self, data, minutes: int | None) -> None:
        work = data.draw(st.sampled_from(self.composing), label="claim")
        again = None if minutes is None else self.now + timedelta(minutes=minutes)
        postponed = self.ledgers[work.owner].postpone(work.claim, "API is down", again, self.now)
        self._ended_composing(work, postponed)

    def _ended_composing(self, work: Work, record: object) -> None:
        assert (record is not None) == self.claims.holds(work.claim)
        if record is not None:
            self.claims.end(work.claim.key)
            self.composing.remove(work)

    @rule(owner=OWNER, of=FIRING)
    def release(self, owner: int, of: Occurrence) -> None:
        if self.known(of):
            done = self.ledgers[owner].release(of.id, self.now)
            assert done == (self.states[of.id] is OccurrenceState.HELD)

    @rule(owner=OWNER, of=FIRING)
    def discard(self, owner: int, of: Occurrence) -> None:
        """End what is not sent, whoever composes it; not while it is being sent."""
        if self.known(of):
            is_sending = any(self.states.get(one.key) is DeliveryState.SENDING for one in work_of(of))
            done = self.ledgers[owner].discard(of.id, "wrong figures", self.now)
            assert done == (self.states[of.id] in DISCARDABLE and not is_sending)
            if done:
                self.claims.end(of.id)

    # Sending

    @rule(owner=OWNER, of=FIRING, index=st.integers(0, 1))
    def claim_delivery(self, owner: int, of: Occurrence, index: int) -> None:
        delivery = work_of(of)[index]
        self.ledgers[owner].start_work(of.id)
        claim = self.ledgers[owner].claim_delivery(delivery, self.now)
        if claim:
            assert self.states[of.id] is OccurrenceState.RENDERED
            assert claim.key not in self.claims.held
            self.claims.give(claim)
            self.sending.append(Work(owner, claim, delivery))

    @precondition(lambda self: self.sending)
    @rule(data=st.data())
    def provider_accepts(self, data) -> None:
        """Send the bytes, also from a process that stood still until its claim was taken away."""
        work = data.draw(st.sampled_from(self.sending), label="claim")
        if not work.accepted and work.delivery:
            work.accepted = True
            self.accepted[work.delivery.key] += 1

    @precondition(lambda self: self.sending)
    @rule(data=st.data(), answer=st.sampled_from(["told", "told", "lost", "later"]))
    def finish_attempt(self, data, answer: str) -> None:
        work = data.draw(st.sampled_from(self.sending), label="claim")
        self.sending.remove(work)
        if answer == "lost":
            outcome = UNKNOWN
        elif work.accepted:
            outcome = SENT
        elif answer == "later":
            outcome = Outcome(DeliveryState.READY, error="421", retry_at=self.now + timedelta(minutes=5))
        else:
            outcome = FAILED
        finished = self.ledgers[work.owner].finish_attempt(work.claim, outcome, self.now)
        is_newest = self.claims.newest[work.claim.key] == work.claim
        is_written = outcome is SENT and is_newest and self.states[work.claim.key] is DeliveryState.SENT
        assert finished == (self.claims.holds(work.claim) or is_written)
        if finished:
            self.claims.end(work.claim.key)

    @rule(owner=OWNER, of=FIRING)
    def finish(self, owner: int, of: Occurrence) -> None:
        if self.known(of):
            state = self.ledgers[owner].finish(of.id, self.now)
            assert state is states_in(self.ledgers[1 - owner])[of.id]

    # What people and upkeep do

    @rule(owner=OWNER, of=FIRING, index=st.integers(0, 1))
    def ask_the_provider_about_the_unknown(self, owner: int, of: Occurrence, index: int) -> None:
        """Look up what can no longer be accepted (no process stands still in the middle of it)."""
        delivery = work_of(of)[index]
        in_flight = {work.delivery.key for work in self.sending if work.delivery and not work.accepted}
        if self.known(of) and delivery.key not in in_flight:
            outcome = SENT if self.accepted[delivery.key] else Outcome(DeliveryState.READY)
            self.ledgers[owner].reconcile(delivery, outcome, self.now)

    @rule(owner=OWNER, of=FIRING, index=st.integers(0, 1))
    def send_the_unknown_again_blindly(self, owner: int, of: Occurrence, index: int) -> None:
        """Mail cannot be asked for."""
        delivery = work_of(of)[index]
        if self.known(of):
            again = self.ledgers[owner].reconcile(delivery, Outcome(DeliveryState.READY), self.now)
            self.blind[delivery.key] += again

    @rule(owner=OWNER, of=FIRING, index=st.integers(0, 1))
    def expire(self, owner: int, of: Occurrence, index: int) -> None:
        """Its circuit was open for longer than the grace."""
        if self.states.get(of.id) is OccurrenceState.RENDERED:
            delivery, ledger = work_of(of)[index], self.ledgers[owner]
            waits = self.states[delivery.key] is DeliveryState.READY
            assert ledger.expire(delivery, "Slack is stopped", self.now) == waits
            ledger.finish(of.id, self.now)

    @rule(owner=OWNER, of=FIRING)
    def park(self, owner: int, of: Occurrence) -> None:
        if self.known(of) and self.ledgers[owner].park(of.id, "parked", self.now):
            self.claims.end(of.id)

    @rule(owner=OWNER, of=FIRING)
    def backfill(self, owner: int, of: Occurrence) -> None:
        self.ledgers[owner].backfill(of, digest(), said(of), self.now)

    @rule(owner=OWNER, artifacts=st.sampled_from([60, 400, 9_999]), figures=st.sampled_from([400, 9_999]))
    def prune(self, owner: int, artifacts: int, figures: int) -> None:
        old, older = (self.now - timedelta(seconds=seconds) for seconds in (artifacts, figures))
        self.ledgers[owner].prune(Cutoffs(old, older, self.now - timedelta(days=99)), self.now)

    # What always holds

    @invariant()
    def every_move_is_in_the_tables(self) -> None:
        if self.ledgers:
            states = states_in(self.ledgers[0])
            assert forbidden_moves(self.states, states) == []
            assert states == states_in(self.ledgers[1])
            self.states = states

    @invariant()
    def what_is_rendered_has_a_snapshot_and_nothing_held_is_outstanding(self) -> None:
        for ledger in self.ledgers[1:]:
            for record, _ in ledger.history(None):
                rendered = record.state is OccurrenceState.RENDERED
                assert not rendered or ledger.editions(record.occurrence.id)
                assert rendered <= any(
                    event.kind == "composed" or event.kind == "held"
                    for event in ledger.events(record.occurrence.id)
                )
            outstanding = {record.state for record in ledger.outstanding(self.now)}
            assert outstanding <= {OccurrenceState.PLANNED, OccurrenceState.RENDERED}

    @invariant()
    def real_deliveries_are_accepted_at_most_once_plus_unknowns(self) -> None:
        for _, records in self.ledgers[0].history(None) if self.ledgers else ():
            for record in records:
                count = self.accepted[record.delivery.key]
                blind = self.blind[record.delivery.key]
                assert count <= 1 + blind
                assert count >= 1 or record.state is not DeliveryState.SENT
                maybe = {DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNKNOWN}
                assert count <= blind or record.state in maybe

    @invariant()
    def nothing_is_lost(self) -> None:
        """Whatever has not ended is outstanding, worked on, held, or taken back when its process is gone."""
        for record, deliveries in self.ledgers[0].history(None) if self.ledgers else ():
            states = {delivery.state for delivery in deliveries}
            if record.state in ENDED:
                assert not states & {DeliveryState.READY, DeliveryState.SENDING}
            elif record.state is OccurrenceState.PLANNED:
                assert DeliveryState.READY in states or states == {DeliveryState.CANCELLED}
            else:
                assert deliveries

    def at_last(self) -> None:
        """After both processes died, a person and a worker bring everything to its end."""
        for owner in range(2):
            self.crash_and_start_again(owner)
        ledger, far = self.ledgers[0], self.latest + timedelta(days=1)
        ledger.reap(far)
        for record, _ in ledger.history(None):
            if record.state is OccurrenceState.HELD:
                released = record.occurrence == FIRINGS[0] and ledger.release(record.occurrence.id, far)
                assert released or ledger.discard(record.occurrence.id, "wrong", far)
        for record in ledger.outstanding(far):
            of = record.occurrence
            claim = ledger.claim_occurrence(of.id, far)
            assert claim is None or ledger.save_snapshot(claim, said(of), far)
            for delivery in ledger.deliveries(of.id):
                claim = ledger.claim_delivery(delivery.delivery, far)
                assert claim is None or ledger.finish_attempt(claim, SENT, far)
            ledger.finish(of.id, far)
        for record, _ in ledger.history(None):
            assert record.state in ENDED, record


class EndingMachine(LedgerMachine):
    """The same, brought to its end after the last step."""

    def teardown(self) -> None:
        try:
            if self.ledgers:
                self.at_last()
        finally:
            super().teardown()


def work_of(of: Occurrence) -> tuple[Delivery, ...]:
    kind = DeliveryKind.TEST if of.kind is OccurrenceKind.TEST else DeliveryKind.REAL
    return deliveries_of(of, *ADDRESSES, kind=kind)


class OnPostgres(EndingMachine):
    """The same code on PostgreSQL."""

    postgres = True


TestLedgerMachine = EndingMachine.TestCase
TestLedgerMachine.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
TestLedgerMachine.pytestmark = [pytest.mark.long]  # type: ignore[attr-defined]
if POSTGRES_URL:
    TestOnPostgres = OnPostgres.TestCase
    TestOnPostgres.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)
