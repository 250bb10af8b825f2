"""Answers are shared: a kept one that is good enough is given again; of all who need a new one, one asks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from bot.errors import SourceBusy, SourceUnclear
from bot.model import AnswerStore, Clock, KeptAnswer, Progress
from bot.source.cache.freshness import is_good
from bot.source.cache.key_locks import Lanes
from bot.source.cache.single_flight import SingleFlight
from bot.source.cache.wait_budget import Patience
from bot.source.reports.wire import OtherShape

FIRST_STEP, LONGEST_STEP = 0.1, 2.0
"""Seconds between looks for another's answer, each wait twice the one before."""

BUSY_SECONDS = 10.0
"""When to come back for an answer that somebody else is asking for."""

T = TypeVar("T")
IsGood = Callable[[KeptAnswer], bool]


def good_for(due: datetime, *, anew: bool = False) -> IsGood:
    """See `is_good`: final when it was asked for, or fetched since the occurrence was due (UTC)."""
    return lambda kept: is_good(kept.fetched_at, kept.settled, due, anew=anew)


def not_older_than(seconds: float, now: datetime) -> IsGood:
    """Fetched within `seconds` of `now` (UTC). One from the future, after a clock stepped back, ages too."""
    return lambda kept: abs((now - kept.fetched_at).total_seconds()) < seconds


@dataclass(frozen=True, slots=True)
class Wanted(Generic[T]):
    """An answer to be had: its key in the store, and `what` it is for people.

    `read` turns its text into the value, and raises SourceUnclear for a text that cannot be believed;
    `ask` gets a new one from the API; `note` is told a new one's value before it is kept.
    """

    key: str
    what: str
    is_good: IsGood
    read: Callable[[str], T]
    ask: Callable[[], KeptAnswer]
    note: Callable[[T], None] = lambda value: None


@dataclass(frozen=True)
class Answers:
    """Gives kept answers and gets new ones, so that each question is on the way at most once.

    Threads of this process wait for each other; another process's right to ask is looked at again and
    again. Nobody waits longer than `patience_seconds` for another's answer.
    """

    store: AnswerStore
    clock: Clock
    progress: Progress
    patience_seconds: float
    _lanes: Lanes = field(default_factory=Lanes)

    def get(self, wanted: Wanted[T], deadline: float) -> tuple[T, datetime]:
        """The value and when it was fetched (UTC), by `deadline` (monotonic seconds).

        Raises SourceBusy when another is asking for longer than that, and whatever asking raises.
        """
        found = self._kept(wanted)
        if found is not None:
            return found
        patience = min(self.patience_seconds, deadline - self.clock.monotonic())
        with self._lanes.lane(wanted.key, patience) as is_alone:
            if not is_alone:
                raise _busy(wanted.what)
            return self._first(wanted, deadline)

    def _first(self, wanted: Wanted[T], deadline: float) -> tuple[T, datetime]:
        """Another's answer as soon as it is there, or our own once we have the right to ask."""
        patience = Patience(self.clock, self.progress, self.patience_seconds, deadline)
        step = FIRST_STEP
        while True:
            found = self._kept(wanted)
            if found is not None:
                return found
            if self.store.lock(wanted.key, self.clock.now()):
                return self._fetched(wanted)
            if not patience.allows(step):
                raise _busy(wanted.what)
            patience.wait(step, f"{wanted.what}: waiting for another's answer")
            step = min(2 * step, LONGEST_STEP)

    def _kept(self, wanted: Wanted[T]) -> tuple[T, datetime] | None:
        """The kept answer if it is good. A damaged one is like none; one of another shape would come again.

        Raises OtherShape.
        """
        kept = self.store.get(wanted.key)
        if kept is None or not wanted.is_good(kept):
            return None
        try:
            return wanted.read(kept.text), kept.fetched_at
        except OtherShape:
            raise
        except SourceUnclear:
            return None

    def _fetched(self, wanted: Wanted[T]) -> tuple[T, datetime]:
        """Ask, with the right to. What cannot be read is not kept, unless another report reads its shape."""
        with SingleFlight(self.store, wanted.key, self.clock) as flight:
            # Between our look and our right another may have kept the answer.
            found = self._kept(wanted)
            if found is not None:
                return found
            answer = wanted.ask()
            try:
                value = wanted.read(answer.text)
            except OtherShape:
                flight.keep(answer)
                raise
            wanted.note(value)
            flight.keep(answer)
            return value, answer.fetched_at


def _busy(what: str) -> SourceBusy:
    said = f"Somebody else is asking the Activity API for {what} already, and its answer is not here yet."
    return SourceBusy(said, retry_after=BUSY_SECONDS)
