"""One occurrence, step by step, with fakes at the ports: what is asked, kept, sent and settled."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import BotError, Certainty, DeliveryError, SourceUnavailable
from bot.heartbeat import Heartbeat
from bot.ledger import MemoryLedger
from bot.model import (
    Agents,
    Channel,
    Claim,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Digest,
    Empty,
    Group,
    Occurrence,
    OccurrenceState,
    Present,
    Query,
    Receipt,
    Recipient,
    Rendition,
    Report,
    User,
)
from bot.pipeline import Ending, Parts, run_occurrence
from bot.render import Renderer
from tests.compose.data import CURRENT, NOW, WEEK, digest

SLACK = Recipient("slack", "#social-care")
MAIL = Recipient("email", "dana@example.com", Agents.NAMES)


class TurnedClock:
    """A clock that only the test turns."""

    def __init__(self) -> None:
        self.present = NOW

    def now(self) -> datetime:
        return self.present

    def monotonic(self) -> float:
        return self.present.timestamp()

    def sleep(self, seconds: float) -> None:
        self.present += timedelta(seconds=seconds)


@dataclass
class FakeSource:
    """Answers from a table, or raises what the test put there."""

    answers: dict[str, object] = field(default_factory=lambda: dict(CURRENT))
    asked: list[str] = field(default_factory=list)
    during: Callable[[], object] = lambda: None

    def groups(self) -> tuple[Group, ...]:
        return ()

    def users(self) -> tuple[User, ...]:
        return ()

    def fetch(self, query: Query) -> Present | Empty:
        self.asked.append(query.type)
        self.during()
        answer = self.answers[query.type]
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[return-value]


@dataclass
class FakeChannel:
    """Takes everything, or raises what the test put there."""

    fault: Exception | None = None
    took: list[Delivery] = field(default_factory=list)
    during: Callable[[], object] = lambda: None

    def send(self, delivery: Delivery, rendition: Rendition, now: datetime) -> Receipt:
        self.during()
        if self.fault is not None:
            raise self.fault
        self.took.append(delivery)
        return Receipt(f"id-{len(self.took)}")

    def close(self) -> None: ...


@dataclass
class World:
    """One ledger, source and set of channels; `run` is one try at the occurrence."""

    digest: Digest = field(
        default_factory=lambda: digest(
            recipients=(SLACK, MAIL), reports=(Report("summary"), Report("user_summary"))
        )
    )
    source: FakeSource = field(default_factory=FakeSource)
    slack: FakeChannel = field(default_factory=FakeChannel)
    mail: FakeChannel = field(default_factory=FakeChannel)
    clock: TurnedClock = field(default_factory=TurnedClock)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    occurrence: Occurrence = field(default_factory=lambda: Occurrence("care-weekly", NOW, WEEK))
    channels: Mapping[str, Channel] | None = None
    stopping: Callable[[], bool] = lambda: False

    def plan(self, kind: DeliveryKind = DeliveryKind.REAL) -> None:
        duties = tuple(Delivery(self.occurrence.id, one, kind) for one in self.digest.recipients)
        self.ledger.plan(self.occurrence, self.digest, duties, self.clock.now(), False)

    def run(self) -> Ending:
        parts = Parts(
            self.source,
            self.ledger,
            self.channels or {"slack": self.slack, "email": self.mail},
            Renderer(),
            self.clock,
            lambda text: None,
            stopping=self.stopping,
        )
        record = self.ledger.occurrence(self.occurrence.id)
        assert record is not None
        return run_occurrence(parts, record)

    def states(self) -> list[DeliveryState]:
        return [duty.state for duty in self.ledger.deliveries(self.occurrence.id)]

    def state(self) -> OccurrenceState:
        record = self.ledger.occurrence(self.occurrence.id)
        assert record is not None
        return record.state


@pytest.fixture
def here() -> World:
    made = World()
    made.plan()
    return made


def test_everything_goes_well_once(here: World) -> None:
    ending = here.run()
    assert [sent.receipt.provider_id for sent in ending.sent] == ["id-1", "id-1"]
    assert (ending.errors, here.state()) == ((), OccurrenceState.DONE)
    assert here.source.asked == ["summary", "user_summary", "summary", "user_summary"]


def test_a_second_run_asks_and_sends_nothing(here: World) -> None:
    here.run()
    asked = len(here.source.asked)
    assert here.run() == Ending(here.occurrence.id)
    assert (len(here.source.asked), len(here.slack.took)) == (asked, 1)


def test_one_recipients_failure_never_stops_the_others(here: World) -> None:
    here.slack.fault = DeliveryError("no such channel", Certainty.PERMANENT)
    ending = here.run()
    assert [str(error) for error in ending.errors] == ["#social-care: no such channel"]
    assert here.states() == [DeliveryState.FAILED, DeliveryState.SENT]


def test_nor_does_a_bug_in_one(here: World) -> None:
    here.channels = {"email": here.mail}  # asking for Slack is a KeyError
    ending = here.run()
    assert "this is a bug: KeyError" in str(ending.errors[0])
    assert here.states() == [DeliveryState.READY, DeliveryState.SENT]
    assert here.run().errors == ()  # not before its time


def test_what_was_perhaps_accepted_is_not_repeated(here: World) -> None:
    here.slack.fault = DeliveryError("no answer", Certainty.UNKNOWN)
    here.run()
    here.slack.fault = None
    here.clock.sleep(3600)
    here.run()
    assert (here.states()[0], here.slack.took) == (DeliveryState.UNKNOWN, [])


def test_what_was_surely_not_accepted_is_tried_again_and_says_the_same(here: World) -> None:
    here.slack.fault = DeliveryError("busy", Certainty.RETRYABLE)
    here.run()
    asked = len(here.source.asked)
    here.slack.fault = None
    here.run()
    assert here.slack.took == []  # a minute has to pass
    here.clock.sleep(61)
    here.run()
    assert (len(here.slack.took), len(here.source.asked)) == (1, asked)


def test_retries_end_with_the_grace(here: World) -> None:
    here.slack.fault = DeliveryError("busy", Certainty.RETRYABLE)
    tries = 0
    while here.states()[0] is DeliveryState.READY:
        tries += 1
        here.run()
        here.clock.sleep(3601)
    assert (here.states()[0], here.state()) == (DeliveryState.FAILED, OccurrenceState.FAILED)
    assert 24 <= tries <= 28


def test_a_test_send_that_fails_is_not_sent_behind_anybodys_back() -> None:
    here = World()
    here.plan(DeliveryKind.TEST)
    here.slack.fault = DeliveryError("busy", Certainty.RETRYABLE)
    here.run()
    assert here.states()[0] is DeliveryState.FAILED


def test_an_api_that_fails_is_asked_again_later_and_nothing_is_sent(here: World) -> None:
    fault = SourceUnavailable("HTTP 503")
    here.source.answers = {"summary": fault, "user_summary": fault}
    assert here.run().errors == (fault,)
    assert here.state() is OccurrenceState.PLANNED
    assert here.run().busy  # not before its time
    here.source.answers = dict(CURRENT)
    here.clock.sleep(61)
    assert len(here.run().sent) == 2


def test_half_of_the_answers_go_out_marked(here: World) -> None:
    here.source.answers["user_summary"] = SourceUnavailable("HTTP 503")
    ending = here.run()
    assert len(ending.sent) == 2
    assert ending.errors[0].exit_status == 3
    assert "Agents could not be loaded" in str(ending.errors[0])


def test_a_bug_while_composing_is_postponed_too(here: World) -> None:
    here.source.answers["summary"] = ZeroDivisionError("bug")
    [error] = here.run().errors
    assert (type(error), error.exit_status) == (BotError, 1)
    assert here.state() is OccurrenceState.PLANNED
    assert here.ledger.outstanding(here.clock.now()) == ()


def test_a_claim_that_was_taken_over_keeps_and_sends_nothing(here: World) -> None:
    other = here.ledger.beside("there:2:b")

    def take_over() -> None:
        here.clock.sleep(600)
        other.claim_occurrence(here.occurrence.id, here.clock.now())
        here.source.during = lambda: None

    here.source.during = take_over
    [error] = here.run().errors
    assert "taken over" in str(error)
    assert (here.slack.took, here.ledger.editions(here.occurrence.id)) == ([], {})


def test_a_lost_claim_on_a_send_is_said(here: World) -> None:
    def reaped() -> None:
        here.clock.sleep(600)
        here.ledger.reap(here.clock.now())

    here.slack.during = reaped
    [error] = here.run().errors
    assert "the claim was lost" in str(error)
    assert here.states() == [DeliveryState.UNKNOWN, DeliveryState.SENT]


def test_stopping_begins_no_further_delivery(here: World) -> None:
    here.stopping = lambda: bool(here.slack.took)
    here.run()
    assert here.states() == [DeliveryState.SENT, DeliveryState.READY]
    here.stopping = lambda: False
    here.run()
    assert (len(here.slack.took), len(here.mail.took)) == (1, 1)


class CountingLedger:
    """Renews, and tells the test after some beats."""

    def __init__(self, beats: int) -> None:
        self.left, self.enough = beats, threading.Event()

    def renew(self, claim: Claim, now: datetime) -> Claim | None:
        self.left -= 1
        if self.left == 0:
            self.enough.set()
        return claim


def test_the_heartbeat_renews_until_it_is_left() -> None:
    ledger = CountingLedger(3)
    claim = Claim("a@b", "here:1:a", 1, NOW.astimezone(UTC))
    with Heartbeat(ledger, claim, TurnedClock(), beat_seconds=0.001):  # type: ignore[arg-type]
        assert ledger.enough.wait(10)
    beats = ledger.left
    assert not any(thread.name == "heartbeat" for thread in threading.enumerate())
    assert ledger.left == beats


def test_agents_of_each_recipient_are_composed(here: World) -> None:
    here.run()
    assert set(here.ledger.editions(here.occurrence.id)) == {Agents.NONE, Agents.NAMES}
