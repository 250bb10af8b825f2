"""What is added up: figures of messages and of scores, names without end, and the longest few."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

MOST_NAMES = 500
OTHER = "other"
"""What comes after the first five hundred different names is counted together under this one."""

Tally = TypeVar("Tally")
Cells = tuple[str | float | None, ...]


@dataclass(slots=True)
class Mean:
    """A mean without the values: their sum and how many they were."""

    total: float = 0.0
    count: int = 0

    def add(self, value: float | None) -> None:
        """Take a value in; None is no value."""
        if value is not None:
            self.total += value
            self.count += 1

    @property
    def value(self) -> float | None:
        """The mean; None of nothing."""
        return self.total / self.count if self.count else None


@dataclass(slots=True)
class Scores:
    """Answers on the scale of 0 to 10: promoters say 9 or 10, detractors 0 to 6 (API document, NPS)."""

    promoters: int = 0
    passives: int = 0
    detractors: int = 0

    def add(self, score: float) -> None:
        """Take one answer in."""
        if score >= 9:
            self.promoters += 1
        elif score >= 7:
            self.passives += 1
        else:
            self.detractors += 1

    @property
    def answers(self) -> int:
        """How many there are in all."""
        return self.promoters + self.passives + self.detractors

    @property
    def cells(self) -> Cells:
        """Promoters, passives and detractors."""
        return self.promoters, self.passives, self.detractors


class ByName(Generic[Tally]):
    """A tally for each name, of the first five hundred names exactly, of all later ones together."""

    def __init__(self, make: Callable[[], Tally], most: int = MOST_NAMES) -> None:
        self._make = make
        self._most = most
        self._tallies: dict[str, Tally] = {}

    def of(self, name: str) -> Tally:
        """The tally that counts for this name."""
        found = self._tallies.get(name)
        if found is not None:
            return found
        kept = name if len(self._tallies) < self._most else OTHER
        return self._tallies.setdefault(kept, self._make())

    def most_first(self, size: Callable[[Tally], float]) -> list[tuple[str, Tally]]:
        """Names with their tallies, the largest `size` first, then by name; what is together last."""
        return sorted(self._tallies.items(), key=lambda one: (one[0] == OTHER, -size(one[1]), one[0]))


class Longest:
    """The rows with the largest values; of equal ones the earlier."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[tuple[float, int, Cells]] = []
        self._seen = 0

    def add(self, value: float, cells: Callable[[], Cells]) -> None:
        """Take a row in; its cells are made only if it belongs here, for now."""
        self._seen += 1
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, (value, -self._seen, cells()))
        elif value > self._heap[0][0]:
            heapq.heapreplace(self._heap, (value, -self._seen, cells()))

    @property
    def rows(self) -> tuple[Cells, ...]:
        """Their cells, the largest value first."""
        ordered = sorted(self._heap, key=lambda one: one[:2], reverse=True)
        return tuple(cells for _, _, cells in ordered)
