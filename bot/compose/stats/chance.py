"""Noise of counting: how far figures differ by chance while nothing changes.

Sources: docs/signal.md. A count is Poisson, a share binomial, a Net Promoter Score the mean of +1, 0 and −1.
Waits are log-normal: the distance of mean and median shows their spread.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist, median

from bot.compose.figures.answers import Values
from bot.compose.figures.metrics import DETRACTORS, FEW, PROMOTERS, Metric
from bot.model import Unit

FALSE_ALARMS = 0.05
"""The accepted rate of editions that report news although nothing changed."""
AT_ONCE = 6
"""Figures judged together; the rate of each is corrected for it (Šidák)."""

ENOUGH = 5
"""The earlier windows that a usual range needs; with fewer, test against the window before."""
RANGE = 2.45
"""A usual range of n windows reaches RANGE * (1 + 1/n) spreads to both sides: fewer windows estimate the
middle and the spread less well. tests/slow/test_signal.py measures the rate of false alarms."""
NORMAL = 1.4826
"""The standard deviation of normal values, in median absolute deviations."""

LEAST = {Unit.SHARE: 0.005, Unit.SCORE: 2.0}
LEAST_RELATIVE = 0.03
"""The smallest spreads that matter in practice (3 % of counts and times), however certain smaller ones."""

EVEN, UNEVEN, USUALLY = 1.0, 3.0, 2.0
"""Standard deviation of single waits in units of their mean: minimum, maximum, default without a median."""


def threshold(tests: int = AT_ONCE) -> float:
    """Return the number of standard deviations beyond chance when `tests` figures are judged together."""
    each = 1 - (1 - FALSE_ALARMS) ** (1 / max(tests, 1))
    return NormalDist().inv_cdf(1 - each / 2)


def chance(metric: Metric, value: float, values: Values) -> float | None:
    """Return the standard deviation of a figure with true `value` and the sample size in `values`.

    None where the sample size is unknown or too small.
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
    """Return the binomial deviation, with one success and one failure added so that 0 and 1 keep a spread."""
    if not 0 <= value <= 1:
        return None
    smooth = (value * size + 1) / (size + 2)
    return math.sqrt(smooth * (1 - smooth) / size)


def _of_score(value: float, values: Values, size: float) -> float | None:
    if abs(value) > 100:
        return None
    extremes = [values.get(PROMOTERS.name), values.get(DETRACTORS.name)]
    known = [count for count in extremes if count is not None]
    outspoken = min(sum(known) / size, 1.0) if len(known) == 2 else 1.0
    share = value / 100
    return 100 * math.sqrt(max(outspoken - share * share, 1 / size) / size)


def spread_of_one(metric: Metric, values: Values) -> float:
    """Return the standard deviation of a single log-normal time in means, from mean and median."""
    mean, middle = values.get(metric.mean), values.get(metric.median)
    if not mean or not middle or mean < 0 or middle < 0:
        return USUALLY
    ratio = mean / middle
    return min(max(math.sqrt(max(ratio * ratio - 1, 0)), EVEN), UNEVEN)


def _relative(metric: Metric, values: Values) -> float:
    spread = spread_of_one(metric, values)
    if metric.name != metric.median:
        return spread
    # The error of a median is sqrt(pi / 2) times that of the mean of the logarithms.
    return math.sqrt(math.pi / 2 * math.log1p(spread * spread))


def least(unit: Unit, value: float) -> float:
    """Return the smallest spread that matters around `value`."""
    return LEAST.get(unit, LEAST_RELATIVE * abs(value))


def usual_range(past: Sequence[float], floor: float) -> tuple[float, float]:
    """Return the usual range of `past` values: their median, less and plus a number of spreads.

    The spread is the median absolute deviation, which one outlier cannot move, and at least `floor`.
    """
    middle = median(past)
    deviation = NORMAL * median(abs(value - middle) for value in past)
    reach = RANGE * (1 + 1 / len(past)) * max(deviation, floor)
    return middle - reach, middle + reach


def deviations(now: float, before: float, spreads: tuple[float, float], unit: Unit) -> float:
    """Return how many standard deviations `now` lies above `before`; `spreads` are theirs by chance.

    Times are compared by their ratio, everything else by the difference.
    """
    wide = math.hypot(*spreads, least(unit, before))
    if unit in (Unit.SECONDS, Unit.MEAN):
        if now <= 0 or before <= 0:
            return 0.0
        relative = math.hypot(spreads[0] / now, spreads[1] / before, LEAST_RELATIVE)
        return math.log(now / before) / relative
    return (now - before) / wide if wide else 0.0
