"""The rate limit: a sliding window of requests for each token."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable


class Limiter:
    """A limit of `requests` in any span of `seconds` for each token (API document, Rate Limiting).

    `clock` returns seconds from any fixed start and never runs backwards. A refused request is not
    counted, so a client that waits long enough is served again, whatever it sent meanwhile.
    """

    def __init__(self, requests: int, seconds: float, clock: Callable[[], float]) -> None:
        if requests < 1 or seconds <= 0:
            raise ValueError(f"a limit of {requests} requests in {seconds} seconds is none")
        self._requests = requests
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._admitted: defaultdict[str, deque[float]] = defaultdict(deque)

    def admit(self, token: str) -> float | None:
        """Admit and count a request; return the instant on the clock, or None for a refusal."""
        with self._lock:
            now = self._clock()
            admitted = self._admitted[token]
            while admitted and admitted[0] <= now - self._seconds:
                admitted.popleft()
            if len(admitted) >= self._requests:
                return None
            admitted.append(now)
            return now


class NoLimit:
    """No limit: every request is admitted."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def admit(self, token: str) -> float | None:
        """Admit a request; return the instant on the clock."""
        return self._clock()
