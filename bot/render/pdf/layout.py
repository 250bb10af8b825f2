"""The layout of a page: a partial for each block, halves side by side, key figures in rows."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from babel.numbers import get_group_symbol

from bot.model import Block, Chart, Edition, Headline, Kpi, Kpis, LookHere, TableBlock
from bot.render.charts import draw, png
from bot.render.charts.line import course, sparkline
from bot.render.escaping import bound
from bot.render.parts import ARROWS, TONES, ShownHint, ShownTable, halved, shown_hints, shown_table
from bot.render.pdf.glyphs import needs_shaping, set_width

SCHEME = "digest-asset:"
LOGO = SCHEME + "logo"
"""Addresses of our own files in a page: a font by its file name, and the logo."""

PARTIALS = {
    "headline": "pdf/headline.html.j2",
    "kpis": "pdf/kpis.html.j2",
    "chart": "pdf/chart.html.j2",
    "table": "pdf/table.html.j2",
    "note": "pdf/note.html.j2",
    "look": "pdf/look.html.j2",
}
"""The partial of each kind of block."""

HALVES = "pdf/halves.html.j2"
"""The partial of two blocks side by side."""

MAX_ROWS = 100
"""Rows of a table on paper: each takes time to lay out, and readers want no more."""

_FULL, _HALF = 720, 348
_HALF_POINTS = {"bars": 10, "line": 14}
_HALF_ROWS, _SHORT_TABLE, _COLUMNS, _CELL = 10, 8, 7, 160
_WIDEST = 240.0
_PRINT_ZOOM = 3

INKS = {"good": "#2b7530", "bad": "#b3261e"}
"""Colour of a sparkline by the tone of its change; the accent for all others."""

_ROW_OF_SIX, _ROW_OF_THREE = 6, 3
_TILE = 95.0
"""Inner width of one of six tiles in pixels; the sizes below are those of report.css."""
_TWO_LINES = 1.75
"""Capacity of two lines as a multiple of one: the first is seldom full."""
_LABEL, _VALUE, _DETAIL = 11.3, 22.6, 10.6
_SPARK = {"six": (92.0, 20.0), "three": (88.0, 24.0)}

Layout = Literal["six", "three"]


@dataclass(frozen=True, slots=True)
class PaperTile:
    """A key figure, its sparkline as a data address ('' for none) and that in words."""

    kpi: Kpi
    spark: str = ""
    course: str = ""


@dataclass(frozen=True, slots=True)
class _Type:
    """How a table is set: font size and space between columns in pixels, as in report.css.

    `halved`: headings may take two lines.
    """

    size: float
    gap: float
    halved: bool


_LARGE, _SMALL = _Type(11.8, 12.0, halved=False), _Type(11.0, 8.0, halved=True)


@dataclass(frozen=True, slots=True)
class Image:
    """A drawn chart: its texts, and the picture as a data address."""

    title: str
    caption: str
    alt: str
    source: str


@dataclass(frozen=True, slots=True)
class Row:
    """A part of the page: the partial, its block, and what it shows.

    `layout` is a CSS class: 'six' or 'three' key figures in a row; 'short' or 'long', and 'wide' or
    'narrow', for tables. `columns` are widths of a table's columns in per cent. `halves` are two rows
    side by side, in the partial HALVES. `text` is a line made from counts ('6 of 14 shown').
    `lead` is the index of the headline's coloured sentence, -1 for none.
    """

    partial: str
    block: Block
    image: Image | None = None
    tiles: tuple[tuple[PaperTile, ...], ...] = ()
    table: ShownTable | None = None
    columns: tuple[float, ...] = ()
    hints: tuple[ShownHint, ...] = ()
    halves: tuple["Row", ...] = ()
    layout: str = ""
    text: str = ""
    lead: int = -1


def sections(edition: Edition, max_rows: int = MAX_ROWS) -> tuple[Row, ...]:
    """Return all blocks as rows, tables of at most `max_rows`. Raise KeyError for a kind without partial."""
    rows: list[Row] = []
    blocks = list(edition.blocks)
    while blocks:
        block = blocks.pop(0)
        if blocks and _fits_half(block) and _fits_half(blocks[0]):
            halves = (_row(block, edition, max_rows, _HALF), _row(blocks.pop(0), edition, max_rows, _HALF))
            rows.append(Row(HALVES, block, halves=halves))
        else:
            rows.append(_row(block, edition, max_rows, _FULL))
    return tuple(rows)


def _fits_half(block: Block) -> bool:
    """Return whether a block is readable at half the page's width and leaves no hole beside another."""
    if isinstance(block, Chart):
        return len(block.labels) <= _HALF_POINTS.get(block.shape, 0)
    if not isinstance(block, TableBlock) or not 0 < len(block.rows) <= _HALF_ROWS:
        return False
    return sum(_natural_widths(shown_table(block, _HALF_ROWS, cell=_CELL), _SMALL)) <= _HALF


