"""Forecast the coming days: each occurrence, its requests, and whether the request limit allows it."""

import math
import zlib
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import chain, islice

from bot.model import ON_TIME, Compare, Configuration, Digest, ExportQuery, Query, Window, WindowRule
from bot.model.report_types import FORM_REPORTS
from bot.source.cache.answers import is_fresh
from bot.source.gather import PEERS_REPORT, POLLS_EXPECTED, Scope, lists_needed, queries_of
from bot.source.group_filter import comparisons
from bot.timetable import Firing, compared_window, firings, window_for

SECONDS_A_REQUEST = 0.5
"""A typical answer's time, for the estimate of when an occurrence is ready."""

LISTS_KEPT = timedelta(hours=1)
LISTS = ("users", "groups", "forms")

WHEN = ("schedule", "zone", "holidays", "on_holiday", "paused", "until", "window")
"""What decides when a digest fires and about which days."""

ANY_WINDOW = Window.of_dates(date(2000, 1, 1), date(2000, 1, 1), "UTC")
"""The window of a query that is compared without its window."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """One coming occurrence. Instants are UTC; `requests` is an estimate of HTTP requests.

    `verifying` of them only show that the API honours the filter.
    """

    digest: Digest
    due: datetime
    window: Window
    requests: int
    ready_by: datetime
    verifying: int = 0

    @property
    def late(self) -> bool:
        """Whether the limit makes it ready more than five minutes after it is due."""
        return self.ready_by - self.due > ON_TIME


def forecast(
    configuration: Configuration, now: datetime, days: int, divided: Mapping[str, int] | None = None
) -> tuple[Forecast, ...]:
    """Return every occurrence due in the `days` after `now`, in order of its due instant.

    Counts requests as `gather` makes them: digests due together share answers, and settled answers are not
    fetched again. The ledger is not read; `divided` gives the number of editions of each `for_each`
    digest's last fan-out, by name.
    """
    until = now + timedelta(days=days)
    queue = _Queue(configuration, divided or {})
    return tuple(queue.forecast(*item) for item in sorted(_coming(configuration, now, until), key=_by_due))


def upcoming(digest: Digest, now: datetime, count: int) -> tuple[tuple[Firing, Window], ...]:
    """Return the next `count` firings after `now` with their windows."""
    return tuple((firing, window_for(digest, firing)) for firing in islice(firings(digest, now, None), count))


def _coming(
    configuration: Configuration, now: datetime, until: datetime
) -> Iterator[tuple[Digest, Firing, Window]]:
    # Many digests go out at the same times about the same days: those are computed once.
    known: dict[tuple[Hashable, ...], tuple[tuple[Firing, Window], ...]] = {}
    for digest in configuration.digests:
        key = tuple(getattr(digest, name) for name in WHEN)
        if key not in known:
            known[key] = tuple(_windows(digest, firings(digest, now, until)))
        for firing, window in known[key]:
            yield digest, firing, window


def _windows(digest: Digest, coming: Iterable[Firing]) -> Iterator[tuple[Firing, Window]]:
    previous: datetime | None = None
    for firing in coming:
        yield firing, window_for(digest, firing, previous_due=previous)
        previous = firing.due


def _by_due(item: tuple[Digest, Firing, Window]) -> tuple[datetime, str]:
    return item[1].due, item[0].name


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a digest asks at each firing: numbers of queries without their window."""

    about_window: tuple[int, ...]
    about_compared: tuple[int, ...]
    verifying: tuple[int, ...]
    verifying_compared: tuple[int, ...]
    lists: int


@dataclass(slots=True)
class _Answered:
    """The questions about one window: when each will have been asked, and when their figures have settled."""

    settles: datetime
    fetched: dict[int, datetime] = field(default_factory=dict)


class _Answers:
    """Which questions will have been answered, when, and whether their figures had settled."""

    def __init__(self, settle_seconds: float) -> None:
        self._settle = timedelta(seconds=settle_seconds)
        self._windows: dict[Window, _Answered] = {}
        self._lists: dict[str, datetime] = {}

    def to_ask(self, asked: tuple[int, ...], window: Window, due: datetime) -> list[int]:
        """Return the questions about `window` that no kept answer serves at `due`."""
        known = self._windows.get(window)
        if known is None:
            known = self._windows[window] = _Answered(window.end.astimezone(UTC) + self._settle)
        fetched, settles = known.fetched, known.settles
        fresh = [
            one for one in asked if (at := fetched.get(one)) is None or not is_fresh(at, settles <= at, due)
        ]
        fetched.update(dict.fromkeys(fresh, due))
        return fresh

    def lists_to_ask(self, count: int, due: datetime) -> int:
        """Return how many of the first `count` lists are older than an hour."""
        old = [n for n in LISTS[:count] if n not in self._lists or due - self._lists[n] >= LISTS_KEPT]
        self._lists.update(dict.fromkeys(old, due))
        return len(old)


