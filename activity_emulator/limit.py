"""The rate limit: a sliding count of requests per token."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable


class Limiter:
    """Admits at most `requests` in any span of `seconds` for each token (API document, Rate Limiting).

    `clock` answers seconds from any fixed start and never runs backwards. A refused request is not
    counted, so a client that waits long enough is served again however often it has asked meanwhile.
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
        """The instant (on the clock) at which this request is admitted and counted; None: it is refused."""
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
    """Admits every request."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def admit(self, token: str) -> float | None:
        """The instant (on the clock) at which this request is admitted."""
        return self._clock()
