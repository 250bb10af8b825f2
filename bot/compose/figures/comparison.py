"""How a figure moved against the compared window, in words."""

from dataclasses import replace
from typing import Literal

from bot.compose.figures.metrics import Good, Metric
from bot.compose.figures.wording import Wording, as_shown
from bot.compose.stats.chance import least
from bot.compose.stats.signal import Signal
from bot.model import Change, Figure, TargetResult, Unit, Verdict

FLAT_SHARE = 0.005
"""A relative change under half a per cent reads as no change: it would round to +0%."""


def no_comparison(reason: str, previous: Figure | None = None) -> Change:
    """A change that cannot be told, and why."""
    return Change("none", "unknown", reason, previous=previous)


def compare(metric: Metric, current: Figure, previous: Figure | None, words: Wording) -> Change:
    """The change from `previous` to `current`; without either value it says why there is none.

    Nothing is said where nothing was to be compared.
    """
    if current.value is None:
        return no_comparison("no data", previous)
    if previous is None:
        return no_comparison("")
    if previous.value is None:
        return no_comparison("no data before", previous)
    difference = as_shown(current.value, current.unit) - as_shown(previous.value, current.unit)
    if current.text == previous.text:
        return Change("flat", "same", "no change", previous=previous)
    moved = _change_figure(current, difference, words)
    direction: Literal["up", "down"] = "up" if difference > 0 else "down"
    return Change(
        direction,
        _verdict(metric.good, direction),
        _text(moved.text, current.unit, difference, previous.value, words),
        _word(metric, direction),
        moved,
        previous,
    )


def _change_figure(current: Figure, difference: float, words: Wording) -> Figure:
    text = words.difference(difference, current.unit)
    return Figure(current.metric, current.subject, "change", difference, current.unit, text)


def _text(moved: str, unit: Unit, difference: float, before: float, words: Wording) -> str:
    """Absolute, then relative; shares and scores move in points and need no per cent of a per cent."""
    if unit in (Unit.SHARE, Unit.SCORE) or before <= 0 or abs(difference / before) < FLAT_SHARE:
        return moved
    return f"{moved}, {words.relative(difference / before)}"


def _verdict(good: Good, direction: Literal["up", "down"]) -> Verdict:
    if good == "neither":
        return "neutral"
    return "better" if good == direction else "worse"


def _word(metric: Metric, direction: Literal["up", "down"]) -> str:
    """A sign says 'more' or 'fewer': a word stands only where it says something else."""
    if metric.good == "neither":
        return ""
    return "better" if metric.good == direction else "worse"


UNUSUAL, USUAL, SAME, CHANCE = "unusual", "usual", "about the same", "could be chance"
"""The word for news that is neither good nor bad; and for a change that is no news: in its usual range,
very small, or no more than chance may do."""


def told_apart(change: Change, metric: Metric, found: Signal) -> Change:
    """The change with its verdict and word: better or worse only where the figure is news.

    A figure may lie above its usual range and yet have fallen since the window before: it is 'still high'.
    """
    if change.direction == "none":
        return change
    if not found.is_news:
        if change.figure is None or (metric.good == "neither" and found.side == "unknown"):
            return change
        return replace(change, verdict="neutral", word=_no_news(change, found))
    side: Literal["up", "down"] = "up" if found.side == "above" else "down"
    verdict = _verdict(metric.good, side)
    if change.direction == side:
        return replace(change, verdict=verdict, word=_word(metric, side) or UNUSUAL)
    return replace(change, verdict=verdict, word="still high" if side == "up" else "still low")


def _no_news(change: Change, found: Signal) -> str:
    if found.side == "unknown":
        return ""
    if found.usual:
        return USUAL
    return SAME if _is_tiny(change) else CHANCE


def _is_tiny(change: Change) -> bool:
    """Whether a change is so small that nobody plans by it (chance.least)."""
    if change.figure is None or change.previous is None:
        return False
    size, before = abs(change.figure.value or 0.0), change.previous.value or 0.0
    return size <= least(change.figure.unit, before)


def more_or_fewer(metric: Metric, change: Change) -> str:
    """The direction in a word that judges nothing: more, shorter, higher."""
    return metric.more if change.direction == "up" else metric.fewer


def judge_target(metric: Metric, value: float | None, limit: float, words: Wording) -> TargetResult:
    """Whether a figure met its target; the bad side of the limit is the metric's bad direction."""
    name = f"target {words.value(limit, metric.unit)}"
    if value is None:
        return TargetResult("unknown", f"{name}: no data")
    met = value >= limit if metric.good == "up" else value <= limit
    return TargetResult("met" if met else "missed", f"{name} {'met' if met else 'missed'}")
