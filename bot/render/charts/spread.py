"""Labels that would collide are moved apart; labels of an axis that would collide are thinned out."""

from collections.abc import Sequence
from itertools import pairwise

_CLOCK_STEPS = (1, 2, 3, 4, 6, 12, 24, 48, 72, 96, 168, 336)
_DAY_STEPS = (1, 2, 3, 4, 5, 7, 14, 21, 28, 56, 84, 168, 364)
_GAP = 10.0


def moved_apart(
    wanted: Sequence[float], heights: Sequence[float], top: float, bottom: float
) -> tuple[float, ...]:
    """Middles as near to `wanted` as can be, boxes of `heights` not overlapping, within top..bottom.

    The order of `wanted` is kept. When the boxes are higher together than the room, they start at
    `top` and run over its bottom.
    """
    order = sorted(range(len(wanted)), key=lambda n: (wanted[n], n))
    placed = [0.0] * len(wanted)
    edge = top
    for n in order:
        placed[n] = max(wanted[n], edge + heights[n] / 2)
        edge = placed[n] + heights[n] / 2
    edge = max(bottom, top + sum(heights))
    for n in reversed(order):
        placed[n] = min(placed[n], edge - heights[n] / 2)
        edge = placed[n] - heights[n] / 2
    return tuple(placed)


def within(middle: float, size: float, low: float, high: float) -> float:
    """The middle of a box of `size`, moved so that it lies between `low` and `high`."""
    return max(min(middle, high - size / 2), low + size / 2)


def thinned(
    middles: Sequence[float], widths: Sequence[float], by_clock: bool, low: float, high: float
) -> tuple[int, ...]:
    """Indices of the labels to show: every n-th, the smallest n at which none come too close.

    `by_clock` prefers steps that land on the same hours of each day; otherwise on the same weekday.
    Labels at the ends are taken as moved inside low..high.
    """
    count = len(middles)
    steps = [*(_CLOCK_STEPS if by_clock else _DAY_STEPS), count]
    for step in (step for step in steps if step <= count):
        shown = tuple(range(0, count, step))
        boxes = [(within(middles[n], widths[n], low, high), widths[n]) for n in shown]
        if _are_apart(boxes):
            return shown
    return tuple(range(min(count, 1)))


def _are_apart(boxes: Sequence[tuple[float, float]]) -> bool:
    return all(b - a >= (wide_a + wide_b) / 2 + _GAP for (a, wide_a), (b, wide_b) in pairwise(boxes))
