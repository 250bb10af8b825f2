"""Lines over time: how high, and whether that is usual."""

from collections.abc import Sequence

from bot.model import Chart, ChartSeries
from bot.render.charts.colours import WHITE, WORSE, series_colour
from bot.render.charts.empty import empty
from bot.render.charts.frame import (
    Frame,
    SideName,
    background,
    callout_label,
    frame_for,
    reference_line,
    side_names,
)
from bot.render.charts.runs import fitted, runs
from bot.render.charts.scale import finite, scale_for
from bot.render.charts.svg import XY, document, element, number, points

Values = tuple[float | None, ...]


def line(chart: Chart, accent: str, width: float, grouping: str) -> str:
    """One line for each series; 'previous' is dashed and lies behind. None is a gap."""
    values = [fitted(finite(series.values), len(chart.labels)) for series in chart.series]
    known = [value for column in values for value in column if value is not None]
    if not known:
        return empty(chart, width)
    extra = [chart.reference.value] if chart.reference else []
    colours = [series_colour(series.name, n, accent) for n, series in enumerate(chart.series)]
    names = _names(chart, values, colours)
    scale = scale_for([*known, *extra], chart.unit, grouping, 4 if width > 480 else 3)
    frame = frame_for(chart, scale, names, width, max(known))
    body = background(frame, chart)
    if chart.reference:
        body.append(reference_line(frame, chart.reference.value))
    body += _lines(frame, chart.series, values, colours)
    body += side_names(frame, names)
    body += _callout(frame, chart, values, colours, [frame.y(value) for value in extra])
    return document(width, frame.height, chart.alt, body)


def _names(chart: Chart, values: Sequence[Values], colours: Sequence[str]) -> list[SideName]:
    """A line's name stands at its last value; a single line is named by the chart's title."""
    names = []
    for series, column, colour in zip(chart.series, values, colours, strict=True):
        last = next((value for value in reversed(column) if value is not None), None)
        if last is not None:
            names.append(SideName(series.label, last, colour, _mark(series)))
    names = names if len(names) > 1 else []
    if chart.reference:
        names.append(SideName(chart.reference.label, chart.reference.value, WORSE, "dashes"))
    return names


def _mark(series: ChartSeries) -> str:
    return "dashes" if series.name == "previous" else "line"


def _lines(
    frame: Frame, series: Sequence[ChartSeries], values: Sequence[Values], colours: Sequence[str]
) -> list[str]:
    """The window before first, so that this window's line lies over it."""
    order = sorted(range(len(series)), key=lambda n: series[n].name != "previous")
    return [
        piece for n in order for piece in _line(frame, values[n], colours[n], series[n].name == "previous")
    ]


def _line(frame: Frame, values: Values, colour: str, dashed: bool) -> list[str]:
    drawn = []
    stretches = runs(values)
    joined = [run for run in stretches if len(run) > 1]
    if joined:
        drawn.append(
            element(
                "path",
                d="".join(points(_path(frame, values, run)) for run in joined),
                fill="none",
                stroke=colour,
                stroke_width=1.5 if dashed else 2.2,
                stroke_dasharray="4 3" if dashed else None,
                stroke_linejoin="round",
                stroke_linecap=None if dashed else "round",
            )
        )
    lone = [run.start for run in stretches if len(run) == 1]
    return drawn + [_dot(_path(frame, values, range(n, n + 1))[0], colour, 2.5) for n in lone]


def _path(frame: Frame, values: Values, run: range) -> list[XY]:
    return [(frame.x(n), frame.y(values[n] or 0.0)) for n in run]


def _dot(at: XY, colour: str, radius: float) -> str:
    return element("circle", cx=at[0], cy=at[1], r=number(radius), fill=colour, stroke=WHITE)


def _callout(
    frame: Frame, chart: Chart, values: Sequence[Values], colours: Sequence[str], across: list[float]
) -> list[str]:
    """A dot on the first line that has a value there, and the words above it."""
    callout = chart.callout
    if callout is None or not 0 <= callout.index < frame.count:
        return []
    paths = [
        [(frame.x(n), frame.y(value)) for n, value in enumerate(column) if value is not None]
        for column in values
    ]
    marked = next((n for n, column in enumerate(values) if column[callout.index] is not None), None)
    if marked is None:
        return []
    at = (frame.x(callout.index), frame.y(values[marked][callout.index] or 0.0))
    words = callout_label(frame, callout, [path for path in paths if path], across, at[1])
    return [_dot(at, colours[marked], 4), words]
