"""What people and upkeep do: pauses, corrections, backfills, what is forgotten, and the journal of it all."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.ledger import Ledger
from bot.ledger.retention import BATCH
from bot.model import (
    Agents,
    Cutoffs,
    Delivery,
    DeliveryState,
    Edition,
    EventKind,
    Occurrence,
    OccurrenceKind,
    OccurrenceState,
    Outcome,
    Pruned,
    Receipt,
    corrected_by,
    correction_of,
)
from tests.doubles.ledger import kill
from tests.ledger.factories import (
    DUE,
    NOW,
    claimed,
    deliveries_of,
    digest,
    edition,
    later,
    occurrence,
    said,
)

ANN, BOB, CY = "ann@example.com", "bob@example.com", "cy@example.com"
SENT = Outcome(DeliveryState.SENT, Receipt("C0123ABCD/1.1", "ok"))
FAILED = Outcome(DeliveryState.FAILED, error="550 no such mailbox")
UNKNOWN = Outcome(DeliveryState.UNKNOWN, error="the connection broke off")
LONG_AGO, NEVER = later(days=-4000), later(days=4000)


def composed(ledger: Ledger, of: Occurrence, *addresses: str, held: str = "", at: datetime = NOW) -> None:
    assert ledger.plan(of, digest(), deliveries_of(of, *addresses), at, late=False)
    assert ledger.save_snapshot(claimed(ledger.claim_occurrence(of.id, at)), everybody(of), at, held=held)


def everybody(of: Occurrence, text: str = "Quieter than last week.") -> dict[Agents, Edition]:
    return {Agents.NONE: edition(of, text), Agents.NAMES: edition(of, text)}


def send(ledger: Ledger, delivery: Delivery, outcome: Outcome = SENT, at: datetime = NOW) -> None:
    assert ledger.finish_attempt(claimed(ledger.claim_delivery(delivery, at)), outcome, at)


def ended(ledger: Ledger, of: Occurrence, *outcomes: Outcome, at: datetime = NOW) -> list[Delivery]:
    addresses = (ANN, BOB, CY)[: len(outcomes)]
    composed(ledger, of, *addresses, at=at)
    for delivery, outcome in zip(deliveries_of(of, *addresses), outcomes, strict=True):
        send(ledger, delivery, outcome, at)
    ledger.finish(of.id, at)
    return list(deliveries_of(of, *addresses))


def states(ledger: Ledger, of: Occurrence) -> tuple[str, list[str]]:
    record = ledger.occurrence(of.id)
    assert record is not None
    return record.state.value, [pending.state.value for pending in ledger.deliveries(of.id)]


def happened(ledger: Ledger, of: Occurrence) -> list[tuple[str, str]]:
    return [(event.kind.value, event.detail) for event in ledger.events(of.id)]


class TestJournal:
    def test_tells_the_whole_way_in_order(self, ledger, other) -> None:
        of = occurrence()
        ledger.plan(of, digest(), deliveries_of(of, ANN, BOB), NOW, late=True)
        claim = ledger.claim_occurrence(of.id, NOW)
        ledger.postpone(claim, "the API did not answer", later(minutes=1), later(seconds=5))
        ledger.save_snapshot(
            ledger.claim_occurrence(of.id, later(minutes=1)), everybody(of), later(minutes=2)
        )
        for delivery in deliveries_of(of, ANN, BOB):
            send(ledger, delivery, at=later(minutes=3))
        ledger.finish(of.id, later(minutes=3))
        assert happened(other, of) == [
            ("planned", "2 to send, late"),
            ("postponed", "the API did not answer"),
            ("composed", "agents shown as names, none"),
            ("ended", "done"),
        ]
        assert [event.at for event in other.events(of.id)] == [
            NOW,
            later(seconds=5),
            later(minutes=2),
            later(minutes=3),
        ]
        record = other.occurrence(of.id)
        assert (record.planned_at, record.ended_at) == (NOW, later(minutes=3))

    def test_waits_without_anything_between_are_one_and_counted(self, ledger, other) -> None:
        of = occurrence()
        ledger.plan(of, digest(), deliveries_of(of), NOW, late=False)
        for minute in range(3):
            claim = ledger.claim_occurrence(of.id, later(minutes=minute))
            at = later(minutes=minute, seconds=1)
            words = f"busy, {minute}"
            assert ledger.postpone(claim, words, later(minutes=minute + 1), at, counted=False)
        [_, waited] = other.events(of.id)
        assert (waited.kind, waited.detail, waited.times) == (EventKind.WAITED, "busy, 2", 3)
        assert (waited.at, waited.last_at) == (later(seconds=1), later(minutes=2, seconds=1))

    def test_failing_for_good_and_asking_again_are_told(self, ledger) -> None:
        of = occurrence()
        ledger.plan(of, digest(), deliveries_of(of, ANN), NOW, late=False)
        ledger.postpone(ledger.claim_occurrence(of.id, NOW), "no such group", None, NOW)
        assert ledger.reopen(of.id, NOW) == 1
        assert happened(ledger, of)[1:] == [
            ("gave up", "no such group"),
            ("reopened", "a person asked to send again: 1 delivery"),
        ]

    def test_holding_and_its_ways_out(self, ledger) -> None:
        of, dropped = occurrence(), occurrence(due=later(days=1))
        for one in (of, dropped):
            composed(ledger, one, held="odd")
        ledger.release(of.id, later(minutes=1))
        ledger.discard(dropped.id, "discarded by a person", later(minutes=2))
        assert happened(ledger, of)[1:] == [("held", "odd"), ("released", "")]
        assert happened(ledger, dropped)[1:] == [("held", "odd"), ("discarded", "discarded by a person")]

    def test_skipped_and_taken_back(self, ledger, other) -> None:
        skipped, lost = (occurrence(due=later(days=n)) for n in range(2))
        ledger.skip(skipped, digest(), "missed", NOW)
        ledger.plan(lost, digest(), deliveries_of(lost), NOW, late=False)
        ledger.claim_occurrence(lost.id, NOW)
        kill(ledger)
        assert other.reap(NOW) == 1
        assert happened(ledger, skipped) == [("skipped", "missed")]
        assert happened(ledger, lost)[1:] == [("taken back", "the process that fetched it is gone")]

    def test_notes_are_cut_to_what_databases_take(self, ledger) -> None:
        of = occurrence()
        ledger.plan(of, digest(), deliveries_of(of), NOW, late=False)
        claim, note = claimed(ledger.claim_occurrence(of.id, NOW)), "asked 3\x00 answers" + "x" * 5_000
        ledger.save_snapshot(claim, everybody(of), NOW, log=note)
        _, noted, *_ = ledger.events(of.id)
        assert noted.detail.startswith("asked 3 answers")
        assert len(noted.detail) == 2_000

    def test_nothing_is_known_of_the_unknown(self, ledger) -> None:
        assert ledger.events("care-weekly@2018-05-06T23:00:00Z") == ()

    def test_lost_claims_tell_nothing(self, ledger, other) -> None:
        of = occurrence()
        ledger.plan(of, digest(), deliveries_of(of), NOW, late=False)
        lost = ledger.claim_occurrence(of.id, NOW)
        kill(ledger)
        other.reap(NOW)
        other.save_snapshot(other.claim_occurrence(of.id, NOW), everybody(of), NOW)
        before = happened(ledger, of)
        assert not ledger.save_snapshot(lost, everybody(of, "Other."), NOW)
        assert not ledger.postpone(lost, "no", None, NOW)
        assert happened(ledger, of) == before


class TestPauses:
    def test_begin_once_and_end_once(self, ledger, other) -> None:
        assert ledger.pause("care-weekly", NOW)
        assert not other.pause("care-weekly", later(days=1))
        assert dict(other.paused()) == {"care-weekly": NOW}
        assert other.resume("care-weekly") == NOW
        assert ledger.resume("care-weekly") is None
        assert dict(ledger.paused()) == {}

    def test_each_digest_has_its_own(self, ledger) -> None:
        for name in ("b", "a"):
            ledger.pause(name, NOW)
        assert list(ledger.paused()) == ["a", "b"]
        assert ledger.resume("never") is None


class TestCorrections:
    @pytest.mark.parametrize("slice", ["", "billing", "window-last-2-weeks"])
    def test_names_lead_both_ways(self, slice) -> None:
        of = occurrence(slice=slice)
        second = correction_of(of, 12)
        assert (corrected_by(second), second.number) == (of, 12)
        assert (corrected_by(of), of.number) == (of, 0)

    def test_supersedes_what_nobody_got_and_leaves_the_rest(self, ledger, other) -> None:
        of, first = occurrence(), correction_of(occurrence(), 1)
        ended(ledger, of, SENT, FAILED, UNKNOWN)
        assert ledger.correct(of, first, digest(), deliveries_of(first, ANN, BOB), later(days=1))
        assert not other.correct(of, first, digest(), deliveries_of(first, ANN, BOB), later(days=1))
        assert states(ledger, of) == ("failed", ["sent", "cancelled", "unknown"])
        assert "the correction care-weekly/_corrected-1@" in ledger.deliveries(of.id)[1].error
        assert ledger.reopen(of.id, later(days=1)) == 0, "the old figures are not sent again"
        assert [record.occurrence for record in other.corrections(of)] == [first]
        assert happened(other, of)[-1] == ("corrected", first.id)
        assert happened(other, first) == [("planned", "2 to send")]

    @pytest.mark.long
    def test_ends_an_occurrence_that_waited_for_nothing_else(self, ledger) -> None:
        of, waiting = occurrence(), occurrence(due=later(days=1))
        ended(ledger, of, SENT, FAILED)
        composed(ledger, waiting, ANN)
        for one in (of, waiting):
            ledger.correct(one, correction_of(one, 1), digest(), (), NOW)
            assert states(ledger, one)[0] == "done"
            assert happened(ledger, one)[-1] == ("ended", "done")

    def test_are_listed_by_number_and_belong_to_their_slice(self, ledger) -> None:
        of, sliced = occurrence(), occurrence(slice="billing")
        for one in (of, sliced):
            ended(ledger, one, SENT)
        for number in (2, 10, 1):
            ledger.correct(of, correction_of(of, number), digest(), (), NOW)
        ledger.correct(sliced, correction_of(sliced, 1), digest(), (), NOW)
        assert [r.occurrence.number for r in ledger.corrections(of)] == [1, 2, 10]
        assert [r.occurrence for r in ledger.corrections(sliced)] == [correction_of(sliced, 1)]
        assert correction_of(sliced, 1).id == "care-weekly/_corrected-1-billing@2018-05-06T23:00:00Z"
        assert ledger.corrections(occurrence(due=later(days=9))) == ()

    def test_later_editions_are_compared_with_the_newest_version(self, ledger) -> None:
        of, following = occurrence(), occurrence(due=DUE + timedelta(weeks=1))
        ended(ledger, of, SENT)
        first, second = correction_of(of, 1), correction_of(of, 2)
        ledger.correct(of, first, digest(), deliveries_of(first, ANN), NOW)
        assert said_before(ledger, following) == ["Quieter than last week."], "not composed yet"
        ledger.save_snapshot(ledger.claim_occurrence(first.id, NOW), everybody(first, "Louder."), NOW)
        assert said_before(ledger, following) == ["Louder."]
        ledger.correct(of, second, digest(), deliveries_of(second, ANN), NOW)
        ledger.save_snapshot(
            ledger.claim_occurrence(second.id, NOW), everybody(second, "Odd."), NOW, held="odd"
        )
        assert said_before(ledger, following) == ["Louder."], "what is held was not said"
        assert ledger.editions(of.id)[Agents.NONE].summary_text == "Quieter than last week."


def said_before(ledger: Ledger, of: Occurrence) -> list[str]:
    return [one.edition.summary_text for one in ledger.past(of, 8)]


class TestBackfill:
    def test_is_found_by_later_editions_and_never_outstanding(self, ledger, other) -> None:
        of, following = occurrence(), occurrence(due=DUE + timedelta(weeks=1))
        assert ledger.backfill(of, digest(), said(of), NOW)
        assert not other.backfill(of, digest(), said(of, "Other."), NOW)
        assert states(other, of) == ("backfilled", [])
        assert said_before(other, following) == ["Quieter than last week."]
        assert other.outstanding(NEVER) == ()
        assert (other.claim_occurrence(of.id, NOW), other.reopen(of.id, NOW)) == (None, 0)
        assert happened(other, of) == [("backfilled", "")]
        assert other.occurrence(of.id).reason.startswith("backfilled")

    def test_fills_what_was_skipped_and_keeps_the_reason(self, ledger) -> None:
        of = occurrence()
        ledger.skip(of, digest(), "missed while nothing ran", NOW)
        assert ledger.backfill(of, digest(), said(of), NOW)
        assert states(ledger, of)[0] == "backfilled"
        assert ledger.occurrence(of.id).reason.startswith("missed while nothing ran; backfilled")

    def test_touches_nothing_that_has_content_or_work_to_do(self, ledger) -> None:
        sent, planned = occurrence(), occurrence(due=later(days=1))
        ended(ledger, sent, SENT)
        ledger.plan(planned, digest(), deliveries_of(planned), NOW, late=False)
        for one in (sent, planned):
            before = (states(ledger, one), dict(ledger.editions(one.id)))
            assert not ledger.backfill(one, digest(), said(one, "Other."), NOW)
            assert (states(ledger, one), dict(ledger.editions(one.id))) == before

    def test_requested_real_occurrence_is_fetched_anew(self, ledger) -> None:
        of = occurrence()
        ledger.backfill(of, digest(), said(of), NOW)
        assert ledger.plan(of, digest(), deliveries_of(of, ANN), later(days=1), late=False)
        assert (states(ledger, of), dict(ledger.editions(of.id))) == (("planned", ["ready"]), {})


def cutoffs(
    artifacts: datetime = LONG_AGO, figures: datetime = LONG_AGO, ledger: datetime = LONG_AGO
) -> Cutoffs:
    return Cutoffs(artifacts, figures, ledger)


class TestPrune:
    def test_what_names_agents_goes_first(self, ledger, other) -> None:
        old, young = occurrence(), occurrence(due=later(days=20))
        ended(ledger, old, SENT)
        ended(ledger, young, SENT, at=later(days=20))
        found = other.prune(cutoffs(artifacts=later(days=1)), later(days=31))
        assert found == Pruned(personal=1)
        assert set(ledger.editions(old.id)) == {Agents.NONE}
        assert set(ledger.editions(young.id)) == {Agents.NONE, Agents.NAMES}
        assert happened(ledger, old)[-1] == ("pruned", "what was said with agents as names")
        assert said_before(ledger, occurrence(due=later(days=10))) == ["Quieter than last week."]

    def test_editions_expire_before_the_record(self, ledger) -> None:
        of = occurrence()
        [delivery] = ended(ledger, of, SENT)
        assert ledger.prune(cutoffs(NEVER, figures=later(days=1)), NOW) == Pruned(personal=1, figures=1)
        assert dict(ledger.editions(of.id)) == {}
        assert states(ledger, of) == ("done", ["sent"])
        assert ledger.prune(cutoffs(NEVER, NEVER, ledger=later(days=1)), NOW) == Pruned(occurrences=1)
        assert (ledger.occurrence(of.id), ledger.deliveries(of.id)) == (None, ())
        assert (ledger.attempts(delivery.key), ledger.events(of.id)) == ((), ())
        assert ledger.history(None) == ()

    def test_exactly_as_old_as_allowed_is_kept(self, ledger) -> None:
        of = occurrence()
        ended(ledger, of, SENT)
        assert ledger.prune(cutoffs(NOW, NOW, NOW), later(days=30)) == Pruned()

    def test_what_has_not_ended_stays_whole(self, ledger) -> None:
        ready, planned = occurrence(), occurrence(due=later(days=1))
        composed(ledger, ready, ANN)
        ledger.plan(planned, digest(), deliveries_of(planned), NOW, late=False)
        assert ledger.prune(cutoffs(NEVER, NEVER, NEVER), NEVER) == Pruned()
        send(ledger, deliveries_of(ready, ANN)[0])
        assert ledger.finish(ready.id, NOW) is OccurrenceState.DONE

    def test_what_nobody_released_is_discarded_with_its_reason(self, ledger) -> None:
        of, young = occurrence(), occurrence(due=later(days=1))
        composed(ledger, of, ANN, held="Dana Lee never belonged to Billing")
        composed(ledger, young, ANN, held="odd", at=later(days=20))
        assert ledger.prune(cutoffs(artifacts=later(days=1)), later(days=31)) == Pruned(discarded=1)
        assert states(ledger, of) == ("skipped", ["cancelled"])
        assert "held longer" in ledger.occurrence(of.id).reason
        assert dict(ledger.editions(of.id)) == {}
        assert not any("Dana" in words for _, words in happened(ledger, of))
        assert states(ledger, young)[0] == "held"

    def test_held_reason_is_pruned_with_its_edition(self, ledger) -> None:
        of = occurrence()
        alert = replace(of, kind=OccurrenceKind.ALERT, topic="held", about=of.id)
        composed(ledger, of, ANN, held="Dana Lee never belonged to Billing")
        ledger.release(of.id, NOW)
        send(ledger, deliveries_of(of, ANN)[0])
        ledger.finish(of.id, NOW)
        ended(ledger, alert, SENT)
        assert ledger.prune(cutoffs(artifacts=later(days=1)), later(days=31)) == Pruned(personal=3)
        assert happened(ledger, of)[1] == ("held", "(no longer kept)")
        assert dict(ledger.editions(alert.id)) == {}
        assert set(ledger.editions(of.id)) == {Agents.NONE}

    def test_corrections_are_for_readers_and_kept_as_long(self, ledger) -> None:
        of = occurrence()
        ended(ledger, of, SENT)
        ledger.correct(of, correction_of(of, 1), digest(), (), NOW)
        first = correction_of(of, 1)
        claim = ledger.claim_occurrence(first.id, NOW)
        ledger.save_snapshot(claim, everybody(first), NOW)
        ledger.finish(first.id, NOW)
        ledger.prune(cutoffs(artifacts=later(days=1)), later(days=31))
        assert set(ledger.editions(first.id)) == {Agents.NONE}

    def test_is_the_same_a_second_time(self, ledger) -> None:
        ended(ledger, occurrence(), SENT)
        everything = cutoffs(NEVER, NEVER, NEVER)
        assert ledger.prune(everything, NOW).occurrences == 1
        assert ledger.prune(everything, NOW) == Pruned()
        assert ledger.compact()

    @pytest.mark.long
    def test_more_than_one_portion(self, ledger) -> None:
        for n in range(BATCH + 1):
            ledger.skip(occurrence(due=later(minutes=n)), digest(), "missed", NOW)
        assert ledger.prune(cutoffs(ledger=later(days=1)), NOW) == Pruned(occurrences=BATCH + 1)
        assert ledger.history(None) == ()
