"""What `explain` says: every kind of event has words, and the commands are those that help now."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.actions.explain import HAPPENED, STANDS, STATES, TRIED, story
from bot.alerts.alert import HELD, alert_of
from bot.ledger import Ledger, open_ledger
from bot.ledger.states import DELIVERY_MOVES, DeliveryCause
from bot.model import (
    Agents,
    DeliveryState,
    EventKind,
    Occurrence,
    OccurrenceState,
    Outcome,
    Receipt,
    correction_of,
)
from tests.ledger.factories import NOW, deliveries_of, digest, edition, later, occurrence, trials

ANN, BOB = "ann@example.com", "bob@example.com"
SENT = Outcome(DeliveryState.SENT, Receipt("<1@example.com>", "250 2.0.0 queued as 7F00"))
FAILED = Outcome(DeliveryState.FAILED, error="550 no such mailbox")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path}/bot.db", owner="here:1:a") as made:
        yield made


def composed(ledger: Ledger, of: Occurrence, *addresses: str, held: str = "") -> None:
    ledger.plan(of, digest(), deliveries_of(of, *addresses), NOW, late=False)
    claim = ledger.claim_occurrence(of.id, NOW)
    assert claim is not None
    assert ledger.save_snapshot(claim, {Agents.NONE: edition(of)}, later(seconds=3), held=held)


def told(ledger: Ledger, of: Occurrence) -> str:
    record = ledger.occurrence(of.id)
    assert record is not None
    return "\n".join(story(ledger, record))


def send(ledger: Ledger, of: Occurrence, address: str, outcome: Outcome) -> None:
    claim = ledger.claim_delivery(deliveries_of(of, address)[0], later(seconds=4))
    assert claim is not None
    ledger.finish_attempt(claim, outcome, later(seconds=6))


def test_every_state_and_event_has_a_phrase() -> None:
    assert set(HAPPENED) == set(EventKind)
    assert set(STATES) == set(OccurrenceState)
    assert set(STANDS) == set(DeliveryState)
    ends = (DeliveryCause.FINISHED, DeliveryCause.CUT_OFF, DeliveryCause.RECONCILED)
    assert set(TRIED) == {move.after for move in DELIVERY_MOVES if move.cause in ends}


def test_timeline_is_in_the_digests_zone(ledger: Ledger) -> None:
    of = occurrence()
    composed(ledger, of, ANN, BOB)
    send(ledger, of, ANN, SENT)
    send(ledger, of, BOB, FAILED)
    ledger.finish(of.id, later(seconds=7))
    assert (
        told(ledger, of)
        == """\
care-weekly@2018-05-06T23:00:00Z: failed
  Social care, weekly, every monday at 09:00; due Mon 7 May 2018 at 09:00, Sydney time
  about Mon 30 April – Sun 6 May 2018, Sydney time (last week), everybody
  times below: Australia/Sydney

  2018-05-07 10:00:00  planned: 2 to send
  2018-05-07 10:00:03  fetched, composed and kept; agents shown as none
  2018-05-07 10:00:04  email ann@example.com, try 1, 2.0 s: sent (<1@example.com>; 250 2.0.0 queued as 7F00)
  2018-05-07 10:00:04  email bob@example.com, try 1, 2.0 s: failed for good (550 no such mailbox)
  2018-05-07 10:00:07  ended: failed

email ann@example.com: sent 2018-05-07 10:00:06, <1@example.com>
email bob@example.com: failed: 550 no such mailbox

Send it again to those not served:  digestbot resend care-weekly@2018-05-06T23:00:00Z
Drop it for those:                  digestbot discard care-weekly@2018-05-06T23:00:00Z
It was wrong, correct it:           digestbot resend care-weekly@2018-05-06T23:00:00Z --refetch"""
    )


def test_waiting_delivery_shows_next_try_and_attempts(ledger: Ledger) -> None:
    of = occurrence()
    ledger.plan(of, digest(), deliveries_of(of, ANN), NOW, late=True)
    for minute in range(2):
        claim = ledger.claim_occurrence(of.id, later(minutes=minute))
        assert claim is not None
        ledger.postpone(claim, "busy", later(minutes=minute + 1), later(minutes=minute), counted=False)
    text = told(ledger, of)
    assert text.startswith(f"{of.id}: waiting to be fetched, late")
    assert "next try: 2018-05-07 10:02:00" in text
    assert "waited: busy (2 times, until 2018-05-07 10:01:00)" in text
    assert "Try now instead of later:" in text


def test_held_occurrence_offers_release_and_discard(ledger: Ledger) -> None:
    of = occurrence()
    alert = alert_of(HELD, of)
    composed(ledger, of, ANN, held="odd figures")
    composed(ledger, alert, BOB)
    text = told(ledger, of)
    assert "composed, kept and held: odd figures" in text
    assert f"digestbot release {of.id}" in text
    assert f"digestbot discard {of.id}" in text
    assert f"The operators were told by {alert.id}: being sent" in text
    assert f"It tells the operators of {of.id}" in told(ledger, alert)
    assert "resend" not in text


def test_correction_and_original_name_each_other(ledger: Ledger) -> None:
    of = occurrence()
    composed(ledger, of, ANN)
    send(ledger, of, ANN, SENT)
    ledger.finish(of.id, later(seconds=7))
    first = correction_of(of, 1)
    ledger.correct(of, first, digest(), deliveries_of(first, ANN), later(seconds=8))
    assert f"Corrected by {first.id}: waiting to be fetched" in told(ledger, of)
    assert f"It corrects {of.id}" in told(ledger, first)


def test_test_send_is_marked_and_offers_no_command(ledger: Ledger) -> None:
    of = occurrence(slice="test-1")
    ledger.plan(of, digest(), trials(of, ANN), NOW, late=False)
    text = told(ledger, of)
    assert "1 test to send" in text
    assert "email ann@example.com (TEST): waiting" in text
    assert "digestbot" not in text
