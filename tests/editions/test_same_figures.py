"""Slack, mail and PDF of one edition show the same figures with the same text, read back from the forms."""

import re
from functools import cache

import pytest

from bot.model import Edition, Headline
from bot.render.pdf.document import pdf_html
from bot.render.renderer import Renderer
from tests.editions.parsed_forms import Statements, of_mail, of_slack, of_text, plain
from tests.editions.samples import BY_REPORT, NAMED, without_exports
from tests.render.pdf_words import read
from tests.render.pieces import ENV, email, read_page, slack

RENDERER = Renderer()
ALL = NAMED | BY_REPORT
LONGEST_NAME = 15
"""The length at which the narrowest form cuts a name."""


@cache
def edition(name: str) -> Edition:
    return without_exports(ALL[name]())


def headline(of: Edition) -> str:
    return plain(
        " ".join(s.text for block in of.blocks if isinstance(block, Headline) for s in block.sentences)
    )


def short(cells: set[tuple[str, str, str, str]]) -> set[tuple[str, str, str, str]]:
    """Return cells with names cut and titles in capitals, as in the mail's text part."""
    return {
        (title.upper(), row.split("…")[0][:LONGEST_NAME], column, content)
        for title, row, column, content in cells
    }


def pdf_words(of: Edition) -> str:
    return plain(read(RENDERER.pdf(of).content).text).replace(" ", "")


@pytest.mark.parametrize("name", ALL)
def test_slack_is_part_of_mail(name: str) -> None:
    mail = email(edition(name))
    in_slack, in_mail = of_slack(slack(edition(name))), of_mail(mail)
    assert in_slack.tiles <= in_mail.tiles
    # Topics are a table in Slack, and a chart with the same text in the mail.
    text = plain(mail.text)
    elsewhere = {cell for cell in short(in_slack.cells) if f"{cell[1]}: {cell[3]}" in text}
    assert short(in_slack.cells) - elsewhere <= short(in_mail.cells)


@pytest.mark.parametrize("name", ALL)
def test_mail_parts_agree(name: str) -> None:
    mail = email(edition(name))
    assert of_text(mail).tiles == of_mail(mail).tiles
    assert short(of_text(mail).cells) == short(of_mail(mail).cells)


@pytest.mark.parametrize("name", ALL)
def test_pdf_contains_mail(name: str) -> None:
    in_mail, content = of_mail(email(edition(name))), pdf_words(edition(name))
    page = plain("".join(read_page(pdf_html(edition(name), ENV)).words))
    for label, value, movement in in_mail.tiles:
        for part in (label, value, movement):
            assert plain(part).replace(" ", "") in content or plain(part) in page
    for _, row, column, cell_text in in_mail.cells:
        for part in (row.split("…")[0], column, cell_text):
            assert part.replace(" ", "") in content or part in page, (row, column, cell_text)


@pytest.mark.parametrize("name", ALL)
def test_all_forms_have_headline_and_key_figures(name: str) -> None:
    of = edition(name)
    mail = email(of)
    forms = (of_slack(slack(of)), of_mail(mail), of_text(mail))
    assert forms[0].tiles == forms[1].tiles == forms[2].tiles
    squeezed = re.sub(r"\s", "", headline(of))
    for content in (
        _said(slack(of)),
        plain(mail.text),
        plain("".join(read_page(mail.html).words)),
        pdf_words(of),
    ):
        assert squeezed in re.sub(r"\s", "", content)


def _said(message: object) -> str:
    statements: Statements = of_slack(message)  # type: ignore[arg-type]
    return statements.headline


def test_slack_shows_twelve_figures() -> None:
    statements = of_slack(slack(edition("week-with-an-event")))
    assert len(statements.tiles) + len(statements.cells) >= 12


def test_changed_figure_is_detected() -> None:
    """Prove that the comparison can fail: change one figure in one form."""
    mail = email(edition("week-with-an-event"))
    other = type(mail)(mail.subject, re.sub("(?m)^(Messages +)1,469", r"\g<1>1,468", mail.text), mail.html)
    assert of_text(other).tiles != of_mail(mail).tiles
