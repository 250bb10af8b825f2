"""What every implementation of the port `Ledger` promises."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import LedgerError
from bot.ledger import Ledger, open_ledger
from bot.model import (
    Agents,
    DeliveryState,
    OccurrenceState,
    Outcome,
    Receipt,
)
from tests.doubles.ledger import address, kill
from tests.ledger.factories import (
    DUE,
    NOW,
    deliveries_of,
    digest,
    edition,
    gap_window,
    later,
    occurrence,
    said,
    trial,
    trials,
)

SENT = Outcome(DeliveryState.SENT, Receipt("1525651200.000100", "ok"))
FAILED = Outcome(DeliveryState.FAILED, error="550 no such mailbox")
ANN, BOB = "ann@example.com", "bob@example.com"


def planned(ledger: Ledger, *addresses: str):
    of = occurrence()
    assert ledger.plan(of, digest(), deliveries_of(of, *addresses), NOW, late=False)
    return of


def rendered(ledger: Ledger, *addresses: str):
    of = planned(ledger, *addresses)
    claim = ledger.claim_occurrence(of.id, NOW)
    assert claim is not None
    assert ledger.save_snapshot(claim, said(of), NOW)
    return of


def deliver(ledger: Ledger, delivery, outcome: Outcome = SENT, now=NOW) -> bool:
    claim = ledger.claim_delivery(delivery, now)
    return claim is not None and ledger.finish_attempt(claim, outcome, now)


def done(ledger: Ledger, *addresses: str):
    of = rendered(ledger, *addresses)
    for pending in ledger.deliveries(of.id):
        assert deliver(ledger, pending.delivery)
    assert ledger.finish(of.id, NOW) is OccurrenceState.DONE
    return of


def states(ledger: Ledger, of) -> list[str]:
    return [pending.state.value for pending in ledger.deliveries(of.id)]


def state(ledger: Ledger, of) -> OccurrenceState:
    record = ledger.occurrence(of.id)
    assert record is not None
    return record.state


class TestDigests:
    def test_first_meeting_is_told_once(self, ledger, other) -> None:
        assert ledger.register_digest("care", NOW) == (NOW, True)
        assert other.register_digest("care", later(hours=1)) == (NOW, False)

    def test_settled_moves_forward_only(self, ledger) -> None:
        ledger.register_digest("care", NOW)
        ledger.planned_through(["care", "nps"], later(hours=2))
        ledger.planned_through(["care"], later(hours=1))
        assert ledger.register_digest("care", later(days=1)) == (later(hours=2), False)
        assert ledger.register_digest("nps", later(days=1)) == (later(hours=2), False)

    def test_settling_an_unmet_digest_meets_it(self, ledger) -> None:
        ledger.planned_through(["care"], NOW)
        assert ledger.register_digest("care", later(days=1)) == (NOW, False)


class TestPlan:
    def test_everything_is_remembered(self, ledger, other) -> None:
        of = replace(occurrence(slice="billing"), window=gap_window())
        ledger.plan(of, digest(), deliveries_of(of, BOB, ANN), NOW, late=True)
        record = other.occurrence("care-weekly/billing@2018-05-06T23:00:00Z")
        assert record is not None
        assert (record.occurrence, record.definition) == (of, digest())
        assert record.occurrence.window.is_whole_days
        assert (record.state, record.late) == (OccurrenceState.PLANNED, True)
        assert (record.reason, record.attempts, record.not_before) == ("", 0, None)
        assert [pending.delivery for pending in other.deliveries(of.id)] == list(deliveries_of(of, BOB, ANN))
        assert states(other, of) == ["ready", "ready"]

    def test_unknown_occurrence_is_none(self, ledger) -> None:
        assert ledger.occurrence("care@2018-05-06T23:00:00Z") is None
        assert ledger.deliveries("care@2018-05-06T23:00:00Z") == ()
        assert dict(ledger.editions("care@2018-05-06T23:00:00Z")) == {}
        with pytest.raises(LedgerError, match="knows no occurrence"):
            ledger.finish("care@2018-05-06T23:00:00Z", NOW)

    def test_second_plan_changes_nothing(self, ledger, other) -> None:
        of = planned(ledger, ANN)
        assert not other.plan(of, digest("care-weekly", BOB), deliveries_of(of, BOB), NOW, late=True)
        assert [pending.delivery for pending in ledger.deliveries(of.id)] == list(deliveries_of(of, ANN))
        assert not ledger.occurrence(of.id).late

    def test_same_recipient_twice_is_one_duty(self, ledger) -> None:
        of = planned(ledger, ANN, ANN, BOB)
        assert states(ledger, of) == ["ready", "ready"]

    def test_slices_and_dues_are_apart(self, ledger) -> None:
        for of in (occurrence(), occurrence(slice="a"), occurrence(due=DUE + timedelta(days=7))):
            assert ledger.plan(of, digest(), deliveries_of(of), NOW, late=False)
        assert len(ledger.history(None)) == 3

    def test_real_duties_of_a_done_occurrence_are_not_added(self, ledger) -> None:
        of = done(ledger, ANN)
        assert not ledger.plan(of, digest(), deliveries_of(of, ANN, BOB), NOW, late=False)
        assert states(ledger, of) == ["sent"]
        assert ledger.outstanding(NOW) == ()

    def test_skipped_is_final_and_says_why(self, ledger) -> None:
        of = occurrence()
        assert ledger.skip(of, digest(), "missed", NOW)
        assert not ledger.skip(of, digest(), "again", NOW)
        assert not ledger.plan(of, digest(), deliveries_of(of), NOW, late=False)
        record = ledger.occurrence(of.id)
        assert (record.state, record.reason) == (OccurrenceState.SKIPPED, "missed")
        assert ledger.outstanding(later(days=1)) == ()
        assert ledger.claim_occurrence(of.id, NOW) is None

    def test_planned_is_not_skipped(self, ledger) -> None:
        of = planned(ledger)
        assert not ledger.skip(of, digest(), "missed", NOW)
        assert state(ledger, of) is OccurrenceState.PLANNED


class TestTests:
    """A test send is an occurrence of its own."""

    def test_nothing_is_added_to_a_real_one(self, ledger) -> None:
        of = done(ledger, ANN)
        assert not ledger.plan(of, digest(), trials(of, BOB), NOW, late=False)
        assert states(ledger, of) == ["sent"]

    @pytest.mark.parametrize(("outcome", "expected"), [(SENT, "done"), (FAILED, "failed")])
    def test_ends_as_its_deliveries(self, ledger, outcome, expected) -> None:
        of = trial()
        assert ledger.plan(of, digest(), trials(of), NOW, late=False)
        assert ledger.save_snapshot(ledger.claim_occurrence(of.id, NOW), said(of), NOW)
        assert deliver(ledger, trials(of)[0], outcome)
        assert ledger.finish(of.id, NOW).value == expected


class TestComposing:
    def test_one_claims(self, ledger, other) -> None:
        of = planned(ledger)
        claim = ledger.claim_occurrence(of.id, NOW)
        assert (claim.key, claim.owner) == (of.id, "here:1:a")
        assert other.claim_occurrence(of.id, NOW) is None
        assert ledger.claim_occurrence(of.id, NOW) is None
        assert other.outstanding(NOW) == ()
        assert ledger.occurrence(of.id).attempts == 1

    def test_lost_claim_fences_the_first_owner(self, ledger, other) -> None:
        of = planned(ledger)
        slow = ledger.claim_occurrence(of.id, NOW)
        assert other.claim_occurrence(of.id, later(days=9)) is None
        kill(ledger)
        assert other.reap(NOW) == 1
        quick = other.claim_occurrence(of.id, NOW)
        assert quick.fence > slow.fence
        assert not ledger.save_snapshot(slow, said(of, "stale"), NOW)
        assert not ledger.postpone(slow, "stale", None, NOW)
        assert other.save_snapshot(quick, said(of), NOW)
        assert not ledger.save_snapshot(slow, said(of), NOW), "not even the same words"
        assert dict(ledger.editions(of.id)) == said(of)

    def test_same_owner_again_is_fenced_too(self, ledger) -> None:
        of = planned(ledger)
        first = ledger.claim_occurrence(of.id, NOW)
        assert ledger.reap(NOW) == 1, "no thread works on it"
        second = ledger.claim_occurrence(of.id, NOW)
        assert not ledger.save_snapshot(first, said(of, "stale"), NOW)
        assert ledger.save_snapshot(second, said(of), NOW)

    def test_owner_that_takes_a_day_still_keeps(self, ledger, other) -> None:
        of = planned(ledger)
        claim = ledger.claim_occurrence(of.id, NOW)
        assert other.reap(later(days=1)) == 0
        assert ledger.save_snapshot(claim, said(of), later(days=1))

    def test_who_has_not_joined_claims_nothing(self, make, ledger) -> None:
        of = planned(ledger)
        delivery = ledger.deliveries(of.id)[0].delivery
        with open_ledger(address(ledger), owner="here:3:c", kind=None) as reader:
            assert reader.claim_occurrence(of.id, NOW) is None
            assert ledger.save_snapshot(ledger.claim_occurrence(of.id, NOW), said(of), NOW)
            assert reader.claim_delivery(delivery, NOW) is None
        assert ledger.claim_delivery(delivery, NOW) is not None

    def test_kept_once(self, ledger, other) -> None:
        of = planned(ledger)
        claim = ledger.claim_occurrence(of.id, NOW)
        both = said(of) | {Agents.NAMES: edition(of, "With names.")}
        assert ledger.save_snapshot(claim, both, NOW)
        assert ledger.save_snapshot(claim, both, NOW), "the same again is no harm"
        assert not ledger.save_snapshot(claim, said(of, "Other words."), NOW)
        assert not ledger.save_snapshot(claim, {}, NOW)
        assert dict(other.editions(of.id)) == both
        assert state(ledger, of) is OccurrenceState.RENDERED
        assert ledger.claim_occurrence(of.id, NOW) is None, "nothing is left to compose"

    def test_postponed_until(self, ledger, other) -> None:
        of = planned(ledger)
        assert ledger.postpone(ledger.claim_occurrence(of.id, NOW), "API is down", later(minutes=5), NOW)
        record = ledger.occurrence(of.id)
        assert (record.state, record.reason) == (OccurrenceState.PLANNED, "API is down")
        assert (record.not_before, record.attempts) == (later(minutes=5), 1)
        assert other.outstanding(later(minutes=4)) == ()
        assert other.claim_occurrence(of.id, later(minutes=4)) is None
        assert len(other.outstanding(later(minutes=5))) == 1
        again = other.claim_occurrence(of.id, later(minutes=5))
        assert other.save_snapshot(again, said(of), later(minutes=5))
        record = ledger.occurrence(of.id)
        assert (record.reason, record.not_before, record.attempts) == ("", None, 2)

    def test_what_only_had_to_wait_was_no_attempt(self, ledger) -> None:
        of = planned(ledger)
        claim = ledger.claim_occurrence(of.id, NOW)
        assert ledger.postpone(claim, "no request left", later(minutes=1), NOW, counted=False)
        record = ledger.occurrence(of.id)
        assert (record.state, record.attempts) == (OccurrenceState.PLANNED, 0)
        assert not ledger.postpone(claim, "again", later(minutes=1), NOW, counted=False)
        assert ledger.occurrence(of.id).attempts == 0

    def test_failed_for_good_ends_the_duties(self, ledger) -> None:
        of = planned(ledger, ANN, BOB)
        assert ledger.postpone(ledger.claim_occurrence(of.id, NOW), "API says no", None, NOW)
        assert (state(ledger, of), states(ledger, of)) == (OccurrenceState.FAILED, ["failed", "failed"])
        assert {pending.error for pending in ledger.deliveries(of.id)} == {"API says no"}
        assert ledger.outstanding(later(days=9)) == ()

    def test_postponed_once(self, ledger) -> None:
        of = planned(ledger)
        claim = ledger.claim_occurrence(of.id, NOW)
        assert ledger.postpone(claim, "down", NOW, NOW)
        assert not ledger.postpone(claim, "down", None, NOW)
        assert not ledger.save_snapshot(claim, said(of), NOW)


class TestSending:
    def test_sending_is_written_before_the_claim_returns(self, ledger, other) -> None:
        of = rendered(ledger, ANN)
        delivery = deliveries_of(of, ANN)[0]
        claim = ledger.claim_delivery(delivery, NOW)
        record = other.deliveries(of.id)[0]
        assert (record.state, record.attempts) == (DeliveryState.SENDING, 1)
        assert (claim.key, claim.owner) == (delivery.key, "here:1:a")
        assert other.claim_delivery(delivery, later(days=9)) is None, "a lost send is never repeated blindly"

    def test_sent(self, ledger) -> None:
        of = rendered(ledger, ANN)
        claim = ledger.claim_delivery(deliveries_of(of, ANN)[0], NOW)
        assert ledger.finish_attempt(claim, SENT, later(seconds=3))
        record = ledger.deliveries(of.id)[0]
        assert (record.state, record.sent_at) == (DeliveryState.SENT, later(seconds=3))
        assert (record.provider_id, record.error) == ("1525651200.000100", "")
        assert not ledger.finish_attempt(claim, FAILED, NOW)
        assert ledger.finish_attempt(claim, SENT, NOW), "this very receipt, whose first answer was lost"
        assert not ledger.finish_attempt(claim, Outcome(DeliveryState.SENT, Receipt("another")), NOW)
        assert [attempt.state for attempt in ledger.attempts(claim.key)] == ["sent"]
        assert ledger.claim_delivery(deliveries_of(of, ANN)[0], NOW) is None

    def test_note_of_a_receipt_stands_beside_the_delivery(self, ledger) -> None:
        of = rendered(ledger, ANN)
        claim = ledger.claim_delivery(deliveries_of(of, ANN)[0], NOW)
        moved = Receipt("C2/1.1", "ok", "#care is now another channel: C2 (C1 before)")
        assert ledger.finish_attempt(claim, Outcome(DeliveryState.SENT, moved), NOW)
        assert ledger.deliveries(of.id)[0].error == moved.note

    def test_claim_whose_answer_was_lost_may_be_repeated(self, ledger, other) -> None:
        of = rendered(ledger, ANN)
        delivery = deliveries_of(of, ANN)[0]
        ledger.open_circuit(delivery.recipient.channel, "refused", "", later(hours=-2))
        claim = ledger.claim_delivery(delivery, NOW, token="a1")
        assert claim is not None
        assert ledger.claim_delivery(delivery, NOW, token="a1") == claim
        assert ledger.claim_delivery(delivery, NOW, token="a2") is None
        assert other.claim_delivery(delivery, NOW, token="a1") is None
        assert ledger.deliveries(of.id)[0].attempts == 1
        assert ledger.finish_attempt(claim, SENT, NOW)
        assert ledger.claim_delivery(delivery, NOW, token="a1") is None

    def test_retryable_failure_waits(self, ledger, other) -> None:
        of = rendered(ledger, ANN)
        again = Outcome(DeliveryState.READY, error="421 try later", retry_at=later(minutes=5))
        assert deliver(ledger, deliveries_of(of, ANN)[0], again)
        record = ledger.deliveries(of.id)[0]
        assert (record.state, record.error, record.not_before) == ("ready", "421 try later", later(minutes=5))
        assert ledger.finish(of.id, NOW) is OccurrenceState.RENDERED
        assert other.outstanding(later(minutes=4)) == ()
        assert other.claim_delivery(deliveries_of(of, ANN)[0], later(minutes=4)) is None
        assert len(other.outstanding(later(minutes=5))) == 1
        assert deliver(other, deliveries_of(of, ANN)[0], now=later(minutes=5))
        record = ledger.deliveries(of.id)[0]
        assert (record.state, record.error, record.attempts, record.not_before) == ("sent", "", 2, None)

    @pytest.mark.parametrize(
        ("outcomes", "expected"),
        [
            ((DeliveryState.SENT, DeliveryState.SENT), "done"),
            ((DeliveryState.SENT, DeliveryState.FAILED), "failed"),
            ((DeliveryState.SENT, DeliveryState.UNKNOWN), "failed"),
            ((DeliveryState.SENT, DeliveryState.READY), "rendered"),
        ],
    )
    def test_close(self, ledger, outcomes, expected) -> None:
        of = rendered(ledger, ANN, BOB)
        for delivery, outcome in zip(deliveries_of(of, ANN, BOB), outcomes, strict=True):
            assert deliver(ledger, delivery, Outcome(outcome, error="x"))
        assert ledger.finish(of.id, NOW).value == expected
        assert ledger.finish(of.id, NOW) is state(ledger, of)

    def test_close_waits_for_what_is_being_sent(self, ledger) -> None:
        of = rendered(ledger, ANN)
        claim = ledger.claim_delivery(deliveries_of(of, ANN)[0], NOW)
        assert ledger.finish(of.id, NOW) is OccurrenceState.RENDERED
        ledger.finish_attempt(claim, SENT, NOW)
        assert ledger.finish(of.id, NOW) is OccurrenceState.DONE

    def test_an_attempt_cannot_end_as_sending(self, ledger) -> None:
        of = rendered(ledger, ANN)
        claim = ledger.claim_delivery(deliveries_of(of, ANN)[0], NOW)
        with pytest.raises(ValueError, match="sending"):
            ledger.finish_attempt(claim, Outcome(DeliveryState.SENDING), NOW)
        assert ledger.finish_attempt(claim, SENT, NOW)

    def test_every_attempt_is_in_the_audit(self, ledger) -> None:
        of = rendered(ledger, ANN)
        delivery = deliveries_of(of, ANN)[0]
        again = Outcome(DeliveryState.READY, error="421", retry_at=NOW)
        deliver(ledger, delivery, again)
        deliver(ledger, delivery, SENT, later(minutes=1))
        first, second = ledger.attempts(delivery.key)
        assert (first.number, first.state, first.detail, first.owner) == (1, "ready", "421", "here:1:a")
        assert (second.number, second.state, second.detail) == (2, "sent", "ok")
        assert (second.started_at, second.ended_at) == (later(minutes=1), later(minutes=1))
        assert second.provider_id == "1525651200.000100"

    def test_words_of_others_are_stored_harmlessly(self, ledger) -> None:
        of = rendered(ledger, ANN)
        evil = "'); DROP TABLE deliveries;--\x00\ud800" + "x" * 9_000
        assert deliver(ledger, deliveries_of(of, ANN)[0], Outcome(DeliveryState.FAILED, error=evil))
        error = ledger.deliveries(of.id)[0].error
        assert error.startswith("'); DROP TABLE deliveries;--?xxx")
        assert len(error) == 2_000

    def test_nothing_is_sent_before_it_is_frozen(self, ledger) -> None:
        """Else a process that lost its claim would send words of its own."""
        of = planned(ledger, ANN)
        claim = ledger.claim_occurrence(of.id, NOW)
        assert ledger.claim_delivery(deliveries_of(of, ANN)[0], NOW) is None
        ledger.save_snapshot(claim, said(of), NOW)
        assert ledger.claim_delivery(deliveries_of(of, ANN)[0], NOW) is not None

    def test_ended_is_not_sent(self, ledger) -> None:
        of = rendered(ledger, ANN)
        ledger.park(of.id, "parked", NOW)
        assert ledger.claim_delivery(deliveries_of(of, ANN)[0], NOW) is None

    def test_unknown_delivery_is_not_claimed(self, ledger) -> None:
        of = rendered(ledger, ANN)
        assert ledger.claim_delivery(deliveries_of(of, BOB)[0], NOW) is None


class TestReopen:
    """A person asks for another try."""

    def test_failed_is_ready_again_and_sent_is_not(self, ledger) -> None:
        of = rendered(ledger, ANN, BOB)
        deliver(ledger, deliveries_of(of, ANN)[0])
        deliver(ledger, deliveries_of(of, BOB)[0], FAILED)
        assert ledger.finish(of.id, NOW) is OccurrenceState.FAILED
        assert ledger.reopen(of.id, NOW) == 1
        assert (state(ledger, of), states(ledger, of)) == (OccurrenceState.RENDERED, ["sent", "ready"])
        assert dict(ledger.editions(of.id)) == said(of)
        assert deliver(ledger, deliveries_of(of, BOB)[0])
        assert ledger.finish(of.id, NOW) is OccurrenceState.DONE

    def test_waiting_is_ready_at_once(self, ledger) -> None:
        of = rendered(ledger, ANN)
        deliver(ledger, deliveries_of(of, ANN)[0], Outcome(DeliveryState.READY, retry_at=later(hours=1)))
        assert ledger.reopen(of.id, NOW) == 1
        assert deliver(ledger, deliveries_of(of, ANN)[0])

    def test_what_could_not_be_fetched_is_fetched_again(self, ledger) -> None:
        of = planned(ledger, ANN)
        ledger.postpone(ledger.claim_occurrence(of.id, NOW), "down", later(hours=1), NOW)
        assert ledger.reopen(of.id, NOW) == 1
        ledger.postpone(ledger.claim_occurrence(of.id, NOW), "down", None, NOW)
        assert ledger.reopen(of.id, NOW) == 1
        assert ledger.save_snapshot(ledger.claim_occurrence(of.id, NOW), said(of), NOW)

    @pytest.mark.parametrize("outcome", [DeliveryState.SENT, DeliveryState.UNKNOWN])
    def test_perhaps_accepted_is_not_sent_again(self, ledger, outcome) -> None:
        of = rendered(ledger, ANN)
        deliver(ledger, deliveries_of(of, ANN)[0], Outcome(outcome))
        ended = ledger.finish(of.id, NOW)
        assert ledger.reopen(of.id, NOW) == 0
        assert (state(ledger, of), states(ledger, of)) == (ended, [outcome.value])

    def test_skipped_and_tests_stay(self, ledger) -> None:
        of = occurrence()
        ledger.skip(of, digest(), "holiday", NOW)
        assert ledger.reopen(of.id, NOW) == 0
        tested = trial()
        ledger.plan(tested, digest(), trials(tested), NOW, late=False)
        ledger.postpone(ledger.claim_occurrence(tested.id, NOW), "no", None, NOW)
        assert ledger.reopen(tested.id, NOW) == 0
        with pytest.raises(LedgerError, match="knows no occurrence"):
            ledger.reopen("care@2018-05-06T23:00:00Z", NOW)

    def test_what_somebody_works_on_is_left_to_them(self, ledger, other) -> None:
        of = planned(ledger, ANN)
        claim = ledger.claim_occurrence(of.id, NOW)
        assert other.reopen(of.id, NOW) == 0
        kill(ledger)
        other.reap(NOW)
        assert other.reopen(of.id, NOW) == 1
        assert not ledger.save_snapshot(claim, said(of), NOW)


class TestReap:
    def test_interrupted_send_becomes_unknown(self, ledger, other) -> None:
        of = rendered(ledger, ANN)
        delivery = deliveries_of(of, ANN)[0]
        claim = ledger.claim_delivery(delivery, NOW)
        assert other.reap(later(days=9)) == 0
        kill(ledger)
        assert other.reap(NOW) == 1
        record = ledger.deliveries(of.id)[0]
        assert (record.state, record.error) == ("unknown", "cut off while sending; perhaps accepted")
        assert state(ledger, of) is OccurrenceState.FAILED
        assert not ledger.finish_attempt(claim, SENT, NOW)
        assert [a.state for a in ledger.attempts(delivery.key)] == ["unknown"]
        assert other.reap(later(days=1)) == 0

    def test_living_process_keeps_its_claims_and_others_lose_theirs(self, make, ledger, other) -> None:
        first, second = rendered(ledger, ANN), occurrence(due=DUE + timedelta(days=7))
        ledger.plan(second, digest(), deliveries_of(second), NOW, late=False)
        sending = ledger.claim_delivery(deliveries_of(first, ANN)[0], NOW)
        composing = other.claim_occurrence(second.id, NOW)
        third = make("here:3:c")
        assert third.reap(NOW) == 0
        kill(ledger)
        assert third.reap(NOW) == 1
        assert not ledger.finish_attempt(sending, SENT, NOW)
        assert other.save_snapshot(composing, said(second), NOW)
        assert states(other, first) == ["unknown"]

    def test_one_that_left_is_gone_at_once(self, ledger, other) -> None:
        of = rendered(ledger, ANN)
        ledger.claim_delivery(deliveries_of(of, ANN)[0], NOW)
        ledger.close()
        assert other.reap(NOW) == 1
        assert states(other, of) == ["unknown"]

    def test_what_a_thread_works_on_is_its_own(self, ledger) -> None:
        of = rendered(ledger, ANN, BOB)
        ledger.start_work(of.id)
        claim = ledger.claim_delivery(deliveries_of(of, ANN)[0], NOW)
        assert ledger.reap(NOW) == 0
        assert ledger.finish_attempt(claim, SENT, NOW)
        ledger.claim_delivery(deliveries_of(of, BOB)[0], NOW)
        ledger.end_work(of.id)
        assert ledger.reap(NOW) == 1, "its end could not be written"
        assert states(ledger, of) == ["sent", "unknown"]

    def test_other_duties_of_the_occurrence_go_on(self, ledger, other) -> None:
        of = rendered(ledger, ANN, BOB)
        ledger.claim_delivery(deliveries_of(of, ANN)[0], NOW)
        kill(ledger)
        other.reap(NOW)
        assert state(other, of) is OccurrenceState.RENDERED
        assert deliver(other, deliveries_of(of, BOB)[0])
        assert other.finish(of.id, NOW) is OccurrenceState.FAILED

    def test_lost_composing_is_outstanding_again(self, ledger, other) -> None:
        of = planned(ledger)
        claim = ledger.claim_occurrence(of.id, NOW)
        kill(ledger)
        assert other.reap(NOW) == 1
        assert len(other.outstanding(NOW)) == 1
        assert not ledger.save_snapshot(claim, said(of), NOW)
        assert other.claim_occurrence(of.id, NOW) is not None

    def test_what_nobody_closed_is_closed(self, ledger, other) -> None:
        of = rendered(ledger, ANN)
        deliver(ledger, deliveries_of(of, ANN)[0])
        assert other.reap(NOW) == 0
        assert state(other, of) is OccurrenceState.DONE


class TestWaitingSince:
    def test_is_when_it_was_planned_or_may_be_tried_again(self, ledger) -> None:
        assert ledger.waiting_since(NOW) is None
        of = planned(ledger, ANN, BOB)
        assert ledger.waiting_since(later(hours=1)) == NOW
        claim = ledger.claim_occurrence(of.id, NOW)
        assert claim is not None
        assert ledger.waiting_since(later(seconds=1)) is None
        ledger.save_snapshot(claim, said(of), NOW)
        ann, bob = ledger.deliveries(of.id)
        deliver(ledger, ann.delivery)
        assert ledger.waiting_since(later(hours=1)) == NOW
        again = Outcome(DeliveryState.READY, retry_at=later(minutes=5))
        deliver(ledger, bob.delivery, again)
        assert ledger.waiting_since(later(minutes=4)) is None
        assert ledger.waiting_since(later(hours=1)) == later(minutes=5)


class TestReading:
    def test_outstanding_is_oldest_due_first(self, ledger) -> None:
        for days in (7, 0, 14):
            of = occurrence(due=DUE + timedelta(days=days))
            ledger.plan(of, digest(), deliveries_of(of), NOW, late=False)
        dues = [record.occurrence.due for record in ledger.outstanding(NOW)]
        assert dues == sorted(dues)
        assert len(dues) == 3

    def test_history_is_newest_first_and_by_digest(self, ledger) -> None:
        for name in ("a", "b"):
            for days in (0, 7):
                of = occurrence(name, due=DUE + timedelta(days=days))
                ledger.plan(of, digest(name), deliveries_of(of, ANN, BOB), NOW, late=False)
        everything = ledger.history(None)
        assert [record.occurrence.id for record, _ in everything] == [
            "a@2018-05-13T23:00:00Z",
            "b@2018-05-13T23:00:00Z",
            "a@2018-05-06T23:00:00Z",
            "b@2018-05-06T23:00:00Z",
        ]
        assert [len(found) for _, found in everything] == [2, 2, 2, 2]
        assert ledger.history("b") == everything[1::2]
        assert ledger.history("c") == ()
