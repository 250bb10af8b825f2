"""The median of the group beside an agent's own figures: one more row of the table, or why there is none."""

from dataclasses import replace

from bot.compose.figures.context import Context, figure
from bot.compose.figures.metrics import OVER_SLA
from bot.model import NO_VALUE, Cell, Peers, TableBlock, Unit

SUBJECT = "median"
COLUMNS = (
    ("mentions_assigned", Unit.MEAN),
    ("fraction_responded_to", Unit.SHARE),
    ("avg_response_time", Unit.SECONDS),
    ("avg_action_response_time", Unit.SECONDS),
    (OVER_SLA.name, Unit.SHARE),
)
"""The columns of the table of agents, after the name."""


def with_medians(table: TableBlock, peers: Peers, context: Context) -> TableBlock:
    """The table with the row of medians below; nobody else's figure is in it."""
    groups = " and ".join(peers.groups)
    if peers.reason:
        caption = f"The median of {groups} could not be loaded: {peers.reason.rstrip('.')}."
        return replace(table, caption=caption)
    if not peers.medians:
        return replace(table, caption=f"No median of {groups} is shown: it would tell on too few people.")
    cells = tuple(_cell(peers, table.report, name, unit, context) for name, unit in COLUMNS)
    return replace(
        table,
        caption=f"Below it the median of the {peers.agents} agents of {groups}.",
        rows=(*table.rows, (Cell(f"Median of {groups}"), *cells)),
        total=table.total + 1,
    )


def _cell(peers: Peers, report: str, name: str, unit: Unit, context: Context) -> Cell:
    value = peers.medians.get(name)
    if value is None:
        return Cell(NO_VALUE)
    shown = figure(f"{report}.{name}", value, unit, context.words, subject=SUBJECT)
    return Cell(shown.text, shown)
