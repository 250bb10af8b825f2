"""The PDF of an edition (PDF/UA-1, A4 or Letter), made by WeasyPrint from `templates/pdf/`.

The same edition gives the same bytes. Nothing is loaded from outside (see adapter.py). Tables show as many
rows as fit on ten pages: row heights are estimated first, a little above what WeasyPrint makes of them,
and the pages are counted afterwards.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from jinja2 import Environment

from bot.lib.logo import read_logo
from bot.model import Block, Chart, Edition, Headline, Kpis, LookHere, Note, PdfDocument, TableBlock
from bot.render.charts.labels import width
from bot.render.charts.svg import readable
from bot.render.escaping import clean
from bot.render.fonts import FAMILIES, FONT_FACES, FONT_STACK
from bot.render.parts import language, marks, missing
from bot.render.pdf.glyphs import is_alphabetic, plain_emoji
from bot.render.pdf.layout import LOGO, MAX_ROWS, SCHEME, chart_text, sections
from bot.render.templates import render_template

MARKINGS = {
    "SAMPLE": "The data is invented; it shows how this report will look.",
    "TEST": "A trial send, not the regular delivery.",
    "FILTER NOT VERIFIED": "For operators only: see below how to send or drop it.",
}
VARIANT = "pdf/ua-1"

MAX_PAGES = 10
ROW_STEPS = (MAX_ROWS, 80, 60, 45, 30, 20, 15, 10, 5)

_PAGE_HEIGHT = {"A4": 1_040.0, "Letter": 970.0}
"""Heights here are in pixels of a page 720 wide: 4 to a millimetre on A4."""

_FILLED = 0.8
"""Share of a page that is used: blocks that cannot be split leave space at the bottom."""

_PAGE_WIDTH, _FONT_SIZE, _PADDING = 720.0, 11.8, 12.0
_LINE, _ROW_EDGES, _HEADING = 15.5, 8.5, 110.0
_FRAME = 330.0
"""Height of the opening and of "How this was made" together."""


def render_pdf(edition: Edition, *, env: Environment, marking: str = "") -> PdfDocument:
    """Return the edition as `<digest>.pdf`.

    `marking` ('', 'SAMPLE', 'TEST' or 'SAMPLE · TEST') stands at the top of each page; an edition of
    sample data is always marked. Raise TemplateFailed.
    """
    limit = rows_that_fit(edition)
    with _without_collecting():
        # The estimate may be too high: count the pages.
        while not (content := _content(edition, env, marking, limit)):
            limit = fewer_rows(limit) or limit
    return PdfDocument(f"{edition.digest}.pdf", content)


def pdf_html(
    edition: Edition, env: Environment, marking: str = "", logo: str = "", max_rows: int = MAX_ROWS
) -> str:
    """Return the HTML of the PDF; `logo` is its address ('' for none). Tables show at most `max_rows`."""
    cleaned = clean(edition)
    applied = marks(edition, marking)
    page = render_template(
        env,
        "pdf/report.html.j2",
        edition=cleaned,
        sections=sections(cleaned, max_rows),
        language=language(edition.locale),
        marking=" · ".join(applied),
        marking_text=" ".join(MARKINGS[mark] for mark in applied),
        missing=missing(cleaned),
        logo=logo,
    )
    return plain_emoji(page)


def stylesheet(edition: Edition, env: Environment, page: str | None = None) -> str:
    """Return the style sheet for the edition's paper and accent, with the fonts that `page` needs.

    Without `page`: all shipped fonts. Each takes two milliseconds to load, and most pages need only the
    first. The text of charts counts too, although it is not text in the page.
    """
    style = render_template(
        env,
        "pdf/report.css",
        accent=readable(edition.brand.color),
        paper="Letter" if edition.paper == "Letter" else "A4",
        fonts=FONT_STACK,
    )
    drawn = "".join(chart_text(block) for block in edition.blocks if isinstance(block, Chart))
    return font_rules(page is None or not is_alphabetic(page + drawn)) + style


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Pause Python's garbage collector for one document: it would walk the whole process dozens of times.

    That is a quarter of a document's time in a process that holds much else (`make benchmark`).
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _content(edition: Edition, env: Environment, marking: str, max_rows: int) -> bytes:
    """Return the PDF with tables of at most `max_rows`, or b'' if it has too many pages and rows to drop."""
    from weasyprint import HTML

    from bot.render.pdf.adapter import AssetFetcher, ChartCache, margins_as_artifacts, style_of

    logo = read_logo(edition.brand.logo)
    html = pdf_html(edition, env, marking, LOGO if logo else "", max_rows)
    fetcher = AssetFetcher(logo)
    page: Any = HTML(string=html, url_fetcher=fetcher)
    # As an object: in a <style> element escaping would turn quotes into entities.
    with style_of(stylesheet(edition, env, html)) as style:
        looks = {"font_config": style.fonts, "stylesheets": [style.css]}
        document = page.render(**looks, cache=ChartCache(style.fonts, fetcher), pdf_variant=VARIANT)
        if len(document.pages) > MAX_PAGES and fewer_rows(max_rows):
            return b""
        return bytes(document.write_pdf(pdf_variant=VARIANT, finisher=margins_as_artifacts))


@cache
def font_rules(all_scripts: bool = True) -> str:
    """Return the `@font-face` rules of the shipped fonts (or of the first family alone)."""
    return "\n".join(
        f"@font-face {{ font-family: '{face.family}'; font-weight: {face.weight}; "
        f"src: url('{SCHEME}{face.file}'); }}"
        for face in FONT_FACES
        if all_scripts or face.family == FAMILIES[0]
    )


def rows_that_fit(edition: Edition) -> int:
    """Return how many rows each table may show: 100, or fewer if they would not fit on ten pages."""
    tables = [block for block in edition.blocks if isinstance(block, TableBlock)]
    room = MAX_PAGES * _PAGE_HEIGHT[edition.paper] * _FILLED - _FRAME - sum(map(_height, edition.blocks))
    heights = [_row_heights(table) for table in tables]
    fitting = (step for step in ROW_STEPS if sum(sum(rows[:step]) for rows in heights) <= room)
    return next(fitting, ROW_STEPS[-1])


def fewer_rows(limit: int) -> int | None:
    """Return the next step below `limit`, or None below the last."""
    return next((step for step in ROW_STEPS if step < limit), None)


def _height(block: Block) -> float:
    match block:
        case Chart():
            return 130.0 + (24.0 * min(len(block.labels), 25) if block.shape == "bars" else 250.0)
        case TableBlock():
            return _HEADING
        case Kpis():
            return 250.0
        case Headline():
            return 90.0 * len(block.sentences)
        case Note():
            return 60.0 + 20.0 * len(block.text) // 100
        case LookHere():
            return 60.0 + 45.0 * len(block.items)


def _row_heights(table: TableBlock) -> list[float]:
    across = _PAGE_WIDTH / max(len(table.columns), 1) - _PADDING
    lines = (
        max((1 + int(width(cell.text, _FONT_SIZE) / across) for cell in row), default=1)
        for row in table.rows[:MAX_ROWS]
    )
    return [_ROW_EDGES + _LINE * count for count in lines]
