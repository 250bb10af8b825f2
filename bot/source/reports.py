"""The report types that are answered at once: one reader each, and this table of them.

A reader turns the API's JSON into an answer, or None when there is nothing in the window.
Another report type is one model in `wire.py`, one reader, and one line in REPORTS.
"""

from collections.abc import Callable, Mapping

from bot.errors import SourceUnclear
from bot.model import Column, Scalars, Series, Table, Unit, Window
from bot.source.series import STATES_VOLUME_HOURLY_DAYS, read_series
from bot.source.wire import AGENTS, SERIES, SUMMARY, AgentSummaryWire, SummaryWire, parse, units

AGENT_WORDS = ("user_id", "first_name", "last_name")

Reader = Callable[[object, Window], Scalars | Series | Table | None]
"""Raises SourceUnclear for an answer that cannot be believed."""


def read_summary(answer: object, window: Window) -> Scalars:
    """One value per metric, in seconds or counts. A volume of 0 is a figure, not an empty answer."""
    wire = parse(SUMMARY, answer, "summary")
    kinds = units(SummaryWire)
    return Scalars({name: getattr(wire, name) for name in kinds}, kinds)


def read_states_volume(answer: object, window: Window) -> Series | None:
    """Messages in each workflow state, by day or hour; states that we do not know are kept."""
    wire = parse(SERIES, answer, "states_volume")
    return read_series(wire, window, Unit.COUNT, STATES_VOLUME_HOURLY_DAYS, "states_volume")


def read_user_summary(answer: object, window: Window) -> Table | None:
    """One row per agent: `user_id` as text, names, counts, seconds, and shares as sent (0..1)."""
    agents = parse(AGENTS, answer, "user_summary")
    if len({agent.user_id for agent in agents}) != len(agents):
        raise SourceUnclear("The answer to user_summary has the same agent twice.")
    columns = (*map(Column, AGENT_WORDS), *(Column(*item) for item in units(AgentSummaryWire).items()))
    rows = tuple(tuple(getattr(agent, column.name) for column in columns) for agent in agents)
    return Table(columns, rows) if rows else None


REPORTS: Mapping[str, Reader] = {
    "summary": read_summary,
    "states_volume": read_states_volume,
    "user_summary": read_user_summary,
}
