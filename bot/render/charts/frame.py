"""The frame of a chart over time: plot area, grid, weekend bands, axis and series names at the right."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.model import Callout, Chart
from bot.render.charts.labels import clean, moved_apart, shorten, thinned, width, within, wrap
from bot.render.charts.scale import Scale, runs
from bot.render.charts.svg import BAND, MUTED, RULE, WORSE, XY, element, label, number, points

LINE = 15.0
"""Height in pixels of one line of text."""

_TOP, _TOP_WITH_WORDS, _BELOW = 12.0, 27.0, 28.0
_ROOM_FOR_WORDS = 25.0
_MARK, _NEAR = 10.0, 6.0
_CLEAR, _FAR = 12.0, 30.0
"""Pixels from a point to the middle of its callout, and the distance beyond which it would seem to
belong to another point."""
_FULL, _HALF = 190.0, 150.0
_NARROW = 480
_NAMES_SHARE, _NAMES_SHARE_NARROW = 0.27, 0.33
_LABEL_LIMIT = 110.0


@dataclass(frozen=True, slots=True)
class SideName:
    """A series name beside its last point. `mark`: 'box' for an area, 'line' or 'dashes' for a line."""

    text: str
    value: float
    colour: str
    mark: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The plot area in pixels for `count` points.

    `inset` is the space left free beside the first and the last point (half a column).
    """

    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float
    count: int
    scale: Scale
    names: tuple[tuple[str, ...], ...]
    inset: float = 0.0

    @property
    def step(self) -> float:
        """Return the pixels between two points."""
        return (self.right - self.left - 2 * self.inset) / max(self.count - 1, 1)

    def x(self, index: int) -> float:
        """Return the x of point `index`; a single point is in the middle."""
        if self.count == 1:
            return (self.left + self.right) / 2
        return self.left + self.inset + self.step * index

    def y(self, value: float) -> float:
        """Return the y of `value` (small is up)."""
        return self.bottom - (self.bottom - self.top) * self.scale.share(value)


def frame_for(
    chart: Chart, scale: Scale, names: Sequence[SideName], total_width: float, peak: float
) -> Frame:
    """Return the plot area that the labels leave; `peak` is the highest value drawn."""
    is_narrow = total_width <= _NARROW
    limit = total_width * (_NAMES_SHARE_NARROW if is_narrow else _NAMES_SHARE) - _MARK - 2 * _NEAR
    lines = tuple(wrap(clean(name.text), limit) for name in names)
    beside = max((width(line) for name in lines for line in name), default=0.0)
    right = total_width - (beside + _MARK + 3 * _NEAR if names else 2 * _NEAR)
    left = max(width(tick) for tick in scale.labels) + 8
    plot = max(_HALF if is_narrow else _FULL, sum(LINE * len(name) for name in lines))
    is_tight = chart.callout is not None and (1 - scale.share(peak)) * plot < _ROOM_FOR_WORDS
    top = _TOP_WITH_WORDS if is_tight else _TOP
    return Frame(
        total_width, top + plot + _BELOW, left, top, right, top + plot, len(chart.labels), scale, lines
    )


def background(frame: Frame, chart: Chart) -> list[str]:
    """Draw weekend bands, grid, ticks and the labels below."""
    return [*bands(frame, chart), *grid_lines(frame, chart), *axis(frame, chart)]


def bands(frame: Frame, chart: Chart) -> list[str]:
    """Draw one band for each run of shaded points, from half a step before to half a step after."""
    shaded = [0.0 if n in chart.shaded else None for n in range(frame.count)]
    return [_band(frame, run[0], run[-1]) for run in runs(shaded)]


def _band(frame: Frame, first: int, last: int) -> str:
    start = frame.left if frame.count == 1 else max(frame.x(first) - frame.step / 2, frame.left)
    end = frame.right if frame.count == 1 else min(frame.x(last) + frame.step / 2, frame.right)
    high = frame.bottom - frame.top
    return element("rect", x=start, y=frame.top, width=end - start, height=high, fill=BAND)


def grid_lines(frame: Frame, chart: Chart) -> list[str]:
    """Draw a line and a label for each tick; the reference's own line replaces the tick's."""
    ticks = [tick for tick in frame.scale.ticks if chart.reference is None or tick != chart.reference.value]
    rules = _across(frame, [tick for tick in ticks if tick != 0], RULE)
    zero = _across(frame, [tick for tick in ticks if tick == 0], MUTED)
    labels = zip(frame.scale.ticks, frame.scale.labels, strict=True)
    texts = (label(text, frame.left - 8, frame.y(tick), anchor="end", fill=MUTED) for tick, text in labels)
    return [*filter(None, (rules, zero)), *texts]


def _across(frame: Frame, ticks: Sequence[float], colour: str) -> str:
    """Draw lines from edge to edge at these heights as one path; '' for none."""
    path = "".join(points(((frame.left, frame.y(tick)), (frame.right, frame.y(tick)))) for tick in ticks)
    return element("path", d=path, stroke=colour, stroke_width=0.8) if path else ""


