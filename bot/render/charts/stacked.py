"""Stacked charts over time: areas, and columns with a line above them on a scale of its own.

Columns and line (answers by kind, and the score) have a plot area each, one above the other, with one
axis: two scales in one area would make crossings that mean nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.model import Chart, ChartSeries
from bot.render.charts.frame import (
    LINE,
    Frame,
    SideName,
    axis,
    background,
    bands,
    callout_label,
    dot,
    frame_for,
    grid_lines,
    path_of,
    reference_line,
    reference_names,
    side_names,
)
from bot.render.charts.labels import width as text_width
from bot.render.charts.labels import within
from bot.render.charts.scale import fitted, runs, scale_for
from bot.render.charts.svg import (
    INK,
    WHITE,
    XY,
    boxes,
    document,
    element,
    empty_chart,
    label,
    points,
    series_colour,
)

_LONE = 48.0
_UPPER, _BETWEEN = 84.0, 42.0
_LESS = 60.0
"""Pixels that the lower plot area gives up if there is an upper one."""

_FILLED, _WIDEST = 0.72, 56.0


def stacked(chart: Chart, accent: str, width: float, grouping: str) -> str:
    """Draw areas, the first series at the bottom; a point without any value is a gap.

    Values below zero cannot be stacked and count as zero.
    """
    edges = stacked_edges(chart)
    totals = edges[-1] if edges else ()
    known = [total for total in totals if total is not None]
    if not known:
        return empty_chart(chart, width)
    extra = [chart.reference.value] if chart.reference else []
    colours = [series_colour(series.name, n, accent) for n, series in enumerate(chart.series)]
    names = area_names(chart, edges, colours)
    frame = frame_for(chart, scale_for([*known, *extra], chart.unit, grouping), names, width, max(known))
    body = [*background(frame, chart), *_areas(frame, edges, colours)]
    if chart.reference:
        body.append(reference_line(frame, chart.reference.value))
    body += side_names(frame, names)
    if chart.callout and 0 <= chart.callout.index < frame.count:
        top = [(frame.x(n), frame.y(total)) for n, total in enumerate(totals) if total is not None]
        body.append(callout_label(frame, chart.callout, [top], [frame.y(value) for value in extra]))
    return document(width, frame.height, chart.alt, body)


def stacked_edges(chart: Chart) -> list[tuple[float | None, ...]]:
    """Return the upper edge of each area: sums of the series up to it, None in a gap."""
    count = len(chart.labels)
    columns = [fitted(series.values, count) for series in chart.series]
    gaps = [all(column[n] is None for column in columns) for n in range(count)]
    edges: list[tuple[float | None, ...]] = []
    below = [0.0] * count
    for column in columns:
        below = [under + max(column[n] or 0.0, 0.0) for n, under in enumerate(below)]
        edges.append(tuple(None if gaps[n] else edge for n, edge in enumerate(below)))
    return edges


def area_names(
    chart: Chart, edges: Sequence[Sequence[float | None]], colours: Sequence[str]
) -> list[SideName]:
    """Return the names from the top down, each in the middle of its area at the last known point."""
    last = max(n for n, total in enumerate(edges[-1]) if total is not None)
    names = []
    below = 0.0
    for series, edge, colour in zip(chart.series, edges, colours, strict=True):
        above = edge[last] or 0.0
        names.append(SideName(series.label, (below + above) / 2, colour, "box"))
        below = above
    names = names[::-1] if len(names) > 1 else []
    return names + reference_names(chart)


def _areas(frame: Frame, edges: Sequence[Sequence[float | None]], colours: Sequence[str]) -> list[str]:
    drawn, hairlines = [], []
    hair = min(0.8, frame.step / 10)
    for run in runs(edges[-1]):
        floor: list[XY] = _across(frame, run, [0.0] * frame.count)
        for edge, colour in zip(edges, colours, strict=True):
            roof = _across(frame, run, edge)
            drawn.append(element("path", d=points([*roof, *reversed(floor)]) + "Z", fill=colour))
            hairlines.append(element("path", d=points(roof), fill="none", stroke=WHITE, stroke_width=hair))
            floor = roof
    return drawn + hairlines


def _across(frame: Frame, run: range, values: Sequence[float | None]) -> list[XY]:
    """Return the points of an edge over one stretch; a lone point becomes as wide as a column."""
    path = path_of(frame, values, run)
    if len(path) > 1:
        return path
    (x, y) = path[0]
    half = min(_LONE, frame.step * 0.6) / 2
    return [(max(x - half, frame.left), y), (min(x + half, frame.right), y)]


def columns(chart: Chart, accent: str, width: float, grouping: str) -> str:
    """Draw columns, the first series at the bottom; a label without any value has no column."""
    edges = stacked_edges(chart)
    totals = edges[-1] if edges else ()
    known = [total for total in totals if total is not None]
    if not known:
        return empty_chart(chart, width)
    colours = [series_colour(series.name, n + 1, accent) for n, series in enumerate(chart.series)]
    names = area_names(replace(chart, reference=None), edges, colours)
    scale = scale_for(known, chart.unit, grouping)
    plain = replace(chart, callout=None, reference=None)
    line = _upper_values(chart)
    beside = names if line is None else [*names, *reference_names(chart)]
    whole = _for_columns(frame_for(plain, scale, beside, width, max(known)))
    lower = replace(whole, names=whole.names[: len(names)])
    if line is None:
        return document(width, lower.height, chart.alt, _lower(lower, plain, edges, colours, names))
    upper, lower = _stacked_frames(lower, chart, line, grouping)
    upper = replace(upper, names=whole.names[len(names) :])
    body = [*_upper(upper, chart, line), *_lower(lower, plain, edges, colours, names)]
    return document(width, lower.height, chart.alt, body)


def _for_columns(frame: Frame) -> Frame:
    """Return the frame with half a column free before the first and after the last."""
    return replace(frame, inset=(frame.right - frame.left) / max(frame.count, 1) / 2)


def _upper_values(chart: Chart) -> tuple[float | None, ...] | None:
    values = fitted(chart.overlay.values, len(chart.labels)) if chart.overlay else ()
    return values if any(value is not None for value in values) else None


def _stacked_frames(
    lower: Frame, chart: Chart, line: Sequence[float | None], grouping: str
) -> tuple[Frame, Frame]:
    extra = [chart.reference.value] if chart.reference else []
    known = [value for value in line if value is not None]
    scale = scale_for([*known, *extra], chart.overlay_unit, grouping, intervals=2)
    left = max(lower.left, max(text_width(tick) for tick in scale.labels) + 8)
    shift = _UPPER + _BETWEEN
    less = min(_LESS, lower.bottom - lower.top - sum(LINE * len(lines) for lines in lower.names))
    moved = replace(
        lower,
        left=left,
        top=lower.top + shift,
        bottom=lower.bottom + shift - less,
        height=lower.height + shift - less,
    )
    moved = _for_columns(moved)
    top = lower.top + 14
    return replace(moved, scale=scale, top=top, bottom=top + _UPPER), moved


def _lower(
    frame: Frame,
    chart: Chart,
    edges: Sequence[Sequence[float | None]],
    colours: Sequence[str],
    names: Sequence[SideName],
) -> list[str]:
    drawn = [*bands(frame, chart), *grid_lines(frame, chart), *axis(frame, chart)]
    below: Sequence[float | None] = [0.0] * frame.count
    for edge, colour in zip(edges, colours, strict=True):
        drawn += _pieces(frame, below, edge, colour)
        below = [under if value is None else value for under, value in zip(below, edge, strict=True)]
    return drawn + side_names(frame, names)


def _pieces(
    frame: Frame, below: Sequence[float | None], edge: Sequence[float | None], colour: str
) -> list[str]:
    wide = min((frame.right - frame.left) / max(frame.count, 1) * _FILLED, _WIDEST)
    pieces = [
        (frame.x(n) - wide / 2, frame.y(high), wide, frame.y(low) - frame.y(high))
        for n, (low, high) in enumerate(zip(below, edge, strict=True))
        if low is not None and high is not None and high > low
    ]
    return [element("path", d=boxes(pieces), fill=colour)] if pieces else []


def _upper(frame: Frame, chart: Chart, line: Sequence[float | None]) -> list[str]:
    overlay = chart.overlay or ChartSeries("", "", ())
    drawn = [*bands(frame, chart), *grid_lines(frame, chart)]
    across = [frame.y(chart.reference.value)] if chart.reference else []
    if chart.reference:
        drawn.append(reference_line(frame, chart.reference.value))
        drawn += side_names(frame, reference_names(chart))
    paths = [path_of(frame, line, run) for run in runs(line)]
    drawn += [
        element("path", d=points(path), fill="none", stroke=INK, stroke_width=2.2, stroke_linejoin="round")
        for path in paths
        if len(path) > 1
    ]
    drawn += (
        [dot(at, INK, 2.6) for path in paths for at in path] if frame.step > 12 or frame.count == 1 else []
    )
    drawn.append(_title(frame, overlay.label))
    if chart.callout and 0 <= chart.callout.index < frame.count and line[chart.callout.index] is not None:
        at = frame.x(chart.callout.index), frame.y(line[chart.callout.index] or 0.0)
        drawn += [callout_label(frame, chart.callout, paths, across, at[1]), dot(at, INK, 4.5)]
    return drawn


def _title(frame: Frame, text: str) -> str:
    wide = text_width(text, weight=600)
    middle = within(frame.left + wide / 2, wide, 0, frame.width)
    return label(text, middle, frame.top - 13, anchor="middle", weight=600)
