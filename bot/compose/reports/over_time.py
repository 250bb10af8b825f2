"""Lines over time: response_volume and case_volume (API document, Response Time and Case Volume).

The compared window is dashed behind the line, and the worst point is labelled.
"""

from dataclasses import dataclass

from bot.compose.figures.answers import series_of
from bot.compose.figures.comparison import compare
from bot.compose.figures.context import Context, Section, SectionComposer
from bot.compose.figures.metrics import CASE_VOLUME, OPEN_CASES, RESPONSE_VOLUME, WAIT, Metric
from bot.compose.figures.timeline import Curve, Timeline, series_csv, subject
from bot.compose.figures.wording import plural
from bot.model import Chart, ChartSeries, Figure, Note, Reference, Series

NO_REPLIES = "No replies in this window."


@dataclass(frozen=True, slots=True)
class Line:
    """What a line shows: one value per moment; `before` likewise, or empty."""

    report: str
    metric: Metric
    timeline: Timeline
    values: Curve
    before: Curve

    @staticmethod
    def of(series: Series, report: str, metric: Metric, context: Context) -> "Line":
        """Return the line of a series, with the compared window's values behind it."""
        timeline = Timeline.of(series, context.dataset.window)
        before = timeline.previous_values(series_of(context.previous(report)), metric.name, context)
        return Line(report, metric, timeline, timeline.values(series, metric.name), before)

    @property
    def known(self) -> list[int]:
        """The places that have a value."""
        return [n for n, value in enumerate(self.values) if value is not None]


def _compose_waits(series: Series, context: Context) -> Section:
    """Return a line of waits in seconds, whatever the API document says; without a reply there is a gap."""
    line = Line.of(series, RESPONSE_VOLUME, WAIT, context)
    caption = f"{'Hourly' if line.timeline.hourly else 'Daily'} average"
    return _section(line, series, f"{WAIT.name}_seconds", CUSTOMER_WAIT.title, NO_REPLIES, caption, context)


def _compose_open_cases(series: Series, context: Context) -> Section:
    """Return a line of open cases: a missing day is a gap, a day with 0 open cases is a zero."""
    line = Line.of(series, CASE_VOLUME, OPEN_CASES, context)
    caption = f"Cases that were open {'in each hour' if line.timeline.hourly else 'on each day'}"
    nothing = "The API gave no numbers of open cases for this window."
    return _section(line, series, "open_cases", OPEN_CASES_BY_DAY.title, nothing, caption, context)


def _section(
    line: Line, series: Series, heading: str, title: str, nothing: str, caption: str, context: Context
) -> Section:
    csv = series_csv(line.report, series, {line.metric.name: heading})
    note = Note(nothing, "empty", line.report, title)
    return Section((_chart(line, title, caption, context) if line.known else note,), (csv,))


def _chart(line: Line, title: str, caption: str, context: Context) -> Chart:
    """Return the chart. The highest of several values is labelled as the worst."""
    timeline, unit, wording = line.timeline, line.metric.unit, context.wording
    limit = context.target(line.metric.name)
    known = line.known if len(line.known) > 1 else []
    worst = max(known, key=lambda n: line.values[n] or 0.0, default=None)
    series, dashed = [ChartSeries("current", context.now, line.values)], ""
    if any(value is not None for value in line.before):
        series.append(ChartSeries("previous", context.before, line.before))
        dashed = f"; dashed: {context.before}"
    return Chart(
        report=line.report,
        shape="line",
        title=title,
        caption=f"{caption}{dashed}.{timeline.shading_text(context)}",
        alt=_alt(line, context),
        labels=timeline.labels(wording),
        series=tuple(series),
        unit=unit,
        shaded=timeline.quiet(context),
        callout=None if worst is None else timeline.callout(worst, line.values, unit, wording),
        reference=None if limit is None else Reference(limit, f"target {wording.value(limit, unit)}"),
        figures=() if worst is None else _figures(line, worst, context),
    )


def _figures(line: Line, place: int, context: Context) -> tuple[Figure, ...]:
    """Return the worst point and its change from the same place in the window before."""
    metric, at = line.metric, subject(line.timeline.moments[place])
    name = f"{line.report}.{metric.name}"
    current = context.figure(name, line.values[place], metric.unit, at)
    if place >= len(line.before) or line.before[place] is None:
        return (current,)
    previous = context.figure(name, line.before[place], metric.unit, at, previous=True)
    change = compare(metric, current, previous, context.wording).figure
    return (current, previous, change) if change else (current, previous)


def _alt(line: Line, context: Context) -> str:
    bucket, count, gaps = line.timeline.bucket, len(line.values), line.values.count(None)
    extremes = line.timeline.extremes(line.values, line.metric.unit, context.wording)
    missing = f"; no value for {gaps} of {count} {plural(count, bucket)}" if gaps else ""
    return f"{line.metric.label} by {bucket}: {extremes}{missing}."


CUSTOMER_WAIT = SectionComposer(RESPONSE_VOLUME, "Customer wait", Series, NO_REPLIES, _compose_waits)
OPEN_CASES_BY_DAY = SectionComposer(
    CASE_VOLUME, "Open cases", Series, "No open cases in this window.", _compose_open_cases
)
