"""The survey's answers as a file (API document, NPS CSV Export): counts by what the form asked for.

What customers wrote is in the file alone.
"""

from collections.abc import Sequence
from datetime import date, datetime, time

from bot.compose.figures.context import Context, Section, answer_of, figure
from bot.compose.figures.export_parts import counts, exported
from bot.compose.figures.metrics import FEW_ANSWERS, NPS
from bot.compose.figures.people import is_about_people, shown_name
from bot.compose.figures.reading import Row, number, table_rows, word
from bot.compose.figures.timeline import timeline
from bot.compose.reports.nps_columns import Days, nps_columns
from bot.compose.reports.survey import score, survey_note
from bot.model import (
    Agents,
    Block,
    Cell,
    Chart,
    ExportFile,
    Figure,
    Note,
    Present,
    TableBlock,
    TableColumn,
    Unit,
)

REPORT = "nps_submissions"
TITLE = "Survey answers"
BY_CATEGORY = "Answers by category"
COLUMNS = (
    TableColumn("Field"),
    TableColumn("Category"),
    TableColumn("Answers", numeric=True),
    TableColumn("Promoters", numeric=True),
    TableColumn("Passives", numeric=True),
    TableColumn("Detractors", numeric=True),
    TableColumn("NPS", numeric=True),
)
PARTS = ("answers", "promoters", "passives", "detractors")


def compose_nps_submissions(context: Context) -> Section:
    """A line with the number of answers, the score by day where no other report has it, categories."""
    found = answer_of(context, REPORT, TITLE, ExportFile, "No answers in this window.")
    if isinstance(found, Section):
        return found
    blocks: list[Block] = [_note(found, context), *survey_note(REPORT, context)]
    blocks += [chart for chart in (_by_day(found, context),) if chart]
    rows = [row for row in table_rows(found.insight("by_category")) if _may_be_shown(row, context)]
    if rows:
        blocks.append(_table(rows, context))
    return Section(tuple(blocks), exports=(exported(REPORT, found, context),))


def _note(file: ExportFile, context: Context) -> Note:
    answers = figure(f"{REPORT}.answers", file.rows, Unit.COUNT, context.words)
    if not file.rows:
        return Note("No answers in this window.", "empty", REPORT, TITLE, (answers,))
    return Note(f"{counts(answers, 'answer')} in this window.", "info", REPORT, TITLE, (answers,))


def _may_be_shown(row: Row, context: Context) -> bool:
    return context.agents is not Agents.NONE or not is_about_people(word(row, "column"))


def _table(rows: Sequence[Row], context: Context) -> TableBlock:
    caption = f"A score only from {FEW_ANSWERS} answers on."
    cells = tuple(_row(row, context) for row in rows)
    return TableBlock(REPORT, BY_CATEGORY, caption, COLUMNS, cells, len(cells))


def _row(row: Row, context: Context) -> tuple[Cell, ...]:
    column, category = word(row, "column"), word(row, "category")
    if is_about_people(column):
        category = shown_name(category, context.agents) or "an agent"
    subject = f"{column}={category}"
    figures = [
        figure(f"{REPORT}.{name}", number(row, name), Unit.COUNT, context.words, subject=subject)
        for name in PARTS
    ]
    result = _score(row, subject, context)
    return (Cell(column), Cell(category), *(Cell(one.text, one) for one in (*figures, result)))


def _score(row: Row, subject: str, context: Context) -> Figure:
    answers = number(row, "answers")
    enough = answers is not None and answers >= FEW_ANSWERS
    value = score(number(row, "promoters"), number(row, "detractors"), answers) if enough else None
    return figure(f"{REPORT}.{NPS.name}", value, NPS.unit, context.words, subject=subject)


def _by_day(file: ExportFile, context: Context) -> Chart | None:
    """The answers by day from the file itself, unless `nps_volume` tells them."""
    if context.asks("nps_volume") and isinstance(context.current("nps_volume"), Present):
        return None
    zone = context.dataset.window.start.tzinfo
    found = {
        datetime.combine(day, time.min, zone): row
        for row in table_rows(file.insight("by_day"))
        if (day := _day(word(row, "day"))) is not None
    }
    shown = timeline(found, 86_400, context.dataset.window)
    answered = [_answered(found[at]) if at in found else {} for at in shown.moments]
    names = ("total_received", *(f"total_{part}" for part in PARTS[1:]))
    days = Days(shown, {name: tuple(day.get(name) for day in answered) for name in names})
    if all(value is None for value in days.scores):
        return None
    return nps_columns(REPORT, "NPS by day", days, context)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _answered(row: Row) -> dict[str, float | None]:
    """One day's counts under the names that `nps_volume` gives them; the answers are their sum."""
    parts = {f"total_{name}": number(row, name) for name in PARTS[1:]}
    known = [part for part in parts.values() if part is not None]
    return parts | {"total_received": sum(known) if len(known) == len(parts) else None}
