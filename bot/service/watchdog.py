"""End a process whose tick loop stands still, so that its supervisor starts it again."""

import logging
import os
import threading
from collections.abc import Callable
from types import TracebackType

from bot.model import Clock

log = logging.getLogger("bot.service")

STUCK_STATUS = 70
"""The exit status of a process that its watchdog ended (EX_SOFTWARE of sysexits.h)."""

LIMIT_SECONDS, LOOK_SECONDS = 300.0, 5.0


def end_process(status: int) -> None:
    """End the process immediately: a loop that hangs cannot be asked to stop."""
    logging.shutdown()
    os._exit(status)


class Watchdog:
    """A context manager that looks every `look_seconds` whether `beat` was called lately.

    It counts its own time on the monotonic clock: neither a clock that is set nor a process that was
    stopped for a while (SIGSTOP, a paused machine) counts as standing still.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        limit_seconds: float = LIMIT_SECONDS,
        look_seconds: float = LOOK_SECONDS,
        end: Callable[[int], None] = end_process,
    ) -> None:
        self._clock, self._end = clock, end
        self._limit, self._every = limit_seconds, look_seconds
        self._seen, self._idle = clock.monotonic(), 0.0
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> "Watchdog":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        self._thread.join()

    def beat(self) -> None:
        """Note that the loop is alive."""
        self._idle = 0.0

    def look(self) -> None:
        """Look once; end the process when `beat` was not called for too long."""
        now = self._clock.monotonic()
        # Longer than two looks only when this thread did not run either.
        self._idle += min(now - self._seen, 2 * self._every)
        self._seen = now
        if self._idle > self._limit:
            log.critical(
                "nothing was planned for %.0f seconds; this process ends with status %d to be started again",
                self._idle,
                STUCK_STATUS,
            )
            self._end(STUCK_STATUS)

    def _watch(self) -> None:
        while not self._left.wait(self._every):
            self.look()
