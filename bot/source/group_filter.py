"""Verify that the answers are about the groups and agents that were asked for.

The name of the filter in a request is not documented, and an API that ignores an unknown field answers
for everybody. So nothing filtered goes out unverified: reports by agent must name only agents who belong or
once belonged; without such a report, one filtered answer must once have differed from everybody's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.errors import SourceBusy, SourceError
from bot.model import Empty, Filtering, FilterState, Present, Query, Slot, Source, Table, User
from bot.model.report_types import AGENT_REPORTS, KEY_FIGURE_REPORTS
from bot.source.names import full_name

MAX_NAMES = 3
"""Agents named in the reason; the others are counted."""

Slots = Mapping[str, Slot]


def check_filter(
    source: Source,
    queries: Mapping[str, Query],
    answers: Sequence[Slots],
    users: Sequence[User],
    due: datetime,
) -> Filtering:
    """Return what `answers` (this window's, the compared one's) say of the filter of these queries.

    `users` is the API's whole list. Raises SourceBusy when the answer for everybody must be asked later.
    """
    query = next(iter(queries.values()), None)
    if query is None or not (query.groups or query.users):
        return Filtering()
    agents = frozenset(agent for slots in answers for agent in _agents(slots))
    if agents:
        return _by_agents(source, query, agents, users)
    return _by_comparison(source, queries, answers[0], due)


def _agents(slots: Slots) -> Iterable[str]:
    for report in AGENT_REPORTS:
        slot = slots.get(report)
        if isinstance(slot, Present) and isinstance(slot.answer, Table):
            yield from (str(agent) for agent in slot.answer.column("user_id"))


def _by_agents(source: Source, query: Query, agents: frozenset[str], users: Sequence[User]) -> Filtering:
    by_id = {str(user.id): user for user in users}
    strangers = sorted(agent for agent in agents if not _belongs(agent, by_id, query))
    former = {str(user) for user in source.belonged(query.groups)} if strangers and query.groups else set()
    unknown = [agent for agent in strangers if not _has_left(agent, by_id, query, former)]
    if unknown:
        return Filtering(FilterState.IGNORED, _accusation(unknown, by_id, query))
    return Filtering(FilterState.HONOURED, notes=_leavers(len(strangers)))


def _belongs(agent: str, by_id: Mapping[str, User], query: Query) -> bool:
    user = by_id.get(agent)
    if query.users and agent not in map(str, query.users):
        return False
    return not query.groups or (user is not None and not set(user.groups).isdisjoint(query.groups))


def _has_left(agent: str, by_id: Mapping[str, User], query: Query, former: set[str]) -> bool:
    """Return whether a stranger moved or was archived since; a filter by agent allows no stranger."""
    if query.users and agent not in map(str, query.users):
        return False
    return agent in former or (agent in by_id and by_id[agent].archived)


def _leavers(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    people = "One agent" if count == 1 else f"{count} agents"
    have = "has" if count == 1 else "have"
    return (f"{people} in these figures {have} since left the group or been archived.",)


def _accusation(unknown: Sequence[str], by_id: Mapping[str, User], query: Query) -> str:
    names = [full_name(by_id[agent]) if agent in by_id else f"agent {agent}" for agent in unknown[:MAX_NAMES]]
    more = f" and {len(unknown) - MAX_NAMES} more" if len(unknown) > MAX_NAMES else ""
    whom = "were not asked for" if query.users else "never belonged to the group that was asked for"
    return (
        f"The answers name agents who {whom} ({', '.join(names)}{more}), so the API seems to have ignored "
        "the filter, and these may be other people's figures."
    )


def _by_comparison(source: Source, queries: Mapping[str, Query], slots: Slots, due: datetime) -> Filtering:
    query = _to_compare(queries, slots)
    if source.is_filter_verified(query):
        return Filtering(FilterState.HONOURED)
    everybody = replace(query, groups=(), users=())
    try:
        differs = _answer(source.fetch(query, due)) != _answer(source.fetch(everybody, due))
    except SourceBusy:
        raise
    except SourceError as error:
        return Filtering(FilterState.UNVERIFIED, f"The answer for everybody could not be loaded: {error}")
    if differs:
        source.note_filter_verified(query)
        return Filtering(FilterState.HONOURED)
    return Filtering(
        FilterState.UNVERIFIED,
        "The answer with the filter is the same as the one for everybody, so it is not known whether the "
        "API honours the filter.",
    )


def _to_compare(queries: Mapping[str, Query], slots: Slots) -> Query:
    """Return a query that is answered at once, preferably one that was answered. Files are too slow."""
    answered = [r for r in (*KEY_FIGURE_REPORTS, *queries) if isinstance(slots.get(r), Present | Empty)]
    direct = [report for report in answered if type(queries[report]) is Query]
    if direct:
        return queries[direct[0]]
    query = next(iter(queries.values()))
    return Query("summary", query.window, query.groups, query.users, report="summary")


def _answer(slot: object) -> object:
    """Return what an answer says, whenever it was fetched; None for an empty one."""
    return slot.answer if isinstance(slot, Present) else None
