"""Bounded waits: a budget of seconds for one request, and a lock per key for threads of one process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary

from bot.model import Clock, Progress

LONG_WAIT_SECONDS = 5.0
"""From this on a wait is shown as progress."""


class WaitBudget:
    """How long one request may wait: `seconds` in all, and never up to its `deadline` (monotonic)."""

    def __init__(self, clock: Clock, progress: Progress, seconds: float, deadline: float) -> None:
        self._clock, self._progress = clock, progress
        self._left, self._deadline = seconds, deadline

    @property
    def left(self) -> float:
        """Return the seconds that are left to wait; not negative."""
        return max(0.0, min(self._left, self._deadline - self._clock.monotonic()))

    def spend(self, seconds: float) -> None:
        """Take off a wait that happened elsewhere."""
        self._left -= seconds

    def allows(self, seconds: float) -> bool:
        """Return whether the budget covers a wait of so many seconds."""
        return seconds <= self._left and self._clock.monotonic() + seconds < self._deadline

    def wait(self, seconds: float, why: str) -> None:
        """Sleep, and report why when it takes long."""
        self.spend(seconds)
        if seconds >= LONG_WAIT_SECONDS:
            self._progress(f"{why} ({seconds:.0f} s)")
        self._clock.sleep(seconds)


class KeyLocks:
    """Locks by key; each is dropped when no thread uses it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self._lock = threading.Lock()

    @contextmanager
    def hold(self, key: str, seconds: float) -> Iterator[bool]:
        """Hold the lock of `key`; yield False when it was not free within `seconds` of real time."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        is_mine = lock.acquire(timeout=min(max(0.0, seconds), threading.TIMEOUT_MAX))
        try:
            yield is_mine
        finally:
            if is_mine:
                lock.release()
