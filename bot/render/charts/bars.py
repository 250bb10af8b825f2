"""Horizontal bars: name at the left, value at the right, the previous window as a thin mark."""

from dataclasses import dataclass

from bot.model import NO_VALUE, Chart
from bot.render.charts.labels import clean, shorten, width, within
from bot.render.charts.scale import fitted, value_label
from bot.render.charts.svg import (
    INK,
    MUTED,
    WORSE,
    document,
    element,
    empty_chart,
    label,
    points,
    series_colour,
)

MOST = 25
"""Maximum number of bars; the rest is counted below them."""

_ROW, _BAR = 24.0, 13.0
_NAME_SHARE, _VALUE_SHARE = 0.36, 0.22
_GAP = 8.0
_MARK_ROOM = 20.0
_SLIVER = 1.5
"""Length of the shortest bar in pixels: one message stays visible beside thousands."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One bar: name, value, previous value, and the wording of the value."""

    name: str
    value: float | None
    before: float | None
    wording: str


@dataclass(frozen=True, slots=True)
class _Room:
    """Where bars start and end, in pixels; `values_end` is the right edge of the column of values.

    The values stand apart from the bars: beside the mark of the previous window they would read as
    its value.
    """

    left: float
    right: float
    most: float
    top: float
    values_end: float

    def x(self, value: float) -> float:
        """Return the end of a bar of `value`; values below zero have no bar."""
        return self.left + (self.right - self.left) * max(value, 0.0) / self.most


def bars(chart: Chart, accent: str, total: float, grouping: str) -> str:
    """Draw one row per label in the order given; None shows as a dash without a bar."""
    rows = _rows(chart, total, grouping)
    if not any(row.value is not None for row in rows):
        return empty_chart(chart, total)
    shown = rows[:MOST]
    room = _room(chart, shown, total)
    colour = series_colour(chart.series[0].name, 0, accent)
    body: list[str] = []
    if chart.reference:
        body += _reference(room, chart.reference.value, chart.reference.label, len(shown), total)
    for n, row in enumerate(shown):
        bold = chart.callout is not None and chart.callout.index == n
        body += _bar(room, row, _middle(room, n), colour, bold)
    body += _marks(room, shown)
    height = room.top + _ROW * len(shown)
    if len(rows) > MOST:
        body.append(label(f"and {len(rows) - MOST} more", 0, height + _ROW / 2, fill=MUTED))
        height += _ROW
    return document(total, height, chart.alt, body)


def _rows(chart: Chart, total: float, grouping: str) -> list[_Row]:
    count = len(chart.labels)
    columns = [fitted(series.values, count) for series in chart.series[:2]]
    empty_column: tuple[float | None, ...] = (None,) * count
    now, before = [*columns, empty_column, empty_column][:2]
    rows = []
    for n, (name, value) in enumerate(zip(chart.labels, now, strict=True)):
        wording = NO_VALUE if value is None else value_label(value, chart.unit, grouping)
        if n < len(chart.value_labels):
            wording = chart.value_labels[n]
        wording = shorten(clean(wording), total * _VALUE_SHARE, weight=600)
        rows.append(_Row(shorten(clean(name), total * _NAME_SHARE), value, before[n], wording))
    return rows


def _room(chart: Chart, rows: list[_Row], total: float) -> _Room:
    left = max(width(row.name) for row in rows) + 12
    right = total - max(width(row.wording, weight=600) for row in rows) - _GAP - 2
    values = [value for row in rows for value in (row.value, row.before) if value is not None]
    if chart.reference:
        values.append(chart.reference.value)
    most = max([value for value in values if value > 0], default=1.0)
    return _Room(left, right, most, _MARK_ROOM if chart.reference else 0.0, total - 2)


def _bar(room: _Room, row: _Row, middle: float, colour: str, bold: bool) -> list[str]:
    drawn = [label(row.name, 0, middle, weight=600 if bold else 400)] if row.name else []
    end = room.x(row.value or 0.0)
    if row.value is not None and row.value > 0:
        end = max(end, room.left + _SLIVER)
        wide, top = end - room.left, middle - _BAR / 2
        corner = min(3.0, wide / 2)
        drawn.append(element("rect", x=room.left, y=top, width=wide, height=_BAR, rx=corner, fill=colour))
    drawn.append(label(row.wording, room.values_end, middle, weight=600, anchor="end"))
    return drawn


def _marks(room: _Room, rows: list[_Row]) -> list[str]:
    """Draw the previous window: dark strokes with a white rim, visible on the bars and beside them."""
    places = [(room.x(row.before), _middle(room, n)) for n, row in enumerate(rows) if row.before is not None]
    path = "".join(points(((x, middle - 9), (x, middle + 9))) for x, middle in places)
    if not path:
        return []
    rims = element("path", d=path, stroke="#ffffff", stroke_width=4)
    return [rims, element("path", d=path, stroke=INK, stroke_width=1.6)]


def _middle(room: _Room, place: int) -> float:
    return room.top + _ROW * (place + 0.5)


def _reference(room: _Room, value: float, name: str, rows: int, total: float) -> list[str]:
    x = room.x(value)
    path = points(((x, room.top - 3), (x, room.top + _ROW * rows)))
    text = shorten(clean(name), total)
    middle = within(x, width(text), 0, total)
    return [
        element("path", d=path, stroke=WORSE, stroke_width=1.2, stroke_dasharray="5 4"),
        label(text, middle, room.top / 2 - 1, anchor="middle", fill=WORSE),
    ]
