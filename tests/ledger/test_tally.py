"""What a status page reads: the newest, what was not served, and how many of each."""

from dataclasses import replace
from datetime import timedelta

from bot.ledger import Ledger
from bot.model import DeliveryState, Occurrence, OccurrenceState, Outcome, Receipt
from tests.ledger.factories import DUE, NOW, deliveries_of, digest, occurrence, said, trial, trials

ANN, BOB = "ann@example.com", "bob@example.com"
SENT = Outcome(DeliveryState.SENT, Receipt("1"))
FAILED = Outcome(DeliveryState.FAILED, error="550 no such user")
LATER = DUE + timedelta(weeks=3)
AGAIN = Outcome(DeliveryState.READY, error="busy", retry_at=NOW)


def week(number: int) -> Occurrence:
    return replace(occurrence(), due=DUE + timedelta(weeks=number))


def tried(ledger: Ledger, of: Occurrence, *outcomes: Outcome) -> None:
    """Planned, kept, and each delivery tried once for each of its outcomes."""
    wanted = deliveries_of(of, ANN, BOB)
    ledger.plan(of, digest(of.digest), wanted, NOW, late=False)
    claim = ledger.claim_occurrence(of.id, NOW)
    assert claim is not None
    ledger.save_snapshot(claim, said(of), NOW)
    for delivery, outcome in zip(wanted, outcomes, strict=False):
        claim = ledger.claim_delivery(delivery, NOW)
        assert claim is not None
        ledger.finish_attempt(claim, outcome, NOW)
    ledger.finish(of.id, NOW)


def ids(rows: tuple) -> list[str]:  # type: ignore[type-arg]
    return [record.occurrence.id for record, _ in rows]


def test_newest_first_up_to_the_limit(ledger: Ledger) -> None:
    for number in (2, 0, 1):
        tried(ledger, week(number), SENT, SENT)
    assert ids(ledger.recent(2)) == [week(2).id, week(1).id]
    assert [pending.state for pending in ledger.recent(1)[0][1]] == [DeliveryState.SENT, DeliveryState.SENT]


def test_what_somebody_did_not_surely_get_is_unserved(ledger: Ledger) -> None:
    tried(ledger, week(0), SENT, SENT)
    tried(ledger, week(1), SENT, FAILED)
    tried(ledger, week(2), SENT, Outcome(DeliveryState.UNKNOWN, error="cut off"))
    tried(ledger, week(3), SENT, AGAIN)
    assert ids(ledger.unserved(9, LATER)) == [week(2).id, week(1).id]
    assert ids(ledger.unserved(1, LATER)) == [week(2).id]
    assert ids(ledger.unserved(9, DUE + timedelta(days=44))) == [week(2).id], "of the last month"
    tried(ledger, week(4), SENT, SENT)
    assert ledger.unserved(9, LATER) == (), "the digest reaches everybody again"


def test_a_test_that_failed_is_nobodys_loss(ledger: Ledger) -> None:
    of = trial()
    ledger.plan(of, digest(), trials(of, ANN), NOW, late=False)
    claim = ledger.claim_occurrence(of.id, NOW)
    assert claim is not None
    ledger.save_snapshot(claim, said(of), NOW)
    claim = ledger.claim_delivery(trials(of, ANN)[0], NOW)
    assert claim is not None
    ledger.finish_attempt(claim, FAILED, NOW)
    assert ledger.unserved(9, LATER) == ()
    assert (ledger.tally().deliveries, ledger.tally().tries) == ({}, {})


def test_counts_by_state_and_outcome(ledger: Ledger) -> None:
    tried(ledger, week(0), SENT, SENT)
    tried(ledger, week(1), SENT, FAILED)
    tried(ledger, week(2), AGAIN)
    tally = ledger.tally()
    email = "email"
    assert tally.occurrences == {
        OccurrenceState.DONE: 1,
        OccurrenceState.FAILED: 1,
        OccurrenceState.RENDERED: 1,
    }
    assert tally.deliveries == {
        (email, DeliveryState.SENT): 3,
        (email, DeliveryState.FAILED): 1,
        (email, DeliveryState.READY): 2,
    }
    assert tally.tries == {
        (email, DeliveryState.SENT): 3,
        (email, DeliveryState.FAILED): 1,
        (email, DeliveryState.READY): 1,
    }


def test_an_empty_ledger_has_none(ledger: Ledger) -> None:
    assert (ledger.recent(5), ledger.unserved(5, LATER)) == ((), ())
    assert ledger.tally().occurrences == {}
