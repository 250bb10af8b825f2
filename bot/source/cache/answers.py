"""Answers are shared: a cached one that is fresh enough is used again; of all who need a new one, one asks.

Single flight works on two levels: a lock per key between the threads of this process, and a lock in the
store (`AnswerStore.lock`) between processes.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from bot.errors import SourceBusy, SourceUnclear
from bot.model import AnswerStore, Clock, KeptAnswer, Progress, Query, Window
from bot.source.cache.waits import KeyLocks, WaitBudget
from bot.source.http.endpoints import origin_of
from bot.source.reports.wire import OtherShape

FIRST_STEP_SECONDS, LONGEST_STEP_SECONDS = 0.1, 2.0
"""Between looks for another process's answer; each wait is twice the one before."""

BUSY_SECONDS = 10.0
"""When to come back for an answer that another worker is fetching."""

T = TypeVar("T")
IsFresh = Callable[[KeptAnswer], bool]


def has_settled(window: Window, settle_seconds: float, at: datetime) -> bool:
    """Return whether figures of `window` are final at `at` (UTC): Monday still answers Sunday's messages."""
    return window.end.astimezone(UTC) + timedelta(seconds=settle_seconds) <= at


def is_fresh(fetched_at: datetime, settled: bool, due: datetime, *, anew: bool = False) -> bool:
    """Return whether an answer serves an occurrence due at `due` (UTC).

    One whose window had settled when it was fetched serves always, unless it is asked for `anew`; another
    serves every occurrence that was due by the time it was fetched, and its retries.
    """
    return (settled and not anew) or fetched_at >= due


def fresh_for(due: datetime, *, anew: bool = False) -> IsFresh:
    """Return the test `is_fresh` for one occurrence."""
    return lambda cached: is_fresh(cached.fetched_at, cached.settled, due, anew=anew)


def not_older_than(seconds: float, now: datetime) -> IsFresh:
    """Return a test for fetched within `seconds` of `now` (UTC), also after it when a clock stepped back."""
    return lambda cached: abs((now - cached.fetched_at).total_seconds()) < seconds


@dataclass(frozen=True, slots=True)
class CacheKeys:
    """Makes the cache keys of one token at one API: hashes of everything that makes answers differ.

    `account` is the token's hash, `api_url` the API's address, `fields` the names that the filters by group
    and by user are sent under: an API that ignores one name may know the other.
    """

    account: str
    api_url: str
    fields: tuple[str, str]

    def query(self, query: Query) -> str:
        """Return a key that is equal exactly for the same query with the same token to the same API."""
        return self._key("question", query.fingerprint)

    def list(self, name: str) -> str:
        """Return the key of a list: `users`, `groups` or `forms`."""
        return self._key("list", name)

    def _key(self, kind: str, *parts: object) -> str:
        place = (*origin_of(self.api_url), urlsplit(self.api_url).path.rstrip("/"))
        text = repr((kind, self.account, place, self.fields, parts))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Lookup(Generic[T]):
    """An answer to get: its key in the store, and `what` it is for people.

    `read` turns its text into the value, and raises SourceUnclear for a text that cannot be believed;
    `fetch` gets a new one from the API; `on_new` is called with a new value before it is cached.
    """

    key: str
    what: str
    is_fresh: IsFresh
    read: Callable[[str], T]
    fetch: Callable[[], KeptAnswer]
    on_new: Callable[[T], None] = lambda value: None


@dataclass(frozen=True)
class AnswerCache:
    """Gives cached answers and fetches new ones: one request a key, and no wait over `wait_seconds`."""

    store: AnswerStore
    clock: Clock
    progress: Progress
    wait_seconds: float
    _locks: KeyLocks = field(default_factory=KeyLocks)

    def get(self, lookup: Lookup[T], deadline: float) -> tuple[T, datetime]:
        """Return the value and when it was fetched (UTC), by `deadline` (monotonic). Raises SourceBusy."""
        cached = self._cached(lookup)
        if cached is not None:
            return cached
        seconds = min(self.wait_seconds, deadline - self.clock.monotonic())
        with self._locks.hold(lookup.key, seconds) as is_alone:
            if not is_alone:
                raise _busy(lookup.what)
            return self._wait_or_fetch(lookup, deadline)

    def _wait_or_fetch(self, lookup: Lookup[T], deadline: float) -> tuple[T, datetime]:
        """Return another process's answer as soon as it is there, or fetch it once we hold its lock."""
        budget = WaitBudget(self.clock, self.progress, self.wait_seconds, deadline)
        step = FIRST_STEP_SECONDS
        while True:
            cached = self._cached(lookup)
            if cached is not None:
                return cached
            if self.store.lock(lookup.key):
                return self._fetch(lookup)
            if not budget.allows(step):
                raise _busy(lookup.what)
            budget.wait(step, f"{lookup.what}: waiting for another's answer")
            step = min(2 * step, LONGEST_STEP_SECONDS)

    def _cached(self, lookup: Lookup[T]) -> tuple[T, datetime] | None:
        """Return the cached answer if fresh and whole, or None. Raises OtherShape: it would come again."""
        cached = self.store.get(lookup.key)
        if cached is None or not lookup.is_fresh(cached):
            return None
        try:
            return lookup.read(cached.text), cached.fetched_at
        except OtherShape:
            raise
        except SourceUnclear:
            return None

    def _fetch(self, lookup: Lookup[T]) -> tuple[T, datetime]:
        """Fetch under the lock. Do not cache what cannot be read, unless another report reads its shape."""
        try:
            # Between our look and our lock another may have cached the answer.
            cached = self._cached(lookup)
            if cached is not None:
                return cached
            answer = lookup.fetch()
            try:
                value = lookup.read(answer.text)
            except OtherShape:
                self.store.keep(lookup.key, answer)
                raise
            lookup.on_new(value)
            self.store.keep(lookup.key, answer)
            return value, answer.fetched_at
        finally:
            self.store.unlock(lookup.key)


def _busy(what: str) -> SourceBusy:
    text = f"Somebody else is asking the Activity API for {what} already, and its answer is not here yet."
    return SourceBusy(text, retry_after=BUSY_SECONDS)
