"""Held occurrences, and what earlier ones said: the same promises from every ledger."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Literal

import pytest

from bot.errors import LedgerError
from bot.ledger import Ledger
from bot.model import (
    Agents,
    ChildOccurrence,
    Delivery,
    DeliveryState,
    Occurrence,
    OccurrenceKind,
    OccurrenceState,
    Outcome,
    PastEdition,
    Receipt,
    Window,
    WindowRule,
)
from tests.doubles.ledger import kill
from tests.ledger.factories import (
    DUE,
    NOW,
    SYDNEY,
    claimed,
    deliveries_of,
    digest,
    edition,
    gap_window,
    later,
    occurrence,
    said,
    trials,
)

WHY = "Dana Lee (agent 41) never belonged to Billing: the filter may not have been honoured."
SENT = Outcome(DeliveryState.SENT, Receipt("1"))
FAILED = Outcome(DeliveryState.FAILED, error="550")
ANN, BOB = "ann@example.com", "bob@example.com"


def held(ledger: Ledger, *addresses: str) -> Occurrence:
    of = occurrence()
    assert ledger.plan(of, digest(), deliveries_of(of, *addresses), NOW, late=False)
    assert ledger.save_snapshot(claimed(ledger.claim_occurrence(of.id, NOW)), said(of), NOW, held=WHY)
    return of


def looks(ledger: Ledger, of: Occurrence) -> tuple[str, str, list[str]]:
    record = ledger.occurrence(of.id)
    assert record is not None
    return record.state.value, record.reason, [pending.state.value for pending in ledger.deliveries(of.id)]


def send(ledger: Ledger, delivery: Delivery, outcome: Outcome = SENT) -> None:
    assert ledger.finish_attempt(claimed(ledger.claim_delivery(delivery, NOW)), outcome, NOW)


class TestHeld:
    def test_says_why_and_nothing_is_sent(self, ledger, other) -> None:
        of = held(ledger, ANN, BOB)
        assert looks(other, of) == ("held", WHY, ["ready", "ready"])
        assert dict(other.editions(of.id)) == said(of)
        assert other.outstanding(later(days=99)) == ()
        for delivery in deliveries_of(of, ANN, BOB):
            assert other.claim_delivery(delivery, later(days=99)) is None
        assert other.claim_occurrence(of.id, later(days=99)) is None

    def test_nothing_ends_it_by_itself(self, ledger, other) -> None:
        of = held(ledger, ANN)
        kill(ledger)
        assert other.reap(later(days=99)) == 0
        assert other.finish(of.id, NOW) is OccurrenceState.HELD
        assert other.reopen(of.id, NOW) == 0
        assert not other.plan(of, digest(), deliveries_of(of, ANN), NOW, late=False)
        assert not other.skip(of, digest(), "holiday", NOW)
        assert looks(other, of) == ("held", WHY, ["ready"])

    def test_kept_again_by_the_same_claim_is_no_harm(self, ledger) -> None:
        of = occurrence()
        ledger.plan(of, digest(), deliveries_of(of), NOW, late=False)
        claim = ledger.claim_occurrence(of.id, NOW)
        assert ledger.save_snapshot(claim, said(of), NOW, held=WHY)
        assert ledger.save_snapshot(claim, said(of), NOW, held=WHY)
        assert not ledger.save_snapshot(claim, said(of, "other words"), NOW)
        assert looks(ledger, of)[:2] == ("held", WHY)

    def test_lost_claim_holds_nothing(self, ledger, other) -> None:
        of = occurrence()
        ledger.plan(of, digest(), deliveries_of(of), NOW, late=False)
        slow = ledger.claim_occurrence(of.id, NOW)
        kill(ledger)
        other.reap(NOW)
        assert other.save_snapshot(other.claim_occurrence(of.id, NOW), said(of), NOW)
        assert not ledger.save_snapshot(slow, said(of, "stale"), NOW, held=WHY)
        assert looks(ledger, of) == ("rendered", "", ["ready"])

    def test_reasons_of_others_are_stored_harmlessly(self, ledger) -> None:
        of = occurrence()
        ledger.plan(of, digest(), deliveries_of(of), NOW, late=False)
        ledger.save_snapshot(
            ledger.claim_occurrence(of.id, NOW), said(of), NOW, held="x\x00\ud800" + "y" * 9_000
        )
        reason = ledger.occurrence(of.id).reason
        assert (reason[:3], len(reason)) == ("x?y", 2_000)


class TestRelease:
    def test_goes_out_as_it_was_kept(self, ledger, other) -> None:
        of = held(ledger, ANN, BOB)
        assert other.release(of.id, later(hours=1))
        assert looks(ledger, of) == ("rendered", "", ["ready", "ready"])
        assert [record.occurrence for record in ledger.outstanding(NOW)] == [of]
        assert dict(ledger.editions(of.id)) == said(of)
        for delivery in deliveries_of(of, ANN, BOB):
            send(ledger, delivery)
        assert ledger.finish(of.id, NOW) is OccurrenceState.DONE

    def test_only_what_is_held(self, ledger, other) -> None:
        of = held(ledger, ANN)
        assert ledger.release(of.id, NOW)
        assert not other.release(of.id, NOW)
        send(ledger, deliveries_of(of, ANN)[0])
        ledger.finish(of.id, NOW)
        assert not ledger.release(of.id, NOW)
        assert looks(ledger, of) == ("done", "", ["sent"])
        with pytest.raises(LedgerError, match="knows no occurrence"):
            ledger.release("care@2018-05-06T23:00:00Z", NOW)


class TestDiscard:
    def test_ends_everything_with_the_persons_reason(self, ledger, other) -> None:
        of = held(ledger, ANN, BOB)
        assert other.discard(of.id, "discarded by ops", later(hours=1))
        assert looks(ledger, of) == ("skipped", "discarded by ops", ["cancelled", "cancelled"])
        assert {pending.error for pending in ledger.deliveries(of.id)} == {"discarded by ops"}
        assert dict(ledger.editions(of.id)) == {}, "not even a later test may send it"
        assert ledger.outstanding(later(days=99)) == ()
        assert ledger.reopen(of.id, NOW) == 0
        assert not ledger.discard(of.id, "again", NOW)
        assert not ledger.release(of.id, NOW)

    def test_what_waits_and_what_failed_too(self, ledger) -> None:
        of = held(ledger, ANN)
        ledger.release(of.id, NOW)
        assert ledger.discard(of.id, "not needed", NOW)
        assert looks(ledger, of) == ("skipped", "not needed", ["cancelled"])
        assert ledger.editions(of.id), "only what was held may be about other people"
        assert not ledger.discard(of.id, "again", NOW)
        with pytest.raises(LedgerError, match="knows no occurrence"):
            ledger.discard("care@2018-05-06T23:00:00Z", "x", NOW)

    def test_claim_of_before_keeps_nothing_any_more(self, ledger) -> None:
        of = occurrence()
        ledger.plan(of, digest(), deliveries_of(of), NOW, late=False)
        claim = ledger.claim_occurrence(of.id, NOW)
        ledger.save_snapshot(claim, said(of), NOW, held=WHY)
        ledger.discard(of.id, "wrong", NOW)
        assert not ledger.save_snapshot(claim, said(of), NOW)
        assert looks(ledger, of) == ("skipped", "wrong", ["cancelled"])

    def test_held_ones_are_listed_until_they_go(self, ledger) -> None:
        of = held(ledger, ANN)
        assert [record.occurrence for record in ledger.held()] == [of]
        ledger.discard(of.id, "wrong", NOW)
        assert ledger.held() == ()


def week(number: int, slice: str = "") -> Occurrence:
    """Return the firing `number` weeks after the first, about the week before it."""
    monday = date(2018, 4, 30) + timedelta(weeks=number)
    window = Window.of_dates(monday, monday + timedelta(days=6), SYDNEY)
    return Occurrence("care-weekly", DUE + timedelta(weeks=number), window, slice)


def went_out(ledger: Ledger, of: Occurrence, outcome: Outcome = SENT, **definition: Any) -> Occurrence:
    defined = replace(digest(of.digest), **definition)
    assert ledger.plan(of, defined, deliveries_of(of, ANN), NOW, late=False)
    assert ledger.save_snapshot(claimed(ledger.claim_occurrence(of.id, NOW)), said(of, of.id), NOW)
    send(ledger, deliveries_of(of, ANN)[0], outcome)
    ledger.finish(of.id, NOW)
    return of


def past(ledger: Ledger, of: Occurrence, count: int = 9) -> list[str]:
    return [found.edition.occurrence for found in ledger.past(of, count)]


class TestDeclined:
    def test_goes_to_nobody_and_says_why(self, ledger, other) -> None:
        of = occurrence()
        ledger.plan(of, digest(), deliveries_of(of, ANN, BOB), NOW, late=False)
        assert ledger.suppress(ledger.claim_occurrence(of.id, NOW), said(of), "no target was missed", NOW)
        assert looks(other, of) == ("skipped", "no target was missed", ["cancelled", "cancelled"])
        assert other.outstanding(later(days=99)) == ()
        assert other.reopen(of.id, NOW) == 0
        assert not other.plan(of, digest(), deliveries_of(of, ANN), NOW, late=False)
        assert other.events(of.id)[-1].detail == "no target was missed"

    def test_counts_for_trends_and_was_not_published(self, ledger, other) -> None:
        ledger.plan(week(0), digest(), deliveries_of(week(0)), NOW, late=False)
        ledger.suppress(ledger.claim_occurrence(week(0).id, NOW), said(week(0)), "nothing came in", NOW)
        went_out(ledger, week(1))
        assert [one.published for one in other.past(week(2), 8)] == [True, False]

    def test_a_lost_claim_declines_nothing(self, ledger, other) -> None:
        of = occurrence()
        ledger.plan(of, digest(), deliveries_of(of), NOW, late=False)
        slow = ledger.claim_occurrence(of.id, NOW)
        kill(ledger)
        other.reap(NOW)
        assert other.save_snapshot(other.claim_occurrence(of.id, NOW), said(of), NOW)
        assert not ledger.suppress(slow, said(of), "no target was missed", NOW)
        assert looks(ledger, of) == ("rendered", "", ["ready"])


class TestDaysHandedOn:
    @pytest.mark.parametrize("how", ["declined", "discarded"])
    @pytest.mark.parametrize("kind", ["since last run", "last"])
    def test_the_next_that_waits_reaches_back(
        self, ledger, other, how: str, kind: Literal["last", "since last run"]
    ) -> None:
        rule = WindowRule(kind, kind)
        of = replace(digest(), window=rule)
        for number in (0, 1, 2):
            ledger.plan(week(number), of, deliveries_of(week(number)), NOW, late=False)
        claim = ledger.claim_occurrence(week(0).id, NOW)
        if how == "declined":
            ledger.suppress(claim, said(week(0)), "nothing came in", NOW)
        else:
            ledger.save_snapshot(claim, said(week(0)), NOW, held=WHY)
            ledger.discard(week(0).id, "wrong", NOW)
        found = [other.occurrence(week(number).id).occurrence.window for number in (1, 2)]
        wider = replace(week(1).window, start=week(0).window.start)
        told = other.events(week(1).id)[-1].detail
        assert (told == f"also about the days of {week(0).id}, which nobody got") == (kind != "last")
        assert found == [wider if kind == "since last run" else week(1).window, week(2).window]


class TestExpanded:
    def slices(self, *names: str, skipped: str = "") -> list[ChildOccurrence]:
        of = [replace(occurrence(), slice=name) for name in names]
        return [
            ChildOccurrence(one, digest(), () if skipped else deliveries_of(one, ANN), skipped) for one in of
        ]

    def test_slices_are_planned_with_its_end(self, ledger, other) -> None:
        of = occurrence()
        ledger.plan(of, digest(), (), NOW, late=False)
        claim = ledger.claim_occurrence(of.id, NOW)
        parts = [*self.slices("billing", "care"), *self.slices("empty", skipped="nobody")]
        assert ledger.fan_out(claim, parts, "2 editions", True, NOW)
        assert looks(other, of) == ("done", "", [])
        assert [record.occurrence.slice for record in other.outstanding(NOW)] == ["billing", "care"]
        assert all(record.late for record in other.outstanding(NOW))
        assert looks(other, parts[2].occurrence)[:2] == ("skipped", "nobody")
        assert "2 editions" in [event.detail for event in other.events(of.id)]

    def test_what_was_planned_before_stays(self, ledger, other) -> None:
        [one] = self.slices("billing")
        ledger.plan(one.occurrence, digest(), one.deliveries, NOW, late=False)
        ledger.save_snapshot(ledger.claim_occurrence(one.occurrence.id, NOW), said(one.occurrence), NOW)
        send(ledger, one.deliveries[0])
        ledger.finish(one.occurrence.id, NOW)
        of = occurrence()
        ledger.plan(of, digest(), (), NOW, late=False)
        assert ledger.fan_out(ledger.claim_occurrence(of.id, NOW), [one], "1 edition", False, NOW)
        assert looks(other, one.occurrence) == ("done", "", ["sent"])
        assert other.outstanding(NOW) == ()

    def test_what_could_not_be_divided_is_opened_again(self, ledger, other) -> None:
        of = occurrence()
        ledger.plan(of, digest(), (), NOW, late=False)
        ledger.postpone(ledger.claim_occurrence(of.id, NOW), "HTTP 503", None, NOW)
        assert looks(other, of)[0] == "failed"
        assert other.reopen(of.id, NOW) == 1
        assert [record.occurrence.id for record in ledger.outstanding(NOW)] == [of.id]
        assert ledger.fan_out(ledger.claim_occurrence(of.id, NOW), self.slices("care"), "", False, NOW)
        assert other.reopen(of.id, NOW) == 0
        assert looks(other, of)[0] == "done"

    def test_a_lost_claim_plans_nothing(self, ledger, other) -> None:
        of = occurrence()
        ledger.plan(of, digest(), (), NOW, late=False)
        slow = ledger.claim_occurrence(of.id, NOW)
        kill(ledger)
        other.reap(NOW)
        fast = other.claim_occurrence(of.id, NOW)
        assert not ledger.fan_out(slow, self.slices("old"), "", False, NOW)
        assert other.fan_out(fast, self.slices("new"), "", False, NOW)
        assert [record.occurrence.slice for record in other.outstanding(NOW)] == ["new"]
        assert not other.fan_out(fast, self.slices("again"), "", False, NOW)


class TestPast:
    def test_newest_first_as_many_as_asked(self, ledger, other) -> None:
        earlier = [went_out(ledger, week(number)) for number in (2, 0, 1)]
        assert past(other, week(3)) == [week(n).id for n in (2, 1, 0)]
        assert other.past(week(3), 2) == tuple(
            PastEdition(week(n).window, edition(week(n), week(n).id)) for n in (2, 1)
        )
        assert other.past(week(3), 0) == other.past(week(3), -1) == ()
        assert past(other, week(1)) == [week(0).id], "only what was due before"
        assert len(earlier) == 3

    def test_other_digests_and_slices_say_nothing_of_it(self, ledger) -> None:
        went_out(ledger, week(0, "billing"))
        went_out(ledger, replace(week(0), digest="other"))
        assert past(ledger, week(1)) == []
        assert past(ledger, week(1, "billing")) == [week(0, "billing").id]

    @pytest.mark.parametrize(
        "outcome", [SENT, FAILED, Outcome(DeliveryState.READY, error="421", retry_at=later(hours=1))]
    )
    def test_sent_failed_or_still_being_sent(self, ledger, outcome: Outcome) -> None:
        of = went_out(ledger, week(0), outcome)
        assert past(ledger, week(1)) == [of.id]

    def test_what_did_not_go_out_is_no_past(self, ledger) -> None:
        for number in range(5):
            ledger.plan(week(number), digest(), deliveries_of(week(number)), NOW, late=False)
        ledger.save_snapshot(ledger.claim_occurrence(week(0).id, NOW), said(week(0)), NOW, held=WHY)
        ledger.save_snapshot(ledger.claim_occurrence(week(1).id, NOW), said(week(1)), NOW, held=WHY)
        ledger.discard(week(1).id, "wrong", NOW)
        ledger.postpone(ledger.claim_occurrence(week(2).id, NOW), "API says no", None, NOW)
        ledger.park(week(3).id, "parked", NOW)
        ledger.skip(week(5), digest(), "holiday", NOW)
        assert past(ledger, week(9)) == []
        assert ledger.release(week(0).id, NOW)
        assert past(ledger, week(9)) == [week(0).id]

    def test_tests_are_no_past(self, ledger) -> None:
        of = replace(week(0), kind=OccurrenceKind.TEST)
        ledger.plan(of, digest(), trials(of), NOW, late=False)
        ledger.save_snapshot(ledger.claim_occurrence(of.id, NOW), said(of), NOW)
        send(ledger, trials(of)[0])
        assert past(ledger, week(1)) == []

    def test_edition_with_names_where_there_is_one(self, ledger) -> None:
        for number, agents in (
            (0, [Agents.NONE, Agents.NAMES, Agents.INITIALS]),
            (1, [Agents.NONE, Agents.INITIALS]),
        ):
            of = week(number)
            ledger.plan(of, digest(), deliveries_of(of), NOW, late=False)
            kept = {one: replace(edition(of), agents=one) for one in agents}
            ledger.save_snapshot(ledger.claim_occurrence(of.id, NOW), kept, NOW)
        assert [found.edition.agents for found in ledger.past(week(2), 2)] == ["initials", "names"]

    def test_only_of_the_same_groups_and_users(self, ledger) -> None:
        """Figures about other people are not compared, and nobody learns them this way."""
        went_out(ledger, week(0), groups=("Billing", "Care"), users=("a@example.com",))
        went_out(ledger, week(1))
        went_out(ledger, week(2), groups=("Billing",))
        went_out(ledger, week(3), groups=("Care", "Billing"), users=("b@example.com",))
        for number, of in (
            (4, replace(digest(), groups=("Care", "Billing"), users=("a@example.com",))),
            (5, digest()),
        ):
            ledger.plan(week(number), of, deliveries_of(week(number)), NOW, late=False)
        assert past(ledger, week(4)) == [week(0).id]
        assert past(ledger, week(5)) == [week(1).id]
        assert past(ledger, week(6)) == [week(n).id for n in (3, 2, 1, 0)], "unknown to the ledger: all"

    def test_windows_come_back_with_their_wall_clocks(self, ledger) -> None:
        of = went_out(ledger, replace(week(0), window=gap_window()))
        (found,) = ledger.past(week(1), 1)
        assert found.window == of.window
        assert found.window.is_whole_days