def axis(frame: Frame, chart: Chart) -> list[str]:
    """Draw the labels below, thinned out where they would collide."""
    texts = [shorten(clean(text), _LABEL_LIMIT) for text in chart.labels]
    middles = [frame.x(n) for n in range(frame.count)]
    return axis_labels(texts, middles, frame.bottom + 17, frame.width, any(":" in text for text in texts))


def axis_labels(
    texts: Sequence[str], middles: Sequence[float], y: float, total: float, by_clock: bool
) -> list[str]:
    """Draw the labels of an axis at `middles`, moved inside 0..total and thinned out as `thinned` does."""
    widths = [width(text) for text in texts]
    return [
        label(texts[n], within(middles[n], widths[n], 0, total), y, anchor="middle", fill=MUTED)
        for n in thinned(middles, widths, by_clock, 0, total)
    ]


def side_names(frame: Frame, names: Sequence[SideName]) -> list[str]:
    """Draw each name at the height of its value, moved apart where they would collide."""
    heights = [LINE * len(lines) for lines in frame.names]
    wanted = [frame.y(name.value) for name in names]
    middles = moved_apart(wanted, heights, frame.top - LINE / 2, frame.bottom)
    drawn: list[str] = []
    for name, lines, middle in zip(names, frame.names, middles, strict=True):
        first = middle - LINE * (len(lines) - 1) / 2
        drawn.append(_mark(name, frame.right + _NEAR, first))
        x = frame.right + _MARK + 2 * _NEAR
        drawn += [label(line, x, first + LINE * n) for n, line in enumerate(lines)]
    return drawn


def _mark(name: SideName, x: float, y: float) -> str:
    if name.mark == "box":
        return element("rect", x=x, y=y - 4.5, width=9, height=9, rx=2, fill=name.colour)
    dashes = "3 2" if name.mark == "dashes" else None
    path = points(((x, y), (x + _MARK, y)))
    return element("path", d=path, stroke=name.colour, stroke_width=2, stroke_dasharray=dashes)


def reference_names(chart: Chart) -> list[SideName]:
    """Return the name of the reference line, if there is one."""
    if chart.reference is None:
        return []
    return [SideName(chart.reference.label, chart.reference.value, WORSE, "dashes")]


def reference_line(frame: Frame, value: float) -> str:
    """Draw a dashed line across the plot area."""
    path = points(((frame.left, frame.y(value)), (frame.right, frame.y(value))))
    return element("path", d=path, stroke=WORSE, stroke_width=1.2, stroke_dasharray="5 4")


def callout_label(
    frame: Frame,
    callout: Callout,
    lines: Sequence[Sequence[XY]],
    across: list[float],
    at: float | None = None,
) -> str:
    """Draw the text of a callout clear of the drawn `lines` and of the heights in `across`.

    It stands above its point, or below it if above would be far from the point's height `at`.
    """
    text = shorten(clean(callout.text), frame.right - frame.left, weight=600)
    wide = width(text, weight=600)
    middle = within(frame.x(callout.index), wide, frame.left, frame.right)
    near = wide / 2 + 4
    crossed = [y for line in lines for y in _crossed(line, middle - near, middle + near)] or [frame.bottom]
    barred = [frame.y(tick) for tick in frame.scale.ticks] + across
    above = _clear(min(crossed) - _CLEAR, -1.0, barred)
    below = _clear(max(crossed) + _CLEAR, 1.0, barred)
    is_far = at is not None and at - above > _FAR
    y = below if is_far and below <= frame.bottom - LINE / 2 else max(above, LINE / 2)
    return label(text, middle, y, anchor="middle", weight=600)


def _clear(y: float, step: float, barred: Sequence[float]) -> float:
    """Move `y` by `step` until a line of text there touches none of the `barred` heights or the top."""
    while y > LINE / 2 and any(abs(y - bar) < LINE / 2 + 1 for bar in barred):
        y += step
    return y


def _crossed(line: Sequence[XY], start: float, end: float) -> list[float]:
    """Return the heights of a polyline between two x: of its points, and where it enters and leaves."""
    heights = [y for x, y in line if start <= x <= end]
    for (x1, y1), (x2, y2) in pairwise(line):
        heights += [y1 + (y2 - y1) * (edge - x1) / (x2 - x1) for edge in (start, end) if x1 < edge < x2]
    return heights


def path_of(frame: Frame, values: Sequence[float | None], run: range) -> list[XY]:
    """Return the points of the values in `run`."""
    return [(frame.x(n), frame.y(values[n] or 0.0)) for n in run]


def dot(at: XY, colour: str, radius: float, stroke: str | None = None) -> str:
    """Draw a filled circle of `radius` pixels."""
    return element("circle", cx=at[0], cy=at[1], r=number(radius), fill=colour, stroke=stroke)
