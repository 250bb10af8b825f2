"""Chance that falls the same way on every machine and Python.

Only `Random.random()` is used, whose sequence Python guarantees, and only sums and products of floats:
powers, logarithms and the like may differ in their last digit between machines.
"""

from bisect import bisect_right
from collections.abc import Sequence
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Weights(Generic[T]):
    """Things to draw from, each with a weight."""

    __slots__ = ("_sums", "_things", "_total")

    def __init__(self, weighted: Sequence[tuple[T, float]]) -> None:
        self._things = [thing for thing, _ in weighted]
        self._sums: list[float] = []
        self._total = 0.0
        for _, weight in weighted:
            self._total += weight
            self._sums.append(self._total)

    def __contains__(self, thing: object) -> bool:
        return thing in self._things

    def at(self, share: float) -> T:
        """The thing at this share (0 ≤ share < 1) of the total weight."""
        return self._things[min(bisect_right(self._sums, share * self._total), len(self._things) - 1)]


class Quantiles:
    """A distribution drawn by hand: (share, value) points from share 0 to 1, straight lines between them."""

    __slots__ = ("_shares", "_values")

    def __init__(self, *points: tuple[float, float]) -> None:
        self._shares = [share for share, _ in points]
        self._values = [value for _, value in points]

    def at(self, share: float) -> float:
        """The value that this share (0 ≤ share < 1) of all draws stays under."""
        shares, values = self._shares, self._values
        above = bisect_right(shares, share)
        low, high = shares[above - 1], shares[above]
        return values[above - 1] + (values[above] - values[above - 1]) * (share - low) / (high - low)


class Chance:
    """A source of chance of its own for each key, so that one day's events do not move another's."""

    __slots__ = ("share",)

    def __init__(self, *key: object) -> None:
        # Made-up figures need no secrecy, and must be the same each time.
        self.share = Random("/".join(str(part) for part in key)).random  # noqa: S311

    def happens(self, probability: float) -> bool:
        """True with this probability."""
        return self.share() < probability

    def between(self, low: float, high: float) -> float:
        """A number in [low, high), all alike."""
        return low + (high - low) * self.share()

    def pick(self, things: Sequence[T]) -> T:
        """One of the things, all alike."""
        return things[int(self.share() * len(things))]

    def draw(self, weights: Weights[T]) -> T:
        """One of the things by their weights."""
        return weights.at(self.share())
