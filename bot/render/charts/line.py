"""Lines: values over time in a frame, and sparklines, which are the size of a word and have no axis."""

from collections.abc import Sequence
from itertools import chain

from bot.model import Chart, ChartSeries
from bot.render.charts.frame import (
    Frame,
    SideName,
    background,
    callout_label,
    dot,
    frame_for,
    path_of,
    reference_line,
    reference_names,
    side_names,
)
from bot.render.charts.scale import finite, fitted, runs, scale_for
from bot.render.charts.svg import (
    WHITE,
    XY,
    bare,
    document,
    element,
    empty_chart,
    points,
    readable,
    series_colour,
)

Values = tuple[float | None, ...]

MIN_VALUES = 3
"""Known values that a sparkline needs: two points would only repeat the change beside them."""

_MARGIN = 3.0
_STROKE, _LAST_RADIUS, _LONE_RADIUS = 1.6, 2.4, 1.2


def line(chart: Chart, accent: str, width: float, grouping: str) -> str:
    """Draw one line per series; 'previous' is dashed and lies behind. None is a gap."""
    values = [fitted(series.values, len(chart.labels)) for series in chart.series]
    known = [value for column in values for value in column if value is not None]
    if not known:
        return empty_chart(chart, width)
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
    """Return the name of each line at its last value; the chart's title names a single line."""
    names = []
    for series, column, colour in zip(chart.series, values, colours, strict=True):
        last = next((value for value in reversed(column) if value is not None), None)
        if last is not None:
            mark = "dashes" if series.name == "previous" else "line"
            names.append(SideName(series.label, last, colour, mark))
    return (names if len(names) > 1 else []) + reference_names(chart)


def _lines(
    frame: Frame, series: Sequence[ChartSeries], values: Sequence[Values], colours: Sequence[str]
) -> list[str]:
    """Draw the previous window first, so that this window's line lies over it."""
    order = sorted(range(len(series)), key=lambda n: series[n].name != "previous")
    drawn = (_line(frame, values[n], colours[n], series[n].name == "previous") for n in order)
    return [*chain.from_iterable(drawn)]


def _line(frame: Frame, values: Values, colour: str, dashed: bool) -> list[str]:
    drawn = []
    stretches = runs(values)
    joined = [run for run in stretches if len(run) > 1]
    if joined:
        drawn.append(
            element(
                "path",
                d="".join(points(path_of(frame, values, run)) for run in joined),
                fill="none",
                stroke=colour,
                stroke_width=1.5 if dashed else 2.2,
                stroke_dasharray="4 3" if dashed else None,
                stroke_linejoin="round",
                stroke_linecap=None if dashed else "round",
            )
        )
    lone = [run.start for run in stretches if len(run) == 1]
    return drawn + [dot(path_of(frame, values, range(n, n + 1))[0], colour, 2.5, WHITE) for n in lone]


def _callout(
    frame: Frame, chart: Chart, values: Sequence[Values], colours: Sequence[str], across: list[float]
) -> list[str]:
    """Draw a dot on the first line that has a value there, and the callout's text."""
    callout = chart.callout
    if callout is None or not 0 <= callout.index < frame.count:
        return []
    paths = [
        [(frame.x(n), frame.y(value)) for n, value in enumerate(column) if value is not None]
        for column in values
    ]
    for column, colour in zip(values, colours, strict=True):
        value = column[callout.index]
        if value is not None:
            at = (frame.x(callout.index), frame.y(value))
            text = callout_label(frame, callout, [path for path in paths if path], across, at[1])
            return [dot(at, colour, 4, WHITE), text]
    return []


def sparkline(values: Sequence[float | None], colour: str, width: float = 90, height: float = 22) -> str:
    """Draw the values, oldest first, as a line with a dot at the last one; None is a gap.

    `width` and `height` are pixels, `colour` is `#rrggbb`. Return '' with fewer than three known values.
    The lowest value lies at the bottom, whether or not it is zero.
    """
    shown = finite(values)
    known = [value for value in shown if value is not None]
    if len(known) < MIN_VALUES:
        return ""
    ink = readable(colour, 3.0)
    path = _spark_path(shown, min(known), max(known), width, height)
    last = [] if shown[-1] is None else [dot(path[-1], ink, _LAST_RADIUS)]
    return bare(width, height, [*_spark_line(shown, path, ink), *last])


def course(values: Sequence[float | None]) -> str:
    """Describe a sparkline: 'last 6 windows: now the highest'; '' where no line is drawn."""
    known = [value for value in finite(values) if value is not None]
    if len(known) < MIN_VALUES:
        return ""
    return f"last {len(values)} windows: {_rank(values[-1], known)}"


def _rank(now: float | None, known: Sequence[float]) -> str:
    if now is None:
        return "no value now"
    if min(known) == max(known):
        return "all the same"
    if now in (min(known), max(known)):
        return f"now {'the highest' if now == max(known) else 'the lowest'}"
    return f"now above {sum(value < now for value in known)} of the {len(known) - 1} others"


def _spark_path(
    values: Sequence[float | None], low: float, high: float, width: float, height: float
) -> list[XY]:
    """Return a point for each value; those of gaps are not drawn."""
    step = (width - 2 * _MARGIN) / max(len(values) - 1, 1)
    room = height - 2 * _MARGIN
    shares = [0.5 if high == low else ((value or 0.0) - low) / (high - low) for value in values]
    return [(_MARGIN + step * n, height - _MARGIN - room * share) for n, share in enumerate(shares)]


def _spark_line(values: Sequence[float | None], path: Sequence[XY], ink: str) -> list[str]:
    stretches = runs(values)
    joined = "".join(points(path[run.start : run.stop]) for run in stretches if len(run) > 1)
    line = element("path", d=joined, fill="none", stroke=ink, stroke_width=_STROKE, stroke_linejoin="round")
    lone = [dot(path[run.start], ink, _LONE_RADIUS) for run in stretches if len(run) == 1]
    return [line, *lone] if joined else lone
