"""The tables of moves: complete, and the only way to change a state."""

import pytest

from bot.ledger import Ledger
from bot.ledger.states import (
    DELIVERY_MOVES,
    ENDED,
    OCCURRENCE_MOVES,
    DeliveryCause,
    IllegalMove,
    delivery_sources,
    require_occurrence_move,
)
from bot.ledger.transitions import lock_occurrence, transition
from bot.model import DeliveryState, EventKind, OccurrenceState
from tests.ledger.factories import NOW, deliveries_of, digest, occurrence


def test_no_move_stands_twice() -> None:
    assert len(set(OCCURRENCE_MOVES)) == len(OCCURRENCE_MOVES)
    assert len(set(DELIVERY_MOVES)) == len(DELIVERY_MOVES)


def test_every_state_can_be_reached() -> None:
    assert {move.after for move in OCCURRENCE_MOVES} == set(OccurrenceState)
    assert {move.after for move in DELIVERY_MOVES} == set(DeliveryState)


def test_every_state_that_is_no_end_can_be_left() -> None:
    left = {move.before for move in OCCURRENCE_MOVES if move.before != move.after}
    assert set(OccurrenceState) - set(ENDED) <= left
    assert DeliveryState.SENT not in {move.before for move in DELIVERY_MOVES}
    causes = {move.cause for move in DELIVERY_MOVES if move.before is DeliveryState.CANCELLED}
    assert causes == {DeliveryCause.READDRESSED}, "only a file or a roster brings it back"


def test_sent_and_unknown_are_never_claimed() -> None:
    assert delivery_sources(DeliveryState.SENDING, DeliveryCause.CLAIMED) == (DeliveryState.READY,)
    with pytest.raises(IllegalMove, match="'sending' by 'reopened'"):
        delivery_sources(DeliveryState.SENDING, DeliveryCause.REOPENED)


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        (OccurrenceState.DONE, OccurrenceState.PLANNED, EventKind.REOPENED),
        (OccurrenceState.HELD, OccurrenceState.DONE, EventKind.ENDED),
        (OccurrenceState.PLANNED, OccurrenceState.RENDERED, EventKind.RELEASED),
    ],
)
def test_illegal_moves_raise(before: OccurrenceState, after: OccurrenceState, cause: EventKind) -> None:
    with pytest.raises(IllegalMove, match=f"from {before.value!r} to {after.value!r} by {cause.value!r}"):
        require_occurrence_move(before, after, cause)


def test_an_illegal_transition_changes_nothing(ledger: Ledger) -> None:
    of = occurrence()
    ledger.plan(of, digest(), deliveries_of(of), NOW, late=False)
    with ledger.engine.begin() as connection:
        row = lock_occurrence(connection, of.id)
        with pytest.raises(IllegalMove):
            transition(connection, row, OccurrenceState.HELD, EventKind.RELEASED, "", NOW)
    record = ledger.occurrence(of.id)
    assert record is not None
    assert record.state is OccurrenceState.PLANNED
    assert [event.kind for event in ledger.events(of.id)] == [EventKind.PLANNED]
