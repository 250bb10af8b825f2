"""Random draws that are the same on every machine and Python.

They use only `Random.random()`, whose sequence Python guarantees, and only sums and products of floats:
powers and logarithms may differ in their last digit between machines.
"""

from bisect import bisect_right
from collections.abc import Sequence
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Weights(Generic[T]):
    """Items to draw from, each with a weight."""

    __slots__ = ("_items", "_sums", "_total")

    def __init__(self, weighted: Sequence[tuple[T, float]]) -> None:
        self._items = [item for item, _ in weighted]
        self._sums: list[float] = []
        self._total = 0.0
        for _, weight in weighted:
            self._total += weight
            self._sums.append(self._total)

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def at(self, share: float) -> T:
        """Return the item at this share (0 ≤ share < 1) of the total weight."""
        return self._items[min(bisect_right(self._sums, share * self._total), len(self._items) - 1)]


class Quantiles:
    """A distribution as (share, value) points from share 0 to 1, with straight lines between them."""

    __slots__ = ("_shares", "_values")

    def __init__(self, *points: tuple[float, float]) -> None:
        self._shares = [share for share, _ in points]
        self._values = [value for _, value in points]

    def at(self, share: float) -> float:
        """Return the value that this share (0 ≤ share < 1) of all draws stays under."""
        shares, values = self._shares, self._values
        above = bisect_right(shares, share)
        low, high = shares[above - 1], shares[above]
        return values[above - 1] + (values[above] - values[above - 1]) * (share - low) / (high - low)


class Chance:
    """A random source of its own for each key, so that one day's events do not change another's."""

    __slots__ = ("share",)

    def __init__(self, *key: object) -> None:
        # Invented figures need no secrecy, and must be the same each time.
        self.share = Random("/".join(str(part) for part in key)).random  # noqa: S311

    def happens(self, probability: float) -> bool:
        """Return True with this probability."""
        return self.share() < probability

    def between(self, low: float, high: float) -> float:
        """Draw a number in [low, high), uniformly."""
        return low + (high - low) * self.share()

    def pick(self, items: Sequence[T]) -> T:
        """Draw one of the items, uniformly."""
        return items[int(self.share() * len(items))]

    def draw(self, weights: Weights[T]) -> T:
        """Draw one of the items by their weights."""
        return weights.at(self.share())
