"""Whose rows an export has: by agent, for the verification of the filter."""

from collections.abc import Sequence

from bot.model import Column, Insight, Table, Unit
from bot.source.exports.insights.columns import Columns, Row, name, number
from bot.source.exports.insights.tallies import MAX_NAMES, OTHER

AGENTS = "agents"
AGENT_COLUMNS = (Column("agent"), Column("rows", Unit.COUNT), Column("alone", Unit.COUNT))


class AgentCounter:
    """Counts rows by the agent's name ('' for none), and those in which no other agent took part.

    Without a column of agents nothing is counted; without one of how many took part, no row is `alone`.
    """

    def __init__(self, header: Sequence[str]) -> None:
        columns = Columns(header)
        parts = columns.text("agent first name"), columns.text("agent last name")
        whole = columns.text("last agent", "agent", "agent name")
        self._agent = [part for part in parts if part] or ([whole] if whole else [])
        self._involved = columns.text("agents involved")
        self._rows: dict[str, list[int]] = {}

    def add(self, row: Row) -> None:
        """Count one row."""
        if not self._agent:
            return
        agent = name(" ".join(part(row) for part in self._agent))
        if agent not in self._rows and len(self._rows) >= MAX_NAMES:
            agent = OTHER
        counts = self._rows.setdefault(agent, [0, 0])
        counts[0] += 1
        counts[1] += self._involved is not None and number(self._involved(row)) == 1

    def insights(self) -> tuple[Insight, ...]:
        """Return `agents`, if the export names them."""
        rows = tuple((agent, rows, alone) for agent, (rows, alone) in sorted(self._rows.items()))
        return (Insight(AGENTS, Table(AGENT_COLUMNS, rows)),) if rows else ()
