"""Whether the answers are about the groups and agents that were asked for.

The name of the filter in a request is documented nowhere, and an API that ignores an unknown field answers
for everybody. So nothing filtered goes out on trust alone: reports by agent must name nobody who never
belonged; where there is none, one filtered answer must once have differed from everybody's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.errors import SourceBusy, SourceError
from bot.model import (
    Empty,
    Filtering,
    FilterState,
    Present,
    Query,
    Slot,
    Source,
    Table,
    User,
)
from bot.model.report_types import AGENT_REPORTS, KEY_FIGURE_REPORTS

NAMED = 3
Slots = Mapping[str, Slot]


def check_filter(
    source: Source,
    asked: Mapping[str, Query],
    answered: Sequence[Slots],
    users: Sequence[User],
    due: datetime,
) -> Filtering:
    """What is known of the filter of these questions from `answered` (this window's, the compared one's).

    `users` is the API's whole list. Raises SourceBusy when the answer for everybody must be asked later.
    """
    query = next(iter(asked.values()), None)
    if query is None or not (query.groups or query.users):
        return Filtering()
    seen = frozenset(agent for slots in answered for agent in _agents(slots))
    return _by_agents(source, query, seen, users) if seen else _by_comparison(source, asked, answered[0], due)


def _agents(slots: Slots) -> Iterable[str]:
    for report in AGENT_REPORTS:
        slot = slots.get(report)
        if isinstance(slot, Present) and isinstance(slot.answer, Table):
            yield from (str(agent) for agent in slot.answer.column("user_id"))


def _by_agents(source: Source, query: Query, seen: frozenset[str], users: Sequence[User]) -> Filtering:
    by_id = {str(user.id): user for user in users}
    strangers = sorted(agent for agent in seen if not _belongs(agent, by_id, query))
    once = {str(user) for user in source.belonged(query.groups)} if strangers and query.groups else set()
    unknown = [agent for agent in strangers if not _has_left(agent, by_id, query, once)]
    if unknown:
        return Filtering(FilterState.IGNORED, _accusation(unknown, by_id, query))
    return Filtering(FilterState.HONOURED, notes=_leavers(len(strangers)))


def _belongs(agent: str, by_id: Mapping[str, User], query: Query) -> bool:
    user = by_id.get(agent)
    if query.users and agent not in map(str, query.users):
        return False
    return not query.groups or (user is not None and not set(user.groups).isdisjoint(query.groups))


def _has_left(agent: str, by_id: Mapping[str, User], query: Query, once: set[str]) -> bool:
    """Whether a stranger is one only since they moved or were archived; a filter by agent excuses nobody."""
    if query.users and agent not in map(str, query.users):
        return False
    return agent in once or (agent in by_id and by_id[agent].archived)


def _leavers(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    people = "One agent" if count == 1 else f"{count} agents"
    have = "has" if count == 1 else "have"
    return (f"{people} in these figures {have} since left the group or been archived.",)


def _accusation(unknown: Sequence[str], by_id: Mapping[str, User], query: Query) -> str:
    names = [_name(agent, by_id) for agent in unknown[:NAMED]]
    more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
    whom = "were not asked for" if query.users else "never belonged to the group that was asked for"
    return (
        f"The answers name agents who {whom} ({', '.join(names)}{more}), so the API seems to have ignored "
        "the filter, and these may be other people's figures."
    )


def _name(agent: str, by_id: Mapping[str, User]) -> str:
    user = by_id.get(agent)
    return f"{user.first_name} {user.last_name}".strip() or user.email if user else f"agent {agent}"


def _by_comparison(source: Source, asked: Mapping[str, Query], slots: Slots, due: datetime) -> Filtering:
    query = _to_compare(asked, slots)
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


def _to_compare(asked: Mapping[str, Query], slots: Slots) -> Query:
    """A question that is answered at once; one that was answered, if there is any. Files are too slow."""
    answered = [r for r in (*KEY_FIGURE_REPORTS, *asked) if isinstance(slots.get(r), Present | Empty)]
    direct = [report for report in answered if type(asked[report]) is Query]
    if direct:
        return asked[direct[0]]
    some = next(iter(asked.values()))
    return Query("summary", some.window, some.groups, some.users, report="summary")


def _answer(slot: object) -> object:
    """What an answer says, whenever it was fetched; None for 'nothing there'."""
    return slot.answer if isinstance(slot, Present) else None
