"""Stacked columns over time, and above them a line on a scale of its own: answers by kind, and the score.

Two rooms one above the other, with one axis: two scales in one room would make crossings that mean nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.model import Chart, ChartSeries
from bot.render.charts.colours import INK, WORSE, series_colour
from bot.render.charts.empty import empty
from bot.render.charts.frame import (
    LINE,
    Frame,
    SideName,
    axis,
    bands,
    callout_label,
    frame_for,
    grid_lines,
    reference_line,
    side_names,
)
from bot.render.charts.runs import fitted, runs
from bot.render.charts.scale import finite, scale_for
from bot.render.charts.spread import within
from bot.render.charts.stacked import area_names, stacked_edges
from bot.render.charts.svg import XY, boxes, document, element, label, number, points
from bot.render.charts.text import width as text_width

_UPPER, _BETWEEN = 84.0, 42.0
_LESS = 60.0
"""Pixels that the lower room gives up where there is an upper one."""

_FILLED, _WIDEST = 0.72, 56.0


def columns(chart: Chart, accent: str, width: float, grouping: str) -> str:
    """The first series at the bottom; a label without any value has no column, and the line a gap."""
    edges = stacked_edges(chart)
    totals = edges[-1] if edges else ()
    known = [total for total in totals if total is not None]
    if not known:
        return empty(chart, width)
    colours = [series_colour(one.name, n + 1, accent) for n, one in enumerate(chart.series)]
    names = area_names(replace(chart, reference=None), edges, colours)
    scale = scale_for(known, chart.unit, grouping)
    plain = replace(chart, callout=None, reference=None)
    line = _upper_values(chart)
    beside = names if line is None else [*names, *_reference_names(chart)]
    whole = _for_columns(frame_for(plain, scale, beside, width, max(known)))
    lower = replace(whole, names=whole.names[: len(names)])
    if line is None:
        return document(width, lower.height, chart.alt, _lower(lower, plain, edges, colours, names))
    upper, lower = _one_above_the_other(lower, chart, line, grouping)
    upper = replace(upper, names=whole.names[len(names) :])
    body = [*_upper(upper, chart, line), *_lower(lower, plain, edges, colours, names)]
    return document(width, lower.height, chart.alt, body)


def _for_columns(frame: Frame) -> Frame:
    """The frame with half a column's room before the first and after the last."""
    return replace(frame, inset=(frame.right - frame.left) / max(frame.count, 1) / 2)


def _upper_values(chart: Chart) -> tuple[float | None, ...] | None:
    if chart.overlay is None:
        return None
    values = fitted(finite(chart.overlay.values), len(chart.labels))
    return values if any(value is not None for value in values) else None


def _one_above_the_other(
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
        drawn += side_names(frame, _reference_names(chart))
    paths = [_path(frame, line, run) for run in runs(line)]
    drawn += [
        element("path", d=points(path), fill="none", stroke=INK, stroke_width=2.2, stroke_linejoin="round")
        for path in paths
        if len(path) > 1
    ]
    drawn += [_dot(at) for path in paths for at in path] if frame.step > 12 or frame.count == 1 else []
    drawn.append(_title(frame, overlay.label))
    if chart.callout and 0 <= chart.callout.index < frame.count and line[chart.callout.index] is not None:
        at = frame.x(chart.callout.index), frame.y(line[chart.callout.index] or 0.0)
        drawn += [callout_label(frame, chart.callout, paths, across, at[1]), _dot(at, 4.5)]
    return drawn


def _reference_names(chart: Chart) -> list[SideName]:
    """The name of the line's target; it stands beside the upper room."""
    if chart.reference is None:
        return []
    return [SideName(chart.reference.label, chart.reference.value, WORSE, "dashes")]


def _title(frame: Frame, words: str) -> str:
    """The line's name above its room, at the left."""
    wide = text_width(words, weight=600)
    middle = within(frame.left + wide / 2, wide, 0, frame.width)
    return label(words, middle, frame.top - 13, anchor="middle", weight=600)


def _path(frame: Frame, values: Sequence[float | None], run: range) -> list[XY]:
    return [(frame.x(n), frame.y(values[n] or 0.0)) for n in run]


def _dot(at: XY, radius: float = 2.6) -> str:
    return element("circle", cx=at[0], cy=at[1], r=number(radius), fill=INK)
