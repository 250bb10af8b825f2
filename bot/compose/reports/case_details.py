"""The cases export (API document, Case CSV Export): its totals, the slowest cases, and the file."""

from bot.compose.figures.answers import Row, insight_rows, number, string
from bot.compose.figures.context import Context, Section, SectionComposer, exported
from bot.compose.figures.metrics import CASES_EXPORT
from bot.compose.figures.tables import Cells, columns, figure_cell, table
from bot.compose.figures.wording import counted
from bot.model import Block, Cell, ExportFile, Figure, Note, Unit

TITLE, SLOWEST = "Cases", "Slowest cases"
CAPTION = "Longest resolution first; who answered is in the file alone."
HEADER = columns("Case", "Account", "Network", "Opened", numbers=("Resolution", "First reply", "Agents"))
UNITS = {"resolution": Unit.SECONDS, "first_reply": Unit.SECONDS, "agents": Unit.COUNT}


def _compose(file: ExportFile, context: Context) -> Section:
    blocks: list[Block] = [_note(file, context)]
    rows = [_row(row, context) for row in insight_rows(file, "slow_cases")]
    if rows:
        blocks.append(table(CASES_EXPORT, SLOWEST, CAPTION, HEADER, rows))
    return Section(tuple(blocks), exports=(exported(CASES_EXPORT, file, context),))


def _note(file: ExportFile, context: Context) -> Note:
    """Return how many cases there are, how many are open, and how long they took."""
    cases = context.count(f"{CASES_EXPORT}.cases", file.rows)
    if not file.rows:
        return Note("No case was worked on in this window.", "info", CASES_EXPORT, TITLE, (cases,))
    sentences = [f"{counted(cases, 'case was', 'cases were')} worked on in this window."]
    figures = [cases]
    for row in insight_rows(file, "totals")[:1]:
        more, known = _totals(row, context)
        sentences += more
        figures += known
    return Note(" ".join(sentences), "info", CASES_EXPORT, TITLE, tuple(figures))


def _totals(row: Row, context: Context) -> tuple[list[str], list[Figure]]:
    still_open = context.count(f"{CASES_EXPORT}.open", number(row, "open"))
    resolution, reply = (
        context.figure(f"{CASES_EXPORT}.{name}", number(row, name), Unit.SECONDS)
        for name in ("resolution", "first_reply")
    )
    sentences = []
    if still_open.value is not None:
        sentences.append(f"{counted(still_open, 'is', 'are')} still open.")
    times = [(resolution, "resolution took"), (reply, "the first reply took")]
    known = [f"{verb} {figure.text}" for figure, verb in times if figure.value is not None]
    if known:
        sentences.append(f"On average {' and '.join(known)}.")
    return sentences, [figure for figure in (still_open, resolution, reply) if figure.value is not None]


def _row(row: Row, context: Context) -> Cells:
    case = string(row, "case")
    figures = (
        context.figure(f"{CASES_EXPORT}.case_{name}", number(row, name), unit, case)
        for name, unit in UNITS.items()
    )
    opened = context.wording.local_moment(string(row, "opened"))
    texts = (case, string(row, "account"), string(row, "network"), opened)
    return (*map(Cell, texts), *map(figure_cell, figures))


CASE_DETAILS = SectionComposer(CASES_EXPORT, TITLE, ExportFile, "No cases in this window.", _compose)
