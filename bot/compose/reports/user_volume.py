"""Each agent's messages by state (API document, Team Volume). Recipients see names, initials or neither."""

from collections.abc import Sequence

from bot.compose.figures.answers import Row, number, rows_of, string, table_rows
from bot.compose.figures.comparison import compare_windows
from bot.compose.figures.context import Context, Section, SectionComposer
from bot.compose.figures.metrics import ALL, ALL_CLOSED, STATES, USER_VOLUME, VOLUME, stack_order, state_label
from bot.compose.figures.people import agent_name, agents_csv
from bot.compose.figures.tables import Cells, change_cell, columns, figure_cell, table
from bot.model import Block, Cell, Column, Note, Table, TableBlock, Unit

TITLE = "Messages by agent and state"
NOTHING = "No agent had a message in this window."
CAPTION = (
    "By name. Assigned messages by their state now; one that passed through several agents counts for each."
)
ROWS = 12
FINISHED = ("closed", "no_response_required", "irrelevant", "duplicate", "redirected")
"""The states that `all_closed_states` adds up."""


def _compose(answer: Table, context: Context) -> Section:
    rows = table_rows(answer)
    nothing = Note(NOTHING, "empty", USER_VOLUME, TITLE)
    block: Block = _table(answer, rows, context) if rows else nothing
    return Section((block,), (agents_csv(USER_VOLUME, answer, context.agents, {Unit.COUNT: "_messages"}),))


def _table(answer: Table, rows: Sequence[Row], context: Context) -> TableBlock:
    states = _open_states(answer.columns, rows)
    before = _before(context)
    labels = ["All", *map(state_label, states), "Closed", *(["Change of all"] if before is not None else [])]
    shown = [_row(row, (ALL, *states, ALL_CLOSED), before, context) for row in _shown(rows, context)]
    return table(USER_VOLUME, TITLE, CAPTION, columns("Agent", numbers=labels), shown, len(rows))


def _open_states(header: Sequence[Column], rows: Sequence[Row]) -> list[str]:
    """Return the unfinished states that are in use, what needs action first."""
    names = [column.name for column in header if column.unit is Unit.COUNT]
    states = [name for name in names if name not in (ALL, ALL_CLOSED, *FINISHED)]
    used = [state for state in states if any(number(row, state) for row in rows)]
    known = sorted((s for s in used if s in STATES), key=stack_order, reverse=True)
    return known + [state for state in used if state not in STATES]


def _shown(rows: Sequence[Row], context: Context) -> list[Row]:
    busiest = sorted(rows, key=lambda row: (-(number(row, ALL) or 0), string(row, "user_id")))[:ROWS]
    named = [(agent_name(row, context.agents).casefold(), string(row, "user_id"), row) for row in busiest]
    return [row for *_, row in sorted(named, key=lambda entry: entry[:2])]


def _before(context: Context) -> dict[str, float | None] | None:
    """Return each agent's messages in the compared window, by id; None when it was not loaded."""
    if not context.is_compared(USER_VOLUME):
        return None
    return {string(row, "user_id"): number(row, ALL) for row in rows_of(context.previous(USER_VOLUME))}


def _row(row: Row, names: Sequence[str], before: dict[str, float | None] | None, context: Context) -> Cells:
    agent = string(row, "user_id")
    figures = [context.count(f"{USER_VOLUME}.{name}", number(row, name), agent) for name in names]
    cells = (Cell(agent_name(row, context.agents)), *map(figure_cell, figures))
    if before is None:
        return cells
    # An agent without a row in the window before had no message in it.
    previous = context.count(f"{USER_VOLUME}.{ALL}", before.get(agent, 0), agent, previous=True)
    return (*cells, change_cell(compare_windows(VOLUME, figures[0], previous, USER_VOLUME, context)))


AGENTS_BY_STATE = SectionComposer(USER_VOLUME, TITLE, Table, NOTHING, _compose)
