"""The queries of one occurrence, and their answers as a dataset, with the medians of an agent's peers."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from bot.errors import SourceBusy, SourceError
from bot.model import (
    Dataset,
    Digest,
    Empty,
    ExportQuery,
    Form,
    Group,
    NamedId,
    Peers,
    Present,
    Progress,
    Query,
    Slot,
    Source,
    Table,
    Unavailable,
    User,
    Window,
)
from bot.model.report_types import EXPORTS, FORM_REPORTS, api_type
from bot.source.evidence import is_blank
from bot.source.group_filter import check_filter, comparisons
from bot.source.names import full_name, resolve_form, resolve_groups, resolve_users

THREADS = 4
"""Queries sent side by side; the limiter decides how fast."""

POLLS_EXPECTED = 2
"""Status polls that a small export usually needs (it answers within seconds)."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom the queries are about: ids of groups and users (empty: everybody); each NPS report's form."""

    groups: tuple[int, ...] = ()
    users: tuple[int, ...] = ()
    forms: Mapping[str, int] = field(default_factory=dict)


def queries_of(
    digest: Digest, window: Window, scope: Scope | None = None, *, compared: bool = False
) -> dict[str, Query]:
    """Return the query behind each report type; for a compared window only those answered at once."""
    scope = scope or Scope()
    return {
        report.type: _query(report.type, report.nps_category, window, scope)
        for report in digest.reports
        if not (compared and report.type in EXPORTS)
    }


def _query(report: str, category: str, window: Window, scope: Scope) -> Query:
    kind = ExportQuery if report in EXPORTS else Query
    about = (api_type(report), window, scope.groups, scope.users)
    if report in FORM_REPORTS:
        return kind(*about, form=scope.forms.get(report), nps_category=category, report=report)
    return kind(*about, report=report)


def lists_needed(digest: Digest) -> int:
    """Return how many of the API's lists an occurrence needs: users also to verify that a filter works."""
    forms = any(report.type in FORM_REPORTS for report in digest.reports)
    if digest.for_each:
        return 2 + forms
    return bool(digest.groups or digest.peers) + bool(digest.groups or digest.users) + forms


def gather(
    source: Source,
    digest: Digest,
    window: Window,
    compared: Window | None,
    due: datetime,
    progress: Progress,
    *,
    anew: bool = False,
) -> Dataset:
    """Fetch everything that a digest needs for `window`, and for `compared` what is shown of it.

    An answer that cannot be had becomes Unavailable with its reason. Raises SourceBusy when the rest must
    be fetched later, the first SourceError when nothing at all could be loaded, and UsageError for a group,
    user or form that does not exist. `due` (UTC): older answers count only where figures had settled,
    and not even there with `anew`.
    """
    all_groups = source.groups() if digest.groups or digest.peers else ()
    groups = resolve_groups(digest.groups, all_groups)
    users = source.users() if digest.groups or digest.users else ()
    agents = resolve_users(digest.users, users)
    forms = _forms(source, digest, groups)
    scope = Scope(
        tuple(group.id for group in groups),
        tuple(agent.id for agent in agents),
        {report: form.id for report, form in forms.items()},
    )
    queries = queries_of(digest, window, scope)
    peer_groups = resolve_groups(digest.peers, all_groups)
    peer_query = peers_query(digest, window, peer_groups)
    before = queries_of(digest, compared, scope, compared=True) if compared else {}
    fetch = partial(source.fetch, anew=True) if anew else source.fetch
    current, previous, peers = _fetch_all(
        fetch, (queries, before, {peer_query.report: peer_query} if peer_query else {}), due, progress
    )
    _raise_if_nothing(current)
    asked = ((queries, _slots(current)), (before, _slots(previous)))
    further = [query for part in asked for query in _to_compare(*part)]
    (everybodys,) = _fetch_all(fetch, ({query: query for query in further},), due, progress)
    return Dataset(
        window,
        _slots(current),
        compared,
        _slots(previous),
        tuple(group.name for group in groups),
        tuple(map(full_name, agents)),
        forms,
        check_filter(source, asked, everybodys, fetch, users, due),
        peers_of(peers[peer_query.report], peer_groups, users) if peer_query else None,
        _ids(digest, groups, agents, forms),
    )


def _ids(
    digest: Digest, groups: Sequence[Group], agents: Sequence[User], forms: Mapping[str, Form]
) -> tuple[NamedId, ...]:
    """Return the id behind each name in the file; one that is written as its id cannot change."""
    meant = [
        *(("group", name, group.id) for name, group in zip(digest.groups, groups, strict=True)),
        *(("user", name, agent.id) for name, agent in zip(digest.users, agents, strict=True)),
        *(("form", one.form, forms[one.type].id) for one in digest.reports if one.type in forms),
    ]
    return tuple(NamedId(f"{kind} {name}", id) for kind, name, id in meant if name != str(id))


