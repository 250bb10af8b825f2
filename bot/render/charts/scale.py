"""Values and their axis: gaps in a series, ticks (1, 2, 5; minutes, hours, days) and tick labels."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.model import Unit

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
DURATION_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 3, 6, 12)),
    *(_DAY * n for n in (1, 2)),
)
"""Seconds between two ticks; longer steps are 1, 2, 5 times a power of ten days."""

_MILLION = 1_000_000
_HUGE = 1e15
_LARGEST = 1e18


@dataclass(frozen=True, slots=True)
class Scale:
    """Evenly spaced ticks from lowest to highest, zero among them, in the chart's unit."""

    ticks: tuple[float, ...]
    labels: tuple[str, ...]

    def share(self, value: float) -> float:
        """Return the position of `value` between bottom (0.0) and top (1.0)."""
        return (value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0])


def finite(values: Iterable[float | None]) -> tuple[float | None, ...]:
    """Return the values with None for those that cannot be measurements (NaN, infinity, above 10^18)."""
    return tuple(v if v is not None and abs(v) <= _LARGEST else None for v in values)


def fitted(values: Sequence[float | None], count: int) -> tuple[float | None, ...]:
    """Return exactly `count` finite values; missing ones at the end are gaps (None)."""
    return (*finite(values[:count]), *([None] * (count - len(values))))


def runs(values: Sequence[float | None]) -> list[range]:
    """Return the indices of each stretch without a gap: `[1, 2, None, 3]` gives 0..1 and 3..3."""
    stretches: list[range] = []
    for n, value in enumerate(values):
        if value is None:
            continue
        if stretches and stretches[-1].stop == n:
            stretches[-1] = range(stretches[-1].start, n + 1)
        else:
            stretches.append(range(n, n + 1))
    return stretches


def scale_for(values: Iterable[float], unit: Unit, grouping: str = ",", intervals: int = 4) -> Scale:
    """Return a scale that holds zero and all `values`, with about `intervals` steps (at most twice that).

    The ends are whole multiples of the step. `grouping` separates thousands.
    """
    known = [0.0, *values]
    low, high = min(known), max(known)
    step = _step((high - low) / intervals, unit)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    ticks = tuple(n * step for n in range(first, last + 1))
    return Scale(ticks, tuple(tick_label(tick, step, unit, grouping) for tick in ticks))


def _step(rough: float, unit: Unit) -> float:
    if unit is Unit.SECONDS:
        step = next((step for step in DURATION_STEPS if step >= rough), None)
        return float(step) if step else _DAY * _decimal_step(rough / _DAY, 1.0)
    return _decimal_step(rough, 0.01 if unit is Unit.SHARE else 1.0)


def _decimal_step(rough: float, least: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is at least `rough` and `least`."""
    if rough <= least:
        return least
    power = math.floor(math.log10(rough))
    steps = (float(f"{factor}e{exponent}") for exponent in (power, power + 1) for factor in (1, 2, 5))
    return next((step for step in steps if step >= rough * (1 - 1e-9)), 10.0 ** (power + 2))


def tick_label(value: float, step: float, unit: Unit, grouping: str = ",") -> str:
    """Return the label of a tick: '1,500', '20%', '30 min', '1 h 30', '2 d'."""
    if value == 0:
        return "0"
    sign = "−" if value < 0 else ""
    size = abs(value)
    if unit is Unit.SECONDS:
        return sign + _duration(size, grouping)
    if unit is Unit.SHARE:
        return f"{sign}{_count(round(size * 100), 0, grouping)}%"
    if unit is Unit.SCORE and not sign:
        sign = "+"
    return sign + _count(size, step, grouping)


def value_label(value: float, unit: Unit, grouping: str = ",") -> str:
    """Return the label of a value that has no wording of its own, rounded."""
    rounded = float(f"{value:.3g}") if unit is Unit.SHARE else float(round(value))
    return tick_label(rounded, 1.0, unit, grouping)


def _count(value: float, step: float, grouping: str) -> str:
    if value >= _HUGE:
        return f"{value:.2g}".replace("e+", "e")
    if step >= _MILLION:
        return f"{value / _MILLION:,.0f} M".replace(",", grouping)
    return f"{value:,.0f}".replace(",", grouping)


def _duration(seconds: float, grouping: str) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        minutes, rest = divmod(round(seconds), _MINUTE)
        return f"{minutes} min {rest:02d}" if rest else f"{minutes} min"
    if seconds < _DAY:
        hours, rest = divmod(round(seconds / _MINUTE), 60)
        return f"{hours} h {rest:02d}" if rest else f"{hours} h"
    days, hours = divmod(round(seconds / _HOUR), 24)
    text = f"{_count(float(days), 0, grouping)} d"
    return f"{text} {hours} h" if hours else text
