"""Reports by agent: how each did, what each holds, and what all hold together."""

from collections.abc import Mapping, Sequence

from bot.errors import SourceUnclear
from bot.model import ApiSettings, Column, Table, Unit, Window
from bot.source.reports.wire import (
    Count,
    IdText,
    Name,
    OtherShape,
    Seconds,
    Share,
    Text,
    Wire,
    check_distinct,
    finite,
    parse,
    units,
    whole_keys,
)


class AgentWire(Wire):
    """Who an agent is."""

    user_id: IdText
    first_name: Text = ""
    last_name: Text = ""


class AgentSummaryWire(AgentWire):
    """One agent of `user_summary`. Shares are as sent.

    `responded_to` is the base of the private and SLA shares, `mentions_assigned` that of
    `fraction_responded_to` (the samples show it).
    """

    mentions_assigned: Count = None
    responded_to: Count = None
    responded_to_in_private: Count = None
    total_responded_to: Count = None
    broke_sla: Count = None
    broke_action_sla: Count = None
    avg_response_time: Seconds = None
    min_response_time: Seconds = None
    max_response_time: Seconds = None
    avg_action_response_time: Seconds = None
    min_action_response_time: Seconds = None
    max_action_response_time: Seconds = None
    fraction_responded_to: Share = None
    fraction_responded_to_in_private: Share = None
    fraction_broke_sla: Share = None
    fraction_broke_action_sla: Share = None


class AgentVolumeWire(AgentWire):
    """One agent of `user_volume`. `states` is an object (the document's table says array)."""

    states: dict[str, Count]


class StateWire(Wire):
    """One state of `user_volume` in its other shape, which the document calls Workflow States."""

    state: Name
    volume: Count = None


AGENT_FIELDS = ("user_id", "first_name", "last_name")
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

MAX_STATES = 200
"""More cannot be meant, and each is a column for each agent."""


def read_user_summary(answer: object, window: Window, api: ApiSettings) -> Table | None:
    """Return one row per agent: `user_id` as text, names, counts, seconds, and shares as sent (0..1)."""
    agents = parse(list[AgentSummaryWire], answer, "user_summary")
    check_distinct([agent.user_id for agent in agents], "agent", "user_summary")
    columns = (*map(Column, AGENT_FIELDS), *(Column(*item) for item in units(AgentSummaryWire).items()))
    rows = tuple(tuple(getattr(agent, column.name) for column in columns) for agent in agents)
    return Table(columns, rows) if rows else None


def read_user_volume(answer: object, window: Window, api: ApiSettings) -> Table | None:
    """Return one row per agent: `user_id` as text, names, and a count for each state.

    All columns of the document are there, the two totals first; other states follow. Raises
    OtherShape for the document's other answer, in which there are no agents.
    """
    if _is_of_states(answer):
        raise OtherShape(
            "user_volume cannot be read: the API answered with workflow states instead of agents."
        )
    agents = _volumes(answer, "user_volume")
    names = tuple(dict.fromkeys((*KNOWN, *_states_of(agents, "user_volume"))))
    columns = (*map(Column, AGENT_FIELDS), *(Column(name, Unit.COUNT) for name in names))
    rows = tuple(
        (agent, first, last, *map(states.get, names)) for (agent, first, last), states in agents.items()
    )
    return Table(columns, rows) if rows else None


def read_workflow_states(answer: object, window: Window, api: ApiSettings) -> Table | None:
    """Return messages in each state, from either shape; from agents the sum of assigned ones. No totals."""
    if _is_of_states(answer):
        states = parse(list[StateWire], answer, "workflow_states")
        check_distinct([state.state for state in states], "state", "workflow_states")
        volumes = {state.state: state.volume for state in states}
    else:
        volumes = _sums(_volumes(answer, "workflow_states"))
    rows = tuple(item for item in volumes.items() if item[0] not in TOTALS)
    return Table((Column("state"), Column("volume", Unit.COUNT)), rows) if rows else None


def _is_of_states(answer: object) -> bool:
    """Return whether each item is a state with its volume (the document's Workflow States), not an agent."""
    return (
        isinstance(answer, list)
        and len(answer) > 0
        and all(isinstance(item, dict) and "state" in item and "states" not in item for item in answer)
    )


Volumes = Mapping[tuple[str, str, str], Mapping[str, float | None]]
"""The counts by state of each agent, who is an id and two names."""


def _volumes(answer: object, what: str) -> Volumes:
    agents: list[AgentVolumeWire] = parse(list[AgentVolumeWire], answer, what)
    check_distinct([agent.user_id for agent in agents], "agent", what)
    return {
        (agent.user_id, agent.first_name, agent.last_name): whole_keys(agent.states, what) for agent in agents
    }


def _states_of(agents: Volumes, what: str) -> tuple[str, ...]:
    """Return every state that an agent has: the document's in its order, then others as they came."""
    states = dict.fromkeys(name for counts in agents.values() for name in counts)
    if len(states) > MAX_STATES or not states.keys().isdisjoint(AGENT_FIELDS):
        raise SourceUnclear(f"The answer to {what} has states that cannot be states.")
    return (*(name for name in KNOWN if name in states), *(name for name in states if name not in KNOWN))


def _sums(agents: Volumes) -> dict[str, float | None]:
    """Sum each state. An agent without it holds no message in it; one whose count is no number spoils it."""
    return {
        name: _sum([states[name] for states in agents.values() if name in states])
        for name in _states_of(agents, "workflow_states")
    }


def _sum(values: Sequence[float | None]) -> float | None:
    """Return the sum, or None when a value is None: without it the sum would be too small."""
    known = [value for value in values if value is not None]
    return finite(sum(known)) if len(known) == len(values) else None
