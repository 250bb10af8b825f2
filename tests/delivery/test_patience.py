"""A database that goes away in the middle of a send: what the provider answered is written when it is back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError

from bot.errors import ChannelAuthError, DeliveryError, Retryability
from bot.model import DeliveryState
from tests.delivery.test_pipeline import World
from tests.doubles.clock import TurnedClock


@dataclass
class Outage(TurnedClock):
    """A clock that brings the database back after so many waits."""

    waits: int = 0
    end: Callable[[], object] = lambda: None
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.slept.append(seconds)
        if len(self.slept) == self.waits:
            self.end()


def rename(here: World, before: str, after: str) -> None:
    with here.ledger.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))


@pytest.fixture
def here() -> World:
    world = World(clock=Outage())
    world.plan()
    return world


def outage_of(here: World, seconds: int) -> Outage:
    """Take the attempts away while Slack has the message."""
    clock = here.clock
    assert isinstance(clock, Outage)
    clock.waits, clock.end = seconds, lambda: rename(here, "away", "attempts")
    here.slack.during = lambda: rename(here, "attempts", "away")
    return clock


def unwritable(here: World, seconds: int) -> None:
    """Keep the database from writing for so long, from the next question or send on."""
    until = here.clock.now()

    def refuse(connection: Connection) -> None:
        if here.clock.now() < until and not connection.get_execution_options().get("ledger_reading"):
            raise OperationalError("", {}, ConnectionError("connection refused"))

    def begin() -> None:
        nonlocal until
        until = here.clock.now() + timedelta(seconds=seconds)
        here.slack.during = here.source.during = lambda: None

    event.listen(here.ledger.engine, "begin", refuse)
    here.slack.during = here.source.during = begin


def test_snapshot_is_written_when_the_database_is_back(here: World) -> None:
    unwritable(here, 55)
    assert here.run().errors == ()
    assert sorted(here.source.asked) == ["summary"] * 2 + ["user_summary"] * 2


@pytest.mark.parametrize(
    "fault", [DeliveryError("HTTP 503", Retryability.RETRYABLE), ChannelAuthError("invalid_auth")]
)
def test_refusal_is_written_when_the_database_is_back(here: World, fault: DeliveryError) -> None:
    here.slack.fault = fault
    unwritable(here, 55)
    here.source.during = lambda: None
    here.run()
    assert here.states() == [DeliveryState.READY, DeliveryState.SENT]
    assert len(here.ledger.open_circuits()) == isinstance(fault, ChannelAuthError)


@pytest.mark.covers("The database restarts")
def test_answer_is_written_when_the_database_is_back(here: World) -> None:
    clock = outage_of(here, 59)
    assert here.run().errors == ()
    assert clock.slept[:59] == [1.0] * 59
    assert here.states() == [DeliveryState.SENT, DeliveryState.SENT]
    assert (len(here.slack.took), len(here.mail.took)) == (1, 1)


def test_after_a_minute_it_is_in_doubt(here: World) -> None:
    outage_of(here, 10_000)
    [error, *_] = here.run().errors
    assert "took it (id-1), but that could not be written down" in str(error)
    rename(here, "away", "attempts")
    assert here.states()[0] is DeliveryState.SENDING
    here.ledger.reap(here.clock.now())
    assert here.states()[0] is DeliveryState.UNKNOWN
    assert len(here.slack.took) == 1


def test_lost_claim_is_not_tried_again(here: World) -> None:
    clock = outage_of(here, 1)

    def reconciled_meanwhile() -> None:
        rename(here, "away", "attempts")
        take_back(here)

    clock.end = reconciled_meanwhile
    [error, *_] = here.run().errors
    assert "the claim was lost" in str(error)
    assert clock.slept == [1.0]


def take_back(here: World) -> None:
    with here.ledger.engine.begin() as connection:
        connection.execute(text("UPDATE deliveries SET state = 'unknown' WHERE state = 'sending'"))
