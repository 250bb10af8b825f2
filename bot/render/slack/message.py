"""An edition as one Slack message: one screen, six to nine blocks, the rest in its thread.

The template makes JSON. This module chooses the template's context, parses the JSON, and rejects a message
that Slack would refuse (rules.py). Names from the data go into rich_text and table cells, which Slack shows
literally; everything else is escaped.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from jinja2 import Environment

from bot import model
from bot.errors import TemplateFailed
from bot.model.report_types import AGENT_REPORTS
from bot.render import parts
from bot.render.escaping import cut, units
from bot.render.slack.rules import check_message
from bot.render.templates import output_error, render_template

TEMPLATE = "slack/message.json.j2"
MAX_COLUMNS = 6
CELL_LENGTH = 48
NOTIFICATION_LENGTH = 200
"""Characters of a notification; phones cut longer ones."""

TOPICS = ("classifications", "case_classifications")


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many hints, table rows and gaps a message shows."""

    hints: int
    rows: int
    gaps: int


CAPACITIES = (
    *(Capacity(hints, 5, 4) for hints in (3, 2, 1, 0)),
    *(Capacity(0, rows, 4) for rows in (3, 0)),
    *(Capacity(0, 0, gaps) for gaps in (2, 1)),
)
"""Tried in order until the message is short enough for Slack: first fewer hints, then rows, then gaps."""


@dataclass(frozen=True, slots=True)
class SlackImage:
    """The one chart in the message; the id is a placeholder of its upload."""

    id: str
    title: str
    alt: str


def slack_message(
    env: Environment,
    edition: model.Edition,
    pictures: tuple[model.Picture, ...],
    files: tuple[model.Attachment, ...],
    marking: str = "",
    left_out: tuple[str, ...] = (),
) -> model.SlackMessage:
    """Return the message of an edition; `pictures` are its charts in order, `files` go to the thread.

    `left_out` has a sentence for each file that is too large to attach. Raise TemplateFailed if the
    template fails, does not make JSON, or breaks a rule of Slack's.
    """
    names = tuple(file.name for file in files)
    broken: tuple[str, ...] = ()
    for capacity in CAPACITIES:
        context = message_context(edition, pictures, names, marking, left_out, capacity)
        body = _parse(env, render_template(env, TEMPLATE, **context))
        message = model.SlackMessage(body["text"], tuple(body["blocks"]), pictures[:1], files, pictures[1:])
        broken = check_message(message)
        if not broken:
            return message
    raise _fault(env, f"Slack would refuse this message: {'; '.join(broken)}")


def message_context(
    edition: model.Edition,
    pictures: tuple[model.Picture, ...],
    file_names: tuple[str, ...],
    marking: str,
    left_out: tuple[str, ...] = (),
    capacity: Capacity = CAPACITIES[0],
) -> dict[str, object]:
    """Return the context of `slack/message.json.j2`; the template's first lines explain each name."""
    marks = parts.marks(edition, marking)
    gaps = parts.gaps(edition)[: capacity.gaps] + left_out[: capacity.gaps]
    sentences = parts.sentences(edition)[:3]
    return {
        "edition": edition,
        "notification": _notification(edition, parts.subject_mark(marks)),
        "marking_sentence": parts.marking_sentence(marks),
        "sentences": tuple(model.Sentence(cut(each.text, 300), each.tone) for each in sentences),
        "tiles": parts.tiles(edition),
        "image": _image(edition, pictures),
        "table": _table(edition, file_names, capacity.rows) if capacity.rows else None,
        "hints": parts.hints(edition, capacity.hints),
        "warnings": tuple(cut(text, 500) for text in parts.warnings(edition)[: capacity.gaps]),
        "gaps": tuple(cut(gap, 300) for gap in gaps),
        "about": parts.about(edition),
    }


def _image(edition: model.Edition, pictures: tuple[model.Picture, ...]) -> SlackImage | None:
    charts = parts.of_kind(edition, model.Chart)
    if not pictures or not charts:
        return None
    return SlackImage(model.picture_placeholder(0), charts[0].title, cut(pictures[0].alt, 500))


def _notification(edition: model.Edition, mark: str) -> str:
    """Return the story after the digest's title, or alone if both do not fit."""
    story = edition.summary_text
    titled = f"{mark}{cut(edition.title, 70)}: {story}"
    return titled if units(titled) <= NOTIFICATION_LENGTH else mark + story


def _table(edition: model.Edition, file_names: tuple[str, ...], rows: int) -> parts.ShownTable | None:
    """Return the one table that Slack accepts per message; the PDF and the CSVs have the others."""
    block = _agents_or_topics(edition)
    if block is None:
        return None
    return parts.narrow(parts.shown_table(block, rows, file_names, CELL_LENGTH), MAX_COLUMNS)


def _agents_or_topics(edition: model.Edition) -> model.TableBlock | None:
    """Return the table of agents if they are shown, else that of topics, else any other.

    The changes of a correction come last: its opening states them already.
    """
    tables = [block for block in parts.of_kind(edition, model.TableBlock) if block.rows and block.columns]
    agents = (table for report in AGENT_REPORTS for table in tables if table.report == report)
    charts = parts.of_kind(edition, model.Chart)[1:]
    topics = (_as_table(chart) for chart in charts if chart.report in TOPICS and chart.value_labels)
    tables.sort(key=lambda table: table.report == model.CHANGES)
    return next(chain(agents, topics, tables), None)


def _as_table(chart: model.Chart) -> model.TableBlock:
    columns = (model.TableColumn("Topic"), model.TableColumn(chart.series[0].label, numeric=True))
    rows = tuple(
        (model.Cell(name), model.Cell(wording))
        for name, wording in zip(chart.labels, chart.value_labels, strict=False)
    )
    return model.TableBlock(chart.report, chart.title, "", columns, rows, len(rows))


def _parse(env: Environment, text: str) -> Mapping[str, Any]:
    """Parse the template's JSON. Raise TemplateFailed if it is invalid or lacks `text` and `blocks`."""
    try:
        body = json.loads(text)
    except json.JSONDecodeError as error:
        near = text.splitlines()[error.lineno - 1].strip() if text else ""
        where = f"in line {error.lineno} of what it makes: {cut(near, 100)}"
        raise _fault(env, f"the template does not make JSON: {error.msg} {where}") from None
    except RecursionError:
        raise _fault(env, "the template makes JSON that is nested too deeply") from None
    if not isinstance(body, dict) or not isinstance(body.get("text"), str):
        raise _fault(env, 'the template must make an object with "text" and "blocks"')
    blocks = body.get("blocks")
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise _fault(env, '"blocks" must be a list of objects')
    return body


def _fault(env: Environment, reason: str) -> TemplateFailed:
    return output_error(env, reason, TEMPLATE, "slack/blocks.j2")
