"""Text in the charts of a PDF: each line is one piece. Only charts are drawn this way."""

from base64 import b64encode

import pytest
from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration

from bot.render.charts.svg import document, label
from bot.render.fonts import FAMILIES
from bot.render.pdf.adapter import DRAWN, AssetFetcher, ChartCache
from bot.render.pdf.document import font_rules
from tests.render.pdf_words import Read, read

WORDS = "Average Wait, 16 Tue"


def address(svg: str) -> str:
    return DRAWN + b64encode(svg.encode()).decode()


def drawn(source: str, *, by_us: bool = True) -> Read:
    """Return a page that shows one picture and says nothing else."""
    fonts, fetcher = FontConfiguration(), AssetFetcher()
    page = HTML(string=f'<style>{font_rules(False)}</style><img src="{source}">', url_fetcher=fetcher)
    return read(page.write_pdf(font_config=fonts, cache=ChartCache(fonts, fetcher) if by_us else {}))


@pytest.mark.parametrize("anchor", ["start", "middle", "end"])
def test_line_of_text_is_one_piece(anchor: str) -> None:
    pdf = drawn(address(document(300, 40, "", [label(WORDS, 150, 20, anchor=anchor)])))
    assert pdf.text.strip() == WORDS
    assert pdf.fonts == {FAMILIES[0].replace(" ", "-")}


def test_without_chart_cache_text_is_split() -> None:
    pdf = drawn(address(document(300, 40, "", [label(WORDS, 150, 20)])), by_us=False)
    assert pdf.text.strip() == WORDS.replace(" ", "")


def test_every_line_has_a_position() -> None:
    lines = [label("one", 10, 20), label("two", 10, 40), label("", 10, 60), label("three", 10, 80)]
    assert drawn(address(document(300, 100, "", lines))).text.split() == ["one", "two", "three"]


@pytest.mark.parametrize("broken", [DRAWN + "%%%", address("<svg"), address("<svg/>"), DRAWN])
def test_invalid_chart_is_left_out(broken: str) -> None:
    assert drawn(broken).text == ""


def test_only_charts_are_in_chart_cache() -> None:
    pictures = ChartCache(FontConfiguration(), AssetFetcher())
    for other in ("https://example.com/a.svg", "data:image/svg+xml,<svg/>", "digest-asset:logo", ""):
        assert other not in pictures
