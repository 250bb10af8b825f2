"""What is told about agents: how each did, what each holds, and what all hold together."""

from collections.abc import Mapping, Sequence

from bot.errors import SourceUnclear
from bot.model import ApiSettings, Column, Table, Unit, Window
from bot.source.reports.wire import OtherShape, check_distinct, finite, parse, units, whole_keys
from bot.source.reports.wire_reports import (
    AGENT_SUMMARIES,
    AGENT_VOLUMES,
    WORKFLOW_STATES,
    AgentSummaryWire,
    AgentVolumeWire,
)

AGENT_WORDS = ("user_id", "first_name", "last_name")
TOTALS = ("all_states", "all_closed_states")
STATES = (
    "new",
    "assigned",
    "in_progress",
    "responded",
    "awaiting_approval",
    "redirected",
    "irrelevant",
    "duplicate",
    "closed",
    "no_response_required",
)
KNOWN = (*TOTALS, *STATES)
"""In the order of the API document (Team Volume)."""

MOST_STATES = 200
"""More cannot be meant, and each is a column for each agent."""


def read_user_summary(answer: object, window: Window, api: ApiSettings) -> Table | None:
    """One row per agent: `user_id` as text, names, counts, seconds, and shares as sent (0..1)."""
    agents = parse(AGENT_SUMMARIES, answer, "user_summary")
    check_distinct([agent.user_id for agent in agents], "agent", "user_summary")
    columns = (*map(Column, AGENT_WORDS), *(Column(*item) for item in units(AgentSummaryWire).items()))
    rows = tuple(tuple(getattr(agent, column.name) for column in columns) for agent in agents)
    return Table(columns, rows) if rows else None


def read_user_volume(answer: object, window: Window, api: ApiSettings) -> Table | None:
    """One row per agent: `user_id` as text, names, and a count for each state.

    All columns of the document are there, the two totals first; other states follow. Raises
    OtherShape for the document's other answer, in which there are no agents.
    """
    if _is_of_states(answer):
        raise OtherShape(
            "user_volume cannot be read: the API answered with workflow states instead of agents."
        )
    agents = _volumes(answer, "user_volume")
    names = tuple(dict.fromkeys((*KNOWN, *_states_of(agents, "user_volume"))))
    columns = (*map(Column, AGENT_WORDS), *(Column(name, Unit.COUNT) for name in names))
    rows = tuple(
        (agent, first, last, *map(states.get, names)) for (agent, first, last), states in agents.items()
    )
    return Table(columns, rows) if rows else None


def read_workflow_states(answer: object, window: Window, api: ApiSettings) -> Table | None:
    """How many messages are in each state, from either shape of the answer to `user_volume`.

    From agents it is their sum, so of assigned messages only. Totals over states are left out.
    """
    volumes = _sent(answer) if _is_of_states(answer) else _summed(_volumes(answer, "workflow_states"))
    rows = tuple(item for item in volumes.items() if item[0] not in TOTALS)
    return Table((Column("state"), Column("volume", Unit.COUNT)), rows) if rows else None


def _is_of_states(answer: object) -> bool:
    """Whether each item is a state with its volume (the document's Workflow States), not an agent."""
    return (
        isinstance(answer, list)
        and len(answer) > 0
        and all(isinstance(item, dict) and "state" in item and "states" not in item for item in answer)
    )


Volumes = Mapping[tuple[str, str, str], Mapping[str, float | None]]
"""The counts by state of each agent, who is an id and two names."""


def _volumes(answer: object, what: str) -> Volumes:
    agents: list[AgentVolumeWire] = parse(AGENT_VOLUMES, answer, what)
    check_distinct([agent.user_id for agent in agents], "agent", what)
    return {
        (agent.user_id, agent.first_name, agent.last_name): whole_keys(agent.states, what) for agent in agents
    }


def _states_of(agents: Volumes, what: str) -> tuple[str, ...]:
    """Every state that an agent has: the document's in its order, then others as they came."""
    came = dict.fromkeys(name for states in agents.values() for name in states)
    if len(came) > MOST_STATES or not came.keys().isdisjoint(AGENT_WORDS):
        raise SourceUnclear(f"The answer to {what} has states that cannot be states.")
    return (*(name for name in KNOWN if name in came), *(name for name in came if name not in KNOWN))


def _sent(answer: object) -> dict[str, float | None]:
    rows = parse(WORKFLOW_STATES, answer, "workflow_states")
    check_distinct([row.state for row in rows], "state", "workflow_states")
    return {row.state: row.volume for row in rows}


def _summed(agents: Volumes) -> dict[str, float | None]:
    """An agent without the state holds no message in it; one whose count is no number spoils the sum."""
    return {
        name: _sum([states[name] for states in agents.values() if name in states])
        for name in _states_of(agents, "workflow_states")
    }


def _sum(values: Sequence[float | None]) -> float | None:
    """None when a value is: without it the sum would be too small."""
    known = [value for value in values if value is not None]
    return finite(sum(known)) if len(known) == len(values) else None
