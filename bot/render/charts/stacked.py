"""Areas over time, one on the other: how much, and of what."""

from collections.abc import Sequence

from bot.model import Chart
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
from bot.render.charts.svg import XY, document, element, points

_LONE = 48.0


def stacked(chart: Chart, accent: str, width: float, grouping: str) -> str:
    """The first series at the bottom; a point where no series has a value is a gap.

    Values below zero cannot be stacked and count as zero.
    """
    edges = stacked_edges(chart)
    totals = edges[-1] if edges else ()
    known = [total for total in totals if total is not None]
    if not known:
        return empty(chart, width)
    extra = [chart.reference.value] if chart.reference else []
    colours = [series_colour(one.name, n, accent) for n, one in enumerate(chart.series)]
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
    """The upper edge of each area: sums of the series up to it, None in a gap."""
    count = len(chart.labels)
    columns = [fitted(finite(series.values), count) for series in chart.series]
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
    """Names from the top downwards, each in the middle of its area at the last known point."""
    last = max(n for n, total in enumerate(edges[-1]) if total is not None)
    names = []
    below = 0.0
    for series, edge, colour in zip(chart.series, edges, colours, strict=True):
        above = edge[last] or 0.0
        names.append(SideName(series.label, (below + above) / 2, colour, "box"))
        below = above
    names = names[::-1] if len(names) > 1 else []
    if chart.reference:
        names.append(SideName(chart.reference.label, chart.reference.value, WORSE, "dashes"))
    return names


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
    """Points of an edge over one stretch; a lone point becomes as wide as a column."""
    path = [(frame.x(n), frame.y(values[n] or 0.0)) for n in run]
    if len(path) > 1:
        return path
    (x, y) = path[0]
    half = min(_LONE, frame.step * 0.6) / 2
    return [(max(x - half, frame.left), y), (min(x + half, frame.right), y)]
