"""Key figures of the cases that were closed (API document, Case Summary)."""

from bot.compose.figures.context import Context, Section, answer_of, previous_missing
from bot.compose.figures.key_figures import KeyFigures, values_table
from bot.compose.figures.metrics import CASE_METRICS, CASES, FEW_CASES, Metric
from bot.compose.figures.reading import Values
from bot.compose.figures.wording import plural
from bot.model import Note, Scalars

REPORT = "case_summary"
TITLE = "Case figures"
CAPTION = (
    "Cases closed in this window. A case runs from the customer's first message to the last reply, "
    "and closes after 24 quiet hours."
)
NOTHING = "No cases were closed in this window."


def compose_case_summary(context: Context) -> Section:
    """A table of all figures; zero cases are said in words, beside figures without a value."""
    found = answer_of(context, REPORT, TITLE, Scalars, NOTHING)
    if isinstance(found, Section):
        return found
    missing = previous_missing(REPORT, TITLE, context)
    tiles = CASE_FIGURES.tiles(context)
    if all(kpi.figure.value is None for kpi in tiles.values()):
        note = Note("The API gave no figures of cases for this window.", "empty", REPORT, TITLE)
        return Section((note,), incomplete=missing)
    return Section((values_table(REPORT, TITLE, CAPTION, tiles, context),), incomplete=missing)


def explanation(metric: Metric, values: Values, context: Context) -> str:
    """That an average rests on few cases."""
    cases = values.get(CASES.name)
    if metric is CASES or values.get(metric.name) is None or cases is None or not 0 < cases < FEW_CASES:
        return ""
    return f"only {context.words.number(cases)} {plural(cases, 'case')}"


CASE_FIGURES = KeyFigures(REPORT, CASE_METRICS, explanation)
