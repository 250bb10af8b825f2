"""A Slack message as a web page, for the demo's index and for previews.

It follows Slack's desktop window closely enough to judge order, length and emphasis. Tokens that Slack
acts on (`<!channel>`, `<@U1>`, links) are drawn as what they become, so a message that pings looks like one.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from jinja2 import Environment

from bot.model import SlackMessage
from bot.render.templates import environment, render_template

_TOKEN = re.compile(r"<([^<>\n]+)>|\*([^*\n]+)\*|(?<!\w)_([^_\n]+)_(?!\w)")


@dataclass(frozen=True, slots=True)
class Run:
    """Text in one style; Slack turns a `live` one into a mention or a link."""

    text: str
    style: Literal["", "bold", "italic", "live"] = ""


@dataclass(frozen=True, slots=True)
class DrawnCell:
    """A table cell with its column's alignment."""

    text: str
    align: str


@dataclass(frozen=True, slots=True)
class DrawnBlock:
    """A block as drawn: `kind` is its type; only the fields of that type are filled."""

    kind: str
    lines: tuple[tuple[Run, ...], ...] = ()
    title: str = ""
    source: str = ""
    alt: str = ""
    rows: tuple[tuple[DrawnCell, ...], ...] = ()


def slack_html(message: SlackMessage, picture_paths: Sequence[str]) -> str:
    """Return the message as an HTML page; `picture_paths[n]` is the relative URL of `pictures[n]`."""
    blocks = drawn_blocks(message, picture_paths)
    return render_template(shipped(), "shared/slack_page.html.j2", text=message.text, blocks=blocks)


@cache
def shipped() -> Environment:
    """Return the environment of the shipped templates, without overrides."""
    return environment()


def drawn_blocks(message: SlackMessage, picture_paths: Sequence[str]) -> tuple[DrawnBlock, ...]:
    """Return the message's blocks as plain data for `shared/slack.html.j2`."""
    paths = iter(picture_paths)
    return tuple(_drawn(block, paths) for block in message.blocks)


def _drawn(block: Mapping[str, Any], paths: Iterator[str]) -> DrawnBlock:
    kind = str(block.get("type"))
    if kind == "image":
        title = block.get("title", {}).get("text", "")
        return DrawnBlock(kind, title=title, source=next(paths, ""), alt=str(block.get("alt_text", "")))
    if kind == "table":
        return DrawnBlock(kind, rows=_rows(block))
    if kind == "rich_text":
        lines = (line for element in block.get("elements", ()) for line in _rich_lines(element))
        return DrawnBlock(kind, tuple(lines))
    texts = block.get("fields") or block.get("elements") or (block.get("text"),)
    return DrawnBlock(kind, tuple(_text_runs(text) for text in texts if isinstance(text, Mapping)))


def _rows(block: Mapping[str, Any]) -> tuple[tuple[DrawnCell, ...], ...]:
    aligned = [str((setting or {}).get("align", "left")) for setting in block.get("column_settings", ())]
    return tuple(
        tuple(
            DrawnCell(str(cell.get("text", "")), aligned[index] if index < len(aligned) else "left")
            for index, cell in enumerate(row)
        )
        for row in block.get("rows", ())
    )


def _rich_lines(element: Mapping[str, Any]) -> Iterator[tuple[Run, ...]]:
    """Yield one line per section; those of a list get a number or a bullet."""
    if element.get("type") != "rich_text_list":
        yield _rich(element)
        return
    for number, item in enumerate(element.get("elements", ()), start=1):
        sign = f"{number}." if element.get("style") == "ordered" else "•"
        yield Run(f"  {sign} "), *_rich(item)


def _rich(element: Mapping[str, Any]) -> tuple[Run, ...]:
    return tuple(_rich_run(item) for item in element.get("elements", ()))


def _rich_run(item: Mapping[str, Any]) -> Run:
    if item.get("type") != "text":
        return Run(f"{item.get('type')}", "live")
    style, text = item.get("style", {}), str(item.get("text", ""))
    return Run(text, "bold" if style.get("bold") else "italic" if style.get("italic") else "")


def _text_runs(text: Mapping[str, Any]) -> tuple[Run, ...]:
    content = str(text.get("text", ""))
    return tuple(mrkdwn_runs(content)) if text.get("type") == "mrkdwn" else (Run(content),)


def mrkdwn_runs(text: str) -> Iterator[Run]:
    """Parse mrkdwn as Slack does: tokens in angle brackets, bold, italics, and three entities."""
    at = 0
    for token in _TOKEN.finditer(text):
        if token.start() > at:
            yield Run(html.unescape(text[at : token.start()]))
        live, bold, italic = token.groups()
        styled = Run(html.unescape(bold or italic or ""), "bold" if bold else "italic")
        yield Run(f"@{live}", "live") if live else styled
        at = token.end()
    if at < len(text):
        yield Run(html.unescape(text[at:]))
