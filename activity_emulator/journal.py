"""The requests that an emulator answered, for tests of a client."""

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from activity_emulator.query import ReportQuery

HostKind = Literal["api", "status", "download"]

# Bounds the memory of a long-running emulator.
CAPACITY = 10_000


@dataclass(frozen=True, slots=True)
class Request:
    """One answered request: `path` without its query, `with_token` if it has an API token.

    `admitted_at`: when it was counted against the limit, in seconds of the emulator's clock; None for one
    that was not counted (401, over the limit, downloads). `faults`: the names of those that it met. `query`:
    that of a report request, its filter as sent; None for any other, and after an earlier fault or refusal.
    """

    method: str
    host: HostKind
    path: str
    report_type: str | None
    status: int
    with_token: bool
    admitted_at: float | None = None
    faults: tuple[str, ...] = ()
    query: ReportQuery | None = None


class Journal:
    """The last ten thousand requests, oldest first; safe to read while requests are served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: deque[Request] = deque(maxlen=CAPACITY)

    def add(self, request: Request) -> None:
        """Add one request."""
        with self._lock:
            self._requests.append(request)

    def clear(self) -> None:
        """Remove all requests."""
        with self._lock:
            self._requests.clear()

    def most_admitted(self, seconds: float) -> int:
        """Return the most requests admitted in any half-open span of `seconds`."""
        stamps = sorted(r.admitted_at for r in self if r.admitted_at is not None)
        return max((bisect_left(stamps, at + seconds) - n for n, at in enumerate(stamps)), default=0)

    def __len__(self) -> int:
        with self._lock:
            return len(self._requests)

    def __iter__(self) -> Iterator[Request]:
        with self._lock:
            return iter(list(self._requests))

    def __getitem__(self, index: int) -> Request:
        with self._lock:
            return self._requests[index]
