"""Each agent's messages by state (API document, Team Volume). Shown as the recipient asked, by name."""

from collections.abc import Sequence

from bot.compose.figures.context import Context, Section, answer_of, empty, figure, previous_missing
from bot.compose.figures.key_figures import change_cell, compare_windows
from bot.compose.figures.metrics import VOLUME
from bot.compose.figures.people import agent_name, agents_csv
from bot.compose.figures.reading import Row, number, rows_of, table_rows, word
from bot.compose.figures.states import ALL, ALL_CLOSED, STACK, stack_order, state_label
from bot.model import Agents, Cell, Column, Figure, Table, TableBlock, TableColumn, Unit

REPORT = "user_volume"
TITLE = "Messages by agent and state"
NOTHING = "No agent had a message in this window."
CAPTION = (
    "By name. Assigned messages by their state now; one that passed through several agents counts for each."
)
ROWS = 12
FINISHED = ("closed", "no_response_required", "irrelevant", "duplicate", "redirected")
"""States that `all_closed_states` stands for."""


def compose_user_volume(context: Context) -> Section:
    """A table by name and the full CSV; nothing at all for a recipient without agents."""
    if context.agents is Agents.NONE:
        return Section()
    found = answer_of(context, REPORT, TITLE, Table, NOTHING)
    if isinstance(found, Section):
        return found
    rows = table_rows(found)
    blocks = (_table(found, rows, context),) if rows else empty(REPORT, TITLE, NOTHING).blocks
    csv = agents_csv(REPORT, found, context.agents, {Unit.COUNT: "_messages"})
    return Section(blocks, (csv,), incomplete=previous_missing(REPORT, TITLE, context))


def _table(table: Table, rows: Sequence[Row], context: Context) -> TableBlock:
    states = _open_states(table.columns, rows)
    names = (ALL, *states, ALL_CLOSED)
    labels = ("All", *(state_label(state) for state in states), "Closed")
    columns = [TableColumn("Agent"), *(TableColumn(label, numeric=True) for label in labels)]
    before = _before(context)
    if before is not None:
        columns.append(TableColumn("Change of all", numeric=True))
    shown = _shown(rows, context)
    cells = tuple(_row(row, names, before, context) for row in shown)
    return TableBlock(REPORT, TITLE, CAPTION, tuple(columns), cells, len(rows))


def _open_states(columns: Sequence[Column], rows: Sequence[Row]) -> list[str]:
    """States in which somebody has an unfinished message, what needs someone first."""
    names = [column.name for column in columns if column.unit is Unit.COUNT]
    states = [name for name in names if name not in (ALL, ALL_CLOSED, *FINISHED)]
    used = [state for state in states if any(number(row, state) for row in rows)]
    known = sorted((s for s in used if s in STACK), key=stack_order, reverse=True)
    return known + [state for state in used if state not in STACK]


def _shown(rows: Sequence[Row], context: Context) -> list[Row]:
    """The agents with most messages, by name."""
    busiest = sorted(rows, key=lambda row: (-(number(row, ALL) or 0), word(row, "user_id")))[:ROWS]
    return sorted(busiest, key=lambda row: (agent_name(row, context.agents).casefold(), word(row, "user_id")))


def _before(context: Context) -> dict[str, float | None] | None:
    """All messages of each agent in the compared window, by id; None when it was not loaded."""
    if not context.is_compared(REPORT):
        return None
    return {word(row, "user_id"): number(row, ALL) for row in rows_of(context.previous(REPORT))}


def _row(
    row: Row, names: Sequence[str], before: dict[str, float | None] | None, context: Context
) -> tuple[Cell, ...]:
    agent = word(row, "user_id")
    figures = [_figure(agent, name, number(row, name), context) for name in names]
    cells = (Cell(agent_name(row, context.agents)), *(Cell(one.text, one) for one in figures))
    if before is None:
        return cells
    # Whoever has no row in the window before had no message in it.
    previous = _figure(agent, ALL, before.get(agent, 0), context, previous=True)
    return (*cells, change_cell(compare_windows(VOLUME, figures[0], previous, REPORT, context)))


def _figure(
    agent: str, name: str, value: float | None, context: Context, *, previous: bool = False
) -> Figure:
    return figure(f"{REPORT}.{name}", value, VOLUME.unit, context.words, subject=agent, previous=previous)