class _Queue:
    """Requests leave one after another, never more than the scheduler's budget in any window.

    Its times are seconds since 1970: hundreds of thousands of requests are counted one by one.
    """

    def __init__(self, configuration: Configuration, divided: Mapping[str, int]) -> None:
        api = configuration.api
        self._divided = divided
        budget = max(1, api.usable_requests - api.reserved_requests)
        self._stamps: deque[float] = deque([-math.inf] * budget, maxlen=budget)
        self._period = api.limit_seconds
        self._free = -math.inf
        self._answers = _Answers(api.settle_seconds)
        self._asked: dict[str, _Asked] = {}
        self._numbers: dict[Query, int] = {}
        self._exports: set[int] = set()

    def forecast(self, digest: Digest, firing: Firing, window: Window) -> Forecast:
        """Queue one occurrence's requests behind those before it."""
        requests, verifying = self._requests(digest, window, firing.due)
        ready = datetime.fromtimestamp(self._send(requests, firing.due.timestamp()), UTC)
        return Forecast(digest, firing.due, window, requests, ready, verifying)

    def _send(self, requests: int, due: float) -> float:
        """Return when the last of the requests is answered."""
        stamps, free = self._stamps, max(self._free, due)
        for _ in range(requests):
            earliest = stamps[0] + self._period
            if earliest > free:
                free = earliest
            stamps.append(free)
            free += SECONDS_A_REQUEST
        self._free = free
        return free

    def _requests(self, digest: Digest, window: Window, due: datetime) -> tuple[int, int]:
        """Count lists, queries, export starts and polls that are not answered yet; and those that verify."""
        asked = self._asked.get(digest.name) or self._learn(digest, window)
        fresh = self._answers.to_ask(asked.about_window, window, due)
        polls = POLLS_EXPECTED * len(self._exports.intersection(fresh)) if self._exports else 0
        verifying = len(self._answers.to_ask(asked.verifying, window, due)) if asked.verifying else 0
        count = len(fresh) + polls + self._answers.lists_to_ask(asked.lists, due)
        compared = _compared(window, digest.window, digest.compare) if asked.about_compared else None
        if compared:
            count += len(self._answers.to_ask(asked.about_compared, compared, due))
            verifying += len(self._answers.to_ask(asked.verifying_compared, compared, due))
        return count + verifying, verifying

    def _learn(self, digest: Digest, window: Window) -> _Asked:
        """Return what the digest asks at every firing, from what it asks about one window."""
        now: list[Query] = []
        before: list[Query] = []
        verifying: list[Query] = []
        verifying_before: list[Query] = []
        for scope in assumed_scopes(digest, self._divided.get(digest.name, 1)):
            queries = queries_of(digest, window, scope)
            compared = queries_of(digest, window, scope, compared=True)
            now += queries.values()
            before += compared.values()
            verifying += chain.from_iterable(comparisons(queries).values())
            verifying_before += chain.from_iterable(comparisons(compared).values())
        if digest.for_each == "agent" and any(report.type == PEERS_REPORT for report in digest.reports):
            now.append(Query(PEERS_REPORT, window, assumed_scope(digest).groups))
        asked = _Asked(
            self._numbered(now),
            self._numbered(before),
            self._numbered(verifying),
            self._numbered(verifying_before),
            lists_needed(digest),
        )
        return self._asked.setdefault(digest.name, asked)

    def _numbered(self, asked: Iterable[Query]) -> tuple[int, ...]:
        """Return the number of each distinct question; it is the same whatever window it was about."""
        numbers: dict[int, None] = {}
        for query in asked:
            number = self._numbers.setdefault(replace(query, window=ANY_WINDOW), len(self._numbers))
            numbers[number] = None
            if isinstance(query, ExportQuery):
                self._exports.add(number)
        return tuple(numbers)


@lru_cache(maxsize=4096)
def _compared(window: Window, rule: WindowRule, compare: Compare) -> Window | None:
    return compared_window(window, rule, compare)


def assumed_scopes(digest: Digest, count: int = 1) -> tuple[Scope, ...]:
    """Return one scope for each edition of the digest; `count` where only the API knows them."""
    whole = assumed_scope(digest)
    if digest.for_each == "group" and whole.groups:
        return tuple(replace(whole, groups=(group,)) for group in whole.groups)
    if digest.for_each == "agent" and whole.users:
        return tuple(replace(whole, users=(user,)) for user in whole.users)
    if digest.for_each:
        return tuple(replace(whole, users=(number,)) for number in range(1, max(1, count) + 1))
    return (whole,)


def assumed_scope(digest: Digest) -> Scope:
    """Return placeholder ids for the digest's groups, users and forms: only the API knows the real ones."""
    forms = {report.type: _number(report.form) for report in digest.reports if report.type in FORM_REPORTS}
    return Scope(tuple(map(_number, digest.groups)), tuple(map(_number, digest.users)), forms)


def _number(name: str) -> int:
    return zlib.crc32(name.casefold().encode())
