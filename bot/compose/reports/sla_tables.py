"""Tables of what was counted in the responses export: service levels, longest waits, what is unanswered."""

from collections.abc import Sequence

from bot.compose.figures.context import Context, figure
from bot.compose.figures.export_parts import counted, local_day, local_moment, over_sla
from bot.compose.figures.people import shown_name
from bot.compose.figures.reading import Row, number, table_rows, word
from bot.compose.figures.states import state_label
from bot.model import Agents, Cell, ExportFile, TableBlock, TableColumn, Unit

REPORT = "mention_sla_export"
ROWS = 31
"""A month of days; of networks and topics those with most messages."""
HEADINGS = {"day": "Day", "network": "Network", "topic": "Topic"}
CAPTIONS = {
    "day": "By the day on which the customer wrote.",
    "network": "By the network on which the customer wrote.",
    "topic": "A message with several topics counts in each: the rows do not add up to messages.",
}


def sla_table(file: ExportFile, insight: str, key: str, title: str, context: Context) -> TableBlock | None:
    """Messages, replies, share over SLA and wait, by day in order, else the busiest first.

    No file holds the rows that are left out: the caption says how many there are.
    """
    rows = table_rows(file.insight(insight))
    if not rows:
        return None
    columns = (
        TableColumn(HEADINGS[key]),
        *(TableColumn(n, numeric=True) for n in ("Messages", "Replies", "Over SLA", "Customer wait")),
    )
    shown = _worst_days(rows) if key == "day" else _busiest(rows, key)
    cells = tuple(_row(row, key, context) for row in shown)
    return TableBlock(REPORT, title, _caption(key, len(shown), len(rows)), columns, cells, len(cells))


def _busiest(rows: Sequence[Row], key: str) -> list[Row]:
    return sorted(rows, key=lambda row: (-(number(row, "messages") or 0), word(row, key).casefold()))[:ROWS]


def _worst_days(rows: Sequence[Row]) -> list[Row]:
    """Every day of a month; of a longer window those with most replies over SLA. In order."""
    worst = sorted(range(len(rows)), key=lambda n: (-(number(rows[n], "over_sla") or 0), n))[:ROWS]
    return [rows[n] for n in sorted(worst)]


def _caption(key: str, shown: int, total: int) -> str:
    if shown == total:
        return CAPTIONS[key]
    most = "replies over SLA" if key == "day" else "messages"
    return f"{CAPTIONS[key]} Shown are the {shown} of {total} with most {most}."


def _row(row: Row, key: str, context: Context) -> tuple[Cell, ...]:
    subject = f"{key}={word(row, key)}"
    messages, replies, wait = (
        counted(f"{REPORT}.{name}", row, name, unit, context, subject)
        for name, unit in (("messages", Unit.COUNT), ("replies", Unit.COUNT), ("wait", Unit.SECONDS))
    )
    name = local_day(word(row, key), context.words) if key == "day" else word(row, key)
    over = over_sla(REPORT, row, context, subject)
    return (
        Cell(name),
        Cell(messages.text, messages),
        Cell(replies.text, replies),
        over,
        Cell(wait.text, wait),
    )


def longest_waits(file: ExportFile, context: Context) -> TableBlock | None:
    """The ten messages that waited longest: when and where, never what was written or by whom."""
    rows = table_rows(file.insight("longest_waits"))
    if not rows:
        return None
    named = context.agents is not Agents.NONE
    columns = [TableColumn("Written"), TableColumn("Network"), TableColumn("State")]
    columns += [TableColumn("Agent")] if named else []
    columns.append(TableColumn("Customer wait", numeric=True))
    cells = tuple(_wait(place, row, named, context) for place, row in enumerate(rows))
    return TableBlock(REPORT, "Longest waits", "Longest first.", tuple(columns), cells, len(cells))


def _wait(place: int, row: Row, named: bool, context: Context) -> tuple[Cell, ...]:
    wait = figure(
        f"{REPORT}.longest_wait", number(row, "wait"), Unit.SECONDS, context.words, subject=str(place + 1)
    )
    words = [
        local_moment(word(row, "published"), context.words),
        word(row, "network"),
        state_label(word(row, "state")),
    ]
    agent = word(row, "agent")
    # A cell says "an agent" where the name has no initials, and nothing where there was nobody.
    words += [shown_name(agent, context.agents) or (agent and "an agent")] if named else []
    return (*map(Cell, words), Cell(wait.text, wait))


def unanswered(file: ExportFile, context: Context) -> TableBlock | None:
    """Messages without an answer, by how long ago they were written."""
    rows = table_rows(file.insight("unanswered"))
    if not rows:
        return None
    columns = (TableColumn("Age"), TableColumn("Messages", numeric=True))
    cells = tuple(_age(row, context) for row in rows)
    caption = "Messages without an answer that are not finished, by their age at the end of the window."
    return TableBlock(REPORT, "Unanswered", caption, columns, cells, len(cells))


def _age(row: Row, context: Context) -> tuple[Cell, ...]:
    age = word(row, "age")
    count = counted(f"{REPORT}.unanswered", row, "messages", Unit.COUNT, context, age)
    return (Cell(age), Cell(count.text, count))
