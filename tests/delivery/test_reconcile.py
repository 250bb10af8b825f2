"""Unknown deliveries: Slack is asked, mail follows its policy, and nothing is sent twice blindly."""

from dataclasses import dataclass, field
from datetime import datetime

import pytest

from bot.delivery.reconcile import reconcile
from bot.delivery.retry_policy import MAX_UNKNOWN_ATTEMPTS
from bot.errors import DeliveryError, Retryability
from bot.model import Delivery, DeliveryState, OccurrenceState, Outcome, Receipt, Rendition
from tests.delivery.test_pipeline import World


@dataclass
class ForgetfulChannel:
    """Loses its answer until told otherwise; `there` is what a look finds, or why it cannot look."""

    there: Receipt | DeliveryError | None = None
    loses: bool = True
    took: list[Delivery] = field(default_factory=list)
    looked: list[datetime] = field(default_factory=list)

    def send(self, delivery: Delivery, rendition: Rendition, now: datetime) -> Receipt:
        self.took.append(delivery)
        if self.loses:
            raise DeliveryError("the answer was lost", Retryability.UNKNOWN)
        return Receipt(f"id-{len(self.took)}")

    def find(self, delivery: Delivery, attempted_at: datetime) -> Receipt | None:
        self.looked.append(attempted_at)
        if isinstance(self.there, DeliveryError):
            raise self.there
        return self.there

    def close(self) -> None: ...


@pytest.fixture
def slack() -> ForgetfulChannel:
    return ForgetfulChannel()


@pytest.fixture
def here(slack: ForgetfulChannel) -> World:
    world = World()
    world.channels = {"slack": slack, "email": world.mail}  # type: ignore[dict-item]
    world.plan()
    world.run()
    assert world.states() == [DeliveryState.UNKNOWN, DeliveryState.SENT]
    return world


def look(here: World, seconds: float = 60) -> int:
    here.clock.sleep(seconds)
    return reconcile(here.ledger, here.channels or {}, here.clock)


def test_what_arrived_is_adopted_and_never_sent_again(here: World, slack: ForgetfulChannel) -> None:
    slack.there = Receipt("C1/1.2")
    assert look(here) == 1
    assert (here.states(), here.state()) == ([DeliveryState.SENT] * 2, OccurrenceState.DONE)
    here.run()
    assert len(slack.took) == 1


def test_what_did_not_arrive_is_sent_again_once(here: World, slack: ForgetfulChannel) -> None:
    assert look(here) == 1
    slack.loses = False
    here.run()
    assert (here.states(), len(slack.took)) == ([DeliveryState.SENT] * 2, 2)


def test_a_history_that_lags_behind_is_waited_for(here: World, slack: ForgetfulChannel) -> None:
    assert look(here, 5) == 0
    assert look(here, 1) == 0  # not before its time
    assert len(slack.looked) == 1
    slack.there = Receipt("C1/1.2")
    assert look(here, 10) == 1
    assert len(slack.took) == 1


def test_an_unreadable_history_leaves_it_unknown(here: World, slack: ForgetfulChannel) -> None:
    slack.there = DeliveryError("the history could not be read", Retryability.UNKNOWN)
    assert look(here) == 0
    here.run()
    assert (here.states()[0], len(slack.took)) == (DeliveryState.UNKNOWN, 1)
    slack.there = Receipt("C1/1.2")
    assert look(here, 3600) == 1


def test_lagging_history_is_rechecked_in_seconds(here: World, slack: ForgetfulChannel) -> None:
    slack.there = DeliveryError("its files do not show yet", Retryability.UNKNOWN)
    assert look(here, 5) == 0
    slack.there = Receipt("C1/1.2")
    assert look(here, 10) == 1
    assert len(slack.took) == 1


def test_permanently_unknown_is_not_rechecked(here: World, slack: ForgetfulChannel) -> None:
    slack.there = DeliveryError("on_unknown is hold", Retryability.PERMANENT)
    assert look(here) == 0
    assert look(here, 365 * 86_400) == 0
    assert (len(slack.looked), len(slack.took)) == (1, 1)


def test_answers_lost_again_and_again_end_as_unknown(here: World, slack: ForgetfulChannel) -> None:
    for _ in range(10):
        look(here, 3600)
        here.run()
    assert (here.states()[0], len(slack.took)) == (DeliveryState.UNKNOWN, MAX_UNKNOWN_ATTEMPTS)


def test_without_looking_it_would_be_posted_twice(here: World, slack: ForgetfulChannel) -> None:
    """The guard off: what had arrived is sent again when nobody asks whether it is there."""
    slack.there, slack.loses = Receipt("C1/1.2"), False
    [pending, _] = here.ledger.deliveries(here.occurrence.id)
    here.ledger.reconcile(pending.delivery, Outcome(DeliveryState.READY), here.clock.now())
    here.run()
    assert len(slack.took) == 2
