"""Every edition in every form is the kept one; `make golden` writes them anew, then look at what changed."""

from functools import cache

import pytest

from bot.model import Edition
from bot.render.renderer import Renderer
from tests.editions.made import BY_REPORT, NAMED, without_exports
from tests.render.pdf_words import read
from tests.render.pieces import assert_golden, email, slack, slack_json

ALL = NAMED | BY_REPORT
RENDERER = Renderer()


@cache
def edition(name: str) -> Edition:
    return without_exports(ALL[name]())


@pytest.mark.parametrize("name", ALL)
def test_slack(name: str) -> None:
    assert_golden(f"editions/{name}.slack.json", slack_json(slack(edition(name))))


@pytest.mark.parametrize("name", ALL)
def test_mail(name: str) -> None:
    made = email(edition(name))
    assert_golden(f"editions/{name}.email.txt", made.text)
    assert_golden(f"editions/{name}.email.html", made.html)


@pytest.mark.parametrize("name", ALL)
def test_pdf(name: str) -> None:
    found = read(RENDERER.pdf(edition(name)).content)
    assert found.boxes == 0, "a character that no font draws"
    assert len(found.pages) <= 10
    words = "\n\f\n".join(" ".join(page.split()) for page in found.pages)
    assert_golden(f"editions/{name}.pdf.txt", words + "\n")


def test_the_reference_week_fits_two_to_four_pages() -> None:
    found = read(RENDERER.pdf(edition("reference-week")).content)
    assert 2 <= len(found.pages) <= 4
