"""Which messages belong to one case (API document, Case Volume)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from activity_emulator.generator.days import HOUR

QUIET = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation: microseconds since 1970 UTC.

    `settled_at`: when it entered the closed state that it is in; None while it is in another.
    """

    message_id: int
    published_at: int
    responded_at: int | None
    settled_at: int | None


@dataclass(slots=True)
class _Chain:
    message_ids: list[int] = field(default_factory=list)
    is_answered: bool = False
    active_at: int = 0
    settled_at: int | None = 0

    def is_over(self, at: int) -> bool:
        """Closed: 24 quiet hours have passed, and every message was in a closed state."""
        return self.settled_at is not None and self.settled_at <= at and self.active_at + QUIET <= at

    def add(self, turn: Turn) -> None:
        self.message_ids.append(turn.message_id)
        self.active_at = max(self.active_at, turn.published_at, turn.responded_at or 0)
        self.is_answered |= turn.responded_at is not None
        both = (self.settled_at, turn.settled_at)
        self.settled_at = None if None in both else max(at for at in both if at is not None)


def cases(turns: Iterable[Turn]) -> list[list[int]]:
    """The ids of the messages of each case, of one customer's turns in one account, the oldest first.

    A message begins another case once the one before is closed; what nobody responded to is no case.
    """
    chains: list[_Chain] = []
    for turn in sorted(turns, key=lambda turn: (turn.published_at, turn.message_id)):
        if not chains or chains[-1].is_over(turn.published_at):
            chains.append(_Chain())
        chains[-1].add(turn)
    return [chain.message_ids for chain in chains if chain.is_answered]
