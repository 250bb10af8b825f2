"""NPS by day (API document, NPS Volume), computed from counts: the API says 0.0 for a day without answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.compose.figures.context import Context, Section, SectionComposer
from bot.compose.figures.metrics import (
    ANSWERS,
    DETRACTORS,
    NPS,
    NPS_VOLUME,
    PASSIVES,
    PROMOTERS,
    SENT,
    Metric,
    nps_score,
)
from bot.compose.figures.timeline import Curve, Timeline, buckets, by_moment, instant, stamp, subject
from bot.compose.figures.wording import plural
from bot.compose.reports.summaries import NO_ANSWERS, survey_note
from bot.model import Chart, ChartSeries, CsvTable, Figure, Note, Series, Unit

TITLE = "NPS by day"
COUNTS = tuple(metric.name for metric in (SENT, ANSWERS, PROMOTERS, PASSIVES, DETRACTORS))
SCORED = (PROMOTERS.name, DETRACTORS.name, ANSWERS.name)


@dataclass(frozen=True, slots=True)
class SurveyDays:
    """The counts of answers on each day shown, by metric name."""

    timeline: Timeline
    counts: Mapping[str, Curve]

    @property
    def scores(self) -> Curve:
        """The score of each day; None without answers."""
        return tuple(nps_score(*day) for day in zip(*(self.counts[name] for name in SCORED), strict=True))


def _compose(series: Series, context: Context) -> Section:
    timeline = Timeline.of(series, context.dataset.window)
    days = SurveyDays(timeline, {name: timeline.values(series, name) for name in COUNTS})
    known = any(score is not None for score in days.scores)
    block = nps_chart(NPS_VOLUME, days, context) if known else _no_score(series)
    return Section((block,), (_csv(series),))


def _no_score(series: Series) -> Note:
    """Tell no answers from missing numbers, and from counts that make no score."""
    values = by_moment(series.points.get(ANSWERS.name, ())).values()
    received, text = [value for value in values if value is not None], NO_ANSWERS
    if not received:
        text = "The API gave no numbers of answers for this window."
    elif any(received):
        text = "No score can be made of the numbers that the API gave for this window."
    return Note(text, "empty", NPS_VOLUME, TITLE)


def _csv(series: Series) -> CsvTable:
    """Return every day as sent, with its score; no score without answers."""
    counts = {name: by_moment(series.points.get(name, ())) for name in COUNTS}
    rows = []
    for at in buckets(series):
        day = {name: values.get(instant(at)) for name, values in counts.items()}
        rows.append((stamp(at, False), *day.values(), nps_score(*(day[name] for name in SCORED))))
    return CsvTable(NPS_VOLUME, ("day", *COUNTS, NPS.name), tuple(rows))


def nps_chart(report: str, days: SurveyDays, context: Context) -> Chart:
    """Return columns of promoters, passives and detractors with the score above them.

    A day without answers is empty: neither a column nor a point of the line.
    """
    timeline, scores, wording = days.timeline, days.scores, context.wording
    known = [n for n, score in enumerate(scores) if score is not None]
    worst = min(known, key=lambda n: scores[n] or 0.0) if len(known) > 1 else None
    total = sum(count for count in days.counts[ANSWERS.name] if count is not None)
    caption = f"{wording.counted(total, 'answer')} in all; days without are empty."
    callout, figures = None, list[Figure]()
    if worst is not None:
        callout = timeline.callout(worst, scores, NPS.unit, wording)
        at = subject(timeline.moments[worst])
        figures.append(context.figure(f"{report}.{NPS.name}", scores[worst], NPS.unit, at))
    return Chart(
        report=report,
        shape="columns",
        title=TITLE,
        caption=f"{caption}{timeline.shading_text(context)}",
        alt=_alt(timeline, scores, context),
        labels=timeline.labels(wording),
        series=tuple(_band(metric, days) for metric in (DETRACTORS, PASSIVES, PROMOTERS)),
        unit=Unit.COUNT,
        shaded=timeline.quiet(context),
        callout=callout,
        overlay=ChartSeries(NPS.name, NPS.label, scores),
        overlay_unit=NPS.unit,
        figures=tuple(figures),
    )


def _band(metric: Metric, days: SurveyDays) -> ChartSeries:
    """Return one kind of answers; a day without a score has no column, whatever its counts."""
    pairs = zip(days.counts[metric.name], days.scores, strict=True)
    values = tuple(count if score is not None else None for count, score in pairs)
    return ChartSeries(metric.name.removeprefix("total_"), metric.label, values)


def _alt(timeline: Timeline, scores: Curve, context: Context) -> str:
    count, gaps = len(scores), scores.count(None)
    extremes = timeline.extremes(scores, NPS.unit, context.wording)
    without = f"; {gaps} of {count} {plural(count, timeline.bucket)} without answers" if gaps else ""
    return f"NPS and answers by {timeline.bucket}: {extremes}{without}."


NPS_BY_DAY = SectionComposer(NPS_VOLUME, TITLE, Series, NO_ANSWERS, _compose, survey_note)
