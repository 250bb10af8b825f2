"""The cases export (API document, Case CSV Export): what was counted in it, and the file as it came."""

from collections.abc import Sequence

from bot.compose.figures.context import Context, Section, answer_of, figure
from bot.compose.figures.export_parts import exported, local_moment
from bot.compose.figures.reading import Row, number, table_rows, word
from bot.compose.figures.wording import plural
from bot.model import Block, Cell, ExportFile, Figure, Note, TableBlock, TableColumn, Unit

REPORT = "case_details"
TITLE = "Cases"
SLOWEST = "Slowest cases"
COLUMNS = (
    TableColumn("Case"),
    TableColumn("Account"),
    TableColumn("Network"),
    TableColumn("Opened"),
    TableColumn("Resolution", numeric=True),
    TableColumn("First reply", numeric=True),
    TableColumn("Agents", numeric=True),
)


def compose_case_details(context: Context) -> Section:
    """A line with the number of cases, the slowest of them, and the file; forms name the files they carry."""
    found = answer_of(context, REPORT, TITLE, ExportFile, "No cases in this window.")
    if isinstance(found, Section):
        return found
    blocks: list[Block] = [_note(found, context)]
    slow = table_rows(found.insight("slow_cases"))
    if slow:
        blocks.append(_table(slow, context))
    return Section(tuple(blocks), exports=(exported(REPORT, found, context),))


def _note(file: ExportFile, context: Context) -> Note:
    """How many cases, how many of them open, and how long they took."""
    cases = figure(f"{REPORT}.cases", file.rows, Unit.COUNT, context.words)
    if not file.rows:
        return Note("No case was worked on in this window.", "info", REPORT, TITLE, (cases,))
    sentences = [f"{cases.text} {plural(file.rows, 'case was', 'cases were')} worked on in this window."]
    figures = [cases]
    for row in table_rows(file.insight("totals"))[:1]:
        told, known = _totals(row, context)
        sentences += told
        figures += known
    return Note(" ".join(sentences), "info", REPORT, TITLE, tuple(figures))


def _totals(row: Row, context: Context) -> tuple[list[str], list[Figure]]:
    still, resolution, first = (
        figure(f"{REPORT}.{name}", number(row, name), unit, context.words)
        for name, unit in (
            ("open", Unit.COUNT),
            ("resolution", Unit.SECONDS),
            ("first_reply", Unit.SECONDS),
        )
    )
    told = []
    if still.value is not None:
        told.append(f"{still.text} {plural(still.value, 'is', 'are')} still open.")
    times = [(resolution, "resolution took"), (first, "the first reply took")]
    known = [f"{verb} {one.text}" for one, verb in times if one.value is not None]
    if known:
        told.append(f"On average {' and '.join(known)}.")
    return told, [one for one in (still, resolution, first) if one.value is not None]


def _table(rows: Sequence[Row], context: Context) -> TableBlock:
    cells = tuple(_row(row, context) for row in rows)
    caption = "Longest resolution first; who answered is in the file alone."
    return TableBlock(REPORT, SLOWEST, caption, COLUMNS, cells, len(cells))


def _row(row: Row, context: Context) -> tuple[Cell, ...]:
    case = word(row, "case")
    figures = [
        figure(f"{REPORT}.{name}", number(row, column), unit, context.words, subject=case)
        for name, column, unit in (
            ("case_resolution", "resolution", Unit.SECONDS),
            ("case_first_reply", "first_reply", Unit.SECONDS),
            ("case_agents", "agents", Unit.COUNT),
        )
    ]
    opened = local_moment(word(row, "opened"), context.words)
    words = (case, word(row, "account"), word(row, "network"), opened)
    return (*map(Cell, words), *(Cell(one.text, one) for one in figures))
