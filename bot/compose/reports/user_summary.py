"""Each agent's figures (API document, Team Summary). Recipients see names, initials or neither."""

from dataclasses import dataclass, replace

from bot import model
from bot.compose.figures.answers import number, string, table_rows
from bot.compose.figures.context import Context, Section, SectionComposer
from bot.compose.figures.metrics import FEW_REPLIES, HANDLING, OVER_SLA, REPLIES, USER_SUMMARY, WAIT
from bot.compose.figures.people import agent_name, agents_csv
from bot.compose.figures.tables import Cells, columns, figure_cell, over_sla_cell, table

TITLE = "Agents"
NOTHING = "No agent had a message in this window."
BARS, ROWS = 12, 20
"""The most bars and rows shown; the CSV holds all agents."""
ASSIGNED, RESPONDED_SHARE = "mentions_assigned", "fraction_responded_to"
HEADER = columns("Agent", numbers=("Messages", "Responded", "Customer wait", "Handling time", "Over SLA"))
MEDIANS = (
    (ASSIGNED, model.Unit.MEAN),
    (RESPONDED_SHARE, model.Unit.SHARE),
    (WAIT.name, model.Unit.SECONDS),
    (HANDLING.name, model.Unit.SECONDS),
    (OVER_SLA.name, model.Unit.SHARE),
)
"""The columns of the row of medians, after the name."""


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent's row: id as text, name as shown, and the values by wire name."""

    id: str
    name: str
    values: dict[str, float | None]

    @property
    def messages(self) -> float:
        """Messages assigned; 0 where the API gave no number."""
        return self.values.get(ASSIGNED) or 0

    def figure(self, name: str, unit: model.Unit, context: Context) -> model.Figure:
        """Return one of the agent's values as a figure."""
        return context.figure(f"{USER_SUMMARY}.{name}", self.values.get(name), unit, self.id)


def _compose(answer: model.Table, context: Context) -> Section:
    """Return bars and a table of agents, by name; or one agent's row with the median of its group."""
    if not answer.rows:
        return Section((model.Note(NOTHING, "empty", USER_SUMMARY, TITLE),))
    agents, peers = _agents(answer, context.agents), context.dataset.peers
    block = _table(agents, context)
    # One bar alone is no picture: an agent's own edition shows the median instead.
    blocks = (_chart(agents, context), block) if peers is None else (_with_medians(block, peers, context),)
    return Section(
        blocks, (agents_csv(USER_SUMMARY, answer, context.agents, {model.Unit.SECONDS: "_seconds"}),)
    )


def _agents(answer: model.Table, shown: model.Agents) -> tuple[Agent, ...]:
    names = [column.name for column in answer.columns if column.unit is not None]
    agents = [
        Agent(string(row, "user_id"), agent_name(row, shown), {name: number(row, name) for name in names})
        for row in table_rows(answer)
    ]
    return tuple(sorted(agents, key=lambda agent: (agent.name.casefold(), agent.id)))


def _busiest(agents: tuple[Agent, ...], limit: int) -> tuple[Agent, ...]:
    """Return the `limit` agents with most messages, still in the order given."""
    kept = {agent.id for agent in sorted(agents, key=lambda a: (-a.messages, a.id))[:limit]}
    return tuple(agent for agent in agents if agent.id in kept)


def _previous_messages(slot: model.Slot | None) -> dict[str, float | None]:
    if not isinstance(slot, model.Present) or not isinstance(slot.answer, model.Table):
        return {}
    return {agent.id: agent.values.get(ASSIGNED) for agent in _agents(slot.answer, model.Agents.NAMES)}


def _chart(agents: tuple[Agent, ...], context: Context) -> model.Chart:
    shown = _busiest(agents, BARS)
    before = _previous_messages(context.previous(USER_SUMMARY))
    figures = tuple(agent.figure(ASSIGNED, model.Unit.COUNT, context) for agent in shown)
    series = [model.ChartSeries("current", context.now, tuple(figure.value for figure in figures))]
    caption = "Messages assigned in this window, by name"
    if len(shown) < len(agents):
        caption = f"The {len(shown)} of {len(agents)} agents with most messages assigned, by name"
    if before:
        series.append(
            model.ChartSeries("previous", context.before, tuple(before.get(agent.id) for agent in shown))
        )
        caption += f"; the mark is {context.before}"
    facts = ", ".join(f"{agent.name} {figure.text}" for agent, figure in zip(shown, figures, strict=True))
    return model.Chart(
        report=USER_SUMMARY,
        shape="bars",
        title="Messages by agent",
        caption=f"{caption}.",
        alt=f"Messages assigned by agent: {facts}.",
        labels=tuple(agent.name for agent in shown),
        series=tuple(series),
        unit=model.Unit.COUNT,
        value_labels=tuple(figure.text for figure in figures),
        figures=figures,
    )


def _table(agents: tuple[Agent, ...], context: Context) -> model.TableBlock:
    shown = _busiest(agents, ROWS)
    caption = "By name. Agents do not add up to the team: a message can pass through several hands, or none."
    if any(0 < agent.messages < FEW_REPLIES for agent in shown):
        caption += f" Shares of fewer than {FEW_REPLIES} are given as counts: they say little."
    rows = [_row(agent, context) for agent in shown]
    return table(USER_SUMMARY, TITLE, caption, HEADER, rows, len(agents))


def _row(agent: Agent, context: Context) -> Cells:
    over_sla = agent.figure("broke_sla", model.Unit.COUNT, context)
    return (
        model.Cell(agent.name),
        figure_cell(agent.figure(ASSIGNED, model.Unit.COUNT, context)),
        _responded(agent, context),
        figure_cell(agent.figure(WAIT.name, model.Unit.SECONDS, context)),
        figure_cell(agent.figure(HANDLING.name, model.Unit.SECONDS, context)),
        over_sla_cell(over_sla, agent.values.get(REPLIES), USER_SUMMARY, context),
    )


def _responded(agent: Agent, context: Context) -> model.Cell:
    """Return the share responded to; below twenty messages the counts."""
    if agent.values.get(REPLIES) is None or not 0 < agent.messages < FEW_REPLIES:
        return figure_cell(agent.figure(RESPONDED_SHARE, model.Unit.SHARE, context))
    count = agent.figure(REPLIES, model.Unit.COUNT, context)
    return model.Cell(f"{count.text} of {context.wording.number(agent.messages)}", count)


def _with_medians(block: model.TableBlock, peers: model.Peers, context: Context) -> model.TableBlock:
    """Return the table with the group's medians as its last row, or the reason why there are none."""
    groups = " and ".join(peers.groups)
    if peers.reason:
        reason = peers.reason.rstrip(".")
        return replace(block, caption=f"The median of {groups} could not be loaded: {reason}.")
    if not peers.medians:
        return replace(block, caption=f"No median of {groups} is shown: it would tell on too few people.")
    cells = (
        model.Cell(f"Median of {groups}"),
        *(_median(peers, name, unit, context) for name, unit in MEDIANS),
    )
    caption = f"Below it the median of the {peers.agents} agents of {groups}."
    return replace(block, caption=caption, rows=(*block.rows, cells), total=block.total + 1)


def _median(peers: model.Peers, name: str, unit: model.Unit, context: Context) -> model.Cell:
    figure = context.figure(f"{USER_SUMMARY}.{name}", peers.medians.get(name), unit, "median")
    return model.Cell(model.NO_VALUE) if figure.value is None else figure_cell(figure)


AGENTS = SectionComposer(USER_SUMMARY, TITLE, model.Table, NOTHING, _compose)
