"""A small model of the ledger's promises: which claims hold, and which moves of states are allowed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.ledger import Ledger
from bot.ledger.states import DELIVERY_MOVES, OCCURRENCE_MOVES
from bot.model import Claim, DeliveryState, OccurrenceState

State = OccurrenceState | DeliveryState
States = Mapping[str, State]

ALLOWED = {(move.before, move.after) for move in (*OCCURRENCE_MOVES, *DELIVERY_MOVES)}


@dataclass
class Claims:
    """The claims that hold, by the key of their row."""

    held: dict[str, Claim] = field(default_factory=dict)
    newest: dict[str, Claim] = field(default_factory=dict)

    def give(self, claim: Claim) -> None:
        """Record a claim: nobody else may hold the row."""
        assert claim.key not in self.held, (self.held[claim.key], claim)
        self.held[claim.key] = self.newest[claim.key] = claim

    def holds(self, claim: Claim) -> bool:
        """Whether a write with this claim has to succeed; else it has to change nothing."""
        return claim.key in self.held and self.held[claim.key].fence == claim.fence

    def end(self, key: str) -> None:
        """Record that the work is done, or that the row was taken away."""
        self.held.pop(key, None)

    def bury(self, living: set[str]) -> int:
        """Every claim of who is not alive ends; how many."""
        lost = {key for key, claim in self.held.items() if claim.owner not in living}
        for key in lost:
            del self.held[key]
        return len(lost)


def states_in(ledger: Ledger) -> dict[str, State]:
    """Return the state of every occurrence and delivery, by key."""
    states: dict[str, State] = {}
    for record, deliveries in ledger.history(None):
        states[record.occurrence.id] = record.state
        states |= {delivery.delivery.key: delivery.state for delivery in deliveries}
    return states


def forbidden_moves(before: States, after: States) -> list[tuple[str, State | None, State]]:
    """Return what changed by one step and is not in the table of moves."""
    moves = [(key, before.get(key), state) for key, state in after.items() if before.get(key) != state]
    return [move for move in moves if move[1:] not in ALLOWED]
