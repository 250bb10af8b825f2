"""The survey's answers as a file (API document, NPS CSV Export): counts by what the form asked for.

What customers wrote is in the file alone.
"""

from datetime import datetime, time

from bot.compose.figures.answers import Row, insight_rows, number, string
from bot.compose.figures.context import Context, Section, SectionComposer, exported
from bot.compose.figures.metrics import ANSWERS, FEW_ANSWERS, NPS, NPS_SUBMISSIONS, NPS_VOLUME, nps_score
from bot.compose.figures.people import is_about_people, name_or_agent
from bot.compose.figures.tables import Cells, columns, figure_cell, table
from bot.compose.figures.timeline import Timeline
from bot.compose.figures.wording import counted, iso_day
from bot.compose.reports.nps_volume import SurveyDays, nps_chart
from bot.compose.reports.summaries import NO_ANSWERS, survey_note
from bot.model import Agents, Block, Cell, Chart, ExportFile, Note, Present

TITLE, BY_CATEGORY = "Survey answers", "Answers by category"
HEADER = columns("Field", "Category", numbers=("Answers", "Promoters", "Passives", "Detractors", "NPS"))
PARTS = ("promoters", "passives", "detractors")
A_DAY = 86_400


def _compose(file: ExportFile, context: Context) -> Section:
    """Return the number of answers, the score by day where no other report shows it, and the categories."""
    chart = _by_day(file, context)
    blocks: list[Block] = [_note(file, context), *survey_note(NPS_SUBMISSIONS, context)]
    blocks += [chart] if chart else []
    rows = [_row(row, context) for row in insight_rows(file, "by_category") if _is_visible(row, context)]
    if rows:
        caption = f"A score only from {FEW_ANSWERS} answers on."
        blocks.append(table(NPS_SUBMISSIONS, BY_CATEGORY, caption, HEADER, rows))
    return Section(tuple(blocks), exports=(exported(NPS_SUBMISSIONS, file, context),))


def _note(file: ExportFile, context: Context) -> Note:
    answers = context.count(f"{NPS_SUBMISSIONS}.answers", file.rows)
    text = f"{counted(answers, 'answer')} in this window." if file.rows else NO_ANSWERS
    return Note(text, "info" if file.rows else "empty", NPS_SUBMISSIONS, TITLE, (answers,))


def _is_visible(row: Row, context: Context) -> bool:
    return context.agents is not Agents.NONE or not is_about_people(string(row, "column"))


def _row(row: Row, context: Context) -> Cells:
    column, category = string(row, "column"), string(row, "category")
    if is_about_people(column):
        category = name_or_agent(category, context.agents)
    subject = f"{column}={category}"
    numbers = {name: number(row, name) for name in ("answers", *PARTS)}
    counts = (context.count(f"{NPS_SUBMISSIONS}.{name}", n, subject) for name, n in numbers.items())
    enough = (numbers["answers"] or 0) >= FEW_ANSWERS
    score = nps_score(numbers["promoters"], numbers["detractors"], numbers["answers"]) if enough else None
    nps = context.figure(f"{NPS_SUBMISSIONS}.{NPS.name}", score, NPS.unit, subject)
    return (Cell(column), Cell(category), *map(figure_cell, (*counts, nps)))


def _by_day(file: ExportFile, context: Context) -> Chart | None:
    """Return the score by day from the file itself, unless `nps_volume` shows it."""
    if isinstance(context.asked(NPS_VOLUME), Present):
        return None
    zone = context.dataset.window.start.tzinfo
    rows = {
        datetime.combine(day, time.min, zone): row
        for row in insight_rows(file, "by_day")
        if (day := iso_day(string(row, "day")))
    }
    timeline = Timeline.over(rows, A_DAY, context.dataset.window)
    counts = [_counts(rows.get(at, {})) for at in timeline.moments]
    names = (ANSWERS.name, *(f"total_{part}" for part in PARTS))
    days = SurveyDays(timeline, {name: tuple(day.get(name) for day in counts) for name in names})
    known = any(score is not None for score in days.scores)
    return nps_chart(NPS_SUBMISSIONS, days, context) if known else None


def _counts(row: Row) -> dict[str, float | None]:
    """Return one day's counts by the metrics' names. The number of answers is the sum of the parts."""
    parts = {f"total_{name}": number(row, name) for name in PARTS}
    known = [part for part in parts.values() if part is not None]
    return parts | {ANSWERS.name: sum(known) if len(known) == len(parts) else None}


NPS_ANSWERS = SectionComposer(NPS_SUBMISSIONS, TITLE, ExportFile, NO_ANSWERS, _compose)
