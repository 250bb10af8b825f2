"""One occurrence's questions, and their answers as a dataset."""

import difflib
from collections.abc import Iterable, Mapping, Sequence

from bot.errors import SourceError, UsageError
from bot.model import (
    Dataset,
    Digest,
    ExportQuery,
    Group,
    Progress,
    Query,
    Slot,
    Source,
    Unavailable,
    User,
    Window,
)
from bot.source.exports import EXPORTS

COMPARED = frozenset({"summary", "user_summary"})
"""Report types whose answer for the compared window is shown; others are not asked for it."""

POLLS_EXPECTED = 2
"""Status polls that a small export usually needs (it answers within seconds)."""


def questions(
    digest: Digest,
    window: Window,
    groups: Sequence[int] = (),
    users: Sequence[int] = (),
    *,
    compared: bool = False,
) -> tuple[Query, ...]:
    """The distinct questions about one window; for a compared window only those that are shown."""
    types = [report.type for report in digest.reports if not compared or report.type in COMPARED]
    make = {True: ExportQuery, False: Query}
    return tuple(make[name in EXPORTS](name, window, tuple(groups), tuple(users)) for name in types)


def requests_expected(digest: Digest, window: Window, compared: Window | None) -> int:
    """How many HTTP requests one occurrence needs: questions, lists, export starts and polls."""
    asked = questions(digest, window)
    if compared is not None:
        asked += questions(digest, compared, compared=True)
    polls = sum(POLLS_EXPECTED for query in asked if isinstance(query, ExportQuery))
    return len(asked) + polls + bool(digest.groups) + bool(digest.users)


def gather(
    source: Source, digest: Digest, window: Window, compared: Window | None, progress: Progress
) -> Dataset:
    """Ask everything that a digest needs for `window`, and for `compared` what is shown of it.

    An answer that cannot be had becomes Unavailable with its reason. Raises the first SourceError
    when nothing at all could be loaded, and UsageError for a group or user that does not exist.
    """
    groups = resolve_groups(digest.groups, source.groups()) if digest.groups else ()
    users = resolve_users(digest.users, source.users()) if digest.users else ()
    ids = [group.id for group in groups], [user.id for user in users]
    errors: list[SourceError] = []
    current = _ask(source, questions(digest, window, *ids), progress, "", errors)
    if errors and len(errors) == len(current):
        raise errors[0]
    previous: Mapping[str, Slot] = {}
    if compared is not None:
        asked = questions(digest, compared, *ids, compared=True)
        previous = _ask(source, asked, progress, " (window before)", [])
    return Dataset(
        window, current, compared, previous, tuple(g.name for g in groups), tuple(map(_full_name, users))
    )


def _ask(
    source: Source, asked: Iterable[Query], progress: Progress, suffix: str, errors: list[SourceError]
) -> dict[str, Slot]:
    slots: dict[str, Slot] = {}
    for query in asked:
        progress(f"fetching {query.type}{suffix}")
        try:
            slots[query.type] = source.fetch(query)
        except SourceError as error:
            errors.append(error)
            slots[query.type] = Unavailable(str(error))
    return slots


def _full_name(user: User) -> str:
    return f"{user.first_name} {user.last_name}".strip() or user.email


def resolve_groups(wanted: Sequence[str], groups: Sequence[Group]) -> tuple[Group, ...]:
    """The groups of these names or ids. Raises UsageError with candidates for an unknown or repeated name."""
    names = {str(group.id): group.name for group in groups}
    by_id = {group.id: group for group in groups}
    return tuple(by_id[_resolve("group", text, names)] for text in wanted)


def resolve_users(wanted: Sequence[str], users: Sequence[User]) -> tuple[User, ...]:
    """The users of these mail addresses or ids. Raises UsageError with candidates, likewise."""
    by_id = {user.id: user for user in users}
    return tuple(by_id[_resolve("user", text, {str(u.id): u.email for u in users})] for text in wanted)


def _resolve(kind: str, text: str, names: Mapping[str, str]) -> int:
    """The id whose name (or own text) is `text`; names compare without case."""
    if text in names:
        return int(text)
    found = [key for key, name in names.items() if name.casefold() == text.casefold()]
    if len(found) == 1:
        return int(found[0])
    if found:
        raise UsageError(
            f"{kind} {text!r} is the name of several: use an id, one of {', '.join(sorted(found))}."
        )
    near = difflib.get_close_matches(text, names.values(), n=3, cutoff=0.4) or sorted(names.values())[:5]
    raise UsageError(f"{kind} {text!r} does not exist at the API. It has: {', '.join(near) or 'none'}.")
