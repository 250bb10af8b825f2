"""A grid of cells, darker for more: one row per series (a weekday), one column per label (an hour)."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model import Chart
from bot.render.charts.colours import INK, MUTED, RULE, WHITE, contrast, mixed, readable
from bot.render.charts.empty import empty
from bot.render.charts.runs import fitted
from bot.render.charts.scale import finite, value_label
from bot.render.charts.spread import thinned, within
from bot.render.charts.svg import Box, boxes, document, element, label
from bot.render.charts.text import clean, shorten, width

_CELL, _BELOW, _TOP = 24.0, 26.0, 4.0
_NAME_SHARE, _GAP = 0.24, 8.0
_PALEST = 0.08

Values = tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class _Room:
    """Where the cells lie, in pixels."""

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
    """A cell for each value; None is an empty cell with a hairline, zero the palest one.

    Numbers stand in the cells where they all fit. The callout's index counts cells row by row.
    """
    values = tuple(fitted(finite(series.values), len(chart.labels)) for series in chart.series)
    known = [value for row in values for value in row if value is not None]
    if not known:
        return empty(chart, total)
    names = [shorten(clean(series.label), total * _NAME_SHARE) for series in chart.series]
    left = max(map(width, names)) + _GAP
    room = _Room(left, (total - left) / len(chart.labels), len(chart.labels), len(values))
    body = [*_cells(room, values, max(known), accent), *_marked(room, chart)]
    body += _numbers(room, values, chart, max(known), accent, grouping)
    body += _row_names(room, names)
    body += _column_names(room, chart, total)
    return document(total, room.bottom + _BELOW, chart.alt, body)


def _shade(value: float, most: float, accent: str) -> str:
    share = max(value, 0.0) / most if most > 0 else 0.0
    return mixed(readable(accent, 4.5), WHITE, _PALEST + (1 - _PALEST) * share)


def _cells(room: _Room, values: Values, most: float, accent: str) -> list[str]:
    """One path for each shade, and one for all empty cells."""
    shades: dict[str, list[Box]] = {}
    for r, row in enumerate(values):
        for c, value in enumerate(row):
            shades.setdefault(_fill(value, most, accent), []).append(_cell(room, r, c))
    return [_painted(fill, cells) for fill, cells in shades.items()]


def _painted(fill: str, cells: list[Box]) -> str:
    stroke, wide = (RULE, 0.6) if fill == WHITE else (None, None)
    return element("path", d=boxes(cells), fill=fill, stroke=stroke, stroke_width=wide)


def _fill(value: float | None, most: float, accent: str) -> str:
    return WHITE if value is None else _shade(value, most, accent)


def _cell(room: _Room, row: int, column: int) -> Box:
    left, top = room.left + room.cell * column + 0.5, _TOP + _CELL * row + 0.5
    return left, top, max(room.cell - 1, 0.5), _CELL - 1


def _marked(room: _Room, chart: Chart) -> list[str]:
    """A frame around the cell worth seeing."""
    if chart.callout is None or not 0 <= chart.callout.index < room.columns * room.rows:
        return []
    cell = _cell(room, *divmod(chart.callout.index, room.columns))
    return [element("path", d=boxes([cell]), fill="none", stroke=INK, stroke_width=1.6)]


def _numbers(room: _Room, values: Values, chart: Chart, most: float, accent: str, grouping: str) -> list[str]:
    words = [
        [None if value is None else value_label(value, chart.unit, grouping) for value in row]
        for row in values
    ]
    if any(width(text) > room.cell - 3 for row in words for text in row if text):
        return []
    drawn = []
    for r, (row, texts) in enumerate(zip(values, words, strict=True)):
        for c, (value, text) in enumerate(zip(row, texts, strict=True)):
            if value is not None and text and value != 0:
                ground = _shade(value, most, accent)
                ink = WHITE if contrast(WHITE, ground) >= contrast(INK, ground) else INK
                drawn.append(label(text, room.middle(c), _TOP + _CELL * (r + 0.5), anchor="middle", fill=ink))
    return drawn


def _row_names(room: _Room, names: Sequence[str]) -> list[str]:
    return [label(name, 0, _TOP + _CELL * (r + 0.5)) for r, name in enumerate(names) if name]


def _column_names(room: _Room, chart: Chart, total: float) -> list[str]:
    words = [shorten(clean(text), total / 4) for text in chart.labels]
    wide = [width(text) for text in words]
    middles = [room.middle(c) for c in range(room.columns)]
    shown = thinned(middles, wide, True, 0, total)
    y = room.bottom + 14
    return [
        label(words[c], within(middles[c], wide[c], 0, total), y, anchor="middle", fill=MUTED) for c in shown
    ]
