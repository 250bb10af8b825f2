"""Where to look first: at most three hints with their evidence, in every form."""

import re
from dataclasses import replace

import pytest
from rich.cells import cell_len

from bot.model import Hint, LookHere
from bot.render.pdf.document import pdf_html, render_pdf
from bot.render.slack.page import slack_html
from bot.render.slack.rules import check_message
from bot.render.templates import environment
from tests.render.full_week import FULL_WEEK, LOOK
from tests.render.pdf_words import read
from tests.render.pieces import email, slack, slack_words, tags, words
from tests.render.sample_edition import EDITION

NAME = "<!channel> *Quentin* & <script>"
HOSTILE = LookHere((Hint(f"{NAME} grew.", f"{NAME} rests on it."),))


def with_hints(*hints: Hint):
    return replace(EDITION, blocks=(*EDITION.blocks, LookHere(hints)))


@pytest.mark.long
def test_every_form_has_each_hint_and_evidence() -> None:
    paper = read(render_pdf(FULL_WEEK, env=environment()).content).squeezed
    mail, message = email(FULL_WEEK), slack_words(slack(FULL_WEEK))
    flat = " ".join(mail.text.split())
    for hint in LOOK.items:
        for text in (hint.text, hint.evidence):
            assert text in message
            assert text in words(mail.html)
            assert text in flat
            assert "".join(text.split()) in paper


def test_no_form_says_more_than_three() -> None:
    many = with_hints(*(Hint(f"Hint number {n}.", "Because.") for n in range(1, 7)))
    forms = (slack_words(slack(many)), email(many).html, email(many).text, pdf_html(many, environment()))
    for form in forms:
        assert "Hint number 3." in form
        assert "Hint number 4." not in form


def test_slack_shows_hint_listliterally_before_evidence() -> None:
    message = slack(replace(EDITION, blocks=(*EDITION.blocks, HOSTILE)))
    kinds = [block["type"] for block in message.blocks]
    place = next(n for n, block in enumerate(message.blocks) if "Look here" in str(block))
    assert kinds[place] == "rich_text"
    assert kinds[place - 1] == "section"
    assert check_message(message) == ()
    for block in message.blocks:
        assert (NAME in slack_words(replace(message, blocks=(block,)))) == (
            block["type"] == "rich_text" and "Look" in str(block)
        )


def test_invalid_list_is_reported() -> None:
    message = slack(with_hints(Hint("One.", "")))
    block = next(block for block in message.blocks if "Look here" in str(block))
    section, hint_list = block["elements"]
    for broken, reason in (
        ({**hint_list, "style": "roman"}, "style bullet or ordered"),
        ({**hint_list, "elements": [{"type": "text", "text": "x"}]}, "rich_text_sections only"),
        ({**hint_list, "elements": []}, "at least one element"),
    ):
        invalid = replace(message, blocks=({**block, "elements": [section, broken]},))
        assert reason in " ".join(check_message(invalid))


def test_drawn_message_numbers_hints() -> None:
    page = words(slack_html(slack(with_hints(Hint("First.", ""), Hint("Second.", "Why."))), []))
    assert re.search(r"1\. First\.", page)
    assert re.search(r"2\. Second\. Why\.", page)


def test_markup_in_hint_is_text() -> None:
    hostile = replace(EDITION, blocks=(*EDITION.blocks, HOSTILE))
    tame = with_hints(Hint("Plain.", "Plain."))
    assert tags(email(hostile).html) == tags(email(tame).html)
    assert tags(pdf_html(hostile, environment())) == tags(pdf_html(tame, environment()))


def test_hint_without_evidence_has_no_placeholder() -> None:
    item = re.search(r"<li>.*?</li>", pdf_html(with_hints(Hint("One.", "")), environment()))
    assert item is not None
    assert "<span" not in item[0]
    assert "1. One.\n" in email(with_hints(Hint("One.", ""))).text


def test_text_part_numbers_and_wraps_hints() -> None:
    text = email(with_hints(Hint("Look at Wednesday. " * 5, "Evidence " * 12))).text
    lines = text[text.index("LOOK HERE") :].splitlines()[1:]
    shown = lines[: lines.index("")] if "" in lines else lines
    assert shown[0].startswith("1. Look at Wednesday.")
    assert all(line.startswith("   ") for line in shown[1:])
    assert max(cell_len(line) for line in shown) <= 78
