"""What the coming days bring: who gets what, when, and whether the request limit allows it."""

import zlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from bot.engine.planner import ON_TIME
from bot.model import Configuration, Digest, ExportQuery, Query, Window
from bot.source.freshness import has_settled, is_good
from bot.source.gather import NPS, POLLS_EXPECTED, Scope, lists_needed, questions
from bot.source.peers import REPORT as PEERS
from bot.timetable import Firing, compared_window, firings, window_for

SECONDS_A_REQUEST = 0.5
"""A typical answer's time, for the estimate of when an occurrence is ready."""

LISTS_KEPT = timedelta(hours=1)
LISTS = ("users", "groups", "forms")


@dataclass(frozen=True, slots=True)
class Forecast:
    """One coming occurrence. Instants are UTC; `requests` is an estimate of HTTP requests."""

    digest: Digest
    due: datetime
    window: Window
    requests: int
    ready_by: datetime

    @property
    def late(self) -> bool:
        """Whether the limit makes it ready more than five minutes after it is due."""
        return self.ready_by - self.due > ON_TIME


def forecast(
    configuration: Configuration, now: datetime, days: int, divided: Mapping[str, int] | None = None
) -> tuple[Forecast, ...]:
    """Every occurrence due in the `days` after `now`, in order of its due instant.

    Counts as the fetching does: digests due together share their answers, a window's answer that had
    settled is not asked for again. What the ledger holds from before is not known here; of it `divided`
    says into how many editions a `for_each` digest went last, by name.
    """
    until = now + timedelta(days=days)
    queue = _Queue(configuration, divided or {})
    return tuple(queue.forecast(*item) for item in sorted(_coming(configuration, now, until), key=_by_due))


def upcoming(digest: Digest, now: datetime, count: int) -> tuple[tuple[Firing, Window], ...]:
    """The next `count` firings after `now` with their windows."""
    return tuple((firing, window_for(digest, firing)) for firing in islice(firings(digest, now, None), count))


def _coming(
    configuration: Configuration, now: datetime, until: datetime
) -> Iterator[tuple[Digest, Firing, Window]]:
    for digest in configuration.digests:
        previous: datetime | None = None
        for firing in firings(digest, now, until):
            yield digest, firing, window_for(digest, firing, previous_due=previous)
            previous = firing.due


def _by_due(item: tuple[Digest, Firing, Window]) -> tuple[datetime, str]:
    return item[1].due, item[0].name


@dataclass(slots=True)
class _Answers:
    """Which questions will have been answered, when, and whether their figures had settled."""

    settle_seconds: float
    fetched: dict[Query, datetime] = field(default_factory=dict)
    lists: dict[str, datetime] = field(default_factory=dict)

    def to_ask(self, asked: Sequence[Query], due: datetime) -> tuple[Query, ...]:
        """Those of the questions, once each, that no kept answer serves at `due`."""
        fresh = tuple(query for query in dict.fromkeys(asked) if not self._is_kept(query, due))
        self.fetched.update(dict.fromkeys(fresh, due))
        return fresh

    def lists_to_ask(self, count: int, due: datetime) -> int:
        """How many of the first `count` lists are older than an hour."""
        old = [n for n in LISTS[:count] if n not in self.lists or due - self.lists[n] >= LISTS_KEPT]
        self.lists.update(dict.fromkeys(old, due))
        return len(old)

    def _is_kept(self, query: Query, due: datetime) -> bool:
        at = self.fetched.get(query)
        return at is not None and is_good(at, has_settled(query.window, self.settle_seconds, at), due)


class _Queue:
    """Requests leave one after another, never more than the scheduler's budget in any window."""

    def __init__(self, configuration: Configuration, divided: Mapping[str, int]) -> None:
        api = configuration.api
        self._divided = divided
        budget = max(1, api.usable_requests - api.reserved_requests)
        self._stamps: deque[datetime] = deque(maxlen=budget)
        self._period = timedelta(seconds=api.limit_seconds)
        self._free = datetime.min.replace(tzinfo=UTC)
        self._answers = _Answers(api.settle_seconds)

    def forecast(self, digest: Digest, firing: Firing, window: Window) -> Forecast:
        """Queue one occurrence's requests behind those before it."""
        requests = self._requests(digest, window, firing.due)
        self._free = max(self._free, firing.due)
        for _ in range(requests):
            self._send()
        return Forecast(digest, firing.due, window, requests, self._free)

    def _requests(self, digest: Digest, window: Window, due: datetime) -> int:
        """Lists, questions, export starts and polls that are not answered yet."""
        asked: list[Query] = []
        compared = compared_window(window, digest.window, digest.compare)
        for scope in assumed_scopes(digest, self._divided.get(digest.name, 1)):
            asked += questions(digest, window, scope).values()
            if compared is not None:
                asked += questions(digest, compared, scope, compared=True).values()
        if digest.for_each == "agent" and any(report.type == PEERS for report in digest.reports):
            asked.append(Query(PEERS, window, assumed_scope(digest).groups))
        fresh = self._answers.to_ask(asked, due)
        polls = sum(POLLS_EXPECTED for query in fresh if isinstance(query, ExportQuery))
        return len(fresh) + polls + self._answers.lists_to_ask(lists_needed(digest), due)

    def _send(self) -> None:
        if len(self._stamps) == self._stamps.maxlen:
            self._free = max(self._free, self._stamps[0] + self._period)
        self._stamps.append(self._free)
        self._free += timedelta(seconds=SECONDS_A_REQUEST)


def assumed_scopes(digest: Digest, count: int = 1) -> tuple[Scope, ...]:
    """One for each edition of the digest; `count` where only the API knows how many there are."""
    whole = assumed_scope(digest)
    if digest.for_each == "group" and whole.groups:
        return tuple(replace(whole, groups=(group,)) for group in whole.groups)
    if digest.for_each == "agent" and whole.users:
        return tuple(replace(whole, users=(user,)) for user in whole.users)
    if digest.for_each:
        return tuple(replace(whole, users=(number,)) for number in range(1, max(1, count) + 1))
    return (whole,)


def assumed_scope(digest: Digest) -> Scope:
    """Ids that stand for the digest's groups, users and forms, whose real ones only the API knows."""
    forms = {report.type: _number(report.form) for report in digest.reports if report.type in NPS}
    return Scope(tuple(map(_number, digest.groups)), tuple(map(_number, digest.users)), forms)


def _number(name: str) -> int:
    return zlib.crc32(name.casefold().encode())
