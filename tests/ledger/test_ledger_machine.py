"""Two owners, crashes, lost answers and a clock that jumps: nothing sent twice, nothing lost.

Every step is done in memory and on a database (SQLite, or PostgreSQL in `make check`), and both must answer
alike. Beside them stands the world: what a provider really accepted, which the ledger can only learn from
answers. tests/slow has more and longer examples.
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

from bot.ledger import MemoryLedger, Ledger, open_ledger
from bot.model import (
    Claim,
    Cutoffs,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Occurrence,
    OccurrenceState,
    Outcome,
    Receipt,
)
from tests.contract.ledgers import POSTGRES_URL, empty_postgres
from tests.ledger.making import DUE, NOW, digest, duties, occurrence, said, trials

ADDRESSES = ("ann@example.com", "bob@example.com")
ENDED = {
    OccurrenceState.DONE,
    OccurrenceState.FAILED,
    OccurrenceState.SKIPPED,
    OccurrenceState.BACKFILLED,
}
SENT, UNKNOWN = Outcome(DeliveryState.SENT, Receipt("1")), Outcome(DeliveryState.UNKNOWN, error="lost")
FAILED = Outcome(DeliveryState.FAILED, error="550")
OWNER = st.integers(0, 1)
WEEK = st.integers(0, 1)


@dataclass
class Held:
    """A claim as both ledgers gave it, and what the sender knows of the attempt so far."""

    owner: int
    sql: Claim
    memory: Claim
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
        self.composing: list[Held] = []
        self.sending: list[Held] = []
        self.open = contextlib.ExitStack()
        self.url = self._empty_database()
        self.first = MemoryLedger()
        self.sql: list[Ledger] = []
        self.memory: list[MemoryLedger] = []

    def _empty_database(self) -> str:
        if self.postgres:
            empty_postgres()
            return POSTGRES_URL
        return f"sqlite:///{self.open.enter_context(tempfile.TemporaryDirectory())}/bot.db"

    @initialize()
    def begin(self) -> None:
        for _ in range(2):
            self._live(len(self.sql))

    def teardown(self) -> None:
        self.open.close()

    def _live(self, owner: int) -> None:
        self.lives += 1
        name = f"here:{self.lives}:x"
        del self.sql[owner : owner + 1], self.memory[owner : owner + 1]
        self.sql.insert(owner, self.open.enter_context(open_ledger(self.url, owner=name)))
        self.memory.insert(owner, self.first.beside(name))

    def both(self, owner: int, method: str, *arguments):
        """The answer of both ledgers, which must be the same."""
        answers = [getattr(one[owner], method)(*arguments) for one in (self.sql, self.memory)]
        assert answers[0] == answers[1], (method, answers)
        return answers[0]

    def with_claim(self, held: Held, method: str, *arguments):
        """As `both`, for methods that take a claim."""
        mine = getattr(self.sql[held.owner], method)(held.sql, *arguments)
        its = getattr(self.memory[held.owner], method)(held.memory, *arguments)
        assert mine == its, (method, mine, its)
        return mine

    # Time, life and death

    @rule(seconds=st.sampled_from([1, 60, 179, 180, 400, 3_600, -3_600, -60]))
    def turn_the_clock(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.latest = max(self.latest, self.now)

    @rule(owner=OWNER)
    def crash_and_start_again(self, owner: int) -> None:
        self.composing = [held for held in self.composing if held.owner != owner]
        self.sending = [held for held in self.sending if held.owner != owner]
        self.sql[owner].dispose()
        self._live(owner)

    @rule(owner=OWNER)
    def reap(self, owner: int) -> None:
        self.both(owner, "reap", self.now)

    @rule(owner=OWNER)
    def take_over_from_the_dead(self, owner: int) -> None:
        self.both(owner, "abandon_others", self.now)

    # Planning

    @rule(owner=OWNER, week=WEEK)
    def plan(self, owner: int, week: int) -> None:
        of = firing(week)
        self.both(owner, "plan", of, digest(), duties(of, *ADDRESSES), self.now, False)

    @rule(owner=OWNER, week=WEEK)
    def plan_a_test(self, owner: int, week: int) -> None:
        of = firing(week)
        self.both(owner, "plan", of, digest(), trials(of, ADDRESSES[0]), self.now, False)

    @rule(owner=OWNER, week=WEEK)
    def skip(self, owner: int, week: int) -> None:
        self.both(owner, "skip", firing(week), digest(), "holiday", self.now)

    @rule(owner=OWNER, index=st.integers(0, 9))
    def cancel_or_reopen(self, owner: int, index: int) -> None:
        known = self.memory[0].history(None)
        if known:
            of = known[index % len(known)][0].occurrence
            if index < 3:
                self.both(owner, "cancel", of.id, "paused", self.now)
            else:
                self.both(owner, "reopen", of.id, self.now)

    # Composing

    @rule(owner=OWNER, week=WEEK)
    def claim_occurrence(self, owner: int, week: int) -> None:
        claim = self.both(owner, "claim_occurrence", firing(week).id, self.now)
        if claim:
            self.composing.append(Held(owner, claim, claim))

    @precondition(lambda self: self.composing)
    @rule(data=st.data(), words=st.sampled_from(["quiet", "loud"]), why=st.sampled_from(["", "", "odd"]))
    def keep(self, data, words: str, why: str) -> None:
        held = data.draw(st.sampled_from(self.composing), label="claim")
        of = next(firing(week) for week in (0, 1) if firing(week).id == held.sql.key)
        self.with_claim(held, "keep", said(of, words), self.now, why)

    @rule(owner=OWNER, week=WEEK, way=st.sampled_from(["release", "discard"]))
    def let_go_what_is_held(self, owner: int, week: int, way: str) -> None:
        known = self.memory[0].occurrence(firing(week).id)
        if known:
            reason = () if way == "release" else ("wrong figures",)
            done = self.both(owner, way, firing(week).id, *reason, self.now)
            assert not done or known.state is OccurrenceState.HELD

    @precondition(lambda self: self.composing)
    @rule(data=st.data(), minutes=st.sampled_from([None, 0, 5]))
    def postpone(self, data, minutes: int | None) -> None:
        held = data.draw(st.sampled_from(self.composing), label="claim")
        again = None if minutes is None else self.now + timedelta(minutes=minutes)
        self.with_claim(held, "postpone", "API is down", again, self.now)

    # Sending

    @rule(owner=OWNER, week=WEEK, address=st.sampled_from(ADDRESSES), kind=st.sampled_from(DeliveryKind))
    def claim_delivery(self, owner: int, week: int, address: str, kind: DeliveryKind) -> None:
        delivery = duties(firing(week), address, kind=kind)[0]
        claim = self.both(owner, "claim_delivery", delivery, self.now)
        if claim:
            assert self.memory[0].occurrence(delivery.occurrence).state is OccurrenceState.RENDERED
            self.sending.append(Held(owner, claim, claim, delivery))

    @precondition(lambda self: self.sending)
    @rule(data=st.data())
    def provider_accepts(self, data) -> None:
        """The bytes go out, also from a process that stood still until its claim was taken away."""
        held = data.draw(st.sampled_from(self.sending), label="claim")
        if not held.accepted and held.delivery:
            held.accepted = True
            self.accepted[held.delivery.key] += 1

    @precondition(lambda self: self.sending)
    @rule(data=st.data(), answer=st.sampled_from(["told", "told", "lost", "later"]))
    def settle(self, data, answer: str) -> None:
        held = data.draw(st.sampled_from(self.sending), label="claim")
        self.sending.remove(held)
        if answer == "lost":
            outcome = UNKNOWN
        elif held.accepted:
            outcome = SENT
        elif answer == "later":
            outcome = Outcome(DeliveryState.READY, error="421", retry_at=self.now + timedelta(minutes=5))
        else:
            outcome = FAILED
        self.with_claim(held, "settle", outcome, self.now)

    @precondition(lambda self: self.sending or self.composing)
    @rule(data=st.data())
    def renew(self, data) -> None:
        held = data.draw(st.sampled_from(self.sending + self.composing), label="claim")
        self.with_claim(held, "renew", self.now)

    @rule(owner=OWNER, index=st.integers(0, 1))
    def close(self, owner: int, index: int) -> None:
        known = self.memory[0].history(None)
        if known:
            self.both(owner, "close", known[index % len(known)][0].occurrence.id, self.now)

    # What people and upkeep do

    @rule(owner=OWNER, week=WEEK, address=st.sampled_from(ADDRESSES))
    def ask_the_provider_about_the_unknown(self, owner: int, week: int, address: str) -> None:
        """What nobody can accept any more (no process stands still in the middle of it)."""
        [delivery] = duties(firing(week), address)
        on_its_way = {held.delivery.key for held in self.sending if held.delivery and not held.accepted}
        if self.memory[0].occurrence(delivery.occurrence) and delivery.key not in on_its_way:
            found = self.accepted[delivery.key]
            outcome = SENT if found else Outcome(DeliveryState.READY)
            self.both(owner, "resolve", delivery, outcome, self.now)

    @rule(owner=OWNER, week=WEEK, address=st.sampled_from(ADDRESSES))
    def send_the_unknown_again_blindly(self, owner: int, week: int, address: str) -> None:
        """Mail cannot be asked for."""
        [delivery] = duties(firing(week), address)
        if self.memory[0].occurrence(delivery.occurrence):
            again = self.both(owner, "resolve", delivery, Outcome(DeliveryState.READY), self.now)
            self.blind[delivery.key] += again

    @rule(owner=OWNER, week=WEEK, address=st.sampled_from(ADDRESSES))
    def expire(self, owner: int, week: int, address: str) -> None:
        """Its channel was stopped for longer than the grace."""
        [delivery] = duties(firing(week), address)
        known = self.memory[0].occurrence(delivery.occurrence)
        if known and known.state is OccurrenceState.RENDERED:
            self.both(owner, "expire", delivery, "Slack is stopped", self.now)
            self.both(owner, "close", delivery.occurrence, self.now)

    @rule(owner=OWNER, week=WEEK)
    def give_up(self, owner: int, week: int) -> None:
        if self.memory[0].occurrence(firing(week).id):
            self.both(owner, "give_up", firing(week).id, "parked", self.now)

    @rule(owner=OWNER, week=WEEK, words=st.sampled_from(["quiet", "loud"]))
    def backfill(self, owner: int, week: int, words: str) -> None:
        of = firing(week)
        self.both(owner, "backfill", of, digest(), said(of, words), self.now)

    @rule(owner=OWNER, artifacts=st.sampled_from([60, 400, 9_999]), figures=st.sampled_from([400, 9_999]))
    def prune(self, owner: int, artifacts: int, figures: int) -> None:
        old, older = (self.now - timedelta(seconds=seconds) for seconds in (artifacts, figures))
        cutoffs = Cutoffs(old, older, self.now - timedelta(days=99))
        self.both(owner, "prune", cutoffs, self.now)

    # What always holds

    @invariant()
    def both_remember_the_same(self) -> None:
        if self.sql:
            for record, _ in self.both(0, "history", None):
                kept = self.both(1, "editions", record.occurrence.id)
                self.both(0, "events", record.occurrence.id)
                assert kept or record.state is not OccurrenceState.RENDERED
                self.both(0, "past", record.occurrence, 2)
            outstanding = self.both(1, "outstanding", self.now)
            assert OccurrenceState.HELD not in {record.state for record in outstanding}

    @invariant()
    def real_deliveries_are_accepted_at_most_once_plus_unknowns(self) -> None:
        for _, records in self.memory[0].history(None) if self.memory else ():
            for record in records:
                count = self.accepted[record.delivery.key]
                if record.delivery.kind is DeliveryKind.REAL:
                    blind = self.blind[record.delivery.key]
                    assert count <= 1 + blind
                    assert count >= 1 or record.state is not DeliveryState.SENT
                    maybe = {DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNKNOWN}
                    assert count <= blind or record.state in maybe

    @invariant()
    def nothing_is_lost(self) -> None:
        """Whatever is not ended is outstanding, worked on, held, or taken back when its lease is over."""
        for record, duties_ in self.memory[0].history(None) if self.memory else ():
            if record.state in ENDED:
                assert not {duty.state for duty in duties_} & {DeliveryState.READY, DeliveryState.SENDING}
            elif record.state in (OccurrenceState.RENDERED, OccurrenceState.HELD):
                assert duties_
            else:
                assert {duty.state for duty in duties_} & {DeliveryState.READY}

    def at_last(self) -> None:
        """After every lease, a person, a reaper and a worker bring everything to its end."""
        far = self.latest + timedelta(days=1)
        self.both(0, "reap", far)
        for record, _ in self.both(0, "history", None):
            if record.state is OccurrenceState.HELD:
                released = record.occurrence == firing(0) and self.both(0, "release", firing(0).id, far)
                assert released or self.both(0, "discard", record.occurrence.id, "wrong", far)
        for record in self.both(0, "outstanding", far):
            of = record.occurrence
            claim = self.both(0, "claim_occurrence", of.id, far)
            if claim:
                assert self.with_claim(Held(0, claim, claim), "keep", said(of), far)
            for duty in self.both(0, "deliveries", of.id):
                claim = self.both(0, "claim_delivery", duty.delivery, far)
                if claim:
                    assert self.with_claim(Held(0, claim, claim), "settle", SENT, far)
            self.both(0, "close", of.id, far)
        for record, _ in self.both(0, "history", None):
            assert record.state in ENDED, record


class EndingMachine(LedgerMachine):
    """The same, brought to its end after the last step."""

    def teardown(self) -> None:
        try:
            if self.sql:
                self.at_last()
        finally:
            super().teardown()


def firing(week: int) -> Occurrence:
    return occurrence(due=DUE + timedelta(weeks=week))


class OnPostgres(EndingMachine):
    """The same code on PostgreSQL."""

    postgres = True


TestLedgerMachine = EndingMachine.TestCase
TestLedgerMachine.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
TestLedgerMachine.pytestmark = [pytest.mark.long]  # type: ignore[attr-defined]
if POSTGRES_URL:
    TestOnPostgres = OnPostgres.TestCase
    TestOnPostgres.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)
