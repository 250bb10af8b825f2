"""Signal or noise: whether a key figure lies outside its usual range, or moved beyond chance.

The rule, its sources and its limits are on one page: docs/signal.md.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.compose.figures.answers import Values, finite
from bot.compose.figures.comparison import verdict_of, verdict_word
from bot.compose.figures.context import Context
from bot.compose.figures.metrics import Metric, is_odd
from bot.compose.figures.people import filter_text
from bot.compose.figures.wording import window_noun
from bot.compose.stats.chance import ENOUGH, chance, deviations, least, threshold, usual_range
from bot.model import Change, Edition, Figure, Kpis, PastEdition, Unit, Window

LOW, HIGH = "usual:low", "usual:high"
STEPS_IN_RANGE = 20
"""A count's usual range is rounded outwards to steps of about a twentieth of it: 430 to 560."""
MOST_PAST = 8
"""The earlier windows that make a usual range; and the points of a sparkline, this window included."""
SAME_LENGTH = 0.12
"""Windows of one kind differ in length by less: February and March do, three days and a week do not."""
UNUSUAL, USUAL, SAME, CHANCE = "unusual", "usual", "about the same", "could be chance"
"""The word for neutral news; and for a change that is no news: within the usual range, tiny, or by chance."""

Side = Literal["above", "below", "usual", "unknown"]


@dataclass(frozen=True, slots=True)
class Signal:
    """Where a figure lies: above or below what is usual, inside, or unknown.

    `strength` is the distance, 1.0 being the edge. `usual` holds the ends of the usual range; without it
    the window was tested against the one before.
    """

    side: Side = "unknown"
    strength: float = 0.0
    usual: tuple[Figure, Figure] | None = None

    @property
    def is_news(self) -> bool:
        """Whether the figure may lead a headline or be coloured."""
        return self.side in ("above", "below")


UNKNOWN = Signal()


def signal(metric: Metric, report: str, values: Values, before: Values | None, context: Context) -> Signal:
    """Return the signal of one figure; `before` holds the compared window's values, or None."""
    now = metric.of(values)
    if now is None or is_odd(now, metric.unit):
        return UNKNOWN
    past = _past_values(metric, f"{report}.{metric.name}", context)
    if len(past) >= ENOUGH:
        return _against_past(metric, report, now, values, past, context)
    then = metric.of(before) if before is not None else None
    window = context.dataset.previous_window
    if before is None or then is None or window is None or not same_kind(context, window):
        return UNKNOWN
    longer = context.dataset.window.seconds / window.seconds if metric.unit is Unit.COUNT else 1.0
    return _against_before(metric, (now, values), (then, before), longer)


def _past_values(metric: Metric, name: str, context: Context) -> list[float]:
    """Return earlier values; counts are scaled to the length of this window."""
    seconds = context.dataset.window.seconds
    return [
        value * (seconds / edition.window.seconds if metric.unit is Unit.COUNT else 1.0)
        for value, edition in zip(_published(context, name), context.past, strict=True)
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
    below: Side = "below" if now < (ends[0].value or 0) else "usual"
    return Signal("above" if now > (ends[1].value or 0) else below, abs(now - middle) / reach, ends)


def _ends(metric: Metric, report: str, low: float, high: float, context: Context) -> tuple[Figure, Figure]:
    """Return the range as shown: counts rounded outwards, within what is possible."""
    if metric.unit is Unit.COUNT:
        step = _step((high - low) / STEPS_IN_RANGE)
        low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    minimum = -100.0 if metric.unit is Unit.SCORE else 0.0
    maximum = {Unit.SCORE: 100.0, Unit.SHARE: 1.0}.get(metric.unit, math.inf)
    name = f"{report}.{metric.name}"
    return (
        context.figure(name, max(low, minimum), metric.unit, LOW),
        context.figure(name, min(high, maximum), metric.unit, HIGH),
    )


def _step(width: float) -> float:
    """Return the nearest of 1, 2, 5, 10, 20, 50 and so on at or below `width`; at least 1."""
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
    distance = deviations(now[0], then, (spreads[0], spreads[1] * longer), metric.unit) / threshold()
    if abs(distance) <= 1:
        return Signal("usual", abs(distance))
    return Signal("above" if distance > 0 else "below", abs(distance))


def judged(change: Change, metric: Metric, news: Signal) -> Change:
    """Return the change with its verdict and word: better or worse only where the figure is news.

    A figure above its usual range that fell since the window before is 'still high'.
    """
    if change.direction == "none":
        return change
    if not news.is_news:
        if change.figure is None or (metric.good == "neither" and news.side == "unknown"):
            return change
        return replace(change, verdict="neutral", word=_no_news_word(change, news))
    side: Literal["up", "down"] = "up" if news.side == "above" else "down"
    verdict = verdict_of(metric.good, side)
    still = "still high" if side == "up" else "still low"
    word = (verdict_word(verdict) or UNUSUAL) if change.direction == side else still
    return replace(change, verdict=verdict, word=word)


def _no_news_word(change: Change, news: Signal) -> str:
    if news.side == "unknown":
        return ""
    if news.usual:
        return USUAL
    if change.figure is None or change.previous is None:
        return CHANCE
    is_tiny = abs(change.figure.value or 0.0) <= least(change.figure.unit, change.previous.value or 0.0)
    return SAME if is_tiny else CHANCE


def comparable_past(
    context: Context, past: Iterable[PastEdition], *, sample: bool
) -> tuple[PastEdition, ...]:
    """Return earlier editions about the same groups and agents and the same kind of window, newest first.

    One per window; sample data and real data are kept apart.
    """
    by_window: dict[Window, PastEdition] = {}
    for earlier in past:
        same = earlier.edition.sample is sample and has_same_filter(context, earlier.edition)
        is_before = earlier.window.start < context.dataset.window.start
        if same and is_before and same_kind(context, earlier.window):
            by_window.setdefault(earlier.window, earlier)
    newest_first = sorted(by_window.values(), key=lambda earlier: earlier.window.start, reverse=True)
    return tuple(newest_first[:MOST_PAST])


def has_same_filter(context: Context, edition: Edition) -> bool:
    """Return whether an earlier edition is about the same groups and agents."""
    return edition.filter_text == filter_text(context.dataset, edition.agents)


def same_kind(context: Context, other: Window) -> bool:
    """Return whether figures of another window can be compared with this one's.

    Both are a week, a month and so on, of about the same length; a working day compares only with others.
    """
    window = context.dataset.window
    is_as_long = abs(other.seconds / window.seconds - 1) <= SAME_LENGTH
    if window_noun(window) != window_noun(other) or not is_as_long:
        return False
    days, others = window.days, other.days
    return len(days) > 1 or context.is_quiet(days[0]) == context.is_quiet(others[0])


def _published(context: Context, metric: str) -> tuple[float | None, ...]:
    """Return a key figure's values in the past editions, newest first; None where one lacks it."""
    return tuple(_value(earlier.edition, metric) for earlier in context.past)


def _value(edition: Edition, metric: str) -> float | None:
    tiles = [kpi.figure for block in edition.blocks if isinstance(block, Kpis) for kpi in block.items]
    return next((tile.value for tile in tiles if tile.metric == metric and not tile.subject), None)


def history(context: Context, metric: str, now: float | None) -> tuple[float | None, ...]:
    """Return a sparkline: at most eight values, oldest first, this window's last; () without two of them."""
    values: Sequence[float | None] = (now, *_published(context, metric))[:MOST_PAST][::-1]
    known = [value for value in values if value is not None]
    return tuple(values) if len(known) > 1 and now is not None else ()
