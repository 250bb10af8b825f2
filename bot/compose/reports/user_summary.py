"""Each agent's figures (API document, Team Summary). Agents are people: shown as the recipient asked."""

from dataclasses import dataclass

from bot.compose.figures.context import Context, Section, answer_of, empty, figure, previous_missing
from bot.compose.figures.metrics import FEW_REPLIES, OVER_SLA
from bot.compose.figures.people import agent_name, agents_csv
from bot.compose.figures.reading import number, table_rows, word
from bot.compose.reports.peers import with_medians
from bot.model import (
    NO_VALUE,
    Agents,
    Cell,
    Chart,
    ChartSeries,
    Figure,
    Present,
    Slot,
    Table,
    TableBlock,
    TableColumn,
    Unit,
)

REPORT = "user_summary"
TITLE = "Agents"
NOTHING = "No agent had a message in this window."
BARS, ROWS = 12, 20
"""At most so many bars and rows are shown; the CSV holds everyone."""

COLUMNS = (
    TableColumn("Agent"),
    TableColumn("Messages", numeric=True),
    TableColumn("Responded", numeric=True),
    TableColumn("Customer wait", numeric=True),
    TableColumn("Handling time", numeric=True),
    TableColumn("Over SLA", numeric=True),
)


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent's row: id as text, name as shown, and the values by wire name."""

    id: str
    name: str
    values: dict[str, float | None]

    @property
    def messages(self) -> float:
        """Messages assigned; 0 where the API gave no number."""
        return self.values.get("mentions_assigned") or 0


def compose_user_summary(context: Context) -> Section:
    """Bars and a table of agents, by name; nothing at all for a recipient without agents."""
    if context.agents is Agents.NONE:
        return Section()
    found = answer_of(context, REPORT, TITLE, Table, NOTHING)
    if isinstance(found, Section):
        return found
    missing = previous_missing(REPORT, TITLE, context)
    if not found.rows:
        return Section(empty(REPORT, TITLE, NOTHING).blocks, incomplete=missing)
    agents = _agents(found, context.agents)
    table = _table(agents, context)
    # One bar alone is no picture: an agent's own edition has the median beside instead.
    peers = context.dataset.peers
    blocks = (_chart(agents, context), table) if peers is None else (with_medians(table, peers, context),)
    csv = agents_csv(REPORT, found, context.agents, {Unit.SECONDS: "_seconds"})
    return Section(blocks, (csv,), incomplete=missing)


def _agents(table: Table, shown: Agents) -> tuple[Agent, ...]:
    names = [column.name for column in table.columns if column.unit is not None]
    agents = [
        Agent(word(row, "user_id"), agent_name(row, shown), {name: number(row, name) for name in names})
        for row in table_rows(table)
    ]
    return tuple(sorted(agents, key=lambda agent: (agent.name.casefold(), agent.id)))


def _most_messages(agents: tuple[Agent, ...], limit: int) -> tuple[Agent, ...]:
    """The busiest `limit` agents, still in the order given."""
    kept = {agent.id for agent in sorted(agents, key=lambda a: (-a.messages, a.id))[:limit]}
    return tuple(agent for agent in agents if agent.id in kept)


def _previous_messages(slot: Slot | None) -> dict[str, float | None]:
    if not isinstance(slot, Present) or not isinstance(slot.answer, Table):
        return {}
    return {a.id: a.values.get("mentions_assigned") for a in _agents(slot.answer, Agents.NAMES)}


def _chart(agents: tuple[Agent, ...], context: Context) -> Chart:
    shown = _most_messages(agents, BARS)
    before = _previous_messages(context.previous(REPORT))
    now = tuple(_agent_figure(agent, "mentions_assigned", Unit.COUNT, context) for agent in shown)
    texts = tuple(one.text for one in now)
    series = [ChartSeries("current", context.now, tuple(one.value for one in now))]
    if before:
        series.append(ChartSeries("previous", context.before, tuple(before.get(agent.id) for agent in shown)))
    facts = ", ".join(f"{agent.name} {text}" for agent, text in zip(shown, texts, strict=True))
    return Chart(
        report=REPORT,
        shape="bars",
        title="Messages by agent",
        caption=_chart_caption(len(shown), len(agents), bool(before), context),
        alt=f"Messages assigned by agent: {facts}.",
        labels=tuple(agent.name for agent in shown),
        series=tuple(series),
        unit=Unit.COUNT,
        value_labels=texts,
        figures=now,
    )


def _chart_caption(shown: int, total: int, compared: bool, context: Context) -> str:
    text = "Messages assigned in this window, by name"
    if shown < total:
        text = f"The {shown} of {total} agents with most messages assigned, by name"
    return f"{text}; the mark is {context.before}." if compared else f"{text}."


def _table(agents: tuple[Agent, ...], context: Context) -> TableBlock:
    shown = _most_messages(agents, ROWS)
    caption = "By name. Agents do not add up to the team: a message can pass through several hands, or none."
    if any(0 < agent.messages < FEW_REPLIES for agent in shown):
        caption += f" Shares of fewer than {FEW_REPLIES} are given as counts: they say little."
    return TableBlock(
        REPORT, TITLE, caption, COLUMNS, tuple(_row(agent, context) for agent in shown), len(agents)
    )


def _row(agent: Agent, context: Context) -> tuple[Cell, ...]:
    return (
        Cell(agent.name),
        _cell(agent, "mentions_assigned", Unit.COUNT, context),
        _responded(agent, context),
        _cell(agent, "avg_response_time", Unit.SECONDS, context),
        _cell(agent, "avg_action_response_time", Unit.SECONDS, context),
        _over_sla(agent, context),
    )


def _cell(agent: Agent, name: str, unit: Unit, context: Context) -> Cell:
    shown = _agent_figure(agent, name, unit, context)
    return Cell(shown.text, shown)


def _agent_figure(agent: Agent, name: str, unit: Unit, context: Context) -> Figure:
    return figure(f"{REPORT}.{name}", agent.values.get(name), unit, context.words, subject=agent.id)


def _responded(agent: Agent, context: Context) -> Cell:
    """The share responded to; below twenty messages as counts."""
    replies = agent.values.get("total_responded_to")
    if replies is None or not 0 < agent.messages < FEW_REPLIES:
        return _cell(agent, "fraction_responded_to", Unit.SHARE, context)
    count = _agent_figure(agent, "total_responded_to", Unit.COUNT, context)
    return Cell(f"{count.text} of {context.words.number(agent.messages)}", count)


def _over_sla(agent: Agent, context: Context) -> Cell:
    """The share over SLA; below twenty replies as counts, for a share of six says nothing."""
    replies, broke = agent.values.get("total_responded_to"), agent.values.get("broke_sla")
    if not replies or broke is None:
        return Cell(NO_VALUE)
    if replies < FEW_REPLIES:
        count = figure(f"{REPORT}.broke_sla", broke, Unit.COUNT, context.words, subject=agent.id)
        return Cell(f"{count.text} of {context.words.number(replies)}", count)
    share = figure(f"{REPORT}.{OVER_SLA.name}", broke / replies, Unit.SHARE, context.words, subject=agent.id)
    limit = context.target(OVER_SLA.name)
    beyond = limit is not None and broke / replies > limit
    return Cell(share.text, share, "bad" if beyond else "plain")
