"""How far the figures of a team in which nothing changed lie apart: the noise of counting.

Sources: docs/signal.md. A count is Poisson, a share binomial, a Net Promoter Score the mean of +1, 0 and
−1, and waits are log-normal: their spread shows in how far the mean lies above the median.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist, median

from bot.compose.figures.metrics import FEW, Metric
from bot.compose.figures.reading import Values
from bot.model import Unit

FALSE_ALARMS = 0.05
"""How often an edition of a team in which nothing changed may call something news."""
AT_ONCE = 6
"""Figures that are judged at once: each may be wrong the less often (Šidák's correction)."""

ENOUGH = 5
"""So many earlier windows make a usual range; with fewer, this window is tested against the one before."""
RANGE = 2.45
"""A usual range of n windows reaches RANGE * (1 + 1/n) spreads to both sides: fewer windows know the middle
and the spread less well. tests/slow/test_signal.py holds it to its promise."""
NORMAL = 1.4826
"""The standard deviation of normal values, in median absolute deviations."""

LEAST = {Unit.SHARE: 0.005, Unit.SCORE: 2.0}
LEAST_RELATIVE = 0.03
"""A spread below these (3 % of counts and times) is nothing that people plan by, however sure it is."""

EVEN, UNEVEN, USUALLY = 1.0, 3.0, 2.0
"""Standard deviation of single waits in means of them: at least, at most, and where no median shows it."""


def threshold(tests: int = AT_ONCE) -> float:
    """How many standard deviations are beyond chance when `tests` figures are looked at together."""
    each = 1 - (1 - FALSE_ALARMS) ** (1 / max(tests, 1))
    return NormalDist().inv_cdf(1 - each / 2)


def chance(metric: Metric, value: float, values: Values) -> float | None:
    """The standard deviation of a figure that is `value` in truth and rests on as much as `values` do.

    None where that is unknown, or too little to say anything.
    """
    if metric.unit is Unit.COUNT:
        return math.sqrt(value) if value >= 0 else None
    size = values.get(metric.base or metric.sample)
    if size is None or size < FEW.get(metric.base or metric.sample, 1):
        return None
    if metric.unit is Unit.SHARE:
        return _of_share(value, size)
    if metric.unit is Unit.SCORE:
        return _of_score(value, values, size)
    return value * _relative(metric, values) / math.sqrt(size) if value > 0 else None


def _of_share(value: float, size: float) -> float | None:
    """Binomial; two more, one of each kind, so that a share of none or all is not beyond doubt."""
    if not 0 <= value <= 1:
        return None
    smooth = (value * size + 1) / (size + 2)
    return math.sqrt(smooth * (1 - smooth) / size)


def _of_score(value: float, values: Values, size: float) -> float | None:
    extremes = [values.get("total_promoters"), values.get("total_detractors")]
    known = [count for count in extremes if count is not None]
    if abs(value) > 100:
        return None
    outspoken = min(sum(known) / size, 1.0) if len(known) == 2 else 1.0
    share = value / 100
    return 100 * math.sqrt(max(outspoken - share * share, 1 / size) / size)


def spread_of_one(metric: Metric, values: Values) -> float:
    """The standard deviation of a single log-normal time, in means of them; shown by mean and median."""
    mean, middle = values.get(metric.mean), values.get(metric.median)
    if not mean or not middle or mean < 0 or middle < 0:
        return USUALLY
    ratio = mean / middle
    return min(max(math.sqrt(max(ratio * ratio - 1, 0)), EVEN), UNEVEN)


def _relative(metric: Metric, values: Values) -> float:
    spread = spread_of_one(metric, values)
    if metric.name != metric.median:
        return spread
    # A median's error is sqrt(pi / 2) times that of the mean of the logarithms.
    return math.sqrt(math.pi / 2 * math.log1p(spread * spread))


def least(unit: Unit, value: float) -> float:
    """The smallest spread that is taken seriously around `value`."""
    return LEAST.get(unit, LEAST_RELATIVE * abs(value))


def usual_range(past: Sequence[float], floor: float) -> tuple[float, float]:
    """What is usual after `past` values: their median, and some spreads to both sides of it.

    The spread is the median absolute deviation, which one odd window cannot move, and at least `floor`.
    """
    middle = median(past)
    deviation = NORMAL * median(abs(value - middle) for value in past)
    reach = RANGE * (1 + 1 / len(past)) * max(deviation, floor)
    return middle - reach, middle + reach


def deviations(now: float, before: float, spreads: tuple[float, float], unit: Unit) -> float:
    """How many standard deviations `now` lies above `before`; each has its own spread by chance.

    Times are compared by their ratio, everything else by the difference.
    """
    wide = math.hypot(*spreads, least(unit, before))
    if unit in (Unit.SECONDS, Unit.MEAN):
        if now <= 0 or before <= 0:
            return 0.0
        relative = math.hypot(spreads[0] / now, spreads[1] / before, LEAST_RELATIVE)
        return math.log(now / before) / relative
    return (now - before) / wide if wide else 0.0
