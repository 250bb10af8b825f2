"""Which survey an NPS report is about, and what its answers come to."""

from bot.compose.figures.context import Context
from bot.model import Form, Note
from bot.model.report_types import FORM_REPORTS


def survey_note(report: str, context: Context) -> tuple[Note, ...]:
    """The form's title and address, and the category asked for; once, in the first report about it.

    () where nothing is known of it.
    """
    form = context.dataset.forms.get(report)
    if form is None or form in _told_before(report, context):
        return ()
    text = f"Survey: {form.title or form.name}"
    text += f", {form.url}." if form.url else "."
    category = next((r.nps_category for r in context.digest.reports if r.type == report), "all")
    if category != "all":
        text += f" Only answers of {category}."
    return (Note(text, "info", report),)


def _told_before(report: str, context: Context) -> list[Form | None]:
    earlier = FORM_REPORTS[: FORM_REPORTS.index(report)]
    return [context.dataset.forms.get(name) for name in earlier if context.asks(name)]


def score(promoters: float | None, detractors: float | None, received: float | None) -> float | None:
    """Promoters less detractors in per cent of the answers; None without an answer (no data is not 0)."""
    if promoters is None or detractors is None or not received or received < 0:
        return None
    return (promoters - detractors) / received * 100
