"""Changes of a figure against the compared window, and results of targets, in words."""

from typing import Literal

from bot.compose.figures.context import Context
from bot.compose.figures.metrics import Good, Metric
from bot.compose.figures.wording import Wording, as_shown
from bot.model import Change, Empty, Figure, TargetResult, Unavailable, Unit, Verdict

FLAT_SHARE = 0.005
"""A relative change below half a per cent is not shown: it would round to +0%."""


def compare(metric: Metric, current: Figure, previous: Figure | None, wording: Wording) -> Change:
    """Return the change from `previous` to `current`, or the reason why there is none.

    The reason is empty where nothing was to be compared.
    """
    if current.value is None:
        return no_comparison("no data", previous)
    if previous is None:
        return no_comparison("")
    if previous.value is None:
        return no_comparison("no data before", previous)
    if current.text == previous.text:
        return Change("flat", "same", "no change", previous=previous)
    unit = current.unit
    difference = as_shown(current.value, unit) - as_shown(previous.value, unit)
    direction: Literal["up", "down"] = "up" if difference > 0 else "down"
    text = wording.difference(difference, unit)
    figure = Figure(current.metric, current.subject, "change", difference, unit, text)
    verdict = verdict_of(metric.good, direction)
    relative = _relative(unit, difference, previous.value, wording)
    return Change(direction, verdict, text + relative, verdict_word(verdict), figure, previous)


def compare_windows(
    metric: Metric, current: Figure, previous: Figure | None, report: str, context: Context
) -> Change:
    """Return the change against the compared window, or the reason why its answer cannot be compared."""
    slot = context.previous(report)
    if previous is not None:
        return compare(metric, current, previous, context.wording)
    if isinstance(slot, Empty):
        return no_comparison(f"nothing in {context.before}")
    if slot is None:
        return no_comparison("")
    reason = "not loaded" if isinstance(slot, Unavailable) else "no figures"
    return no_comparison(f"{context.before}: {reason}")


def no_comparison(reason: str, previous: Figure | None = None) -> Change:
    """Return a change without direction, and its reason."""
    return Change("none", "unknown", reason, previous=previous)


def _relative(unit: Unit, difference: float, before: float, wording: Wording) -> str:
    """Return ', +12%'; '' for shares and scores, which move in points, and for tiny changes."""
    if unit in (Unit.SHARE, Unit.SCORE) or before <= 0 or abs(difference / before) < FLAT_SHARE:
        return ""
    return f", {wording.relative(difference / before)}"


def verdict_of(good: Good, direction: Literal["up", "down"]) -> Verdict:
    """Return whether a direction is better, worse or neutral."""
    if good == "neither":
        return "neutral"
    return "better" if good == direction else "worse"


def verdict_word(verdict: Verdict) -> str:
    """Return the word beside a change; '' for a neutral one, whose sign says it all."""
    return "" if verdict == "neutral" else verdict


def more_or_fewer(metric: Metric, change: Change) -> str:
    """Return the direction as a neutral word: more, shorter, higher."""
    return metric.more if change.direction == "up" else metric.fewer


def judge_target(metric: Metric, value: float | None, limit: float, wording: Wording) -> TargetResult:
    """Return whether a figure met its target; the metric's bad direction is the wrong side of the limit."""
    name = f"target {wording.value(limit, metric.unit)}"
    if value is None:
        return TargetResult("unknown", f"{name}: no data")
    met = value >= limit if metric.good == "up" else value <= limit
    return TargetResult("met" if met else "missed", f"{name} {'met' if met else 'missed'}")
