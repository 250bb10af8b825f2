"""Tallies in bounded memory: means, scores, messages, counts by name, and the longest few."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.model import Column, Unit

MAX_NAMES = 500
OTHER = "other"
"""Names after the first five hundred are counted together under this one."""

MESSAGE_COLUMNS = (
    *(Column(name, Unit.COUNT) for name in ("messages", "replies", "over_sla")),
    Column("wait", Unit.SECONDS),
)

Cells = tuple[str | float | None, ...]


@dataclass(slots=True)
class Mean:
    """A mean without the values: their sum and their number."""

    total: float = 0.0
    count: int = 0

    def add(self, value: float | None) -> None:
        """Add a value; None is no value."""
        if value is not None:
            self.total += value
            self.count += 1

    @property
    def value(self) -> float | None:
        """Return the mean; None of nothing."""
        return self.total / self.count if self.count else None


@dataclass(slots=True)
class Scores:
    """Answers on the scale of 0 to 10: promoters say 9 or 10, detractors 0 to 6 (API document, NPS)."""

    promoters: int = 0
    passives: int = 0
    detractors: int = 0

    def add(self, score: float) -> None:
        """Add one answer."""
        if score >= 9:
            self.promoters += 1
        elif score >= 7:
            self.passives += 1
        else:
            self.detractors += 1

    @property
    def answers(self) -> int:
        """Return the number of answers."""
        return self.promoters + self.passives + self.detractors

    @property
    def cells(self) -> Cells:
        """Return promoters, passives and detractors."""
        return self.promoters, self.passives, self.detractors


@dataclass(slots=True)
class MessageTally:
    """Counts of messages; `wait` is the customers' mean wait for a reply, in seconds."""

    messages: int = 0
    replies: int = 0
    over_sla: int = 0
    wait: Mean = field(default_factory=Mean)

    def add(self, replied: bool, over: bool, wait: float | None) -> None:
        """Add one message."""
        self.messages += 1
        if replied:
            self.replies += 1
            self.over_sla += over
            self.wait.add(wait)


class ByName:
    """A tally for each of the first five hundred names, and one for all later names together."""

    def __init__(self) -> None:
        self._tallies: dict[str, MessageTally] = {}

    def of(self, name: str) -> MessageTally:
        """Return the tally that counts for this name."""
        if name not in self._tallies and len(self._tallies) >= MAX_NAMES:
            name = OTHER
        return self._tallies.setdefault(name, MessageTally())

    @property
    def most_first(self) -> list[tuple[str, MessageTally]]:
        """Return names with their tallies, the most messages first, then by name; `other` last."""
        return sorted(self._tallies.items(), key=lambda item: (item[0] == OTHER, -item[1].messages, item[0]))


class Longest:
    """The rows with the largest values; of equal ones the earlier."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[tuple[float, int, Cells]] = []
        self._seen = 0

    def add(self, value: float, cells: Callable[[], Cells]) -> None:
        """Add a row; make its cells only if it is among the largest so far."""
        self._seen += 1
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, (value, -self._seen, cells()))
        elif value > self._heap[0][0]:
            heapq.heapreplace(self._heap, (value, -self._seen, cells()))

    @property
    def rows(self) -> tuple[Cells, ...]:
        """Return their cells, the largest value first."""
        ordered = sorted(self._heap, key=lambda item: item[:2], reverse=True)
        return tuple(cells for _, _, cells in ordered)
