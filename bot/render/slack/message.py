"""An edition as one Slack message: one screen, six to nine blocks, the rest in its thread.

The template makes JSON; this module chooses what it is given, reads the JSON back, and refuses a
message that Slack would refuse (rules.py). Texts that others wrote go into rich_text and table
cells, which Slack shows literally; everything else is escaped.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from jinja2 import Environment

from bot.errors import TemplateFailed
from bot.model import (
    CHANGES,
    Attachment,
    Cell,
    Chart,
    Edition,
    Picture,
    Sentence,
    SlackMessage,
    TableBlock,
    TableColumn,
    picture_placeholder,
)
from bot.model.report_types import AGENT_REPORTS
from bot.render import parts
from bot.render.escaping import cut, units
from bot.render.slack.rules import check_message
from bot.render.templates import output_error, render_template

TEMPLATE = "slack/message.json.j2"
MOST_COLUMNS = 6
CELL = 48
NOTIFICATION = 200
"""Characters of a notification: what is longer is cut by phones."""

TOPICS = ("classifications", "case_classifications")


@dataclass(frozen=True, slots=True)
class Room:
    """How many hints, rows of the table and gaps a message may show."""

    hints: int
    rows: int
    gaps: int


ROOMS = (
    *(Room(hints, 5, 4) for hints in (3, 2, 1, 0)),
    *(Room(0, rows, 4) for rows in (3, 0)),
    *(Room(0, 0, gaps) for gaps in (2, 1)),
)
"""What is given up, in order, when Slack would refuse the message for its length: hints, rows, gaps."""


@dataclass(frozen=True, slots=True)
class SlackImage:
    """The one chart in the message: the id stands for its upload."""

    id: str
    title: str
    alt: str


def slack_message(
    env: Environment,
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
    names = tuple(file.name for file in files)
    broken: tuple[str, ...] = ()
    for room in ROOMS:
        context = message_context(edition, pictures, names, marking, left_out, room)
        made = _read(env, render_template(env, TEMPLATE, **context))
        message = SlackMessage(made["text"], tuple(made["blocks"]), pictures[:1], files, pictures[1:])
        broken = check_message(message)
        if not broken:
            return message
    raise _fault(env, f"Slack would refuse this message: {'; '.join(broken)}")


def message_context(
    edition: Edition,
    pictures: tuple[Picture, ...],
    file_names: tuple[str, ...],
    marking: str,
    left_out: tuple[str, ...] = (),
    room: Room = ROOMS[0],
) -> dict[str, object]:
    """What `slack/message.json.j2` is given; every name is explained in the template's first lines."""
    found = parts.marks(edition, marking)
    return {
        "edition": edition,
        "notification": _notification(edition, parts.subject_mark(found)),
        "marking_sentence": parts.marking_sentence(found),
        "sentences": tuple(_short(sentence) for sentence in parts.sentences(edition)[:3]),
        "tiles": parts.tiles(edition),
        "image": _image(edition, pictures),
        "table": _table(edition, file_names, room.rows) if room.rows else None,
        "hints": parts.hints(edition, room.hints),
        "warnings": tuple(cut(text, 500) for text in parts.warnings(edition)[: room.gaps]),
        "gaps": tuple(cut(gap, 300) for gap in parts.gaps(edition)[: room.gaps] + left_out[: room.gaps]),
        "about": parts.about(edition),
    }


def _short(sentence: Sentence) -> Sentence:
    return Sentence(cut(sentence.text, 300), sentence.tone)


def _image(edition: Edition, pictures: tuple[Picture, ...]) -> SlackImage | None:
    charts = parts.of_kind(edition, Chart)
    if not pictures or not charts:
        return None
    return SlackImage(picture_placeholder(0), charts[0].title, cut(pictures[0].alt, 500))


def _notification(edition: Edition, mark: str) -> str:
    """The story after the digest's title, or alone where both do not fit."""
    story = edition.summary_text
    titled = f"{mark}{cut(edition.title, 70)}: {story}"
    return titled if units(titled) <= NOTIFICATION else mark + story


def _table(edition: Edition, file_names: tuple[str, ...], rows: int) -> parts.ShownTable | None:
    """The one table that Slack takes in a message; the others are in the PDF and the CSVs."""
    found = _agents_or_topics(edition)
    if found is None:
        return None
    return parts.narrow(parts.shown_table(found, rows, file_names, CELL), MOST_COLUMNS)


def _agents_or_topics(edition: Edition) -> TableBlock | None:
    """Agents where they are shown, else topics, else whatever table there is.

    What a correction changed is told in its opening, so any other table comes before that one.
    """
    tables = [block for block in parts.of_kind(edition, TableBlock) if block.rows and block.columns]
    agents = (table for report in AGENT_REPORTS for table in tables if table.report == report)
    charts = parts.of_kind(edition, Chart)[1:]
    topics = (_as_table(chart) for chart in charts if chart.report in TOPICS and chart.value_labels)
    tables.sort(key=lambda table: table.report == CHANGES)
    return next(chain(agents, topics, tables), None)


def _as_table(chart: Chart) -> TableBlock:
    """A chart of bars as a table, in its words."""
    columns = (TableColumn("Topic"), TableColumn(chart.series[0].label, numeric=True))
    rows = tuple(
        (Cell(name), Cell(words)) for name, words in zip(chart.labels, chart.value_labels, strict=False)
    )
    return TableBlock(chart.report, chart.title, "", columns, rows, len(rows))


def _read(env: Environment, text: str) -> Mapping[str, Any]:
    """The template's JSON. Raises TemplateFailed where it is none, or lacks `text` and `blocks`."""
    try:
        made = json.loads(text)
    except json.JSONDecodeError as error:
        near = text.splitlines()[error.lineno - 1].strip() if text else ""
        where = f"in line {error.lineno} of what it makes: {cut(near, 100)}"
        raise _fault(env, f"the template does not make JSON: {error.msg} {where}") from None
    except RecursionError:
        raise _fault(env, "the template makes JSON that is nested too deeply") from None
    if not isinstance(made, dict) or not isinstance(made.get("text"), str):
        raise _fault(env, 'the template must make an object with "text" and "blocks"')
    blocks = made.get("blocks")
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise _fault(env, '"blocks" must be a list of objects')
    return made


def _fault(env: Environment, words: str) -> TemplateFailed:
    return output_error(env, words, TEMPLATE, "slack/blocks.j2")
