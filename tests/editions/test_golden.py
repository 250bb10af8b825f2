"""Compare every edition in every form with its golden file; `make golden` writes them, then review the diff."""

from functools import cache

import pytest

from bot.model import Edition
from bot.render.renderer import Renderer
from tests.editions.samples import BY_REPORT, NAMED, without_exports
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
    mail = email(edition(name))
    assert_golden(f"editions/{name}.email.txt", mail.text)
    assert_golden(f"editions/{name}.email.html", mail.html)


@pytest.mark.parametrize("name", ALL)
def test_pdf(name: str) -> None:
    document = read(RENDERER.pdf(edition(name)).content)
    assert document.boxes == 0, "a character that no font draws"
    assert len(document.pages) <= 10
    pages_text = "\n\f\n".join(" ".join(page.split()) for page in document.pages)
    assert_golden(f"editions/{name}.pdf.txt", pages_text + "\n")


def test_reference_week_has_two_to_four_pages() -> None:
    document = read(RENDERER.pdf(edition("reference-week")).content)
    assert 2 <= len(document.pages) <= 4
