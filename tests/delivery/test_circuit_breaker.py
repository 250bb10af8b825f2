"""A channel that does not let us in is stopped for everybody, tried once an hour, and said once."""

from dataclasses import replace

import pytest

from bot.delivery.circuit_breaker import half_open_after_new_secret
from bot.errors import ChannelAuthError, ChannelStopped, DeliveryError, Retryability
from bot.model import Delivery, DeliveryKind, DeliveryState, OccurrenceKind, OccurrenceState, Recipient
from tests.delivery.test_pipeline import MAIL, SLACK
from tests.delivery.weeks import OPERATOR, Weeks, words_of

REVOKED = ChannelAuthError("#social-care did not get the message: the bot token was revoked (token_revoked)")
OTHER = Recipient("slack", "#other")
HOUR = 3600.0


class Counting:
    """A channel that counts every try."""

    def __init__(self, here: Weeks) -> None:
        self.tries = 0
        here.slack.during = self.count

    def count(self) -> None:
        self.tries += 1


@pytest.fixture
def here() -> Weeks:
    world = Weeks()
    world.digest = replace(world.digest, recipients=(SLACK, OTHER, MAIL))
    world.credentials = {"slack": "old"}
    world.slack.fault = REVOKED
    return world


@pytest.fixture
def tries(here: Weeks) -> Counting:
    return Counting(here)


def attempts(here: Weeks) -> list[int]:
    return [pending.attempts for pending in here.ledger.deliveries(here.occurrence.id)]


def test_open_circuit_blocks_only_its_channel(here: Weeks, tries: Counting) -> None:
    here.week(0)
    assert tries.tries == 1
    assert here.states() == [DeliveryState.READY, DeliveryState.READY, DeliveryState.SENT]
    assert attempts(here) == [1, 0, 1]
    here.week(1)
    assert attempts(here)[1:] == [0, 1]


def test_limit_of_the_account_pauses_the_channel_as_long_as_it_says(here: Weeks, tries: Counting) -> None:
    here.slack.fault = ChannelStopped("Slack takes no more from this account for now", 900.0)
    here.week(0)
    here.tick(840)
    assert (tries.tries, attempts(here)) == (1, [1, 0, 1])
    here.slack.fault = None
    here.tick(61)
    assert (here.states(), here.ledger.open_circuits()) == ([DeliveryState.SENT] * 3, ())


def test_without_the_stop_each_would_be_attempted(here: Weeks, tries: Counting) -> None:
    """The guard off: the same refusal without its meaning is tried for every recipient."""
    here.slack.fault = DeliveryError(str(REVOKED), Retryability.RETRYABLE)
    here.week(0)
    assert tries.tries == 2


@pytest.mark.long
def test_one_try_an_hour(here: Weeks, tries: Counting) -> None:
    here.week(0)
    for _ in range(60):
        here.tick(60)
    assert tries.tries == 2
    for _ in range(5 * 60):
        here.tick(60)
    assert tries.tries == 7


def test_the_first_success_lets_everything_go(here: Weeks) -> None:
    here.week(0)
    here.slack.fault = None
    here.tick(HOUR)
    assert (here.states(), here.state()) == ([DeliveryState.SENT] * 3, OccurrenceState.DONE)
    assert here.ledger.open_circuits() == ()


def test_new_secret_half_opens_at_once(here: Weeks, tries: Counting) -> None:
    here.week(0)
    half_open_after_new_secret(here.ledger, {"slack": "old"}, here.clock.now())
    here.tick(60)
    assert tries.tries == 1
    here.slack.fault = None
    half_open_after_new_secret(here.ledger, {"slack": "new"}, here.clock.now())
    here.tick(60)
    assert here.states()[1] is DeliveryState.SENT
    assert here.ledger.open_circuits() == ()


def test_a_person_may_try_at_once(here: Weeks) -> None:
    here.week(0)
    here.slack.fault = None
    assert here.ledger.reopen(here.occurrence.id, here.clock.now()) == 2
    here.tick()
    assert here.states() == [DeliveryState.SENT] * 3


@pytest.mark.long
def test_delivery_past_its_grace_fails_with_reason(here: Weeks) -> None:
    here.week(0)
    for _ in range(32):
        here.tick(HOUR)
    assert here.states() == [DeliveryState.FAILED, DeliveryState.FAILED, DeliveryState.SENT]
    assert here.state() is OccurrenceState.FAILED
    waited = here.ledger.deliveries(here.occurrence.id)[1]
    assert waited.attempts == 0
    assert "slack is stopped since 2026-11-22" in waited.error
    assert "token_revoked" in waited.error


@pytest.mark.long
def test_later_occurrence_waits_its_own_grace(here: Weeks) -> None:
    here.week(0)
    for _ in range(24):
        here.tick(HOUR)
    here.occurrence = replace(here.of_week(0), due=here.clock.now())
    here.plan()
    for _ in range(22):
        here.tick(HOUR)
    assert here.states()[1] is DeliveryState.READY
    here.slack.fault = None
    for _ in range(2):
        here.tick(HOUR)
    assert here.states() == [DeliveryState.SENT] * 3


def test_a_test_send_is_not_sent_behind_anybodys_back(here: Weeks) -> None:
    here.week(0)
    here.occurrence = replace(here.of_week(0), slice="test-1", kind=OccurrenceKind.TEST)
    delivery = Delivery(here.occurrence.id, OTHER, DeliveryKind.TEST)
    here.ledger.plan(here.occurrence, here.digest, (delivery,), here.clock.now(), False)
    result = here.run()
    assert "slack is stopped" in str(result.errors[0])
    assert here.states() == [DeliveryState.FAILED]


def test_operators_are_told_once_through_the_other_channels(here: Weeks) -> None:
    here.operators = (Recipient("slack", "#ops"), OPERATOR)
    here.week(0)
    for _ in range(5):
        here.tick(HOUR)
    stopped = [one for one in here.mail.took if "_stopped" in one.occurrence]
    assert [one.recipient for one in stopped] == [OPERATOR]
    assert stopped[0].occurrence.startswith("_bot/_stopped-slack@")
    assert here.slack.took == []
    [edition] = here.ledger.editions(stopped[0].occurrence).values()
    said = words_of(edition)
    assert "Slack is stopped since Mon 23 November 2026 at 09:00, Sydney time: nothing is sent" in said
    assert "token_revoked" in said


def test_stopped_again_later_it_is_told_again(here: Weeks) -> None:
    here.week(0)
    here.slack.fault = None
    here.tick(HOUR)
    here.slack.fault = REVOKED
    here.week(1)
    stopped = {one.occurrence for one in here.mail.took if "_stopped" in one.occurrence}
    assert len(stopped) == 2


def test_unreachable_operators_leave_only_the_log(here: Weeks, caplog: pytest.LogCaptureFixture) -> None:
    here.operators = (Recipient("slack", "#ops"),)
    here.week(0)
    assert not [record for record, _ in here.ledger.history(None) if record.occurrence.topic == "stopped"]
    said = [record.message for record in caplog.records if "slack is stopped" in record.message]
    assert len(said) == 1