Key = TypeVar("Key")
Answers = dict[str, Slot | SourceError]


def _fetch_all(
    fetch: Callable[[Query, datetime], Slot],
    sets: Sequence[Mapping[Key, Query]],
    due: datetime,
    progress: Progress,
) -> tuple[dict[Key, Slot | SourceError], ...]:
    """Return the answers to several sets of queries, sent side by side. Raises SourceBusy."""

    def answer(query: Query) -> Slot | SourceError:
        progress(f"fetching {query.report}, {query.window.first_day} to {query.window.last_day}")
        try:
            return fetch(query, due)
        except SourceError as error:
            return error

    with ThreadPoolExecutor(THREADS, thread_name_prefix="fetch") as pool:
        futures = [
            {report: pool.submit(answer, query) for report, query in queries.items()} for queries in sets
        ]
        answers = tuple({report: future.result() for report, future in part.items()} for part in futures)
    for slot in (slot for part in answers for slot in part.values()):
        if isinstance(slot, SourceBusy):
            raise slot
    return answers


def _to_compare(queries: Mapping[str, Query], slots: Mapping[str, Slot]) -> Iterable[Query]:
    """Yield the queries that verify these answers; those without figures need none."""
    for report, further in comparisons(queries).items():
        if isinstance(slots[report], Present) and not is_blank(slots[report]):
            yield from further


def _raise_if_nothing(current: Answers) -> None:
    errors = [answer for answer in current.values() if isinstance(answer, SourceError)]
    if errors and len(errors) == len(current):
        raise errors[0]


def _slots(answers: Answers) -> dict[str, Slot]:
    return {
        report: Unavailable(str(answer)) if isinstance(answer, SourceError) else answer
        for report, answer in answers.items()
    }


def _forms(source: Source, digest: Digest, groups: Sequence[Group]) -> dict[str, Form]:
    names = {report.type: report.form for report in digest.reports if report.type in FORM_REPORTS}
    forms = source.forms() if names else ()
    return {report: resolve_form(name, forms, groups) for report, name in names.items()}


PEERS_REPORT = "user_summary"
"""Medians over the agents of a group stand beside one agent's figures; never another agent's own figure."""

MIN_AGENTS = 5
"""A median of fewer agents would reveal their figures: with two, knowing one is knowing the other."""

MEASURED = ("mentions_assigned", "fraction_responded_to", "avg_response_time", "avg_action_response_time")
OVER_SLA_SHARE = "broke_sla_share"


def peers_query(digest: Digest, window: Window, groups: Sequence[Group]) -> Query | None:
    """Return the query about everybody in the peers' groups; None where no medians are shown."""
    if not groups or not any(report.type == PEERS_REPORT for report in digest.reports):
        return None
    return Query(PEERS_REPORT, window, tuple(group.id for group in groups), report=PEERS_REPORT)


def peers_of(answer: Slot | SourceError, groups: Sequence[Group], users: Sequence[User]) -> Peers:
    """Return the medians over the present members of the groups; ignore rows of other agents."""
    names = tuple(group.name for group in groups)
    if not isinstance(answer, Present | Empty):
        return Peers(names, reason=str(answer))
    wanted = {group.id for group in groups}
    members = {str(user.id) for user in users if not user.archived and not wanted.isdisjoint(user.groups)}
    rows = [row for row in _rows(answer) if str(row.get("user_id")) in members]
    if len(rows) < MIN_AGENTS:
        return Peers(names, len(rows))
    return Peers(names, len(rows), _medians(rows))


def _rows(slot: Slot) -> Iterable[dict[str, str | float | None]]:
    if isinstance(slot, Present) and isinstance(slot.answer, Table):
        names = [column.name for column in slot.answer.columns]
        yield from (dict(zip(names, row, strict=True)) for row in slot.answer.rows)


def _medians(rows: Sequence[Mapping[str, str | float | None]]) -> dict[str, float]:
    """Return the median of each figure that at least five agents have."""
    values = {name: [row.get(name) for row in rows] for name in MEASURED}
    values[OVER_SLA_SHARE] = [_share(row.get("broke_sla"), row.get("total_responded_to")) for row in rows]
    known = {name: [v for v in column if isinstance(v, int | float)] for name, column in values.items()}
    return {name: statistics.median(column) for name, column in known.items() if len(column) >= MIN_AGENTS}


def _share(part: str | float | None, base: str | float | None) -> float | None:
    numbers = isinstance(part, int | float) and isinstance(base, int | float)
    return part / base if numbers and base else None  # type: ignore[operator]
