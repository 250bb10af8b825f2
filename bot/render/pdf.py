"""Edition → PDF (PDF/UA-1, A4 or Letter), by WeasyPrint from `templates/pdf/`.

WeasyPrint takes half a second to import and is imported only when needed. The same edition gives the
same bytes. Nothing is loaded from outside (see pdf_fetcher.py).
"""

from functools import cache
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.charts.colours import readable
from bot.fonts import FONT_FACES, FONT_STACK
from bot.model import Edition, PdfDocument
from bot.render.environment import render_template
from bot.render.escaping import clean
from bot.render.parts import marks
from bot.render.pdf_layout import sections

MARKINGS = {
    "SAMPLE": "The figures are invented; they show how this report will look.",
    "TEST": "Sent to try this report out; it is not the regular delivery.",
}


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
    return render_template(
        env,
        "pdf/report.html.j2",
        edition=shown,
        sections=sections(shown),
        language=language(edition.locale),
        marking=" · ".join(found),
        marking_text=" ".join(MARKINGS[mark] for mark in found),
        logo=logo,
    )


def language(locale: str) -> str:
    """The language tag of the words, which are English: 'en-AU' for en_AU, 'en' for de_DE."""
    return locale.replace("_", "-") if locale.split("_")[0] == "en" else "en"


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


def warm_up(env: ImmutableSandboxedEnvironment, edition: Edition) -> None:
    """Import WeasyPrint and render `edition` once, so that later documents take a third of the time."""
    render_pdf(edition, env=env)


def _pdf(edition: Edition, env: ImmutableSandboxedEnvironment, marking: str) -> bytes:
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    from bot.render.pdf_fetcher import LOGO, AssetFetcher, read_logo

    logo = read_logo(edition.brand.logo)
    fetcher = AssetFetcher(logo)
    fonts = FontConfiguration()
    html = pdf_html(edition, env, marking, LOGO if logo else "")
    # As an object: in a <style> element escaping would turn quotes into entities.
    css = CSS(string=stylesheet(edition, env), url_fetcher=fetcher, font_config=fonts)
    page: Any = HTML(string=html, url_fetcher=fetcher)
    return bytes(page.write_pdf(stylesheets=[css], font_config=fonts, pdf_variant="pdf/ua-1"))


@cache
def _font_rules() -> str:
    from bot.render.pdf_fetcher import SCHEME

    return "\n".join(
        f"@font-face {{ font-family: '{face.family}'; font-weight: {face.weight}; "
        f"src: url('{SCHEME}{face.file}'); }}"
        for face in FONT_FACES
    )
