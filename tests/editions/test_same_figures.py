"""Slack, mail and PDF of one edition state the same figures in the same wording, as parsed from the forms."""

import re
from functools import cache

import pytest

from bot.model import Edition, Headline
from bot.render.pdf.document import pdf_html
from bot.render.renderer import Renderer
from tests.editions.parsed_forms import ParsedForm, parse_html, parse_slack, parse_text, plain
from tests.editions.samples import BY_REPORT, NAMED, without_exports
from tests.render.pdf_words import read
from tests.render.pieces import ENV, email, read_page, slack

RENDERER = Renderer()
ALL = {**NAMED, **BY_REPORT}
LONGEST_NAME = 15
"""Letters of a long name that the narrowest form shows."""


@cache
def edition(name: str) -> Edition:
    return without_exports(ALL[name]())


def headline(of: Edition) -> str:
    return plain(
        " ".join(s.text for block in of.blocks if isinstance(block, Headline) for s in block.sentences)
    )


def short(cells: set[tuple[str, str, str, str]]) -> set[tuple[str, str, str, str]]:
    """Cut names to what every form shows, and titles to capitals as in the mail's text part."""
    return {
        (title.upper(), row.split("…")[0][:LONGEST_NAME], column, words)
        for title, row, column, words in cells
    }


def pdf_words(of: Edition) -> str:
    return plain(read(RENDERER.pdf(of).content).text).replace(" ", "")


@pytest.mark.parametrize("name", ALL)
def test_slack_figures_are_all_in_mail(name: str) -> None:
    mail = email(edition(name))
    in_slack, in_mail = parse_slack(slack(edition(name))), parse_html(mail)
    assert in_slack.tiles <= in_mail.tiles
    # Topics are a table in Slack and a chart in the mail, whose alt text has the same figures.
    text = plain(mail.text)
    elsewhere = {cell for cell in short(in_slack.cells) if f"{cell[1]}: {cell[3]}" in text}
    assert short(in_slack.cells) - elsewhere <= short(in_mail.cells)


@pytest.mark.parametrize("name", ALL)
def test_html_and_text_parts_have_same_figures(name: str) -> None:
    mail = email(edition(name))
    assert parse_text(mail).tiles == parse_html(mail).tiles
    assert short(parse_text(mail).cells) == short(parse_html(mail).cells)


@pytest.mark.parametrize("name", ALL)
def test_pdf_says_all_that_the_mail_says(name: str) -> None:
    in_mail, words = parse_html(email(edition(name))), pdf_words(edition(name))
    page = plain("".join(read_page(pdf_html(edition(name), ENV)).words))
    for label, value, movement in in_mail.tiles:
        for part in (label, value, movement):
            assert plain(part).replace(" ", "") in words or plain(part) in page
    for _, row, column, value in in_mail.cells:
        for part in (row.split("…")[0], column, value):
            assert part.replace(" ", "") in words or part in page, (row, column, value)


@pytest.mark.parametrize("name", ALL)
def test_headline_and_kpis_are_in_every_form(name: str) -> None:
    of = edition(name)
    mail = email(of)
    forms = (parse_slack(slack(of)), parse_html(mail), parse_text(mail))
    assert forms[0].tiles == forms[1].tiles == forms[2].tiles
    squeezed = re.sub(r"\s", "", headline(of))
    for words in (
        _slack_headline(slack(of)),
        plain(mail.text),
        plain("".join(read_page(mail.html).words)),
        pdf_words(of),
    ):
        assert squeezed in re.sub(r"\s", "", words)


def _slack_headline(message: object) -> str:
    form: ParsedForm = parse_slack(message)  # type: ignore[arg-type]
    return form.headline


def test_week_has_at_least_twelve_figures_in_slack() -> None:
    form = parse_slack(slack(edition("week-with-an-event")))
    assert len(form.tiles) + len(form.cells) >= 12


def test_parsers_detect_a_changed_figure() -> None:
    """The comparison can fail: a figure that differs in one form is detected."""
    mail = email(edition("week-with-an-event"))
    other = type(mail)(mail.subject, re.sub("(?m)^(Messages +)1,469", r"\g<1>1,468", mail.text), mail.html)
    assert parse_text(other).tiles != parse_html(mail).tiles
