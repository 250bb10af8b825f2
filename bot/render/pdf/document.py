"""Edition → PDF (PDF/UA-1, A4 or Letter), by WeasyPrint from `templates/pdf/`.

WeasyPrint takes half a second to import and is imported only when needed. The same edition gives the
same bytes. Nothing is loaded from outside (see fetcher.py).
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from jinja2 import Environment

from bot.model import Chart, Edition, PdfDocument
from bot.model.logo import read_logo
from bot.render.charts.colours import readable
from bot.render.escaping import clean
from bot.render.fonts import FAMILIES, FONT_FACES, FONT_STACK
from bot.render.parts import language, marks, missing
from bot.render.pdf.glyphs import is_alphabetic, plain_emoji
from bot.render.pdf.layout import chart_words, sections
from bot.render.pdf.pages import MOST_PAGES, MOST_ROWS, fewer_rows, rows_that_fit
from bot.render.templates import render_template

MARKINGS = {
    "SAMPLE": "The data is invented; it shows how this report will look.",
    "TEST": "A trial send, not the regular delivery.",
    "FILTER NOT VERIFIED": "For operators only: see below how to send or drop it.",
}
VARIANT = "pdf/ua-1"


def render_pdf(edition: Edition, *, env: Environment, marking: str = "") -> PdfDocument:
    """The edition as `<digest>.pdf`.

    `marking` is '', 'SAMPLE', 'TEST' or 'SAMPLE · TEST' and stands at the top of each page; an edition
    of sample data is always marked. Raises TemplateFailed when a template fails.
    """
    return PdfDocument(f"{edition.digest}.pdf", _pdf(edition, env, marking))


def pdf_html(
    edition: Edition, env: Environment, marking: str = "", logo: str = "", most_rows: int = MOST_ROWS
) -> str:
    """The page that the PDF is made from; `logo` is its address ('' for none), `most_rows` a table's most."""
    shown = clean(edition)
    found = marks(edition, marking)
    page = render_template(
        env,
        "pdf/report.html.j2",
        edition=shown,
        sections=sections(shown, most_rows),
        language=language(edition.locale),
        marking=" · ".join(found),
        marking_text=" ".join(MARKINGS[mark] for mark in found),
        missing=missing(shown),
        logo=logo,
    )
    return plain_emoji(page)


def stylesheet(edition: Edition, env: Environment, page: str | None = None) -> str:
    """The style sheet for the edition's paper and accent, with the shipped fonts that `page` needs (all).

    Each font takes two milliseconds to load, and most pages need no more than the alphabets of the first.
    What is written in a chart is not in the page as words.
    """
    style = render_template(
        env,
        "pdf/report.css",
        accent=readable(edition.brand.color),
        paper="Letter" if edition.paper == "Letter" else "A4",
        fonts=FONT_STACK,
    )
    drawn = "".join(chart_words(block) for block in edition.blocks if isinstance(block, Chart))
    return font_rules(page is None or not is_alphabetic(page + drawn)) + style


def _pdf(edition: Edition, env: Environment, marking: str) -> bytes:
    """As many rows as ten pages hold; the estimate is checked against what came of it."""
    most = rows_that_fit(edition)
    with _without_collecting():
        while not (content := _content(edition, env, marking, most)):
            most = fewer_rows(most) or most
        return content


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Python's cycle collector pauses for one document: it walks the whole process dozens of times meanwhile.

    A quarter of the time of a document in a process that holds much else (`make benchmark`).
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _content(edition: Edition, env: Environment, marking: str, most_rows: int) -> bytes:
    """The file with tables of at most `most_rows`; b'' where fewer rows would make fewer than its pages."""
    from weasyprint import HTML

    from bot.render.pdf.drawings import Pictures
    from bot.render.pdf.fetcher import LOGO, AssetFetcher
    from bot.render.pdf.margins import margins_as_artifacts
    from bot.render.pdf.style import style_of

    logo = read_logo(edition.brand.logo)
    html = pdf_html(edition, env, marking, LOGO if logo else "", most_rows)
    fetcher = AssetFetcher(logo)
    page: Any = HTML(string=html, url_fetcher=fetcher)
    # As an object: in a <style> element escaping would turn quotes into entities.
    with style_of(stylesheet(edition, env, html)) as style:
        looks = {"font_config": style.fonts, "stylesheets": [style.css]}
        document = page.render(**looks, cache=Pictures(style.fonts, fetcher), pdf_variant=VARIANT)
        if len(document.pages) > MOST_PAGES and fewer_rows(most_rows):
            return b""
        return bytes(document.write_pdf(pdf_variant=VARIANT, finisher=margins_as_artifacts))


@cache
def font_rules(all_scripts: bool = True) -> str:
    """The `@font-face` rules of the shipped fonts, before every style sheet."""
    from bot.render.pdf.fetcher import SCHEME

    return "\n".join(
        f"@font-face {{ font-family: '{face.family}'; font-weight: {face.weight}; "
        f"src: url('{SCHEME}{face.file}'); }}"
        for face in FONT_FACES
        if all_scripts or face.family == FAMILIES[0]
    )
