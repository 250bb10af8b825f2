"""Which blocks stand where on the page: partials, halves side by side, key figures in rows."""

import base64
from dataclasses import dataclass

from babel.numbers import get_group_symbol

from bot.model import Block, Chart, Edition, Headline, Kpis, LookHere, TableBlock
from bot.render.charts import draw, png
from bot.render.parts import ShownHint, ShownTable, halved, shown_hints, shown_table
from bot.render.pdf.glyphs import needs_shaping, set_width
from bot.render.pdf.pages import MOST_ROWS
from bot.render.pdf.tiles import PaperTile, tile_rows

PARTIALS = {
    "headline": "pdf/headline.html.j2",
    "kpis": "pdf/kpis.html.j2",
    "chart": "pdf/chart.html.j2",
    "table": "pdf/table.html.j2",
    "note": "pdf/note.html.j2",
    "look": "pdf/look.html.j2",
}
"""The partial for each kind of block."""

HALVES = "pdf/halves.html.j2"
"""The partial for two blocks side by side."""

_FULL, _HALF = 720, 348
_HALF_POINTS = {"bars": 10, "line": 14}
_HALF_ROWS, _SHORT_TABLE, _COLUMNS, _CELL = 10, 8, 7, 160
_WIDEST = 240.0
_PRINT = 3


@dataclass(frozen=True, slots=True)
class _Type:
    """How a table is set: size of its letters and room between columns in pixels, as report.css has them.

    `halved`: headings may take two lines.
    """

    size: float
    gap: float
    halved: bool


_LARGE, _SMALL = _Type(11.8, 12.0, halved=False), _Type(11.0, 8.0, halved=True)


@dataclass(frozen=True, slots=True)
class Image:
    """A drawn chart: its words, and the picture as a data address."""

    title: str
    caption: str
    alt: str
    source: str


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of the page: the partial, its block, and what that shows.

    `layout` is a CSS class: 'six' or 'three' key figures in a row; 'short' or 'long', and 'wide' or
    'narrow', for tables. `columns` are widths of a table's columns in per cent. `halves` are two rows
    side by side, in the partial HALVES. `text` is a line made here from counts ('6 of 14 shown').
    `lead` is the headline's sentence in colour, -1 for none.
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


def sections(edition: Edition, most_rows: int = MOST_ROWS) -> tuple[Row, ...]:
    """All blocks in order as rows, tables of at most `most_rows`; KeyError for a kind without a partial."""
    rows: list[Row] = []
    blocks = list(edition.blocks)
    while blocks:
        block = blocks.pop(0)
        if blocks and _fits_half(block) and _fits_half(blocks[0]):
            halves = (_row(block, edition, most_rows, _HALF), _row(blocks.pop(0), edition, most_rows, _HALF))
            rows.append(Row(HALVES, block, halves=halves))
        else:
            rows.append(_row(block, edition, most_rows, _FULL))
    return tuple(rows)


def _fits_half(block: Block) -> bool:
    """Whether a block can be read at half the page's width and leaves no hole beside another."""
    if isinstance(block, Chart):
        return len(block.labels) <= _HALF_POINTS.get(block.shape, 0)
    if not isinstance(block, TableBlock) or not 0 < len(block.rows) <= _HALF_ROWS:
        return False
    return sum(_naturals(shown_table(block, _HALF_ROWS, cell=_CELL), _SMALL)) <= _HALF


def _naturals(table: ShownTable, type_: _Type) -> list[float]:
    """Pixels that each column takes: its widest cell, up to a line of words, or its heading."""
    labels = [halved(column.label) if type_.halved else (column.label,) for column in table.columns]
    heads = [max(set_width(line, type_.size, 600) for line in lines) for lines in labels]
    cells = [[set_width(cell.text, type_.size, 600) for cell in row] for row in table.rows]
    widest = [max(column) for column in zip(heads, *cells, strict=True)]
    return [min(wide, _WIDEST) + type_.gap for wide in widest]


def _shares(table: ShownTable, type_: _Type) -> tuple[float, ...]:
    """Widths of the columns in per cent, each by what it holds."""
    naturals = _naturals(table, type_)
    return tuple(round(100 * natural / sum(naturals), 1) for natural in naturals)


def _row(block: Block, edition: Edition, most_rows: int, pixels: int) -> Row:
    partial = PARTIALS[block.kind]
    if isinstance(block, Chart):
        return Row(partial, block, _image(block, edition, pixels))
    if isinstance(block, TableBlock):
        return _table(block, edition, most_rows, pixels)
    if isinstance(block, Kpis):
        layout, tiles = tile_rows(block.items, edition.brand.color)
        return Row(partial, block, tiles=tiles, layout=layout)
    if isinstance(block, LookHere):
        return Row(partial, block, hints=shown_hints(block.items))
    return Row(partial, block, lead=_lead(block) if isinstance(block, Headline) else -1)


def _image(chart: Chart, edition: Edition, pixels: int) -> Image:
    svg = draw(chart, accent=edition.brand.color, width=pixels, grouping=grouping(edition.locale))
    kind, content = (
        ("png", png(svg, _PRINT)) if needs_shaping(chart_words(chart)) else ("svg+xml", svg.encode())
    )
    source = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    return Image(chart.title, chart.caption, chart.alt, source)


def chart_words(chart: Chart) -> str:
    """Everything that is written in a chart."""
    words = [*chart.labels, *chart.value_labels, *(series.label for series in chart.series)]
    words += [chart.callout.text] if chart.callout else []
    words += [chart.reference.label] if chart.reference else []
    words += [chart.overlay.label] if chart.overlay else []
    return " ".join(words)


def grouping(locale: str) -> str:
    """What separates thousands in a locale: ',' in en_AU."""
    return str(get_group_symbol(locale))


def _lead(block: Headline) -> int:
    """The first sentence that is good or bad news: the one in colour."""
    return next((n for n, sentence in enumerate(block.sentences) if sentence.tone != "plain"), -1)


def _table(block: TableBlock, edition: Edition, most_rows: int, pixels: int) -> Row:
    table, type_ = shown_table(block, most_rows, cell=_CELL), _SMALL if pixels == _HALF else _LARGE
    layout = "short" if len(table.rows) <= _SHORT_TABLE else "long"
    if len(table.columns) > _COLUMNS:
        layout += " wide"
    elif pixels == _FULL and sum(_naturals(table, _LARGE)) <= _HALF:
        layout += " narrow"
    text = _below(table, edition)
    return Row(PARTIALS["table"], block, table=table, columns=_shares(table, type_), layout=layout, text=text)


def _below(table: ShownTable, edition: Edition) -> str:
    """'6 of 14 shown; user_summary.csv holds all. ● beyond the target.', or ''."""
    has_csv = any(csv.report == table.report for csv in edition.csvs)
    extent = f"{table.extent}; {table.report}.csv holds all" if table.extent and has_csv else table.extent
    return " ".join(f"{text}." for text in (extent, table.legend) if text)
