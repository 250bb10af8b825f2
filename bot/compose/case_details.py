"""The cases export (API document, Case CSV Export): a file that travels with the edition."""

from bot.compose.context import Context, Section, empty, unavailable
from bot.compose.wording import plural
from bot.model import Empty, ExportedFile, ExportFile, Note, Unavailable

REPORT = "case_details"
TITLE = "Cases"


def compose_case_details(context: Context) -> Section:
    """A line with the number of cases, and the file as it came; forms name the files they carry."""
    slot = context.current(REPORT)
    if isinstance(slot, Unavailable):
        return unavailable(REPORT, TITLE, slot)
    if isinstance(slot, Empty) or not isinstance(slot.answer, ExportFile):
        return empty(REPORT, TITLE, "No cases in this window.")
    file = slot.answer
    exported = ExportedFile(REPORT, file.path, file.rows, file.size)
    return Section((Note(_sentence(file, context), "info", REPORT, TITLE),), exports=(exported,))


def _sentence(file: ExportFile, context: Context) -> str:
    if not file.rows:
        return "No case was worked on in this window."
    count = context.words.number(file.rows)
    return f"{count} {plural(file.rows, 'case was', 'cases were')} worked on in this window."
