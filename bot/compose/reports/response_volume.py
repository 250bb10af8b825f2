"""How long customers waited over time (API document, Response Time). Seconds, whatever it says there."""

from bot.compose.figures.context import Context, Section, answer_of, previous_missing
from bot.compose.figures.lines import Line, line_chart
from bot.compose.figures.metrics import WAIT
from bot.compose.figures.reading import series_of
from bot.compose.figures.timeline import along, before_along, by_moment, series_csv, timeline_of
from bot.model import Note, Series

REPORT = "response_volume"
TITLE = "Customer wait"
NOTHING = "No replies in this window."


def compose_response_volume(context: Context) -> Section:
    """A line by day, or by hour in a short window; a day without a reply is a gap."""
    found = answer_of(context, REPORT, TITLE, Series, NOTHING)
    if isinstance(found, Section):
        return found
    missing = previous_missing(REPORT, TITLE, context)
    csv = series_csv(REPORT, found, {WAIT.name: f"{WAIT.name}_seconds"})
    line = _line(found, context)
    if all(value is None for value in line.values):
        return Section((Note(NOTHING, "empty", REPORT, TITLE),), (csv,), incomplete=missing)
    return Section((line_chart(line, context),), (csv,), incomplete=missing)


def _line(series: Series, context: Context) -> Line:
    shown = timeline_of(series, context.dataset.window)
    return Line(
        REPORT,
        WAIT,
        TITLE,
        f"{'Hourly' if shown.hourly else 'Daily'} average",
        shown,
        along(shown, by_moment(series.points.get(WAIT.name, ()))),
        before_along(shown, series_of(context.previous(REPORT)), WAIT.name, context),
        context.target(WAIT.name),
    )
