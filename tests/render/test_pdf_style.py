"""The cache of style sheets between two PDFs."""

from pathlib import Path

import pytest
from weasyprint import HTML

from bot.render.pdf.adapter import MAX_STYLES, Style, style_of
from bot.render.pdf.document import VARIANT, font_rules, render_pdf
from bot.render.templates import environment
from tests.render.sample_edition import EDITION

TEXT = font_rules(False) + "p { font-family: 'Digest Inter' }"
PAGE = "<html lang=en><title>A page</title><p style='font-weight: {weight}'>Words"


def drawn(style: Style, weight: int) -> bytes:
    """Return the PDF of one word in one weight."""
    page = HTML(string=PAGE.format(weight=weight))
    content = page.write_pdf(font_config=style.fonts, stylesheets=[style.css], pdf_variant=VARIANT)
    return bytes(content)


def kept_style(text: str) -> Style:
    with style_of(text) as style:
        return style


def test_style_sheet_is_parsed_once() -> None:
    assert kept_style(TEXT) is kept_style(TEXT)


def test_each_style_sheet_has_its_own_fonts() -> None:
    first, second = kept_style(TEXT), kept_style(TEXT + "p { color: red }")
    assert first.fonts is not second.fonts


def test_concurrent_documents_do_not_share_fonts() -> None:
    with style_of(TEXT) as first, style_of(TEXT) as second:
        assert first.fonts is not second.fonts


def test_style_cache_is_bounded() -> None:
    first = kept_style(TEXT)
    for n in range(MAX_STYLES):
        kept_style(f"{TEXT} p {{ margin: {n}px }}")
    assert kept_style(TEXT) is not first


def test_style_of_failed_document_is_discarded() -> None:
    used = kept_style(TEXT)
    with pytest.raises(ZeroDivisionError):
        fail_with(TEXT)
    assert kept_style(TEXT) is not used


def fail_with(text: str) -> None:
    with style_of(text):
        raise ZeroDivisionError


def clear_away(style: Style) -> None:
    """Delete old files in /tmp, as systems do."""
    for file in style.files:
        file.unlink()


def test_deleted_fonts_are_loaded_again() -> None:
    whole = drawn(kept_style(TEXT + "p { text-indent: 0 }"), 700)
    clear_away(kept_style(TEXT))
    assert drawn(kept_style(TEXT), 700) == whole


def test_without_check_deleted_fonts_are_missed() -> None:
    whole = drawn(kept_style(TEXT), 700)
    style = kept_style(TEXT + "p { orphans: 1 }")
    clear_away(style)
    assert drawn(style, 700) != whole


def test_override_font_is_not_cached() -> None:
    style = kept_style(TEXT)
    sneaked = "<style>" + font_rules(True).split("\n")[-1] + "</style>"
    HTML(string=sneaked, url_fetcher=fetcher()).render(font_config=style.fonts, stylesheets=[style.css])
    assert kept_style(TEXT) is not style


def fetcher() -> object:
    from bot.render.pdf.adapter import AssetFetcher

    return AssetFetcher()


@pytest.mark.long
def test_document_in_between_changes_nothing(tmp_path: Path) -> None:
    first = render_pdf(EDITION, env=environment()).content
    (tmp_path / "pdf").mkdir()
    (tmp_path / "pdf" / "note.html.j2").write_text("<style>* { font-size: 30pt }</style>")
    assert render_pdf(EDITION, env=environment(str(tmp_path))).content != first
    assert render_pdf(EDITION, env=environment()).content == first
