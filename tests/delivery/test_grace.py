"""Grace is time on the clock since the due time, however rarely somebody looks; what goes out late says so."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from bot.delivery.retry_policy import deadline, is_late
from bot.errors import DeliveryError, Retryability, SourceBusy, SourceUnavailable
from bot.model import Delivery, DeliveryState, OccurrenceState, Receipt, Recipient, Rendition
from tests.delivery.test_pipeline import MAIL, SLACK, World
from tests.doubles.channel import FakeChannel

HOUR = 3600.0


@dataclass
class Reading(FakeChannel):
    """Keeps what it was given to send."""

    read: str = ""

    def send(self, delivery: Delivery, rendition: Rendition, now: datetime) -> Receipt:
        receipt = super().send(delivery, rendition, now)
        self.read = repr(rendition).replace("\\xa0", " ")
        return receipt


BUSY = DeliveryError("451 busy", Retryability.RETRYABLE)


def world(*recipients: Recipient, grace: float = 2 * HOUR) -> World:
    here = World()
    here.digest = replace(here.digest, recipients=recipients or (SLACK, MAIL), grace_seconds=grace)
    here.plan()
    return here


@pytest.mark.promise(
    "`run --once` looks only after the grace has ended",
    "what waited for a retry has failed, with the reason; nothing goes out after its grace",
)
def test_retry_after_the_grace_is_not_made() -> None:
    here = world()
    here.slack.fault = BUSY
    here.run()
    here.slack.fault = None
    here.clock.sleep(3 * HOUR)
    [error] = here.run().errors
    assert str(error) == (
        "#social-care: its grace of 2 h ended at 2026-11-23T00:00:00Z; the last attempt: 451 busy"
    )
    assert (here.states(), here.slack.took) == ([DeliveryState.FAILED, DeliveryState.SENT], [])
    assert here.state() is OccurrenceState.FAILED


def test_retry_within_the_grace_is_made_however_rarely() -> None:
    here = world(grace=40 * HOUR)
    here.slack.fault = BUSY
    for _ in range(3):
        here.run()
        here.clock.sleep(12 * HOUR)
    here.slack.fault = None
    here.run()
    assert here.states() == [DeliveryState.SENT, DeliveryState.SENT]


@pytest.mark.parametrize(
    ("error", "most"), [(SourceUnavailable("down"), 3), (SourceBusy("limit", retry_after=60.0), 4)]
)
def test_fetching_ends_with_the_grace(error: Exception, most: int) -> None:
    here = world()
    here.source.answers["summary"] = here.source.answers["user_summary"] = error
    tries = 0
    while here.state() is OccurrenceState.PLANNED:
        here.run()
        here.clock.sleep(0.9 * HOUR)
        tries += 1
    assert (tries, here.state()) == (most, OccurrenceState.FAILED)


def test_planned_and_never_composed_is_not_sent_days_later() -> None:
    here = world()
    here.clock.sleep(72 * HOUR)
    here.run()
    assert (here.state(), here.slack.took) == (OccurrenceState.FAILED, [])


def test_person_begins_the_grace_anew() -> None:
    here = world()
    here.slack.fault = BUSY
    here.clock.sleep(2 * HOUR - 1)
    here.run()
    assert here.states()[0] is DeliveryState.FAILED
    here.clock.sleep(100 * HOUR)
    here.ledger.reopen(here.occurrence.id, here.clock.now())
    here.run()
    assert here.states()[0] is DeliveryState.READY, "greylisting refuses the first attempt"
    here.slack.fault = None
    here.clock.sleep(301)
    here.run()
    assert here.states()[0] is DeliveryState.SENT


def test_what_a_person_sends_long_after_it_was_due_has_its_grace() -> None:
    here = World()
    here.clock.sleep(500 * HOUR)
    here.plan()
    record = here.ledger.occurrence(here.occurrence.id)
    assert record is not None
    assert deadline(record) == here.clock.now() + timedelta(hours=24)
    assert not is_late(record, here.clock.now())


@pytest.mark.promise("an edition goes out late, whatever delayed it", "it says when it was due")
def test_late_retry_says_so_and_the_one_on_time_does_not() -> None:
    here = world()
    here.slack, here.mail = (Reading(), Reading())
    here.mail.fault = BUSY
    here.run()
    here.mail.fault = None
    here.clock.sleep(0.5 * HOUR)
    here.run()
    assert ["Late: it was due Mon 23" in one.read for one in (here.slack, here.mail)] == [False, True]


def test_composed_late_says_so() -> None:
    here = world(SLACK)
    here.source.answers["summary"], kept = SourceUnavailable("down"), here.source.answers["summary"]
    here.source.answers["user_summary"], other = (
        SourceUnavailable("down"),
        here.source.answers["user_summary"],
    )
    here.run()
    here.source.answers |= {"summary": kept, "user_summary": other}
    here.clock.sleep(0.5 * HOUR)
    here.run()
    assert all(one.late_text for one in here.ledger.editions(here.occurrence.id).values())
