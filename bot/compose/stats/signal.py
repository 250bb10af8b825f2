"""Signal or noise: whether a key figure lies outside its usual range, or moved beyond chance.

The rule, its sources and its limits are on one page: docs/signal.md.
"""

import math
from dataclasses import dataclass
from typing import Literal

from bot.compose.figures.context import Context, figure
from bot.compose.figures.metrics import Metric
from bot.compose.figures.oddities import is_odd
from bot.compose.figures.reading import Values, finite
from bot.compose.stats.chance import ENOUGH, chance, deviations, least, threshold, usual_range
from bot.compose.stats.past import said, same_kind
from bot.model import Figure, Unit

LOW, HIGH = "usual:low", "usual:high"
STEPS_IN_RANGE = 20
"""A count's usual range is rounded outwards to steps of about a twentieth of it: 430 to 560."""

Side = Literal["above", "below", "usual", "unknown"]


@dataclass(frozen=True, slots=True)
class Signal:
    """Where a figure lies: outside what is usual, inside, or nobody can tell.

    `strength` is how far, 1.0 being the edge. `usual` are the ends of the usual range; without it the
    window was tested against the one before.
    """

    side: Side = "unknown"
    strength: float = 0.0
    usual: tuple[Figure, Figure] | None = None

    @property
    def is_news(self) -> bool:
        """Whether it may lead a headline or be coloured."""
        return self.side in ("above", "below")


UNKNOWN = Signal()


def signal(metric: Metric, report: str, values: Values, before: Values | None, context: Context) -> Signal:
    """The signal of one figure; `before` are the compared window's values, None where there are none."""
    now = metric.of(values)
    if now is None or is_odd(now, metric.unit):
        return UNKNOWN
    past = _past(metric, f"{report}.{metric.name}", context)
    if len(past) >= ENOUGH:
        return _against_past(metric, report, now, values, past, context)
    then = metric.of(before) if before is not None else None
    window = context.dataset.previous_window
    if before is None or then is None or window is None or not same_kind(context, window):
        return UNKNOWN
    longer = context.dataset.window.seconds / window.seconds if metric.unit is Unit.COUNT else 1.0
    return _against_before(metric, (now, values), (then, before), longer)


def _past(metric: Metric, name: str, context: Context) -> list[float]:
    """Earlier values; counts as if their windows had been as long as this one."""
    seconds = context.dataset.window.seconds
    pairs = zip(said(context, name), context.past, strict=True)
    return [
        value * (seconds / one.window.seconds if metric.unit is Unit.COUNT else 1.0)
        for value, one in pairs
        if value is not None and finite(value) is not None and not is_odd(value, metric.unit)
    ]


def _against_past(
    metric: Metric, report: str, now: float, values: Values, past: list[float], context: Context
) -> Signal:
    middle = sorted(past)[len(past) // 2]
    by_chance = chance(metric, middle, values)
    if by_chance is None:
        return UNKNOWN
    low, high = usual_range(past, max(by_chance, least(metric.unit, middle)))
    reach, middle = (high - low) / 2, (high + low) / 2
    if not 0 < reach < math.inf:
        return UNKNOWN
    ends = _ends(metric, report, low, high, context)
    side: Side = "usual"
    if now > (ends[1].value or 0):
        side = "above"
    elif now < (ends[0].value or 0):
        side = "below"
    return Signal(side, abs(now - middle) / reach, ends)


def _ends(metric: Metric, report: str, low: float, high: float, context: Context) -> tuple[Figure, Figure]:
    """The range as it is shown; counts are rounded outwards, and nothing leaves what is possible."""
    if metric.unit is Unit.COUNT:
        step = _step((high - low) / STEPS_IN_RANGE)
        low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    least_possible = -100.0 if metric.unit is Unit.SCORE else 0.0
    most_possible = {Unit.SCORE: 100.0, Unit.SHARE: 1.0}.get(metric.unit, math.inf)
    name = f"{report}.{metric.name}"
    return (
        figure(name, max(low, least_possible), metric.unit, context.words, subject=LOW),
        figure(name, min(high, most_possible), metric.unit, context.words, subject=HIGH),
    )


def _step(width: float) -> float:
    """The nearest of 1, 2, 5, 10, 20, 50 and so on at or below `width`; at least 1."""
    if width < 1:
        return 1.0
    size = 10.0 ** math.floor(math.log10(width))
    return max(step for step in (size, 2 * size, 5 * size) if step <= width or step == size)


def _against_before(
    metric: Metric, now: tuple[float, Values], before: tuple[float, Values], longer: float
) -> Signal:
    then = before[0] * longer
    spreads = chance(metric, *now), chance(metric, *before)
    if spreads[0] is None or spreads[1] is None or is_odd(before[0], metric.unit):
        return UNKNOWN
    far = deviations(now[0], then, (spreads[0], spreads[1] * longer), metric.unit) / threshold()
    if abs(far) <= 1:
        return Signal("usual", abs(far))
    return Signal("above" if far > 0 else "below", abs(far))
