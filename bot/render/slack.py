"""An edition as one Slack message: one screen, six to nine blocks, the rest in its thread.

The template makes JSON; this module chooses what it is given, reads the JSON back, and refuses a
message that Slack would refuse (slack_rules.py). Texts that others wrote go into rich_text and table
cells, which Slack shows literally; everything else is escaped.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.errors import TemplateFailed
from bot.model import (
    CHANGES,
    Attachment,
    Chart,
    Edition,
    Picture,
    Sentence,
    SlackMessage,
    TableBlock,
    picture_placeholder,
)
from bot.render import parts
from bot.render.environment import render_template
from bot.render.escaping import cut
from bot.render.slack_rules import check_message

TEMPLATE = "slack/message.json.j2"
MOST_ROWS = 8
MOST_COLUMNS = 6
MOST_GAPS = 4
CELL = 48


@dataclass(frozen=True, slots=True)
class SlackImage:
    """The one chart in the message: the id stands for its upload."""

    id: str
    title: str
    alt: str


def slack_message(
    env: ImmutableSandboxedEnvironment,
    edition: Edition,
    pictures: tuple[Picture, ...],
    files: tuple[Attachment, ...],
    marking: str = "",
    left_out: tuple[str, ...] = (),
) -> SlackMessage:
    """The message for an edition; `pictures` are its charts in order, `files` go to the thread.

    `left_out`: a sentence for each file that is too large to go along.
    Raises TemplateFailed when the template fails, makes no JSON, or breaks a rule of Slack's.
    """
    context = message_context(edition, pictures, tuple(file.name for file in files), marking, left_out)
    made = _read(render_template(env, TEMPLATE, **context))
    message = SlackMessage(made["text"], tuple(made["blocks"]), pictures[:1], files, pictures[1:])
    if broken := check_message(message):
        raise TemplateFailed(f"{TEMPLATE}: Slack would refuse this message: {'; '.join(broken)}")
    return message


def message_context(
    edition: Edition,
    pictures: tuple[Picture, ...],
    file_names: tuple[str, ...],
    marking: str,
    left_out: tuple[str, ...] = (),
) -> dict[str, object]:
    """What `slack/message.json.j2` is given; every name is explained in docs of the template."""
    found = parts.marks(edition, marking)
    return {
        "edition": edition,
        "mark": parts.subject_mark(found),
        "marking_sentence": parts.marking_sentence(found),
        "sentences": tuple(_short(sentence) for sentence in parts.sentences(edition)[:3]),
        "tiles": parts.tiles(edition),
        "image": _image(edition, pictures),
        "table": _table(edition, file_names),
        "gaps": tuple(cut(gap, 300) for gap in parts.gaps(edition)[:MOST_GAPS] + left_out[:MOST_GAPS]),
        "about": parts.about(edition),
    }


def _short(sentence: Sentence) -> Sentence:
    return Sentence(cut(sentence.text, 300), sentence.tone)


def _image(edition: Edition, pictures: tuple[Picture, ...]) -> SlackImage | None:
    charts = parts.of_kind(edition, Chart)
    if not pictures or not charts:
        return None
    return SlackImage(picture_placeholder(0), charts[0].title, cut(pictures[0].alt, 500))


def _table(edition: Edition, file_names: tuple[str, ...]) -> parts.ShownTable | None:
    """Slack takes one table in a message; the others are in the PDF and the CSVs.

    What a correction changed is told in its opening, so another table comes before that one.
    """
    found = [block for block in parts.of_kind(edition, TableBlock) if block.rows and block.columns]
    found.sort(key=lambda block: block.report == CHANGES)
    if not found:
        return None
    return parts.narrow(parts.shown_table(found[0], MOST_ROWS, file_names, CELL), MOST_COLUMNS)


def _read(text: str) -> Mapping[str, Any]:
    """The template's JSON. Raises TemplateFailed where it is none, or lacks `text` and `blocks`."""
    try:
        made = json.loads(text)
    except ValueError as error:
        raise TemplateFailed(f"{TEMPLATE}: the template does not make JSON: {error}") from None
    if not isinstance(made, dict) or not isinstance(made.get("text"), str):
        raise TemplateFailed(f'{TEMPLATE}: the template must make an object with "text" and "blocks"')
    blocks = made.get("blocks")
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise TemplateFailed(f'{TEMPLATE}: "blocks" must be a list of objects')
    return made
