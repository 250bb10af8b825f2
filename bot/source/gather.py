"""One occurrence's questions, and their answers as a dataset."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from bot.errors import SourceBusy, SourceError
from bot.model import (
    Dataset,
    Digest,
    ExportQuery,
    Form,
    Group,
    Progress,
    Query,
    Slot,
    Source,
    Unavailable,
    User,
    Window,
)
from bot.model.report_types import EXPORTS, FORM_REPORTS, api_type
from bot.source.group_filter import check_filter
from bot.source.names import resolve_form, resolve_groups, resolve_users
from bot.source.peers import peers_of, peers_question

THREADS = 4
"""Questions asked side by side; the limiter decides how fast."""

POLLS_EXPECTED = 2
"""Status polls that a small export usually needs (it answers within seconds)."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom the questions are about: ids of groups and users (empty: everybody); each NPS report's form."""

    groups: tuple[int, ...] = ()
    users: tuple[int, ...] = ()
    forms: Mapping[str, int] = field(default_factory=dict)


def questions(
    digest: Digest, window: Window, scope: Scope | None = None, *, compared: bool = False
) -> dict[str, Query]:
    """The question behind each report type; for a compared window those answered at once, not the files.

    Two report types may have one question: workflow states come with the agents' (API document, Team Volume).
    """
    scope = scope or Scope()
    return {
        report.type: _question(report.type, report.nps_category, window, scope)
        for report in digest.reports
        if not (compared and report.type in EXPORTS)
    }


def _question(report: str, category: str, window: Window, scope: Scope) -> Query:
    kind = ExportQuery if report in EXPORTS else Query
    wire = api_type(report)
    about = (wire, window, scope.groups, scope.users)
    if report in FORM_REPORTS:
        return kind(*about, form=scope.forms.get(report), nps_category=category, report=report)
    return kind(*about, report=report)


def lists_needed(digest: Digest) -> int:
    """How many of the API's lists an occurrence needs: users also to see whether the filter was honoured."""
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
    """Ask everything that a digest needs for `window`, and for `compared` what is shown of it.

    An answer that cannot be had becomes Unavailable with its reason. Raises SourceBusy when the rest must
    be asked later, the first SourceError when nothing at all could be loaded, and UsageError for a group,
    user or form that does not exist. `due` (UTC): older answers count only where figures had settled,
    and not even there when it is asked `anew`.
    """
    listed = source.groups() if digest.groups or digest.peers else ()
    groups = resolve_groups(digest.groups, listed)
    users = source.users() if digest.groups or digest.users else ()
    agents = resolve_users(digest.users, users)
    forms = _forms(source, digest, groups)
    scope = Scope(_ids(groups), _ids(agents), {report: form.id for report, form in forms.items()})
    asked = questions(digest, window, scope)
    before = questions(digest, compared, scope, compared=True) if compared else {}
    beside = resolve_groups(digest.peers, listed)
    of_peers = peers_question(digest, window, beside)
    fetch = partial(source.fetch, anew=True) if anew else source.fetch
    sets = (asked, before, {of_peers.report: of_peers} if of_peers else {})
    current, previous, peers = _answers(fetch, sets, due, progress)
    _raise_if_nothing(current)
    filtering = check_filter(source, asked, (_slots(current), _slots(previous)), users, due)
    return Dataset(
        window,
        _slots(current),
        compared,
        _slots(previous),
        tuple(group.name for group in groups),
        tuple(map(full_name, agents)),
        forms,
        filtering,
        peers_of(peers[of_peers.report], beside, users) if of_peers else None,
    )


Answered = dict[str, Slot | SourceError]
Fetch = Callable[[Query, datetime], Slot]


def _answers(
    fetch: Fetch, asked: Sequence[Mapping[str, Query]], due: datetime, progress: Progress
) -> tuple[Answered, ...]:
    """The answers to several sets of questions, asked side by side. Raises SourceBusy."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="fetch") as pool:

        def ask(query: Query) -> Slot | SourceError:
            progress(f"fetching {query.report}, {query.window.first_day} to {query.window.last_day}")
            try:
                return fetch(query, due)
            except SourceError as error:
                return error

        begun = [{report: pool.submit(ask, query) for report, query in some.items()} for some in asked]
        answered = tuple({report: future.result() for report, future in some.items()} for some in begun)
    for some in answered:
        for answer in some.values():
            if isinstance(answer, SourceBusy):
                raise answer
    return answered


def _raise_if_nothing(current: Answered) -> None:
    errors = [answer for answer in current.values() if isinstance(answer, SourceError)]
    if errors and len(errors) == len(current):
        raise errors[0]


def _slots(answered: Answered) -> dict[str, Slot]:
    return {
        report: Unavailable(str(answer)) if isinstance(answer, SourceError) else answer
        for report, answer in answered.items()
    }


def _forms(source: Source, digest: Digest, groups: Sequence[Group]) -> dict[str, Form]:
    wanted = {report.type: report.form for report in digest.reports if report.type in FORM_REPORTS}
    listed = source.forms() if wanted else ()
    return {report: resolve_form(name, listed, groups) for report, name in wanted.items()}


def _ids(items: Sequence[Group] | Sequence[User]) -> tuple[int, ...]:
    return tuple(item.id for item in items)


def full_name(user: User) -> str:
    """First and last name, or the mail address of somebody without."""
    return f"{user.first_name} {user.last_name}".strip() or user.email