def _natural_widths(table: ShownTable, type_: _Type) -> list[float]:
    """Return the natural width of each column in pixels: its widest cell, up to a limit, or its heading."""
    labels = [halved(column.label) if type_.halved else (column.label,) for column in table.columns]
    heads = [max(set_width(line, type_.size, 600) for line in lines) for lines in labels]
    cells = [[set_width(cell.text, type_.size, 600) for cell in row] for row in table.rows]
    widest = [max(column) for column in zip(heads, *cells, strict=True)]
    return [min(wide, _WIDEST) + type_.gap for wide in widest]


def _row(block: Block, edition: Edition, max_rows: int, pixels: int) -> Row:
    partial = PARTIALS[block.kind]
    if isinstance(block, Chart):
        return Row(partial, block, _image(block, edition, pixels))
    if isinstance(block, TableBlock):
        return _table(block, edition, max_rows, pixels)
    if isinstance(block, Kpis):
        layout, tiles = tile_rows(block.items, edition.brand.color)
        return Row(partial, block, tiles=tiles, layout=layout)
    if isinstance(block, LookHere):
        return Row(partial, block, hints=shown_hints(block.items))
    sentences = block.sentences if isinstance(block, Headline) else ()
    lead = next((n for n, sentence in enumerate(sentences) if sentence.tone != "plain"), -1)
    return Row(partial, block, lead=lead)


def _image(chart: Chart, edition: Edition, pixels: int) -> Image:
    svg = draw(chart, accent=edition.brand.color, width=pixels, grouping=grouping(edition.locale))
    shaped = needs_shaping(chart_text(chart))
    source = _data_address("png", png(svg, _PRINT_ZOOM)) if shaped else _data_address("svg+xml", svg.encode())
    return Image(chart.title, chart.caption, chart.alt, source)


def _data_address(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def chart_text(chart: Chart) -> str:
    """Return all text in a chart."""
    texts = [*chart.labels, *chart.value_labels, *(series.label for series in chart.series)]
    texts += [chart.callout.text] if chart.callout else []
    texts += [chart.reference.label] if chart.reference else []
    texts += [chart.overlay.label] if chart.overlay else []
    return " ".join(texts)


def grouping(locale: str) -> str:
    """Return the separator of thousands in a locale: ',' in en_AU."""
    return str(get_group_symbol(locale))


def _table(block: TableBlock, edition: Edition, max_rows: int, pixels: int) -> Row:
    table, type_ = shown_table(block, max_rows, cell=_CELL), _SMALL if pixels == _HALF else _LARGE
    widths = _natural_widths(table, type_)
    columns = tuple(round(100 * width / sum(widths), 1) for width in widths)
    layout = "short" if len(table.rows) <= _SHORT_TABLE else "long"
    if len(table.columns) > _COLUMNS:
        layout += " wide"
    elif pixels == _FULL and sum(widths) <= _HALF:
        layout += " narrow"
    has_csv = any(csv.report == table.report for csv in edition.csvs)
    extent = f"{table.extent}; {table.report}.csv holds all" if table.extent and has_csv else table.extent
    text = " ".join(f"{text}." for text in (extent, table.legend) if text)
    return Row(PARTIALS["table"], block, table=table, columns=columns, layout=layout, text=text)


def tile_rows(items: Sequence[Kpi], accent: str) -> tuple[Layout, tuple[tuple[PaperTile, ...], ...]]:
    """Return the layout ('six' or 'three' in a row) and the tiles row by row."""
    fits = len(items) <= _ROW_OF_SIX and all(map(_fits_tile, items))
    layout: Layout = "six" if fits else "three"
    each = max(len(items), 1) if layout == "six" else _ROW_OF_THREE
    tiles = [_tile(kpi, accent, layout) for kpi in items]
    return layout, tuple(tuple(tiles[n : n + each]) for n in range(0, len(tiles), each))


def _tile(kpi: Kpi, accent: str, layout: Layout) -> PaperTile:
    wide, high = _SPARK[layout]
    svg = sparkline(kpi.history, INKS.get(_tone(kpi), accent), wide, high)
    if not svg:
        return PaperTile(kpi)
    return PaperTile(kpi, _data_address("svg+xml", svg.encode()), f"{kpi.label}, {course(kpi.history)}")


def _tone(kpi: Kpi) -> str:
    if kpi.target and kpi.target.verdict == "missed":
        return "bad"
    return TONES.get(kpi.change.verdict, "plain")


def _fits_tile(kpi: Kpi) -> bool:
    """Return whether label and value fit on one line each, and base, change and target on two."""
    target = kpi.target.text if kpi.target else ""
    change = f"{ARROWS['up']} {kpi.change.text}, {kpi.change.word}"
    return (
        set_width(kpi.label, _LABEL) <= _TILE
        and set_width(kpi.figure.text, _VALUE, 600) <= _TILE
        and all(_fits_two_lines(text) for text in (kpi.explanation, change, f"● {target}"))
    )


def _fits_two_lines(text: str) -> bool:
    """Return whether a text fits on two lines of a tile without breaking a word."""
    widths = [set_width(word, _DETAIL, 600) for word in bound(text).split(" ")]
    return max(widths, default=0) <= _TILE and set_width(text, _DETAIL, 600) <= _TWO_LINES * _TILE
