"""`ActivityApi`: the port `Source`, spoken to the real Activity API (or the emulator) over HTTP."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from bot.errors import SourceRefused, SourceUnclear
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
from bot.source.cache.answers import Answers, IsGood, Wanted, good_for, not_older_than
from bot.source.cache.freshness import has_settled
from bot.source.cache.keys import Keys
from bot.source.exports.download import Downloader
from bot.source.exports.job import Export, Exporter
from bot.source.exports.store import read_export, write_export
from bot.source.http.auth import Access
from bot.source.http.endpoints import Endpoints, check_endpoints, origin_of
from bot.source.http.request import Asker, Question, parse_json
from bot.source.http.transport import Transport
from bot.source.reports.query import check_filters, query_body
from bot.source.reports.readers import REPORTS, read
from bot.source.reports.wire import FORMS, GROUPS, USERS, UserWire, parse

LISTS_KEPT_SECONDS = 3600.0
T = TypeVar("T")


class ActivityApi:
    """The Activity API with one token.

    What was answered is kept in `answers` and shared; of all who need the same answer one asks. Every
    request asks `limiter` first, under `limiter_key` (by default the token's SHA-256); `urgent` ones, for
    which a person waits, may use its reserved slots. A wait longer than `patience_seconds` is SourceBusy.
    `deadline_seconds` bounds one question with its retries and waits, `attempt_seconds` one request
    of it, `export_deadline_seconds` one export from start to complete; it is first asked about after
    `first_poll_seconds`. Exports are kept in `download_dir` (mode 0700). Without `keep_lists` users, groups
    and forms are asked for each time. `ca_file` replaces the trusted certificates. `random` gives 0..1.
    `observe` is told each answer as it came from the API, not kept ones.
    Raises UsageError for an unsafe address or an impossible token.
    """

    def __init__(
        self,
        *,
        endpoints: Endpoints,
        token: str,
        api: ApiSettings,
        clock: Clock,
        limiter: Limiter,
        answers: AnswerStore,
        download_dir: Path,
        progress: Progress,
        limiter_key: str = "",
        urgent: bool = False,
        patience_seconds: float = 600.0,
        deadline_seconds: float = 600.0,
        attempt_seconds: float = 120.0,
        export_deadline_seconds: float = 7200.0,
        first_poll_seconds: float = 5.0,
        keep_lists: bool = True,
        random: Callable[[], float] = random.random,
        ca_file: Path | None = None,
        observe: Callable[[str, object], None] | None = None,
    ) -> None:
        check_endpoints(endpoints)
        check_filters(api)
        access = Access(token, endpoints)
        transport = Transport(clock, ca_file)
        account = limiter_key or access.key
        self._endpoints, self._api, self._clock = endpoints, api, clock
        self._deadline_seconds, self._export_seconds = deadline_seconds, export_deadline_seconds
        self._folder, self._keep_lists = download_dir, keep_lists
        self._keys = Keys(account, endpoints.api_url, (api.group_filter, api.user_filter))
        self._answers = Answers(answers, clock, progress, patience_seconds)
        self._asker = Asker(
            transport,
            access,
            clock,
            limiter,
            account,
            progress,
            random,
            attempt_seconds,
            patience_seconds,
            urgent,
            observe,
        )
        self._exporter = Exporter(
            asker=self._asker,
            downloader=Downloader(transport, clock, download_dir, progress, random),
            store=answers,
            endpoints=endpoints,
            clock=clock,
            progress=progress,
            ask_seconds=deadline_seconds,
            export_seconds=export_deadline_seconds,
            patience_seconds=patience_seconds,
            first_poll_seconds=first_poll_seconds,
        )

    def __repr__(self) -> str:
        return f"ActivityApi({origin_of(self._endpoints.api_url)[1]})"

    def groups(self) -> tuple[Group, ...]:
        """All groups, at most an hour old. Raises SourceError."""
        return tuple(Group(one.id, one.name) for one in self._list("groups", GROUPS))

    def users(self) -> tuple[User, ...]:
        """All users, archived ones included, at most an hour old. Raises SourceError.

        Who is in which group is noted each time the list is asked for.
        """
        return tuple(
            User(one.id, one.email, one.first_name, one.last_name, one.archived, tuple(one.groups))
            for one in self._list("users", USERS, self._note_members)
        )

    def forms(self) -> tuple[Form, ...]:
        """All forms, archived ones included, at most an hour old. Raises SourceError."""
        return tuple(
            Form(one.id, one.name, one.title, one.form_url, one.nps, one.archived, tuple(one.groups))
            for one in self._list("forms", FORMS)
        )

    def fetch(self, query: Query, due: datetime, *, anew: bool = False) -> Present | Empty:
        """The answer to one question; a report type in EXPORTS ends as a file.

        A kept answer is given again when its window had settled as it was asked for, or when it was fetched
        at or after `due` (UTC); with `anew` only then. Raises SourceError; SourceBusy when coming back later
        goes on with it.
        """
        if query.type in EXPORTS:
            wanted_file = self._export(query, due, anew)
            return Present(*self._answers.get(wanted_file, self._deadline(self._export_seconds)))
        report = query.report or query.type
        if report not in REPORTS:
            raise SourceRefused(f"{report!r} is not a report type that this program can ask for.")
        deadline = self._deadline(self._deadline_seconds)
        wanted: Wanted[Answer | None] = Wanted(
            key=self._keys.question(query),
            what=query.type,
            is_good=good_for(due, anew=anew),
            read=lambda text: read(report, _value(text, query.type), query.window, self._api),
            ask=lambda: self._told(self._question(query), deadline, query.window),
        )
        answer, fetched_at = self._answers.get(wanted, deadline)
        return Empty(fetched_at) if answer is None else Present(answer, fetched_at)

    def belonged(self, groups: Sequence[int]) -> frozenset[int]:
        """Ids of all users that the list of users ever showed in one of these groups."""
        return self._answers.store.belonged(self._keys.account, groups)

    def is_filter_verified(self, query: Query) -> bool:
        """Whether a filtered answer with this query's groups and users once differed from everybody's."""
        return self._answers.store.is_verified(self._keys.filter(query))

    def note_filter_verified(self, query: Query) -> None:
        """Remember that it did: for this token, API, and name of the filter's field."""
        self._answers.store.mark_verified(self._keys.filter(query), self._clock.now())

    def _export(self, query: Query, due: datetime, anew: bool) -> Wanted[ExportFile]:
        export = Export(
            self._keys.question(query), query.type, self._question(query), query.window, due, anew
        )
        return Wanted(
            key=export.key,
            what=query.type,
            is_good=good_for(due, anew=anew),
            read=lambda text: read_export(text, self._folder),
            ask=lambda: self._exported(export),
        )

    def _exported(self, export: Export) -> KeptAnswer:
        file, started_at = self._exporter.fetch(export)
        return self._answer(write_export(file), export.window, started_at)

    def _told(self, question: Question, deadline: float, window: Window | None = None) -> KeptAnswer:
        asked_at = self._clock.now()
        told = self._asker.ask(question, deadline)
        return self._answer(told.text, window, asked_at)

    def _answer(self, text: str, window: Window | None, asked_at: datetime) -> KeptAnswer:
        """An answer that came now; whether it is final is a matter of when it was asked for."""
        settled = window is not None and has_settled(window, self._api.settle_seconds, asked_at)
        return KeptAnswer(text, self._clock.now(), settled)

    def _question(self, query: Query) -> Question:
        url = f"{self._endpoints.api_url.rstrip('/')}/activity/reports"
        return Question(query.type, "POST", url, body=query_body(query, self._api))

    def _list(
        self, name: str, adapter: TypeAdapter[list[T]], note: Callable[[list[T]], None] = lambda items: None
    ) -> list[T]:
        """A list, the same for every thread and process for an hour; `note` is told a new one."""
        what, deadline = f"the list of {name}", self._deadline(self._deadline_seconds)
        question = Question(what, "GET", f"{self._endpoints.api_url.rstrip('/')}/{name}")
        wanted: Wanted[list[T]] = Wanted(
            key=self._keys.list(name),
            what=what,
            is_good=self._is_fresh(),
            read=lambda text: _distinct(parse(adapter, _value(text, what), what), name),
            ask=lambda: self._told(question, deadline),
            note=note,
        )
        return self._answers.get(wanted, deadline)[0]

    def _is_fresh(self) -> IsGood:
        return not_older_than(LISTS_KEPT_SECONDS if self._keep_lists else 0.0, self._clock.now())

    def _note_members(self, users: list[UserWire]) -> None:
        pairs = [(user.id, group) for user in users for group in user.groups]
        self._answers.store.remember_members(self._keys.account, pairs)

    def _deadline(self, seconds: float) -> float:
        return self._clock.monotonic() + seconds


def _value(text: str, what: str) -> object:
    """The JSON of an answer's text. Raises SourceUnclear: a kept one may be damaged."""
    try:
        return parse_json(text)
    except (ValueError, RecursionError):
        problem = f"The kept answer to {what} is not JSON."
    raise SourceUnclear(problem)


def _distinct(items: list[T], what: str) -> list[T]:
    if len({getattr(item, "id", None) for item in items}) != len(items):
        raise SourceUnclear(f"The list of {what} has the same id twice.")
    return items
