"""What goes wrong: stopped channels, processes that die, deliveries given up, and what is news of it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.ledger import Ledger
from bot.model import (
    Delivery,
    DeliveryState,
    Occurrence,
    OccurrenceKind,
    OccurrenceState,
    Outcome,
    Receipt,
    Recipient,
)
from tests.doubles.ledger import kill
from tests.ledger.databases import LedgerMaker
from tests.ledger.factories import (
    DUE,
    NOW,
    claimed,
    deliveries_of,
    digest,
    later,
    occurrence,
    said,
    trial,
    trials,
)

ANN, BOB = "ann@example.com", "bob@example.com"
SENT = Outcome(DeliveryState.SENT, Receipt("1"))
FAILED = Outcome(DeliveryState.FAILED, error="550 no such user")
LONG_AGO = NOW - timedelta(days=3)


def week(number: int, slice: str = "") -> Occurrence:
    return replace(occurrence(), due=DUE + timedelta(weeks=number), slice=slice)


def rendered(ledger: Ledger, of: Occurrence, *delivery: Delivery) -> tuple[Delivery, ...]:
    wanted = delivery or deliveries_of(of, ANN)
    assert ledger.plan(of, digest(of.digest), wanted, NOW, late=False)
    assert ledger.save_snapshot(claimed(ledger.claim_occurrence(of.id, NOW)), said(of), NOW)
    return wanted


def ended(ledger: Ledger, of: Occurrence, outcome: Outcome, at: datetime = NOW) -> Occurrence:
    for delivery in rendered(ledger, of):
        assert ledger.finish_attempt(claimed(ledger.claim_delivery(delivery, at)), outcome, at)
    ledger.finish(of.id, at)
    return of


def by_slack(of: Occurrence, address: str = "#care") -> Delivery:
    return Delivery(of.id, Recipient("slack", address))


class TestStoppedChannels:
    def test_nothing_goes_through_it_and_nothing_is_counted(self, ledger, other) -> None:
        slack, mail = rendered(
            ledger, occurrence(), by_slack(occurrence()), *deliveries_of(occurrence(), ANN)
        )
        assert ledger.open_circuit("slack", "the bot token is not valid", "hash", NOW)
        assert other.claim_delivery(slack, later(minutes=59)) is None
        assert other.claim_delivery(mail, later(minutes=59)) is not None
        assert [pending.attempts for pending in ledger.deliveries(occurrence().id)] == [0, 1]
        assert other.outstanding(later(minutes=59)) == ()

    def test_once_an_hour_one_is_tried(self, ledger, other) -> None:
        first, second = rendered(ledger, occurrence(), by_slack(occurrence()), by_slack(occurrence(), "#b"))
        ledger.open_circuit("slack", "no", "", NOW)
        assert len(other.outstanding(later(hours=1))) == 1
        assert other.claim_delivery(first, later(hours=1)) is not None
        assert ledger.claim_delivery(second, later(hours=1)) is None, "the turn is taken"
        assert ledger.claim_delivery(second, later(hours=2)) is not None

    def test_what_cannot_be_claimed_takes_no_turn(self, ledger) -> None:
        first, second = rendered(ledger, occurrence(), by_slack(occurrence()), by_slack(occurrence(), "#b"))
        ledger.finish_attempt(ledger.claim_delivery(first, NOW), FAILED, NOW)
        ledger.open_circuit("slack", "no", "", NOW)
        assert ledger.claim_delivery(first, later(hours=1)) is None
        assert ledger.claim_delivery(second, later(hours=1)) is not None

    def test_the_first_success_ends_it(self, ledger, other) -> None:
        first, second = rendered(ledger, occurrence(), by_slack(occurrence()), by_slack(occurrence(), "#b"))
        ledger.open_circuit("slack", "no", "", NOW)
        ledger.open_circuit("email", "no", "", NOW)
        assert other.finish_attempt(other.claim_delivery(first, later(hours=1)), SENT, later(hours=1))
        assert [stop.channel for stop in ledger.open_circuits()] == ["email"]
        assert ledger.claim_delivery(second, later(hours=1)) is not None

    def test_a_failure_of_another_kind_does_not(self, ledger) -> None:
        [delivery] = rendered(ledger, occurrence(), by_slack(occurrence()))
        ledger.open_circuit("slack", "no", "", NOW)
        ledger.finish_attempt(ledger.claim_delivery(delivery, later(hours=1)), FAILED, later(hours=1))
        assert len(ledger.open_circuits()) == 1

    def test_since_when_why_and_what_was_refused_are_remembered(self, ledger, other) -> None:
        assert ledger.open_circuit("slack", "no \x00such token" + "x" * 9_000, "old", NOW)
        assert not other.open_circuit("slack", "revoked", "new", later(hours=5))
        [stop] = ledger.open_circuits()
        assert (stop.channel, stop.reason, stop.credential) == ("slack", "revoked", "new")
        assert (stop.since, stop.retry_at) == (NOW, later(hours=6))

    def test_person_or_new_secret_half_opens(self, ledger, other) -> None:
        [delivery] = rendered(ledger, occurrence(), by_slack(occurrence()))
        other.half_open("slack", NOW)
        assert ledger.open_circuits() == ()
        ledger.open_circuit("slack", "no", "", NOW)
        other.half_open("slack", later(minutes=1))
        other.half_open("slack", later(hours=9))
        assert [stop.retry_at for stop in ledger.open_circuits()] == [later(minutes=1)]
        assert ledger.claim_delivery(delivery, later(minutes=1)) is not None

    def test_reopening_tries_at_once(self, ledger) -> None:
        [delivery] = rendered(ledger, occurrence(), by_slack(occurrence()))
        ledger.open_circuit("slack", "no", "", NOW)
        ledger.open_circuit("email", "no", "", NOW)
        assert ledger.reopen(occurrence().id, NOW) == 1
        assert ledger.claim_delivery(delivery, NOW) is not None
        assert [stop.retry_at > NOW for stop in ledger.open_circuits()] == [True, True]


class TestExpired:
    def test_a_waiting_duty_ends_without_an_attempt(self, ledger, other) -> None:
        ann, bob = rendered(ledger, occurrence(), *deliveries_of(occurrence(), ANN, BOB))
        assert other.expire(ann, "the channel was stopped too long", NOW)
        assert not other.expire(ann, "again", NOW)
        found = ledger.deliveries(occurrence().id)
        assert [(pending.state.value, pending.attempts) for pending in found] == [("failed", 0), ("ready", 0)]
        assert found[0].error == "the channel was stopped too long"
        assert ledger.finish(occurrence().id, NOW) is OccurrenceState.RENDERED
        ledger.finish_attempt(ledger.claim_delivery(bob, NOW), SENT, NOW)
        assert ledger.finish(occurrence().id, NOW) is OccurrenceState.FAILED

    def test_sending_and_ended_are_left_alone(self, ledger) -> None:
        ann, bob = rendered(ledger, occurrence(), *deliveries_of(occurrence(), ANN, BOB))
        ledger.claim_delivery(ann, NOW)
        ledger.finish_attempt(ledger.claim_delivery(bob, NOW), SENT, NOW)
        assert not ledger.expire(ann, "x", NOW)
        assert not ledger.expire(bob, "x", NOW)


def crash_count(ledger: Ledger, occurrence_id: str) -> int:
    work = ledger.start_work(occurrence_id)
    assert work is not None
    return work.crash_count


class TestCrashes:
    @pytest.fixture
    def of(self, ledger) -> str:
        for number in range(3):
            ledger.plan(week(number), digest(), deliveries_of(week(number)), NOW, late=False)
        return week(0).id

    def test_work_has_everything_in_one_read(self, ledger, other) -> None:
        [pending] = rendered(ledger, occurrence())
        ledger.open_circuit("slack", "no", "", NOW)
        work = other.start_work(occurrence().id)
        assert work.record == ledger.occurrence(occurrence().id)
        assert (dict(work.editions), work.crash_count) == (said(occurrence()), 0)
        assert [record.delivery for record in work.deliveries] == [pending]
        assert work.open_circuits == ledger.open_circuits()
        assert other.start_work("care@2018-05-06T23:00:00Z") is None

    def test_a_process_that_lives_on_is_no_crash(self, ledger, other, of) -> None:
        for _ in range(5):
            assert crash_count(ledger, of) == 0
            ledger.end_work(of)
        assert crash_count(other, of) == 0
        assert other.suspects() == frozenset()

    def test_each_dead_process_is_counted_once(self, make: LedgerMaker, of) -> None:
        for died in range(3):
            dying, *schedulers = (make(f"{name}:{died}:a") for name in ("there", "here", "beside"))
            assert crash_count(dying, of) == died
            kill(dying)
            for scheduler in schedulers:
                scheduler.reap(NOW)
        assert scheduler.suspects() == {of}
        assert crash_count(scheduler, of) == 3
        scheduler.end_work(of)
        assert crash_count(scheduler, of) == 0, "it ended without a crash"
        assert scheduler.suspects() == frozenset()

    def test_of_several_none_is_counted_and_all_are_suspects(self, ledger, other, of) -> None:
        for number in range(2):
            crash_count(ledger, week(number).id)
        crash_count(other, week(2).id)
        kill(ledger)
        other.reap(NOW)
        assert other.suspects() == {week(0).id, week(1).id}
        assert [crash_count(other, week(number).id) for number in range(3)] == [0, 0, 0]

    def test_live_processes_are_not_counted(self, ledger, other, of) -> None:
        crash_count(ledger, of)
        other.reap(NOW)
        assert crash_count(other, of) == 0
        ledger.end_work(of)
        other.reap(NOW)
        assert crash_count(other, of) == 0, "the other one's work does not end this one's"

    def test_a_process_that_stops_in_order_is_none(self, ledger, other, of) -> None:
        crash_count(ledger, of)
        crash_count(ledger, week(1).id)
        ledger.end_all_work()
        kill(ledger)
        other.reap(NOW)
        assert other.suspects() == frozenset()

    def test_reopening_starts_anew(self, ledger, other) -> None:
        of = ended(ledger, occurrence(), FAILED)
        crash_count(ledger, of.id)
        kill(ledger)
        other.reap(NOW)
        assert other.suspects() == {of.id}
        assert other.reopen(of.id, NOW) == 1
        assert other.suspects() == frozenset()


class TestGivenUp:
    @pytest.mark.parametrize("content", [False, True])
    def test_ends_as_failed_with_its_reason(self, ledger, other, content: bool) -> None:
        of = occurrence()
        ledger.plan(of, digest(), deliveries_of(of, ANN, BOB), NOW, late=False)
        if content:
            ledger.save_snapshot(claimed(ledger.claim_occurrence(of.id, NOW)), said(of), NOW)
        assert other.park(of.id, "parked", later(hours=1))
        assert not other.park(of.id, "parked again", later(hours=2))
        record = ledger.occurrence(of.id)
        assert (record.state, record.reason, record.ended_at) == ("failed", "parked", later(hours=1))
        assert {(pending.state.value, pending.error) for pending in ledger.deliveries(of.id)} == {
            ("failed", "parked")
        }
        assert ledger.outstanding(later(days=9)) == ()
        assert ledger.reopen(of.id, later(hours=3)) == 2
        assert ledger.occurrence(of.id).ended_at is None

    def test_not_while_somebody_fetches_it(self, ledger, other) -> None:
        of = occurrence()
        ledger.plan(of, digest(), deliveries_of(of, ANN), NOW, late=False)
        claim = ledger.claim_occurrence(of.id, NOW)
        assert not other.park(of.id, "parked", later(seconds=1))
        assert ledger.save_snapshot(claim, said(of), NOW)

    def test_what_is_being_sent_ends_first(self, ledger, other) -> None:
        ann, _ = rendered(ledger, occurrence(), *deliveries_of(occurrence(), ANN, BOB))
        claim = ledger.claim_delivery(ann, NOW)
        assert other.park(occurrence().id, "parked", NOW)
        assert ledger.occurrence(occurrence().id).state is OccurrenceState.RENDERED
        assert ledger.finish_attempt(claim, SENT, NOW)
        assert ledger.finish(occurrence().id, NOW) is OccurrenceState.FAILED


def news(ledger: Ledger, since: datetime = LONG_AGO) -> list[tuple[str, str, str | None]]:
    return [
        (one.record.occurrence.id, one.record.state.value, one.before.state.value if one.before else None)
        for one in ledger.endings(since, "failed")
    ]


class TestEndings:
    def test_what_goes_well_is_no_news(self, ledger) -> None:
        ended(ledger, week(0), SENT)
        ended(ledger, week(0, "billing"), FAILED)
        assert news(ledger) == [(week(0, "billing").id, "failed", None)]

    def test_endings_are_ordered_by_end(self, ledger, other) -> None:
        for number, outcome in enumerate([SENT, FAILED, FAILED, SENT, SENT]):
            ended(ledger, week(number - 4), outcome, later(minutes=number))
        assert news(other) == [
            (week(-3).id, "failed", "done"),
            (week(-2).id, "failed", "failed"),
            (week(-1).id, "done", "failed"),
        ]
        assert [id for id, *_ in news(other, later(minutes=2))] == [week(-2).id, week(-1).id]

    def test_alerted_failure_that_recovers_is_listed(self, ledger) -> None:
        ended(ledger, week(0), SENT)
        ended(ledger, week(1), SENT)
        assert news(ledger) == []
        alert = replace(week(0), kind=OccurrenceKind.ALERT, topic="failed", about=week(0).id)
        assert alert.id == "care-weekly/_failed@2018-05-06T23:00:00Z"
        ledger.plan(alert, digest(), deliveries_of(alert), NOW, late=False)
        assert news(ledger) == [(week(0).id, "done", None)]

    def test_tests_and_what_has_not_ended_are_left_out(self, ledger) -> None:
        of = trial()
        ledger.plan(of, digest(), trials(of, ANN), NOW, late=False)
        ledger.save_snapshot(claimed(ledger.claim_occurrence(of.id, NOW)), said(of), NOW)
        ledger.finish_attempt(ledger.claim_delivery(trials(of, ANN)[0], NOW), FAILED, NOW)
        ledger.finish(of.id, NOW)
        rendered(ledger, week(1))
        ledger.skip(week(2), digest(), "holiday", NOW)
        assert news(ledger) == []

    def test_old_occurrences_are_not_listed(self, ledger) -> None:
        ended(ledger, week(-5), FAILED)
        assert news(ledger) == []


class TestDueBetween:
    def test_real_ones_with_their_duties_oldest_first(self, ledger, other) -> None:
        for number in (2, 0, 1):
            ended(ledger, week(number), SENT)
        ledger.skip(week(3), digest(), "holiday", NOW)
        of = trial(week(4).due)
        ledger.plan(of, digest(), trials(of), NOW, late=False)
        found = other.due_between(week(1).due, week(9).due)
        assert [record.occurrence for record, _ in found] == [week(1), week(2), week(3)]
        assert [len(held) for _, held in found] == [1, 1, 0]
        assert other.due_between(week(0).due, week(1).due)[0][0].occurrence == week(0)

    def test_records_say_when_they_were_planned_and_ended(self, ledger) -> None:
        ended(ledger, week(0), SENT, later(minutes=3))
        rendered(ledger, week(1))
        (first, _), (second, _) = ledger.due_between(week(0).due, week(2).due)
        assert (first.planned_at, first.ended_at) == (NOW, later(minutes=3))
        assert (second.planned_at, second.ended_at) == (NOW, None)
