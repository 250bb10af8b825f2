"""Assigned messages by current workflow state (API document, Workflow States).

The API answers with agents' rows, and the states are their sums: a message without an agent is in none, one
that passed through several agents is in several.
"""

from collections.abc import Iterable

from bot.compose.figures.answers import Row, number, rows_of, string, table_rows
from bot.compose.figures.comparison import compare_windows
from bot.compose.figures.context import Context, Section, SectionComposer
from bot.compose.figures.metrics import ALL, ALL_CLOSED, VOLUME, WORKFLOW_STATES, stack_order, state_label
from bot.compose.figures.tables import Cells, change_cell, columns, figure_cell, table
from bot.model import Block, Cell, CsvTable, Note, Table

TITLE = "Where messages stand"
NOTHING = "No assigned messages in this window."
CAPTION = (
    "Assigned messages, summed over agents: those without an agent are not among them, "
    "and one that passed through several counts for each."
)
Counts = dict[str, float | None]


def _compose(answer: Table, context: Context) -> Section:
    """Return a table of states that have messages now or before, from open to finished, and the CSV."""
    counts = _counts(table_rows(answer))
    compared, previous = context.is_compared(WORKFLOW_STATES), context.previous(WORKFLOW_STATES)
    before = _counts(rows_of(previous)) if compared else None
    shown = [s for s in {**(before or {}), **counts} if counts.get(s, 0) != 0 or (before or {}).get(s)]
    rows = [_row(s, counts, before, context) for s in sorted(shown, key=stack_order, reverse=True)]
    header = columns("State", numbers=("Messages",) if before is None else ("Messages", "Change"))
    nothing = Note(NOTHING, "empty", WORKFLOW_STATES, TITLE)
    block: Block = table(WORKFLOW_STATES, TITLE, CAPTION, header, rows) if rows else nothing
    csv = CsvTable(WORKFLOW_STATES, ("state", "assigned_messages"), tuple(counts.items()))
    return Section((block,), (csv,))


def _counts(rows: Iterable[Row]) -> Counts:
    counts = {string(row, "state"): number(row, "volume") for row in rows}
    return {state: count for state, count in counts.items() if state not in ("", ALL, ALL_CLOSED)}


def _row(state: str, counts: Counts, before: Counts | None, context: Context) -> Cells:
    """Return the row of a state; one that the API leaves out has no messages."""
    name = f"{WORKFLOW_STATES}.{VOLUME.name}"
    current = context.count(name, counts.get(state, 0), state)
    cells = (Cell(state_label(state)), figure_cell(current))
    if before is None:
        return cells
    previous = context.count(name, before.get(state, 0), state, previous=True)
    return (*cells, change_cell(compare_windows(VOLUME, current, previous, WORKFLOW_STATES, context)))


MESSAGES_BY_STATE = SectionComposer(WORKFLOW_STATES, TITLE, Table, NOTHING, _compose)
