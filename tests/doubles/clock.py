"""A clock that only the test turns."""

from datetime import datetime, timedelta

from tests.compose.data import NOW


class TurnedClock:
    """A clock that only the test turns."""

    def __init__(self) -> None:
        self.present = NOW

    def now(self) -> datetime:
        return self.present

    def monotonic(self) -> float:
        return self.present.timestamp()

    def sleep(self, seconds: float) -> None:
        self.present += timedelta(seconds=seconds)
