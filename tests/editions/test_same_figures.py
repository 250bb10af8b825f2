"""The same edition in Slack, mail and PDF says the same figures in the same words, read from the forms themselves."""

import re
from functools import cache

import pytest

from bot.model import Edition, Headline
from bot.render.pdf.document import pdf_html
from bot.render.renderer import Renderer
from tests.editions.parsed_forms import Said, of_mail, of_slack, of_text, plain
from tests.editions.samples import BY_REPORT, NAMED, without_exports
from tests.render.pdf_words import read
from tests.render.pieces import ENV, email, read_page, slack

RENDERER = Renderer()
ALL = NAMED | BY_REPORT
LONGEST_NAME = 15
"""What the narrowest form shows of a long name."""


@cache
def edition(name: str) -> Edition:
    return without_exports(ALL[name]())


def headline(of: Edition) -> str:
    return plain(
        " ".join(s.text for block in of.blocks if isinstance(block, Headline) for s in block.sentences)
    )


def short(cells: set[tuple[str, str, str, str]]) -> set[tuple[str, str, str, str]]:
    """Names as far as every form shows them; texts are written in capitals in the mail's text part."""
    return {
        (title.upper(), row.split("…")[0][:LONGEST_NAME], column, words)
        for title, row, column, words in cells
    }


def pdf_words(of: Edition) -> str:
    return plain(read(RENDERER.pdf(of).content).text).replace(" ", "")


@pytest.mark.parametrize("name", ALL)
def test_slack_says_nothing_that_the_mail_does_not(name: str) -> None:
    made = email(edition(name))
    in_slack, in_mail = of_slack(slack(edition(name))), of_mail(made)
    assert in_slack.tiles <= in_mail.tiles
    # Topics are a table in Slack and a chart in the mail, whose words say the same.
    text = plain(made.text)
    elsewhere = {cell for cell in short(in_slack.cells) if f"{cell[1]}: {cell[3]}" in text}
    assert short(in_slack.cells) - elsewhere <= short(in_mail.cells)


@pytest.mark.parametrize("name", ALL)
def test_both_parts_of_the_mail_say_the_same(name: str) -> None:
    made = email(edition(name))
    assert of_text(made).tiles == of_mail(made).tiles
    assert short(of_text(made).cells) == short(of_mail(made).cells)


@pytest.mark.parametrize("name", ALL)
def test_pdf_says_all_that_the_mail_says(name: str) -> None:
    in_mail, words = of_mail(email(edition(name))), pdf_words(edition(name))
    page = plain("".join(read_page(pdf_html(edition(name), ENV)).words))
    for label, value, movement in in_mail.tiles:
        for part in (label, value, movement):
            assert plain(part).replace(" ", "") in words or plain(part) in page
    for _, row, column, said in in_mail.cells:
        for part in (row.split("…")[0], column, said):
            assert part.replace(" ", "") in words or part in page, (row, column, said)


@pytest.mark.parametrize("name", ALL)
def test_headline_and_key_figures_are_in_all_four(name: str) -> None:
    of = edition(name)
    made = email(of)
    forms = (of_slack(slack(of)), of_mail(made), of_text(made))
    assert forms[0].tiles == forms[1].tiles == forms[2].tiles
    squeezed = re.sub(r"\s", "", headline(of))
    for words in (
        _said(slack(of)),
        plain(made.text),
        plain("".join(read_page(made.html).words)),
        pdf_words(of),
    ):
        assert squeezed in re.sub(r"\s", "", words)


def _said(message: object) -> str:
    found: Said = of_slack(message)  # type: ignore[arg-type]
    return found.headline


def test_week_has_at_least_twelve_figures_in_slack() -> None:
    said = of_slack(slack(edition("week-with-an-event")))
    assert len(said.tiles) + len(said.cells) >= 12


def test_parsers_detect_a_changed_figure() -> None:
    """The comparison can fail: one figure changed in one form shows."""
    made = email(edition("week-with-an-event"))
    other = type(made)(made.subject, re.sub("(?m)^(Messages +)1,469", r"\g<1>1,468", made.text), made.html)
    assert of_text(other).tiles != of_mail(made).tiles
