"""`ActivityApi`: the port `Source` over HTTP, to the real Activity API or to the emulator."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from bot.errors import SourceRefused, SourceUnclear
from bot.lib.export_folder import ExportFolder
from bot.model import (
    Answer,
    AnswerStore,
    ApiSettings,
    Clock,
    Empty,
    ExportFile,
    Form,
    Group,
    KeptAnswer,
    Limiter,
    Present,
    Progress,
    Query,
    User,
    Window,
)
from bot.model.report_types import EXPORTS
from bot.source.cache.answers import AnswerCache, CacheKeys, Lookup, fresh_for, has_settled, not_older_than
from bot.source.exports.download import Downloader
from bot.source.exports.job import Export, Exporter
from bot.source.exports.store import read_export, write_export
from bot.source.http.endpoints import ApiToken, Endpoints, check_endpoints, origin_of
from bot.source.http.request import ApiRequest, ApiRequester, HttpLimits, parse_json
from bot.source.http.transport import Transport
from bot.source.reports import REPORTS, check_filters, query_body
from bot.source.reports.wire import FormWire, GroupWire, UserWire, parse

T = TypeVar("T")


class ActivityApi:
    """The Activity API with one token.

    Answers are cached in `answers` and shared; of all who need the same answer one asks. Every request
    acquires a slot of `limiter` under the token's SHA-256. Exports are stored in `exports`.
    `observe` is called with each answer as it came from the API, not with cached ones.
    Raises UsageError for an unsafe address or an impossible token.
    """

    def __init__(  # noqa: PLR0913 (keyword-only parts, wired in one place)
        self,
        *,
        endpoints: Endpoints,
        token: str,
        api: ApiSettings,
        clock: Clock,
        limiter: Limiter,
        answers: AnswerStore,
        exports: ExportFolder,
        progress: Progress,
        limits: HttpLimits | None = None,
        observe: Callable[[str, object], None] | None = None,
    ) -> None:
        check_endpoints(endpoints)
        check_filters(api)
        self._limits = limits or HttpLimits()
        self._endpoints, self._api, self._clock, self._exports = endpoints, api, clock, exports
        account, transport = ApiToken(token, endpoints), Transport(clock, endpoints.ca_file)
        self._keys = CacheKeys(account.key, endpoints.api_url, (api.group_filter, api.user_filter))
        self._answers = AnswerCache(answers, clock, progress, self._limits.wait)
        self._requester = ApiRequester(transport, account, clock, limiter, progress, self._limits, observe)
        downloader = Downloader(transport, clock, exports.root, progress, self._limits.random)
        self._exporter = Exporter(
            self._requester, downloader, answers, endpoints, clock, progress, self._limits
        )

    def __repr__(self) -> str:
        return f"ActivityApi({origin_of(self._endpoints.api_url)[1]})"

    def groups(self) -> tuple[Group, ...]:
        """Return all groups, at most an hour old. Raises SourceError."""
        return tuple(Group(group.id, group.name) for group in self._list("groups", list[GroupWire]))

    def users(self) -> tuple[User, ...]:
        """Return all users, also archived, at most an hour old; note their groups. Raises SourceError."""
        return tuple(
            User(user.id, user.email, user.first_name, user.last_name, user.archived, tuple(user.groups))
            for user in self._list("users", list[UserWire], self._note_members)
        )

    def forms(self) -> tuple[Form, ...]:
        """Return all forms, archived ones included, at most an hour old. Raises SourceError."""
        return tuple(
            Form(form.id, form.name, form.title, form.form_url, form.nps, form.archived, tuple(form.groups))
            for form in self._list("forms", list[FormWire])
        )

    def fetch(self, query: Query, due: datetime, *, anew: bool = False) -> Present | Empty:
        """Return the answer, as `Source.fetch`. Raises SourceError; SourceBusy when coming back goes on."""
        if query.type in EXPORTS:
            return Present(
                *self._answers.get(self._export(query, due, anew), self._deadline(self._limits.export))
            )
        report = query.report or query.type
        if report not in REPORTS:
            raise SourceRefused(f"{report!r} is not a report type that this program can ask for.")
        deadline = self._deadline(self._limits.deadline)
        lookup: Lookup[Answer | None] = Lookup(
            key=self._keys.query(query),
            what=query.type,
            is_fresh=fresh_for(due, anew=anew),
            read=lambda text: REPORTS[report](_value(text, query.type), query.window, self._api),
            fetch=lambda: self._send(self._request(query), deadline, query.window),
        )
        answer, fetched_at = self._answers.get(lookup, deadline)
        return Empty(fetched_at) if answer is None else Present(answer, fetched_at)

    def belonged(self, groups: Sequence[int]) -> frozenset[int]:
        """Return the ids of all users that the list of users ever showed in one of these groups."""
        return self._answers.store.belonged(self._keys.account, groups)

    def _export(self, query: Query, due: datetime, anew: bool) -> Lookup[ExportFile]:
        export = Export(self._keys.query(query), query.type, self._request(query), query.window, due, anew)
        return Lookup(
            key=export.key,
            what=query.type,
            is_fresh=fresh_for(due, anew=anew),
            read=lambda text: read_export(text, self._exports),
            fetch=lambda: self._fetch_export(export),
        )

    def _fetch_export(self, export: Export) -> KeptAnswer:
        file, started_at = self._exporter.fetch(export)
        self._exports.keep(file.name)
        return self._new_answer(write_export(file), export.window, started_at)

    def _send(self, request: ApiRequest, deadline: float, window: Window | None = None) -> KeptAnswer:
        asked_at = self._clock.now()
        answer = self._requester.send(request, deadline)
        return self._new_answer(answer.text, window, asked_at)

    def _new_answer(self, text: str, window: Window | None, asked_at: datetime) -> KeptAnswer:
        """Return an answer that came now; whether it is final depends on when it was asked for."""
        settled = window is not None and has_settled(window, self._api.settle_seconds, asked_at)
        return KeptAnswer(text, self._clock.now(), settled)

    def _request(self, query: Query) -> ApiRequest:
        url = f"{self._endpoints.api_url.rstrip('/')}/activity/reports"
        return ApiRequest(query.type, "POST", url, body=query_body(query, self._api))

    def _list(
        self, name: str, shape: type[list[T]], on_new: Callable[[list[T]], None] = lambda items: None
    ) -> list[T]:
        """Return a list, shared by every thread and process for an hour; call `on_new` with a new one."""
        what, deadline = f"the list of {name}", self._deadline(self._limits.deadline)
        request = ApiRequest(what, "GET", f"{self._endpoints.api_url.rstrip('/')}/{name}")
        lookup: Lookup[list[T]] = Lookup(
            key=self._keys.list(name),
            what=what,
            is_fresh=not_older_than(self._limits.lists, self._clock.now()),
            read=lambda text: _distinct(parse(shape, _value(text, what), what), name),
            fetch=lambda: self._send(request, deadline),
            on_new=on_new,
        )
        return self._answers.get(lookup, deadline)[0]

    def _note_members(self, users: list[UserWire]) -> None:
        pairs = [(user.id, group) for user in users for group in user.groups]
        self._answers.store.remember_members(self._keys.account, pairs)

    def _deadline(self, seconds: float) -> float:
        return self._clock.monotonic() + seconds


def _value(text: str, what: str) -> object:
    """Return the JSON of an answer's text. Raises SourceUnclear: a cached one may be damaged."""
    try:
        return parse_json(text)
    except (ValueError, RecursionError):
        problem = f"The kept answer to {what} is not JSON."
    raise SourceUnclear(problem)


def _distinct(items: list[T], what: str) -> list[T]:
    if len({getattr(item, "id", None) for item in items}) != len(items):
        raise SourceUnclear(f"The list of {what} has the same id twice.")
    return items
