"""One lock for each key in use: threads of one process that need the same wait for each other by it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary


class _Lane:
    """A lock that vanishes when nobody uses it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


class Lanes:
    """The locks by key."""

    def __init__(self) -> None:
        self._lanes: WeakValueDictionary[str, _Lane] = WeakValueDictionary()
        self._lock = threading.Lock()

    @contextmanager
    def lane(self, key: str, seconds: float) -> Iterator[bool]:
        """Alone on the lane of `key`; False when that was not to be had within `seconds` of real time."""
        with self._lock:
            lane = self._lanes.setdefault(key, _Lane())
        is_mine = lane.lock.acquire(timeout=min(max(0.0, seconds), threading.TIMEOUT_MAX))
        try:
            yield is_mine
        finally:
            if is_mine:
                lane.lock.release()
