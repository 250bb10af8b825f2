"""Reports of named values: summary, case_summary, nps_summary (API document, Summary Metrics and others)."""

from bot.compose.figures.context import Context, Section, SectionComposer
from bot.compose.figures.metrics import ANSWERS, CASE_SUMMARY, NPS_SUMMARY, SENT, SUMMARY
from bot.compose.figures.wording import plural
from bot.compose.opening.key_figures import (
    CASE_FIGURES,
    answer_count,
    are_void,
    nps_tiles,
    nps_values,
    values_table,
)
from bot.model import Form, Note, Scalars
from bot.model.report_types import FORM_REPORTS

NO_ANSWERS = "No answers in this window."
CASE_TITLE, NPS_TITLE = "Case figures", "How customers felt"
CASE_CAPTION = (
    "Cases closed in this window. A case runs from the customer's first message to the last reply, "
    "and closes after 24 quiet hours."
)
NPS_CAPTION = "NPS is the share of promoters (9 or 10) less the share of detractors (0 to 6), in points."


def _compose_summary(answer: Scalars, context: Context) -> Section:
    """Return no blocks: the figures are the edition's tiles (opening/key_figures.py)."""
    return Section()


def _compose_cases(answer: Scalars, context: Context) -> Section:
    tiles = CASE_FIGURES.tiles(context)
    if are_void(tiles):
        text = "The API gave no figures of cases for this window."
        return Section((Note(text, "empty", CASE_SUMMARY, CASE_TITLE),))
    return Section((values_table(CASE_SUMMARY, CASE_TITLE, CASE_CAPTION, tiles, context),))


def _compose_nps(answer: Scalars, context: Context) -> Section:
    """Return a table of the survey's figures, or that nobody answered."""
    tiles, values = nps_tiles(context), nps_values(context.current(NPS_SUMMARY)) or {}
    if are_void(tiles):
        text = "The API gave no figures of this survey for this window."
        return Section((Note(text, "empty", NPS_SUMMARY, NPS_TITLE),))
    if answer_count(values) == 0:
        return Section((_no_answers(values.get(SENT.name), context),))
    return Section((values_table(NPS_SUMMARY, NPS_TITLE, NPS_CAPTION, tiles, context),))


def _no_answers(sent: float | None, context: Context) -> Note:
    received = context.count(f"{NPS_SUMMARY}.{ANSWERS.name}", 0)
    if sent is None:
        return Note(NO_ANSWERS, "empty", NPS_SUMMARY, NPS_TITLE, (received,))
    surveys = context.count(f"{NPS_SUMMARY}.{SENT.name}", sent)
    text = f"{NO_ANSWERS} {surveys.text} {plural(sent, 'survey was', 'surveys were')} sent."
    return Note(text, "empty", NPS_SUMMARY, NPS_TITLE, (received, surveys))


def survey_note(report: str, context: Context) -> tuple[Note, ...]:
    """Return the form's title and address and the selected category, in the first report about that form.

    () where the form is unknown.
    """
    form = context.dataset.forms.get(report)
    if form is None or form in _earlier_forms(report, context):
        return ()
    text = f"Survey: {form.title or form.name}"
    text += f", {form.url}." if form.url else "."
    category = next((r.nps_category for r in context.digest.reports if r.type == report), "all")
    if category != "all":
        text += f" Only answers of {category}."
    return (Note(text, "info", report),)


def _earlier_forms(report: str, context: Context) -> list[Form | None]:
    earlier = FORM_REPORTS[: FORM_REPORTS.index(report)]
    return [context.dataset.forms.get(name) for name in earlier if context.asks(name)]


KEY_FIGURES_SECTION = SectionComposer(
    SUMMARY, "Key figures", Scalars, "No messages in this window.", _compose_summary
)
CASE_FIGURES_TABLE = SectionComposer(
    CASE_SUMMARY, CASE_TITLE, Scalars, "No cases were closed in this window.", _compose_cases
)
NPS_FIGURES_TABLE = SectionComposer(NPS_SUMMARY, NPS_TITLE, Scalars, NO_ANSWERS, _compose_nps, survey_note)
