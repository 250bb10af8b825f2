"""WHAT WE SAY: answers in, an edition out. Pure: no clock, no network, no file is read.

One file per report type and one line in `REPORTS`; see docs/adding.md.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from bot.compose.case_details import compose_case_details
from bot.compose.context import Context, Section
from bot.compose.headline import compose_headline, story
from bot.compose.states_volume import compose_states_volume
from bot.compose.summary import compose_summary
from bot.compose.user_summary import compose_user_summary
from bot.compose.wording import Wording
from bot.model import Agents, Dataset, Digest, Edition, Occurrence

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Composer = Callable[[Context], Section]

REPORTS: Mapping[str, Composer] = {
    "summary": compose_summary,
    "states_volume": compose_states_volume,
    "user_summary": compose_user_summary,
    "case_details": compose_case_details,
}
"""Every report type that reports.yaml may name, in the order in which an edition shows them."""


def compose(
    digest: Digest,
    occurrence: Occurrence,
    dataset: Dataset,
    *,
    agents: Agents,
    fetched_at: datetime,
    sample: bool = False,
    late: bool = False,
) -> Edition:
    """The edition of one occurrence for one way of showing agents.

    `fetched_at` (UTC) is said to readers; `sample` marks invented data; `late` marks a catch-up.
    """
    words = Wording(digest.locale, digest.zone)
    context = Context(digest, dataset, agents, words)
    sections = [REPORTS[name](context) for name in REPORTS if name in {r.type for r in digest.reports}]
    incomplete = tuple(sentence for section in sections for sentence in section.incomplete)
    headline = compose_headline(context, incomplete)
    return Edition(
        occurrence=occurrence.id,
        digest=digest.name,
        title=digest.title,
        subject=_subject(digest, dataset, words),
        brand=digest.brand,
        locale=digest.locale,
        paper=digest.paper,
        window_text=words.window(dataset.window),
        filter_text=_filter(dataset),
        compared_text=_compared(dataset, words),
        fetched_text=f"Fetched {words.moment(fetched_at)}",
        schedule_text=_schedule(digest.schedule.phrase),
        summary_text=story(context, headline),
        agents=agents,
        blocks=(headline, *(block for section in sections for block in section.blocks)),
        csvs=tuple(csv for section in sections for csv in section.csvs),
        exports=tuple(export for section in sections for export in section.exports),
        sample=sample,
        late_text=f"Late: it was due {words.moment(occurrence.due)}." if late else "",
        incomplete=incomplete,
    )


def _subject(digest: Digest, dataset: Dataset, words: Wording) -> str:
    if digest.subject:
        return digest.subject
    return f"{digest.title}: {words.span(dataset.window, weekdays=False)}"


def _schedule(phrase: str) -> str:
    """The schedule as prose writes it: 'every Monday at 09:00'."""
    for day in WEEKDAYS:
        phrase = re.sub(rf"\b{day}(s?)\b", rf"{day.capitalize()}\1", phrase)
    return phrase


def _filter(dataset: Dataset) -> str:
    parts = []
    if dataset.groups:
        parts.append(("group " if len(dataset.groups) == 1 else "groups ") + ", ".join(dataset.groups))
    if dataset.users:
        parts.append(("agent " if len(dataset.users) == 1 else "agents ") + ", ".join(dataset.users))
    return "; ".join(parts) or "all groups"


def _compared(dataset: Dataset, words: Wording) -> str:
    if dataset.previous_window is None:
        return ""
    same_year = dataset.previous_window.last_day.year == dataset.window.last_day.year
    return f"compared with {words.span(dataset.previous_window, weekdays=False, year=not same_year)}"
