"""Sending again: only what was not served, and what is unknown only after somebody looked."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bot.actions import newest_version, require_correctable, require_resendable, resend, unserved_since
from bot.delivery.corrections import plan_correction
from bot.delivery.runtime import RunResult
from bot.errors import DeliveryError, Retryability, UsageError
from bot.model import (
    Agents,
    Cutoffs,
    Delivery,
    DeliveryState,
    OccurrenceRecord,
    OccurrenceState,
    Receipt,
    Recipient,
    Rendition,
    Report,
)
from tests.compose.data import NOW, digest
from tests.delivery.test_pipeline import World
from tests.doubles.channel import FakeChannel

LOST = DeliveryError("the connection broke off", Retryability.UNKNOWN)
REFUSED = DeliveryError("restricted_action", Retryability.PERMANENT)
ONE = (Recipient("slack", "#social-care"),)


@dataclass
class Searchable(FakeChannel):
    """A channel that can be asked; it knows what it took, or raises what the test put there."""

    unreadable: Exception | None = None
    asked: list[datetime] = field(default_factory=list)
    has: Receipt | None = None
    late: Receipt | None = None

    def find(self, delivery: Delivery, attempted_at: datetime) -> Receipt | None:
        self.asked.append(attempted_at)
        if self.unreadable is not None:
            raise self.unreadable
        return self.has or (self.late if len(self.asked) > 1 else None)


@dataclass
class Edited(Searchable):
    """And that can edit what it sent."""

    edited: list[str] = field(default_factory=list)

    def replace(self, delivery: Delivery, rendition: Rendition, provider_id: str, now: datetime) -> Receipt:
        if self.fault is not None:
            raise self.fault
        self.edited.append(provider_id)
        return Receipt(provider_id)


def world(fault: Exception, channel: FakeChannel | None = None) -> World:
    """One that was run, and whose only delivery ended with this fault."""
    here = World(digest=digest(recipients=ONE, reports=(Report("summary"),)), slack=channel or FakeChannel())
    here.plan()
    here.slack.fault = fault
    here.run()
    here.slack.fault = None
    here.clock.present += timedelta(weeks=3)
    here.source.asked.clear()
    return here


def record_of(here: World) -> OccurrenceRecord:
    record = here.ledger.occurrence(here.occurrence.id)
    assert record is not None
    return record


def again(here: World) -> RunResult:
    return resend(here.runtime(), record_of(here))


def test_three_weeks_later_it_says_what_it_said() -> None:
    here = world(REFUSED)
    assert len(again(here).sent) == 1
    assert here.source.asked == []
    assert (here.states(), here.state()) == ([DeliveryState.SENT], OccurrenceState.DONE)


def test_what_was_sent_is_not_sent_again() -> None:
    here = world(REFUSED)
    again(here)
    assert again(here) == RunResult(here.occurrence.id)
    assert len(here.slack.took) == 1


def test_what_the_provider_has_is_adopted_and_not_sent() -> None:
    channel = Searchable(has=Receipt("C1/1.1", "found in the channel's history"))
    here = world(LOST, channel)
    assert again(here).errors == ()
    assert (channel.took, channel.asked) == ([], [NOW])
    [pending] = here.ledger.deliveries(here.occurrence.id)
    assert (pending.state, pending.provider_id) == (DeliveryState.SENT, "C1/1.1")
    assert here.state() is OccurrenceState.DONE


def test_what_the_provider_has_not_is_sent() -> None:
    channel = Searchable()
    here = world(LOST, channel)
    assert len(again(here).sent) == 1
    assert len(channel.took) == 1


def test_what_nobody_knows_is_not_sent() -> None:
    channel = Searchable(unreadable=DeliveryError("missing_scope", Retryability.UNKNOWN))
    here = world(LOST, channel)
    [error] = again(here).errors
    assert "still unknown, and not sent again" in str(error)
    assert (channel.took, here.states()) == ([], [DeliveryState.UNKNOWN])


def test_lagging_history_is_read_again_before_sending() -> None:
    channel = Searchable(late=Receipt("C1/1.1", "found in the channel's history"))
    here = world(LOST, channel)
    here.clock.present = NOW + timedelta(seconds=5)
    assert again(here).sent == ()
    assert (channel.took, len(channel.asked)) == ([], 2)
    assert here.clock.now() == NOW + timedelta(seconds=20)
    assert here.states() == [DeliveryState.SENT]


def test_resend_overrides_the_on_unknown_rule() -> None:
    """`email.on_unknown: hold` is PERMANENT for who looks by himself; here somebody asked for it."""
    held = DeliveryError("on_unknown is hold", Retryability.PERMANENT)
    here = world(LOST, Searchable(unreadable=held))
    assert len(again(here).sent) == 1
    [lost, decided, sent] = here.ledger.attempts(here.ledger.deliveries(here.occurrence.id)[0].delivery.key)
    assert "because a person asked" in decided.detail
    assert (lost.state, sent.state) == (DeliveryState.UNKNOWN, DeliveryState.SENT)


def test_unknown_edit_is_repeated_without_lookup() -> None:
    channel = Edited()
    here = world(REFUSED, channel)
    again(here)
    here.occurrence = plan_correction(here.ledger, record_of(here), here.clock.now()).occurrence
    channel.fault = LOST
    here.run()
    assert here.states() == [DeliveryState.UNKNOWN]
    channel.fault, channel.asked = None, []
    assert len(again(here).sent) == 1
    assert (channel.asked, channel.edited, len(channel.took)) == ([], ["id-1"], 1)


def test_everything_unserved_since_a_moment_oldest_first() -> None:
    here = world(REFUSED)
    due = here.occurrence.due
    assert [one.occurrence for one in unserved_since(here.ledger, due)] == [here.occurrence]
    assert list(unserved_since(here.ledger, due + timedelta(seconds=1))) == []
    again(here)
    assert list(unserved_since(here.ledger, due)) == []


def test_the_newest_version_is_what_goes_out() -> None:
    here = world(REFUSED)
    first = plan_correction(here.ledger, record_of(here), here.clock.now())
    assert newest_version(here.ledger, record_of(here)) == first
    assert list(unserved_since(here.ledger, here.occurrence.due)) == []


def test_held_and_skipped_name_their_command() -> None:
    here = World()
    here.ledger.skip(here.occurrence, here.digest, "missed", here.clock.now())
    with pytest.raises(UsageError, match="digestbot send care-weekly --window 'last week'"):
        require_resendable(here.ledger, record_of(here))
    held = World()
    held.plan()
    claim = held.ledger.claim_occurrence(held.occurrence.id, NOW)
    assert claim is not None
    held.ledger.save_snapshot(claim, {}, NOW, held="odd")
    for check in (require_resendable, require_correctable):
        with pytest.raises(UsageError, match="digestbot release"):
            check(held.ledger, record_of(held))


def test_pruned_edition_names_refetch() -> None:
    here = world(REFUSED)
    assert Agents.NONE in here.ledger.editions(here.occurrence.id)
    require_resendable(here.ledger, record_of(here))
    far = here.clock.now() + timedelta(days=999)
    here.ledger.prune(Cutoffs(far, far, NOW), far)
    with pytest.raises(UsageError, match="--refetch"):
        require_resendable(here.ledger, record_of(here))


def test_what_is_not_composed_yet_cannot_be_corrected() -> None:
    here = World()
    here.plan()
    with pytest.raises(UsageError, match="not composed yet"):
        require_correctable(here.ledger, record_of(here))
