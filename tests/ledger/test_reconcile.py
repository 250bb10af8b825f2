"""What was perhaps accepted: looked up once its time has come, and then sent, sent again, or still unknown."""

from datetime import timedelta

import pytest

from bot.ledger import Ledger
from bot.model import DeliveryState, OccurrenceState, Outcome, Receipt
from tests.ledger.factories import claimed, said, trial, trials
from tests.ledger.test_ledger import ANN, BOB, NOW, deliveries_of, digest, later, rendered, state, states

LOST = Outcome(DeliveryState.UNKNOWN, error="no answer")
FOUND = Outcome(DeliveryState.SENT, Receipt("C1/1.2", "found in the channel's history"))
AGAIN = Outcome(DeliveryState.READY, error="no answer; it is sent again")


def unknown(ledger: Ledger, *addresses: str):
    of = rendered(ledger, *addresses)
    for delivery in deliveries_of(of, *addresses):
        assert ledger.finish_attempt(claimed(ledger.claim_delivery(delivery, NOW)), LOST, NOW)
    ledger.finish(of.id, NOW)
    return of


class TestDoubts:
    def test_an_unknown_delivery_is_listed(self, ledger, other) -> None:
        of = unknown(ledger, ANN)
        assert [record.occurrence for record in other.in_doubt(NOW)] == [of]
        [pending] = other.deliveries(of.id)
        assert pending.started_at == NOW

    def test_found_it_is_sent_and_the_occurrence_done(self, ledger, other) -> None:
        of = unknown(ledger, ANN)
        assert state(ledger, of) is OccurrenceState.FAILED
        assert other.reconcile(deliveries_of(of, ANN)[0], FOUND, later(minutes=1))
        assert (state(ledger, of), states(ledger, of)) == (OccurrenceState.DONE, ["sent"])
        [pending] = ledger.deliveries(of.id)
        assert (pending.provider_id, pending.sent_at) == ("C1/1.2", later(minutes=1))
        assert [attempt.state.value for attempt in ledger.attempts(pending.delivery.key)] == [
            "unknown",
            "sent",
        ]
        assert ledger.in_doubt(later(days=9)) == ()

    def test_not_there_it_is_outstanding_again(self, ledger, other) -> None:
        of = unknown(ledger, ANN, BOB)
        assert other.reconcile(deliveries_of(of, BOB)[0], AGAIN, NOW)
        assert (state(ledger, of), states(ledger, of)) == (OccurrenceState.RENDERED, ["unknown", "ready"])
        assert len(other.outstanding(NOW)) == 1
        assert other.claim_delivery(deliveries_of(of, BOB)[0], NOW) is not None

    def test_only_one_of_two_who_looked_decides(self, ledger, other) -> None:
        of = unknown(ledger, ANN)
        assert ledger.reconcile(deliveries_of(of, ANN)[0], AGAIN, NOW)
        assert not other.reconcile(deliveries_of(of, ANN)[0], FOUND, NOW)
        assert states(ledger, of) == ["ready"]

    def test_still_unknown_it_is_looked_up_at_its_time(self, ledger) -> None:
        of = unknown(ledger, ANN)
        still = Outcome(DeliveryState.UNKNOWN, error="history unreadable", retry_at=later(minutes=5))
        assert ledger.reconcile(deliveries_of(of, ANN)[0], still, NOW)
        assert ledger.in_doubt(NOW + timedelta(minutes=4)) == ()
        assert len(ledger.in_doubt(later(minutes=5))) == 1
        [pending] = ledger.deliveries(of.id)
        assert (pending.state, pending.error) == (DeliveryState.UNKNOWN, "history unreadable")
        assert len(ledger.attempts(pending.delivery.key)) == 1

    @pytest.mark.long
    def test_what_is_known_is_not_resolved(self, ledger) -> None:
        of = rendered(ledger, ANN)
        assert not ledger.reconcile(deliveries_of(of, ANN)[0], FOUND, NOW)
        assert states(ledger, of) == ["ready"]

    def test_a_test_is_never_looked_up(self, ledger) -> None:
        of = rendered(ledger, ANN)
        ledger.finish_attempt(
            ledger.claim_delivery(deliveries_of(of, ANN)[0], NOW),
            Outcome(DeliveryState.SENT, Receipt("x")),
            NOW,
        )
        of = trial()
        ledger.plan(of, digest(), trials(of, BOB), NOW, late=False)
        ledger.save_snapshot(ledger.claim_occurrence(of.id, NOW), said(of), NOW)
        ledger.finish_attempt(ledger.claim_delivery(trials(of, BOB)[0], NOW), LOST, NOW)
        assert ledger.in_doubt(NOW) == ()
