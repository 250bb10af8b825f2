"""Which blocks stand where on the page: partials, charts side by side, key figures in rows."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from babel.numbers import get_group_symbol

from bot.charts import draw
from bot.charts.text import width
from bot.model import Block, Chart, Edition, Headline, Kpi, Kpis, TableBlock
from bot.render.parts import ARROWS, ShownTable, shown_table
from bot.render.pdf_text import needs_shaping
from bot.render.pictures import png

PARTIALS = {
    "headline": "pdf/headline.html.j2",
    "kpis": "pdf/kpis.html.j2",
    "chart": "pdf/charts.html.j2",
    "table": "pdf/table.html.j2",
    "note": "pdf/note.html.j2",
    "look": "pdf/look.html.j2",
}
"""The partial for each kind of block."""

MOST_ROWS = 100
"""Rows of a table on paper: each takes 5 ms to lay out, and nobody reads more."""

_FULL, _HALF = 720, 348
_HALF_BARS, _HALF_POINTS = 10, 14
_SHORT_TABLE, _COLUMNS, _CELL = 8, 7, 160
_PRINT = 3
_IN_A_ROW = 6
_TILE = 92.0
"""Pixels inside one of six tiles; the sizes below are those of report.css."""
_LABEL, _VALUE, _SMALL = 11.3, 22.6, 10.6


@dataclass(frozen=True, slots=True)
class Image:
    """A drawn chart: its words, and the picture as a data address."""

    title: str
    caption: str
    alt: str
    source: str


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of the page: the partial, its block or its pictures, and how they are laid out.

    `layout` is a CSS class: 'six' or 'three' key figures in a row; 'short' or 'long', and 'wide', for
    tables; 'half' or 'full' for charts. `text` is a line made here from counts ('6 of 14 shown').
    `lead` is the headline's sentence in colour, -1 for none.
    """

    partial: str
    block: Block
    images: tuple[Image, ...] = ()
    tiles: tuple[tuple[Kpi, ...], ...] = ()
    table: ShownTable | None = None
    layout: str = ""
    text: str = ""
    lead: int = -1


def sections(edition: Edition) -> tuple[Row, ...]:
    """All blocks in order as rows. Raises KeyError for a kind without a partial."""
    rows: list[Row] = []
    blocks = list(edition.blocks)
    while blocks:
        block = blocks.pop(0)
        following = blocks[0] if blocks else None
        if not isinstance(block, Chart):
            rows.append(_row(block, edition))
        elif isinstance(following, Chart) and _fits_half(block) and _fits_half(following):
            blocks.pop(0)
            rows.append(_charts((block, following), edition))
        else:
            rows.append(_charts((block,), edition))
    return tuple(rows)


def _fits_half(chart: Chart) -> bool:
    most = {"bars": _HALF_BARS, "line": _HALF_POINTS}.get(chart.shape, 0)
    return len(chart.labels) <= most


def _charts(charts: Sequence[Chart], edition: Edition) -> Row:
    half = len(charts) > 1
    images = tuple(_image(chart, edition, _HALF if half else _FULL) for chart in charts)
    return Row(PARTIALS["chart"], charts[0], images, layout="half" if half else "full")


def _image(chart: Chart, edition: Edition, pixels: int) -> Image:
    svg = draw(chart, accent=edition.brand.color, width=pixels, grouping=grouping(edition.locale))
    kind, content = (
        ("png", png(svg, _PRINT)) if needs_shaping(_all_words(chart)) else ("svg+xml", svg.encode())
    )
    source = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    return Image(chart.title, chart.caption, chart.alt, source)


def _all_words(chart: Chart) -> str:
    words = [*chart.labels, *chart.value_labels, *(series.label for series in chart.series)]
    words += [chart.callout.text] if chart.callout else []
    words += [chart.reference.label] if chart.reference else []
    return " ".join(words)


def grouping(locale: str) -> str:
    """What separates thousands in a locale: ',' in en_AU."""
    return str(get_group_symbol(locale))


def _row(block: Block, edition: Edition) -> Row:
    partial = PARTIALS[block.kind]
    if isinstance(block, Kpis):
        return _tiles(block)
    if isinstance(block, TableBlock):
        return _table(block, edition)
    if isinstance(block, Headline):
        return Row(partial, block, lead=_lead(block))
    return Row(partial, block)


def _tiles(block: Kpis) -> Row:
    six = _fit_in_a_row(block.items)
    each = max(len(block.items), 1) if six else 3
    tiles = tuple(block.items[n : n + each] for n in range(0, len(block.items), each))
    return Row(PARTIALS["kpis"], block, tiles=tiles, layout="six" if six else "three")


def _lead(block: Headline) -> int:
    """The first sentence that is good or bad news: the one in colour."""
    return next((n for n, sentence in enumerate(block.sentences) if sentence.tone != "plain"), -1)


def _table(block: TableBlock, edition: Edition) -> Row:
    table = shown_table(block, MOST_ROWS, cell=_CELL)
    layout = "short" if len(table.rows) <= _SHORT_TABLE else "long"
    if len(table.columns) > _COLUMNS:
        layout += " wide"
    return Row(PARTIALS["table"], block, table=table, layout=layout, text=_extent(table, edition))


def _extent(table: ShownTable, edition: Edition) -> str:
    """'6 of 14 shown; user_summary.csv holds all.', or '' when all rows are there."""
    has_csv = any(csv.report == table.report for csv in edition.csvs)
    if not table.extent:
        return ""
    return f"{table.extent}; {table.report}.csv holds all." if has_csv else f"{table.extent}."


def _fit_in_a_row(kpis: Sequence[Kpi]) -> bool:
    return len(kpis) <= _IN_A_ROW and all(_fits_tile(kpi) for kpi in kpis)


def _fits_tile(kpi: Kpi) -> bool:
    """Whether label, value, base and change each fit on one line, and each word of a target."""
    words = kpi.target.text.split() if kpi.target else []
    return (
        width(kpi.label, _LABEL) <= _TILE
        and width(kpi.figure.text, _VALUE, 600) <= _TILE
        and width(kpi.explanation, _SMALL) <= _TILE
        and width(f"{ARROWS['up']} {kpi.change.text}", _SMALL, 600) <= _TILE
        and all(width(word, _SMALL) <= _TILE for word in words)
    )
