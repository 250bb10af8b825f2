"""Edition → PDF (PDF/UA-1, A4 or Letter), by WeasyPrint from `templates/pdf/`.

WeasyPrint takes half a second to import and is imported only when needed. The same edition gives the
same bytes. Nothing is loaded from outside (see pdf_fetcher.py).
"""

from functools import cache
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.charts.colours import readable
from bot.fonts import FONT_FACES, FONT_STACK
from bot.model import Agents, Brand, Edition, Headline, PdfDocument, Sentence
from bot.render.environment import render_template
from bot.render.escaping import clean
from bot.render.parts import language, marks
from bot.render.pdf_layout import sections
from bot.render.pdf_text import plain_emoji

MARKINGS = {
    "SAMPLE": "The data is invented; it shows how this report will look.",
    "TEST": "A trial send, not the regular delivery.",
    "FILTER NOT VERIFIED": "For operators only: see below how to send or drop it.",
}


_BLANK = Edition(
    occurrence="",
    digest="warm-up",
    title="Warm-up",
    subject="",
    brand=Brand(),
    locale="en",
    paper="A4",
    window_text="today",
    filter_text="",
    compared_text="",
    fetched_text="",
    schedule_text="",
    summary_text="",
    agents=Agents.NONE,
    blocks=(Headline((Sentence("Warm-up."),)),),
)


def render_pdf(edition: Edition, *, env: ImmutableSandboxedEnvironment, marking: str = "") -> PdfDocument:
    """The edition as `<digest>.pdf`.

    `marking` is '', 'SAMPLE', 'TEST' or 'SAMPLE · TEST' and stands at the top of each page; an edition
    of sample data is always marked. Raises TemplateFailed when a template fails.
    """
    return PdfDocument(f"{edition.digest}.pdf", _pdf(edition, env, marking))


def pdf_html(edition: Edition, env: ImmutableSandboxedEnvironment, marking: str = "", logo: str = "") -> str:
    """The page that the PDF is made from; `logo` is the address of its logo ('' for none)."""
    shown = clean(edition)
    found = marks(edition, marking)
    page = render_template(
        env,
        "pdf/report.html.j2",
        edition=shown,
        sections=sections(shown),
        language=language(edition.locale),
        marking=" · ".join(found),
        marking_text=" ".join(MARKINGS[mark] for mark in found),
        logo=logo,
    )
    return plain_emoji(page)


def stylesheet(edition: Edition, env: ImmutableSandboxedEnvironment) -> str:
    """The style sheet for the edition's paper and accent, with the shipped fonts."""
    style = render_template(
        env,
        "pdf/report.css",
        accent=readable(edition.brand.color),
        paper="Letter" if edition.paper == "Letter" else "A4",
        fonts=FONT_STACK,
    )
    return _font_rules() + style


def warm_up(env: ImmutableSandboxedEnvironment) -> None:
    """Import WeasyPrint and make one page, so that the next document takes a third of the time."""
    render_pdf(_BLANK, env=env)


def _pdf(edition: Edition, env: ImmutableSandboxedEnvironment, marking: str) -> bytes:
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    from bot.render.pdf_fetcher import LOGO, AssetFetcher, read_logo
    from bot.render.pdf_margins import margins_as_artifacts

    logo = read_logo(edition.brand.logo)
    fetcher = AssetFetcher(logo)
    fonts = FontConfiguration()
    html = pdf_html(edition, env, marking, LOGO if logo else "")
    # As an object: in a <style> element escaping would turn quotes into entities.
    css = CSS(string=stylesheet(edition, env), url_fetcher=fetcher, font_config=fonts)
    page: Any = HTML(string=html, url_fetcher=fetcher)
    return bytes(
        page.write_pdf(
            stylesheets=[css], font_config=fonts, pdf_variant="pdf/ua-1", finisher=margins_as_artifacts
        )
    )


@cache
def _font_rules() -> str:
    from bot.render.pdf_fetcher import SCHEME

    return "\n".join(
        f"@font-face {{ font-family: '{face.family}'; font-weight: {face.weight}; "
        f"src: url('{SCHEME}{face.file}'); }}"
        for face in FONT_FACES
    )
