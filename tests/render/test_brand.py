"""The brand in mail and PDF: a readable colour, and a small logo with alt text."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Brand, Edition
from bot.render.charts.svg import WHITE, contrast
from bot.render.email.message import LOGO_HEIGHT, LOGO_WIDTH, logo_picture
from bot.render.pdf.document import pdf_html, stylesheet
from bot.render.pdf.layout import LOGO
from bot.render.templates import render_template
from tests.pictures import jpeg, png
from tests.render.pieces import ENV, email, read_page
from tests.render.sample_edition import EMPTY

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
WORST = ("#ffffff", "#ffff00", "#00ffff", "#1fbfb8", "#7fd1cb", "#777777", "#000000")


def branded(colour: str = "#0f6f6b", logo: str = "", name: str = "Acme Care") -> Edition:
    return replace(EMPTY, brand=Brand(name, colour, logo))


def accents(css: str, rule: str) -> list[str]:
    """Return the text or background colours of a class."""
    return re.findall(rule + r" *\{[^}]*?(?:background(?:-color)?|color): (#[0-9a-fA-F]{6})", css)


@pytest.mark.parametrize("colour", WORST)
def test_brand_colour_in_mail_has_contrast(colour: str) -> None:
    html = email(branded(colour)).html
    (ink,) = re.findall(r'<p class="brand" style="[^"]*color: (#[0-9a-f]{6})', html)
    (ground,) = re.findall(r'<td class="bar"[^>]*background-color: (#[0-9a-f]{6})', html)
    assert contrast(ink, WHITE) >= 4.5
    assert contrast(WHITE, ground) >= 4.5


@settings(max_examples=200, deadline=None)
@given(colour=COLOURS)
def test_any_colour_becomes_readable(colour: str) -> None:
    pdf = stylesheet(branded(colour), ENV)
    for rule in (r"\.strip", r"\.brand"):
        inks = accents(pdf, rule)
        assert inks
        assert all(contrast(accent, WHITE) >= 4.5 for accent in inks)
    if contrast(colour, WHITE) >= 4.5:
        assert colour in accents(pdf, r"\.brand")


def test_without_guard_yellow_is_on_white() -> None:
    css = render_template(ENV, "email/style.css", accent="#ffff00")
    assert contrast(accents(css, r"\.brand")[0], WHITE) < 1.1


@pytest.mark.parametrize(
    ("content", "name", "size"),
    [
        (png(320, 80), "logo.png", (160, 40)),
        (png(100, 100), "logo.png", (40, 40)),
        (png(60, 20), "logo.png", (60, 20)),
        (png(2000, 2), "logo.png", (160, 1)),
        (jpeg(1000, 100), "logo.jpg", (160, 16)),
    ],
)
def test_mail_logo_has_size_and_alt_text(
    tmp_path: Path, content: bytes, name: str, size: tuple[int, int]
) -> None:
    file = tmp_path / "x"
    file.write_bytes(content)
    mail = email(branded(logo=str(file)))
    assert mail.logo is not None
    assert (mail.logo.name, mail.logo.png) == (name, content)
    images = [(kind, value) for tag, kind, value in read_page(mail.html).attributes if tag == "img"]
    assert dict(images) | {} == {
        "src": f"cid:{name}",
        "width": str(size[0]),
        "height": str(size[1]),
        "alt": "Logo of Acme Care",
        "style": dict(images)["style"],
    }
    assert size[0] <= LOGO_WIDTH
    assert size[1] <= LOGO_HEIGHT


def test_logo_without_brand_name_has_alt_text(tmp_path: Path) -> None:
    file = tmp_path / "x.png"
    file.write_bytes(png())
    picture = logo_picture(Brand("", "#0f6f6b", str(file)))
    assert picture is not None
    assert picture.alt == "Logo"


def test_broken_logo_is_left_out_of_mail(tmp_path: Path) -> None:
    file = tmp_path / "x.png"
    file.write_bytes(png()[:-1])
    mail = email(branded(logo=str(file)))
    assert mail.logo is None
    assert "cid:logo" not in mail.html


def test_pdf_names_the_logo_by_its_brand() -> None:
    assert f'<img class="logo" src="{LOGO}" alt="Acme Care">' in pdf_html(branded(), ENV, logo=LOGO)
