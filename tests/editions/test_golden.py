"""Editions in every form equal their golden files. `make golden` rewrites them; review the diff.

What has no golden file is covered by test_same_figures.py: every form states the same figures.
"""

from functools import cache

import pytest

from bot.model import Edition
from bot.render.renderer import Renderer
from tests.editions.samples import BY_REPORT, NAMED, without_exports
from tests.render.pdf_words import read
from tests.render.pieces import GOLDEN, assert_golden, email, slack, slack_json

RENDERER = Renderer()
ALL = {**NAMED, **BY_REPORT}
HTML = ("ordinary-week", "half-unavailable", "all-scripts")
SLACK = (
    "ordinary-week",
    "week-with-an-event",
    "first-week",
    "empty-week",
    "half-unavailable",
    "200-agents",
    "all-scripts",
    "hourly",
    "quarter",
    "nps-without-answers",
)


@cache
def edition(name: str) -> Edition:
    return without_exports(ALL[name]())


@pytest.mark.parametrize("name", SLACK)
def test_slack(name: str) -> None:
    assert_golden(f"editions/{name}.slack.json", slack_json(slack(edition(name))))


@pytest.mark.parametrize("name", NAMED)
def test_mail_text(name: str) -> None:
    assert_golden(f"editions/{name}.email.txt", email(edition(name)).text)


def test_mail_text_of_each_report() -> None:
    """One file for all of them: a section for each report alone."""
    sections = (f"===== {name} =====\n\n{email(edition(name)).text}" for name in BY_REPORT)
    assert_golden("editions/reports.email.txt", "\n".join(sections))


@pytest.mark.parametrize("name", HTML)
def test_mail_html(name: str) -> None:
    assert_golden(f"editions/{name}.email.html", email(edition(name)).html)


@pytest.mark.parametrize("name", NAMED)
def test_pdf_text(name: str) -> None:
    pages = read(RENDERER.pdf(edition(name)).content).pages
    assert_golden(f"editions/{name}.pdf.txt", "\n\f\n".join(" ".join(page.split()) for page in pages) + "\n")


@pytest.mark.parametrize("name", ALL)
def test_pdf_has_all_glyphs_and_ten_pages_maximum(name: str) -> None:
    pdf = read(RENDERER.pdf(edition(name)).content)
    assert pdf.boxes == 0
    assert len(pdf.pages) <= 10


def test_reference_week_fits_on_two_to_four_pages() -> None:
    assert 2 <= len(read(RENDERER.pdf(edition("reference-week")).content).pages) <= 4


def test_every_golden_file_is_compared() -> None:
    expected = {f"{name}.slack.json" for name in SLACK} | {f"{name}.email.html" for name in HTML}
    expected |= {f"{name}.{form}.txt" for name in NAMED for form in ("email", "pdf")} | {"reports.email.txt"}
    assert {path.name for path in (GOLDEN / "editions").iterdir()} == expected
