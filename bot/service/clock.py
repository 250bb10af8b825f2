"""The real clock, one that takes a given moment as the present, and the one that several machines share."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.model import Clock


class SystemClock:
    """The machine's time in UTC."""

    def now(self) -> datetime:
        """Return the present, aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never step back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait `seconds`."""
        time.sleep(max(0.0, seconds))


class StartedClock(SystemClock):
    """A clock that starts at `start` (aware) and runs on from there."""

    def __init__(self, start: datetime) -> None:
        self._start = start.astimezone(UTC)
        self._began = time.monotonic()

    def now(self) -> datetime:
        """Return `start` plus the real time since."""
        return self._start + timedelta(seconds=time.monotonic() - self._began)


@dataclass(frozen=True, slots=True)
class SharedClock:
    """The time of what several machines share, so that "not before" means the same on each.

    `shared` returns it (UTC), or None where there is none; then `clock` counts.
    """

    clock: Clock
    shared: Callable[[], datetime | None]

    def now(self) -> datetime:
        """Return the present, aware, UTC."""
        return self.shared() or self.clock.now()

    def monotonic(self) -> float:
        """Return seconds that never step back."""
        return self.clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait `seconds`."""
        self.clock.sleep(seconds)
