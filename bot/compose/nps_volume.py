"""The NPS day by day (API document, NPS Volume). The score is computed: the API says 0.0 for a day
without an answer."""

from dataclasses import replace
from datetime import datetime

from bot.compose.context import Context, Section, answer_of, previous_missing
from bot.compose.lines import Line, line_chart
from bot.compose.metrics import ANSWERS, DETRACTORS, NPS, PASSIVES, PROMOTERS, SENT
from bot.compose.reading import series_of
from bot.compose.survey import score, survey_note
from bot.compose.timeline import (
    along,
    buckets,
    by_moment,
    fitted,
    instant,
    stamp,
    timeline_of,
)
from bot.compose.wording import plural
from bot.model import CsvTable, Note, Series

REPORT = "nps_volume"
TITLE = "NPS by day"
NOTHING = "No answers in this window."
COUNTS = tuple(metric.name for metric in (SENT, ANSWERS, PROMOTERS, PASSIVES, DETRACTORS))


def compose_nps_volume(context: Context) -> Section:
    """A line of the score; days without answers are gaps, never scores of 0."""
    found = answer_of(context, REPORT, TITLE, Series, NOTHING)
    about = survey_note(REPORT, context)
    if isinstance(found, Section):
        return replace(found, blocks=(*found.blocks, *about))
    missing = previous_missing(REPORT, TITLE, context)
    line, csv = _line(found, context), _csv(found)
    if all(value is None for value in line.values):
        return Section((_no_score(found), *about), (csv,), incomplete=missing)
    return Section((line_chart(line, context), *about), (csv,), incomplete=missing)


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


def _line(series: Series, context: Context) -> Line:
    shown = timeline_of(series, context.dataset.window)
    received = along(shown, by_moment(series.points.get(ANSWERS.name, ())))
    total = sum(count for count in received if count is not None)
    caption = f"From {context.words.number(total)} {plural(total, 'answer')} in all; days without are gaps"
    return Line(
        REPORT, NPS, TITLE, caption, shown, along(shown, _scores(series)), _before(shown.moments, context)
    )


def _before(moments: tuple[datetime, ...], context: Context) -> tuple[float | None, ...]:
    window, series = context.dataset.previous_window, series_of(context.previous(REPORT))
    if window is None or series is None:
        return ()
    return fitted(along(timeline_of(series, window), _scores(series)), len(moments))


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
