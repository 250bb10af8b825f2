"""Whether the API honours the filters by group and by agent: what it calls them is nowhere public."""

from collections.abc import Iterator

from bot.errors import SourceRefused, TokenRefused
from bot.model import Finding, Query, Scalars, State, Window
from bot.source.http.wording import plain_words
from bot.source.probe.figures import shows_filter
from bot.source.probe.names import Named
from bot.source.probe.session import Asking, days_text


def of_filters(asking: Asking, named: Named) -> Iterator[Finding]:
    """One filtered summary against everybody's, for the first group and for the first agent of a digest."""
    group = next((one for found in named.groups.values() for one in found), None)
    if group is not None:
        query = Query("summary", asking.week, groups=(group.id,))
        yield _of_filter(asking, query, "group_filter", asking.api.group_filter, f"the group {group.name}")
    user = next((one for found in named.users.values() for one in found), None)
    if user is not None:
        query = Query("summary", asking.week, users=(user.id,))
        yield _of_filter(asking, query, "user_filter", asking.api.user_filter, f"the agent {user.email}")


def _of_filter(asking: Asking, query: Query, key: str, name: str, whom: str) -> Finding:
    whole = asking.answer(Query("summary", query.window))
    try:
        part = asking.answer(query)
    except TokenRefused:
        raise
    except SourceRefused as error:
        todo = f"find out what the API calls this filter, and write it as activity_api.{key}"
        return Finding(State.WRONG, key, f"the API refuses the field {name!r}: {error}", todo)
    shown = shows_filter(part, whole) if isinstance(part, Scalars) and isinstance(whole, Scalars) else None
    who = plain_words(whom, 80)
    if shown is None:
        seen = f"the summaries of {days_text(query.window)} for {who} and for everybody tell nothing"
        return Finding(State.UNCLEAR, key, seen, "look again after a week with messages")
    if shown:
        asking.source.note_filter_verified(query)
        return Finding(State.FINE, key, f"{name!r} is honoured: {who} has fewer messages than everybody")
    return Finding(State.UNCLEAR, key, _not_shown(name, who, query.window), _unshown_todo(key, who))


def _not_shown(name: str, who: str, window: Window) -> str:
    return (
        f"{name!r} is not shown to be honoured: in {days_text(window)} {who} has the same figures as "
        "everybody. Either the work is all theirs, or the API ignores the field and answers for everybody"
    )


def _unshown_todo(key: str, who: str) -> str:
    return (
        f"if others than {who} had messages then, find out what the API calls this filter and write it as "
        f"activity_api.{key}; until a difference was seen, editions with it are held or go to on_failure only"
    )
