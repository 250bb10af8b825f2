"""Key figures from the `summary` report (API document, Summary Metrics)."""

from collections.abc import Mapping

from bot.compose.comparison import compare, judge_target, no_comparison
from bot.compose.context import Context, Section, empty, figure, previous_missing, unavailable
from bot.compose.metrics import SUMMARY_METRICS, WAIT, Metric
from bot.compose.wording import plural
from bot.model import Change, Empty, Figure, Kpi, Kpis, Present, Scalars, Slot, Unavailable

REPORT = "summary"
TITLE = "Key figures"
FEW_REPLIES = 20
"""Below this many replies an average or share says little; it is said to be small."""

Values = Mapping[str, float | None]


def compose_summary(context: Context) -> Section:
    """Six key figures, each with its change and target."""
    slot = context.current(REPORT)
    if isinstance(slot, Unavailable):
        return unavailable(REPORT, TITLE, slot)
    if isinstance(slot, Empty):
        return empty(REPORT, TITLE, "No messages in this window.")
    return Section((Kpis(key_figures(context)),), incomplete=previous_missing(REPORT, TITLE, context))


def key_figures(context: Context) -> tuple[Kpi, ...]:
    """The tiles; () when the summary is not there."""
    values = summary_values(context.current(REPORT))
    if values is None:
        return ()
    before = summary_values(context.previous(REPORT))
    return tuple(_kpi(metric, values, before, context) for metric in SUMMARY_METRICS)


def summary_values(slot: Slot | None) -> Values | None:
    """The named values of a summary answer, or None when there is none."""
    if isinstance(slot, Present) and isinstance(slot.answer, Scalars):
        return slot.answer.values
    return None


def _kpi(metric: Metric, values: Values, before: Values | None, context: Context) -> Kpi:
    current = _figure(metric, values, context)
    limit = context.target(metric.name)
    return Kpi(
        metric.label,
        current,
        _change(metric, current, before, context),
        None if limit is None else judge_target(metric, current.value, limit, context.words),
        _explanation(metric, values, context),
    )


def _figure(metric: Metric, values: Values, context: Context, *, previous: bool = False) -> Figure:
    name = f"{REPORT}.{metric.name}"
    return figure(name, metric.of(values), metric.unit, context.words, previous=previous)


def _change(metric: Metric, current: Figure, before: Values | None, context: Context) -> Change:
    if before is None:
        reason = "no comparison" if context.previous(REPORT) is None else f"{context.before}: not loaded"
        return no_comparison(reason)
    return compare(metric, current, _figure(metric, before, context, previous=True), context.words)


def _explanation(metric: Metric, values: Values, context: Context) -> str:
    """A share's base ('179 of 1,278 replies'), or that an average rests on few replies."""
    if metric.part:
        part, base = values.get(metric.part), values.get(metric.base)
        if part is None or base is None:
            return ""
        noun = plural(base, metric.base_noun, {"reply": "replies"}.get(metric.base_noun, ""))
        return f"{context.words.number(part)} of {context.words.number(base)} {noun}"
    replies = values.get("total_responded_to")
    if metric.name == WAIT.name and replies is not None and 0 < replies < FEW_REPLIES:
        return f"only {context.words.number(replies)} {plural(replies, 'reply', 'replies')}"
    return ""
