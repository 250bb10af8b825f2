"""WHAT WE SAY: answers in, an edition out. Pure: no clock, no network, no file is read.

One file per report type and one line in `REPORTS`; see docs/adding.md.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.compose.empty import compared, folded
from bot.compose.figures.context import Context, Section
from bot.compose.figures.moved import moved_notes
from bot.compose.figures.oddities import with_oddities
from bot.compose.figures.tiles import signals, tiles
from bot.compose.figures.wording import Wording
from bot.compose.filter_notes import filter_notes, filter_text
from bot.compose.opening.headline import compose_headline
from bot.compose.opening.look_here import look_here
from bot.compose.opening.story import story
from bot.compose.opening.subject import subject_text
from bot.compose.reports.case_classifications import compose_case_classifications
from bot.compose.reports.case_details import compose_case_details
from bot.compose.reports.case_summary import compose_case_summary
from bot.compose.reports.case_volume import compose_case_volume
from bot.compose.reports.classifications import compose_classifications
from bot.compose.reports.mention_sla_export import compose_mention_sla_export
from bot.compose.reports.nps_submissions import compose_nps_submissions
from bot.compose.reports.nps_summary import compose_nps_summary
from bot.compose.reports.nps_volume import compose_nps_volume
from bot.compose.reports.response_volume import compose_response_volume
from bot.compose.reports.states_volume import compose_states_volume
from bot.compose.reports.summary import compose_summary
from bot.compose.reports.user_summary import compose_user_summary
from bot.compose.reports.user_volume import compose_user_volume
from bot.compose.reports.workflow_states import compose_workflow_states
from bot.compose.stats.past import alike
from bot.model import (
    Agents,
    Block,
    Dataset,
    Digest,
    Edition,
    FilterState,
    Kpis,
    Occurrence,
    PastEdition,
)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Composer = Callable[[Context], Section]

REPORTS: Mapping[str, Composer] = {
    "summary": compose_summary,
    "states_volume": compose_states_volume,
    "response_volume": compose_response_volume,
    "classifications": compose_classifications,
    "workflow_states": compose_workflow_states,
    "mention_sla_export": compose_mention_sla_export,
    "case_summary": compose_case_summary,
    "case_volume": compose_case_volume,
    "case_classifications": compose_case_classifications,
    "case_details": compose_case_details,
    "user_summary": compose_user_summary,
    "user_volume": compose_user_volume,
    "nps_summary": compose_nps_summary,
    "nps_volume": compose_nps_volume,
    "nps_submissions": compose_nps_submissions,
}
"""Every report type that reports.yaml may name, in the order in which an edition shows them: what happened
over time, then why (topics, service levels, cases), then who, then how customers felt."""


def compose(
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
    """The edition of one occurrence for one way of showing agents.

    `fetched_at` (UTC) is said to readers; `sample` marks invented data; `late` marks a catch-up; `past` is
    what earlier occurrences said, newest first: figures that have moved since are named, and what is
    usual is told from news (docs/signal.md). `keep_seconds`: how long files are kept, where that is said.
    """
    words = Wording(digest.locale, digest.zone)
    dataset, compared_text = compared(dataset, words)
    context = Context(digest, dataset, agents, words, keep_seconds=keep_seconds)
    context = replace(context, past=alike(context, past, sample=sample))
    sections = {name: REPORTS[name](context) for name in REPORTS if context.asks(name)}
    incomplete = tuple(sentence for section in sections.values() for sentence in section.incomplete)
    key_figures = tiles(context)
    found = signals(context, key_figures)
    headline = compose_headline(context, key_figures, found, incomplete)
    notes = (*filter_notes(context), *moved_notes(context, past))
    figures = (Kpis(tuple(key_figures.values())),) if key_figures else ()
    return Edition(
        occurrence=occurrence.id,
        digest=digest.name,
        title=digest.title,
        subject=subject_text(digest, dataset, words, headline),
        brand=digest.brand,
        locale=digest.locale,
        paper=digest.paper,
        window_text=words.window(dataset.window),
        filter_text=filter_text(dataset, agents),
        compared_text=compared_text,
        fetched_text=f"Fetched {words.moment(fetched_at)}",
        schedule_text=_schedule(digest.schedule.phrase),
        summary_text=story(context, key_figures, found, headline),
        agents=agents,
        blocks=(
            headline,
            *notes,
            *with_oddities("", figures, words),
            *look_here(context, key_figures),
            *folded(_blocks(sections, words)),
        ),
        csvs=tuple(csv for section in sections.values() for csv in section.csvs),
        exports=tuple(export for section in sections.values() for export in section.exports),
        sample=sample,
        late_text=f"Late: it was due {words.moment(occurrence.due)}." if late else "",
        incomplete=incomplete,
        unverified=dataset.filtering.state is FilterState.UNVERIFIED,
    )


def _blocks(sections: Mapping[str, Section], words: Wording) -> tuple[Block, ...]:
    return tuple(
        block for name, section in sections.items() for block in with_oddities(name, section.blocks, words)
    )


def _schedule(phrase: str) -> str:
    """The schedule as prose writes it: 'every Monday at 09:00'."""
    for day in WEEKDAYS:
        phrase = re.sub(rf"\b{day}(s?)\b", rf"{day.capitalize()}\1", phrase)
    return phrase
