"""The NPS day by day (API document, NPS Volume). The score is computed: the API says 0.0 for a day
without an answer."""

from dataclasses import replace
from datetime import datetime

from bot.compose.figures.context import Context, Section, answer_of, previous_missing
from bot.compose.figures.metrics import ANSWERS, DETRACTORS, NPS, PASSIVES, PROMOTERS, SENT
from bot.compose.figures.timeline import (
    along,
    buckets,
    by_moment,
    instant,
    stamp,
    timeline_of,
)
from bot.compose.reports.nps_columns import Days, nps_columns
from bot.compose.reports.survey import score, survey_note
from bot.model import CsvTable, Note, Series

REPORT = "nps_volume"
TITLE = "NPS by day"
NOTHING = "No answers in this window."
COUNTS = tuple(metric.name for metric in (SENT, ANSWERS, PROMOTERS, PASSIVES, DETRACTORS))


def compose_nps_volume(context: Context) -> Section:
    """Columns of answers with the score as a line; days without answers are empty, never scores of 0."""
    found = answer_of(context, REPORT, TITLE, Series, NOTHING)
    about = survey_note(REPORT, context)
    if isinstance(found, Section):
        return replace(found, blocks=(*found.blocks, *about))
    missing = previous_missing(REPORT, TITLE, context)
    days, csv = _days(found, context), _csv(found)
    if all(value is None for value in days.scores):
        return Section((_no_score(found), *about), (csv,), incomplete=missing)
    return Section((nps_columns(REPORT, TITLE, days, context), *about), (csv,), incomplete=missing)


def _no_score(series: Series) -> Note:
    """Nobody answered, nobody knows, or the counts make no score."""
    received = [
        value for value in by_moment(series.points.get(ANSWERS.name, ())).values() if value is not None
    ]
    text = NOTHING
    if not received:
        text = "The API gave no numbers of answers for this window."
    elif any(received):
        text = "No score can be made of the numbers that the API gave for this window."
    return Note(text, "empty", REPORT, TITLE)


def _days(series: Series, context: Context) -> Days:
    shown = timeline_of(series, context.dataset.window)
    return Days(shown, {name: along(shown, by_moment(series.points.get(name, ()))) for name in COUNTS})


def _scores(series: Series) -> dict[datetime, float | None]:
    counts = {name: by_moment(series.points.get(name, ())) for name in COUNTS}
    names = (PROMOTERS.name, DETRACTORS.name, ANSWERS.name)
    return {at: score(*(counts[name].get(at) for name in names)) for at in map(instant, buckets(series))}


def _csv(series: Series) -> CsvTable:
    """Every day as sent, with the score that the counts come to; no score without answers."""
    counts = {name: by_moment(series.points.get(name, ())) for name in COUNTS}
    scores = _scores(series)
    rows = [
        (stamp(at, False), *(counts[name].get(instant(at)) for name in COUNTS), scores[instant(at)])
        for at in buckets(series)
    ]
    return CsvTable(REPORT, ("day", *COUNTS, NPS.name), tuple(rows))
