"""`ActivityApi`: the port `Source`, spoken to the real Activity API (or the emulator) over HTTP."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from bot.errors import SourceRefused, SourceUnclear, UsageError
from bot.model import ApiSettings, Clock, Empty, Form, Group, Limiter, Present, Progress, Query, User, Window
from bot.source.access import Access
from bot.source.asking import Asker, Question
from bot.source.download import Downloader
from bot.source.endpoints import Endpoints, check_endpoints, origin_of
from bot.source.exports import EXPORTS, Exporter
from bot.source.reports import REPORTS, read
from bot.source.transport import Transport
from bot.source.wire import FORMS, GROUPS, USERS, parse

NPS_TYPES = frozenset({"nps_summary", "nps_volume", "nps_submissions"})
OWN_FIELDS = frozenset({"type", "date_from", "date_to", "form", "nps_category"})
LISTS_KEPT_SECONDS = 3600.0
T = TypeVar("T")


class ActivityApi:
    """The Activity API with one token.

    Every request asks `limiter` first, under `limiter_key` (by default the token's SHA-256).
    `deadline_seconds` bounds one question with its retries and waits, `attempt_seconds` one request
    of it, `export_deadline_seconds` one export from start to checked file. Exports are kept in
    `download_dir` (mode 0700). `ca_file` replaces the trusted certificates. `random` gives 0..1.
    `observe` is told each answer as it came.
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
        download_dir: Path,
        progress: Progress,
        limiter_key: str = "",
        deadline_seconds: float = 600.0,
        attempt_seconds: float = 120.0,
        export_deadline_seconds: float = 7200.0,
        random: Callable[[], float] = random.random,
        ca_file: Path | None = None,
        observe: Callable[[str, object], None] | None = None,
    ) -> None:
        check_endpoints(endpoints)
        check_filters(api)
        access = Access(token, endpoints)
        transport = Transport(clock, ca_file)
        key = limiter_key or access.key
        self._endpoints, self._api, self._clock = endpoints, api, clock
        self._deadline_seconds, self._export_seconds = deadline_seconds, export_deadline_seconds
        self._asker = Asker(
            transport, access, clock, limiter, key, progress, random, attempt_seconds, observe
        )
        downloader = Downloader(transport, clock, download_dir, progress, random)
        self._exporter = Exporter(self._asker, downloader, endpoints, clock, progress, deadline_seconds)
        self._lists: dict[str, tuple[float, object]] = {}
        self._lists_lock = Lock()

    def __repr__(self) -> str:
        return f"ActivityApi({origin_of(self._endpoints.api_url)[1]})"

    def groups(self) -> tuple[Group, ...]:
        """All groups, at most an hour old. Raises SourceError."""
        return _distinct(tuple(Group(one.id, one.name) for one in self._list("groups", GROUPS)), "groups")

    def users(self) -> tuple[User, ...]:
        """All users, archived ones included, at most an hour old. Raises SourceError."""
        users = (
            User(one.id, one.email, one.first_name, one.last_name, one.archived, tuple(one.groups))
            for one in self._list("users", USERS)
        )
        return _distinct(tuple(users), "users")

    def forms(self) -> tuple[Form, ...]:
        """All forms, archived ones included, at most an hour old. Raises SourceError."""
        forms = (
            Form(one.id, one.name, one.title, one.form_url, one.nps, one.archived, tuple(one.groups))
            for one in self._list("forms", FORMS)
        )
        return _distinct(tuple(forms), "forms")

    def fetch(self, query: Query) -> Present | Empty:
        """The answer to one question; a report type in EXPORTS ends as a file. Raises SourceError."""
        if query.type in EXPORTS:
            return self._fetch_export(query)
        report = query.report or query.type
        if report not in REPORTS:
            raise SourceRefused(f"{report!r} is not a report type that this program can ask for.")
        told = self._asker.ask(self._question(query), self._deadline(self._deadline_seconds))
        answer = read(report, told, query.window, self._api)
        now = self._clock.now()
        return Empty(now) if answer is None else Present(answer, now)

    def _fetch_export(self, query: Query) -> Present:
        stem = f"{query.type}-{query.fingerprint[:12]}"
        deadline = self._deadline(self._export_seconds)
        file = self._exporter.fetch(query.type, self._question(query), stem, deadline)
        return Present(file, self._clock.now())

    def _question(self, query: Query) -> Question:
        url = f"{self._endpoints.api_url.rstrip('/')}/activity/reports"
        return Question(query.type, "POST", url, body=query_body(query, self._api))

    def _list(self, name: str, adapter: TypeAdapter[list[T]]) -> list[T]:
        """A list that could be read is kept for an hour; threads that need it together ask once."""
        with self._lists_lock:
            kept = self._lists.get(name)
            if kept is not None and self._clock.monotonic() - kept[0] < LISTS_KEPT_SECONDS:
                return cast(list[T], kept[1])
            url = f"{self._endpoints.api_url.rstrip('/')}/{name}"
            question = Question(f"the list of {name}", "GET", url)
            told = self._asker.ask(question, self._deadline(self._deadline_seconds))
            items = parse(adapter, told, question.what)
            self._lists[name] = (self._clock.monotonic(), items)
            return items

    def _deadline(self, seconds: float) -> float:
        return self._clock.monotonic() + seconds


def query_body(query: Query, api: ApiSettings) -> dict[str, object]:
    """The JSON of a question.

    Our windows are half-open and the API's `date_to` is inclusive: it is the end minus one second.
    Each end has its own offset, which differ when the clock changes inside the window. A filter is
    sent only when it has ids: an empty list might mean everybody. A survey is named by its id, in
    questions about surveys alone. Raises UsageError for one of those without it.
    """
    body: dict[str, object] = {"type": query.type, **_dates(query.window)}
    if query.groups:
        body[api.group_filter] = list(query.groups)
    if query.users:
        body[api.user_filter] = list(query.users)
    return body | _survey(query) if query.type in NPS_TYPES else body


def _survey(query: Query) -> dict[str, object]:
    if query.form is None:
        raise UsageError(f"{query.type} needs the survey that it is about: `form`.")
    return {"form": query.form, "nps_category": query.nps_category or "all"}


def _dates(window: Window) -> dict[str, str]:
    last = (window.end.astimezone(UTC) - timedelta(seconds=1)).astimezone(ZoneInfo(window.zone))
    return {"date_from": _iso(window.start), "date_to": _iso(last)}


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def check_filters(api: ApiSettings) -> None:
    """Raises UsageError when a filter's name would overwrite another field of the question."""
    names = (api.group_filter, api.user_filter)
    if len({*names, *OWN_FIELDS}) != 2 + len(OWN_FIELDS) or not all(names):
        raise UsageError(
            "activity_api: group_filter and user_filter must differ from each other and from "
            f"{', '.join(sorted(OWN_FIELDS))}."
        )


def _distinct(items: tuple[T, ...], what: str) -> tuple[T, ...]:
    if len({getattr(item, "id", None) for item in items}) != len(items):
        raise SourceUnclear(f"The list of {what} has the same id twice.")
    return items
