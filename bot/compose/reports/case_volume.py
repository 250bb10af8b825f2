"""Open cases day by day (API document, Case Volume)."""

from bot.compose.figures.context import Context, Section, answer_of, previous_missing
from bot.compose.figures.lines import Line, line_chart
from bot.compose.figures.metrics import OPEN_CASES
from bot.compose.figures.reading import series_of
from bot.compose.figures.timeline import along, before_along, by_moment, series_csv, timeline_of
from bot.model import Note, Series

REPORT = "case_volume"
TITLE = "Open cases"
NOTHING = "No open cases in this window."


def compose_case_volume(context: Context) -> Section:
    """A line; a day without a point is a gap, a day with 0 open cases is a zero."""
    found = answer_of(context, REPORT, TITLE, Series, NOTHING)
    if isinstance(found, Section):
        return found
    missing = previous_missing(REPORT, TITLE, context)
    csv = series_csv(REPORT, found, {OPEN_CASES.name: "open_cases"})
    line = _line(found, context)
    if all(value is None for value in line.values):
        text = "The API gave no numbers of open cases for this window."
        return Section((Note(text, "empty", REPORT, TITLE),), (csv,), incomplete=missing)
    return Section((line_chart(line, context),), (csv,), incomplete=missing)


def _line(series: Series, context: Context) -> Line:
    shown = timeline_of(series, context.dataset.window)
    return Line(
        REPORT,
        OPEN_CASES,
        TITLE,
        f"Cases that were open {'in each hour' if shown.hourly else 'on each day'}",
        shown,
        along(shown, by_moment(series.points.get(OPEN_CASES.name, ()))),
        before_along(shown, series_of(context.previous(REPORT)), OPEN_CASES.name, context),
    )
