"""Composition: a dataset in, an edition out. Pure: no clock, no network, no file is read.

Layers, highest first: this module and `correction`; `reports`, one section per report type; `opening`, what
stands above the sections; `stats`, signal or noise; `figures`, values and their words.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.compose.figures.context import Context
from bot.compose.figures.people import filter_text
from bot.compose.figures.wording import Wording
from bot.compose.notes import comparison_of, filter_notes, folded, restated_notes, with_oddities
from bot.compose.opening.headline import compose_headline
from bot.compose.opening.key_figures import key_figure_tiles, signals
from bot.compose.opening.look_here import look_here
from bot.compose.opening.story import story, subject_text
from bot.compose.reports import REPORTS
from bot.compose.stats.signal import comparable_past
from bot.model import Agents, Dataset, Digest, Edition, FilterState, Kpis, Occurrence, PastEdition

__all__ = ["REPORTS", "compose"]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def compose(  # noqa: PLR0913 (keyword-only facts of one edition)
    digest: Digest,
    occurrence: Occurrence,
    dataset: Dataset,
    *,
    agents: Agents,
    fetched_at: datetime,
    sample: bool = False,
    late: bool = False,
    past: Sequence[PastEdition] = (),
    keep_seconds: float | None = None,
) -> Edition:
    """Return the edition of one occurrence for one visibility of agents.

    `fetched_at` (UTC) is shown to readers; `sample` marks invented data; `late` marks a catch-up. `past`
    holds earlier editions, newest first: they show which figures were restated, and what is usual
    (docs/signal.md). `keep_seconds` is the retention of files, for the text beside them.
    """
    wording = Wording(digest.locale, digest.zone)
    dataset, compared_text = comparison_of(dataset, wording)
    context = Context(digest, dataset, agents, wording, keep_seconds=keep_seconds)
    context = replace(context, past=comparable_past(context, past, sample=sample))
    sections = {name: composer.section(context) for name, composer in REPORTS.items() if context.asks(name)}
    incomplete = tuple(sentence for section in sections.values() for sentence in section.incomplete)
    tiles = key_figure_tiles(context)
    news = signals(context, tiles)
    headline = compose_headline(context, tiles, news, incomplete)
    blocks = [with_oddities(name, section.blocks, wording) for name, section in sections.items()]
    return Edition(
        occurrence=occurrence.id,
        digest=digest.name,
        title=digest.title,
        subject=subject_text(digest, dataset, wording, headline),
        brand=digest.brand,
        locale=digest.locale,
        paper=digest.paper,
        window_text=wording.window(dataset.window),
        filter_text=filter_text(dataset, agents),
        compared_text=compared_text,
        fetched_text=f"Fetched {wording.moment(fetched_at)}",
        schedule_text=_schedule(digest.schedule.phrase),
        summary_text=story(context, tiles, news, headline),
        agents=agents,
        blocks=(
            headline,
            *filter_notes(context),
            *restated_notes(context, past),
            *with_oddities("", (Kpis(tuple(tiles.values())),) if tiles else (), wording),
            *look_here(context, tiles),
            *folded([block for section in blocks for block in section]),
        ),
        csvs=tuple(csv for section in sections.values() for csv in section.csvs),
        exports=tuple(export for section in sections.values() for export in section.exports),
        sample=sample,
        late_text=late_text(digest, occurrence) if late else "",
        incomplete=incomplete,
        unverified=dataset.filtering.state is FilterState.UNVERIFIED,
        ids=dataset.ids,
    )


def late_text(digest: Digest, occurrence: Occurrence) -> str:
    """Return the line that marks an edition as late, 'Late: it was due Mon 23 November 2026 at 09:00.'."""
    return f"Late: it was due {Wording(digest.locale, digest.zone).moment(occurrence.due)}."


def _schedule(phrase: str) -> str:
    """Return the schedule in prose: 'every Monday at 09:00'."""
    for day in WEEKDAYS:
        phrase = re.sub(rf"\b{day}(s?)\b", rf"{day.capitalize()}\1", phrase)
    return phrase
