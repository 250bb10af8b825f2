"""Shared by the render tests: rendering without drawing, golden files, and text as readers see it."""

import html
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment

from bot.model import Chart, Edition, EmailMessage, Kpis, PdfDocument, Picture, SlackMessage, TableBlock
from bot.render.email.message import email_message
from bot.render.escaping import clean
from bot.render.slack.message import slack_message
from bot.render.slack.rules import texts
from bot.render.templates import environment
from tests.render.sample_edition import agent_row

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
ENV = environment()
FILES = (PdfDocument("report.pdf", b"%PDF-"),)


def pictures(edition: Edition) -> tuple[Picture, ...]:
    """Return a picture for each chart, without its drawing: what the messages need to know of it."""
    charts = [block for block in edition.blocks if isinstance(block, Chart)]
    return tuple(
        Picture(chart.report, f"chart-{chart.report}.png", b"", chart.alt, 640, 360) for chart in charts
    )


def slack(edition: Edition, marking: str = "", env: Environment | None = None) -> SlackMessage:
    cleaned = clean(edition)
    return slack_message(env or ENV, cleaned, pictures(cleaned), FILES, marking)


def email(edition: Edition, marking: str = "", env: Environment | None = None) -> EmailMessage:
    cleaned = clean(edition)
    return email_message(env or ENV, cleaned, pictures(cleaned), FILES, marking)


def slack_json(message: SlackMessage) -> str:
    return json.dumps({"text": message.text, "blocks": message.blocks}, ensure_ascii=False, indent=2) + "\n"


def slack_words(message: SlackMessage) -> str:
    """All that people read in the message's blocks."""
    return html.unescape("\n".join(text for block in message.blocks for text in texts(block)))


def assert_golden(name: str, text: str) -> None:
    """Compare with a golden file; UPDATE_GOLDEN=1 writes it instead."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.exists(), f"{name} is not kept yet: run with UPDATE_GOLDEN=1 and read it"
    assert text == path.read_text(encoding="utf-8")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read_page(page: str) -> _Page:
    parsed = _Page()
    parsed.feed(page)
    parsed.close()
    return parsed


def tags(page: str) -> list[str]:
    """Return the page's tags in order: the same for every name, or a name has become HTML."""
    return read_page(page).tags


def words(page: str) -> str:
    """Return the page's text, its figures with plain blanks."""
    return "".join(read_page(page).words)


def with_agent(edition: Edition, *names: str) -> Edition:
    """Return the edition with a table of agents of these names only."""
    blocks = tuple(
        replace(block, rows=tuple(agent_row(name, "1", "0 %", "–", "–") for name in names))
        if isinstance(block, TableBlock)
        else block
        for block in edition.blocks
    )
    return replace(edition, blocks=blocks)


def figures(edition: Edition) -> Iterator[str]:
    """Every wording of a key figure that each form must carry."""
    for block in edition.blocks:
        for item in block.items if isinstance(block, Kpis) else ():
            yield from filter(None, (item.label, item.figure.text, item.change.text, item.change.word))
            yield from (item.target.text,) if item.target else ()
