"""Where messages stand now: assigned messages by workflow state (API document, Workflow States).

The API answers with agents' rows, and the states are their sums: a message without an agent is in none,
one that passed through several agents is in several.
"""

from collections.abc import Iterable, Sequence

from bot.compose.figures.context import Context, Section, answer_of, empty, figure, previous_missing
from bot.compose.figures.key_figures import change_cell, compare_windows
from bot.compose.figures.metrics import VOLUME
from bot.compose.figures.reading import Row, number, rows_of, table_rows, word
from bot.compose.figures.states import ALL, ALL_CLOSED, stack_order, state_label
from bot.model import Cell, CsvTable, Figure, Table, TableBlock, TableColumn

REPORT = "workflow_states"
TITLE = "Where messages stand"
NOTHING = "No assigned messages in this window."
CAPTION = (
    "Assigned messages, summed over agents: those without an agent are not among them, "
    "and one that passed through several counts for each."
)

Counts = dict[str, float | None]


def compose_workflow_states(context: Context) -> Section:
    """A table, from what needs someone to what is finished; states without a message are left out."""
    found = answer_of(context, REPORT, TITLE, Table, NOTHING)
    if isinstance(found, Section):
        return found
    counts = _counts(table_rows(found))
    before = _counts(rows_of(context.previous(REPORT))) if context.is_compared(REPORT) else None
    states = _states(counts, before or {})
    blocks = (_table(states, counts, before, context),) if states else empty(REPORT, TITLE, NOTHING).blocks
    csv = CsvTable(REPORT, ("state", "assigned_messages"), tuple(counts.items()))
    return Section(blocks, (csv,), incomplete=previous_missing(REPORT, TITLE, context))


def _counts(rows: Iterable[Row]) -> Counts:
    return {
        word(row, "state"): number(row, "volume")
        for row in rows
        if word(row, "state") not in ("", ALL, ALL_CLOSED)
    }


def _states(counts: Counts, before: Counts) -> list[str]:
    """Those with messages now or before, or of which the API gave no number."""
    known = [s for s in {**before, **counts} if counts.get(s, 0) != 0 or before.get(s)]
    return sorted(known, key=stack_order, reverse=True)


def _table(states: Sequence[str], counts: Counts, before: Counts | None, context: Context) -> TableBlock:
    columns = [TableColumn("State"), TableColumn("Messages", numeric=True)]
    if before is not None:
        columns.append(TableColumn("Change", numeric=True))
    rows = tuple(_row(state, counts, before, context) for state in states)
    return TableBlock(REPORT, TITLE, CAPTION, tuple(columns), rows, len(rows))


def _row(state: str, counts: Counts, before: Counts | None, context: Context) -> tuple[Cell, ...]:
    """A state without a row has no messages: the API leaves it out."""
    current = _figure(state, counts.get(state, 0), context)
    cells = (Cell(state_label(state)), Cell(current.text, current))
    if before is None:
        return cells
    previous = _figure(state, before.get(state, 0), context, previous=True)
    return (*cells, change_cell(compare_windows(VOLUME, current, previous, REPORT, context)))


def _figure(state: str, value: float | None, context: Context, *, previous: bool = False) -> Figure:
    name = f"{REPORT}.{VOLUME.name}"
    return figure(name, value, VOLUME.unit, context.words, subject=state, previous=previous)
