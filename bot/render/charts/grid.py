"""A heat map: one row per series (a weekday), one column per label (an hour), darker for more."""

from dataclasses import dataclass

from bot.model import Chart
from bot.render.charts.frame import axis_labels
from bot.render.charts.labels import clean, shorten, width
from bot.render.charts.scale import fitted, value_label
from bot.render.charts.svg import (
    INK,
    RULE,
    WHITE,
    Box,
    boxes,
    contrast,
    document,
    element,
    empty_chart,
    label,
    mixed,
    readable,
)

_CELL, _BELOW, _TOP = 24.0, 26.0, 4.0
_NAME_SHARE, _GAP = 0.24, 8.0
_PALEST = 0.08

Values = tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class _Room:
    """The area of the cells, in pixels."""

    left: float
    cell: float
    columns: int
    rows: int

    def middle(self, column: int) -> float:
        return self.left + self.cell * (column + 0.5)

    @property
    def bottom(self) -> float:
        return _TOP + _CELL * self.rows


def grid(chart: Chart, accent: str, total: float, grouping: str) -> str:
    """Draw one cell per value; None is an empty cell with a hairline, zero the palest shade.

    Cells hold their numbers if all of them fit. The callout's index counts cells row by row.
    """
    values = tuple(fitted(series.values, len(chart.labels)) for series in chart.series)
    known = [value for row in values for value in row if value is not None]
    if not known:
        return empty_chart(chart, total)
    names = [shorten(clean(series.label), total * _NAME_SHARE) for series in chart.series]
    left = max(map(width, names)) + _GAP
    room = _Room(left, (total - left) / len(chart.labels), len(chart.labels), len(values))
    body = [*_cells(room, values, max(known), accent), *_marked(room, chart)]
    body += _numbers(room, values, chart, max(known), accent, grouping)
    body += [label(name, 0, _TOP + _CELL * (r + 0.5)) for r, name in enumerate(names) if name]
    body += _column_names(room, chart, total)
    return document(total, room.bottom + _BELOW, chart.alt, body)


def _shade(value: float | None, most: float, accent: str) -> str:
    if value is None:
        return WHITE
    share = max(value, 0.0) / most if most > 0 else 0.0
    return mixed(readable(accent, 4.5), WHITE, _PALEST + (1 - _PALEST) * share)


def _cells(room: _Room, values: Values, most: float, accent: str) -> list[str]:
    """Draw one path for each shade, and one for all empty cells."""
    shades: dict[str, list[Box]] = {}
    for r, row in enumerate(values):
        for c, value in enumerate(row):
            shades.setdefault(_shade(value, most, accent), []).append(_cell(room, r, c))
    return [_painted(fill, cells) for fill, cells in shades.items()]


def _painted(fill: str, cells: list[Box]) -> str:
    stroke, wide = (RULE, 0.6) if fill == WHITE else (None, None)
    return element("path", d=boxes(cells), fill=fill, stroke=stroke, stroke_width=wide)


def _cell(room: _Room, row: int, column: int) -> Box:
    left, top = room.left + room.cell * column + 0.5, _TOP + _CELL * row + 0.5
    return left, top, max(room.cell - 1, 0.5), _CELL - 1


def _marked(room: _Room, chart: Chart) -> list[str]:
    if chart.callout is None or not 0 <= chart.callout.index < room.columns * room.rows:
        return []
    cell = _cell(room, *divmod(chart.callout.index, room.columns))
    return [element("path", d=boxes([cell]), fill="none", stroke=INK, stroke_width=1.6)]


def _numbers(room: _Room, values: Values, chart: Chart, most: float, accent: str, grouping: str) -> list[str]:
    labels = [
        [None if value is None else value_label(value, chart.unit, grouping) for value in row]
        for row in values
    ]
    if any(width(text) > room.cell - 3 for row in labels for text in row if text):
        return []
    drawn = []
    for r, (row, texts) in enumerate(zip(values, labels, strict=True)):
        for c, (value, text) in enumerate(zip(row, texts, strict=True)):
            if value is not None and text and value != 0:
                ground = _shade(value, most, accent)
                ink = WHITE if contrast(WHITE, ground) >= contrast(INK, ground) else INK
                drawn.append(label(text, room.middle(c), _TOP + _CELL * (r + 0.5), anchor="middle", fill=ink))
    return drawn


def _column_names(room: _Room, chart: Chart, total: float) -> list[str]:
    texts = [shorten(clean(text), total / 4) for text in chart.labels]
    middles = [room.middle(c) for c in range(room.columns)]
    return axis_labels(texts, middles, room.bottom + 14, total, by_clock=True)
