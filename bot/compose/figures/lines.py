"""A figure over time as a line, with the window before behind it and the worst point named."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.compose.figures.comparison import compare
from bot.compose.figures.context import Context, figure
from bot.compose.figures.metrics import Metric
from bot.compose.figures.timeline import Timeline, quiet, shaded_words, subject
from bot.compose.figures.wording import plural
from bot.model import Callout, Chart, ChartSeries, Figure, Reference

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Line:
    """What a line shows: `values` one a moment, `before` likewise or empty; `limit` a target."""

    report: str
    metric: Metric
    title: str
    caption: str
    shown: Timeline
    values: Values
    before: Values = ()
    limit: float | None = None


def line_chart(line: Line, context: Context) -> Chart:
    """The chart; without at least two values no point is called the worst."""
    known = [n for n, value in enumerate(line.values) if value is not None]
    worst = _worst(line, known) if len(known) > 1 else None
    series = [ChartSeries("current", context.now, tuple(line.values))]
    has_before = any(value is not None for value in line.before)
    dashed = f"; dashed: {context.before}" if has_before else ""
    if has_before:
        series.append(ChartSeries("previous", context.before, tuple(line.before)))
    return Chart(
        report=line.report,
        shape="line",
        title=line.title,
        caption=f"{line.caption}{dashed}.{shaded_words(line.shown, context)}",
        alt=_alt(line, known, context),
        labels=line.shown.labels(context.words),
        series=tuple(series),
        unit=line.metric.unit,
        shaded=quiet(line.shown, context),
        callout=None if worst is None else _callout(line, worst, context),
        reference=_reference(line, context),
        figures=() if worst is None else _figures(line, worst, context),
    )


def _worst(line: Line, known: Sequence[int]) -> int:
    """The lowest point where more is better, else the highest."""
    pick = min if line.metric.good == "up" else max
    return pick(known, key=lambda n: line.values[n] or 0.0)


def _callout(line: Line, place: int, context: Context) -> Callout:
    when = line.shown.short(line.shown.moments[place], context.words)
    return Callout(place, f"{when}: {context.words.value(line.values[place], line.metric.unit)}")


def _reference(line: Line, context: Context) -> Reference | None:
    if line.limit is None:
        return None
    return Reference(line.limit, f"target {context.words.value(line.limit, line.metric.unit)}")


def _figures(line: Line, place: int, context: Context) -> tuple[Figure, ...]:
    """The worst point and how it moved against the same place in the window before."""
    current = _figure(line, line.values, place, context)
    if place >= len(line.before) or line.before[place] is None:
        return (current,)
    previous = _figure(line, line.before, place, context, previous=True)
    moved = compare(line.metric, current, previous, context.words).figure
    return (current, previous, moved) if moved else (current, previous)


def _figure(line: Line, values: Values, place: int, context: Context, *, previous: bool = False) -> Figure:
    at, name = subject(line.shown.moments[place]), f"{line.report}.{line.metric.name}"
    return figure(name, values[place], line.metric.unit, context.words, subject=at, previous=previous)


def _alt(line: Line, known: Sequence[int], context: Context) -> str:
    start = f"{line.metric.label} by {line.shown.bucket}"
    if not known:
        return f"{start}: no values in this window."
    high = max(known, key=lambda n: line.values[n] or 0.0)
    low = min(known, key=lambda n: line.values[n] or 0.0)
    text = f"{start}: highest {_told(line, high, context)}"
    text += f", lowest {_told(line, low, context)}" if high != low else ""
    gaps = len(line.values) - len(known)
    buckets = plural(len(line.values), line.shown.bucket)
    return f"{text}; no value for {gaps} of {len(line.values)} {buckets}." if gaps else f"{text}."


def _told(line: Line, place: int, context: Context) -> str:
    value = context.words.value(line.values[place], line.metric.unit)
    return f"{line.shown.when(line.shown.moments[place], context.words)}, {value}"
