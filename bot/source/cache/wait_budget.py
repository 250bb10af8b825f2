"""Waiting that has an end: a background worker comes back later instead of sleeping long."""

from bot.model import Clock, Progress

LONG_WAIT = 5.0
"""Seconds from which on a wait is told."""


class Patience:
    """How long one question may wait: `seconds` in all, and never up to its `deadline` (monotonic)."""

    def __init__(self, clock: Clock, progress: Progress, seconds: float, deadline: float) -> None:
        self._clock, self._progress = clock, progress
        self._left, self._deadline = seconds, deadline

    @property
    def left(self) -> float:
        """Seconds that may still be waited; not negative."""
        return max(0.0, min(self._left, self._deadline - self._clock.monotonic()))

    def spend(self, seconds: float) -> None:
        """So long was waited elsewhere."""
        self._left -= seconds

    def allows(self, seconds: float) -> bool:
        """Whether so long a wait is still within it."""
        return seconds <= self._left and self._clock.monotonic() + seconds < self._deadline

    def wait(self, seconds: float, why: str) -> None:
        """Sleep, and tell why when it takes long."""
        self.spend(seconds)
        if seconds >= LONG_WAIT:
            self._progress(f"{why} ({seconds:.0f} s)")
        self._clock.sleep(seconds)
