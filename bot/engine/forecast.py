"""What the coming days bring: who gets what, when, and whether the request limit allows it."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.engine.planner import ON_TIME
from bot.model import Configuration, Digest, Window
from bot.source.gather import requests_expected
from bot.timetable import Firing, compared_window, firings, window_for

USABLE = 0.95
SECONDS_A_REQUEST = 0.5
"""A typical answer's time, for the estimate of when an occurrence is ready."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """One coming occurrence. Instants are UTC; `requests` is an estimate of HTTP requests."""

    digest: Digest
    due: datetime
    window: Window
    requests: int
    ready_by: datetime

    @property
    def late(self) -> bool:
        """Whether the limit makes it ready more than five minutes after it is due."""
        return self.ready_by - self.due > ON_TIME


def forecast(configuration: Configuration, now: datetime, days: int) -> tuple[Forecast, ...]:
    """Every occurrence due in the `days` after `now`, in order of its due instant."""
    until = now + timedelta(days=days)
    queue = _Queue(configuration)
    return tuple(queue.forecast(*item) for item in sorted(_coming(configuration, now, until), key=_by_due))


def upcoming(digest: Digest, now: datetime, count: int) -> tuple[tuple[Firing, Window], ...]:
    """The next `count` firings after `now` with their windows."""
    found: list[tuple[Firing, Window]] = []
    for firing in firings(digest, now, None):
        if len(found) == count:
            break
        found.append((firing, window_for(digest, firing)))
    return tuple(found)


def _coming(
    configuration: Configuration, now: datetime, until: datetime
) -> Iterator[tuple[Digest, Firing, Window]]:
    for digest in configuration.digests:
        previous: datetime | None = None
        for firing in firings(digest, now, until):
            yield digest, firing, window_for(digest, firing, previous_due=previous)
            previous = firing.due


def _by_due(item: tuple[Digest, Firing, Window]) -> tuple[datetime, str]:
    return item[1].due, item[0].name


class _Queue:
    """Requests leave one after another, never more than the usable budget in any window."""

    def __init__(self, configuration: Configuration) -> None:
        api = configuration.api
        self._stamps: deque[datetime] = deque(maxlen=max(1, int(api.limit_requests * USABLE)))
        self._period = timedelta(seconds=api.limit_seconds)
        self._free = datetime.min.replace(tzinfo=UTC)

    def forecast(self, digest: Digest, firing: Firing, window: Window) -> Forecast:
        """Queue one occurrence's requests behind those before it."""
        requests = requests_expected(digest, window, compared_window(window, digest.window, digest.compare))
        self._free = max(self._free, firing.due)
        for _ in range(requests):
            self._send()
        return Forecast(digest, firing.due, window, requests, self._free)

    def _send(self) -> None:
        if len(self._stamps) == self._stamps.maxlen:
            self._free = max(self._free, self._stamps[0] + self._period)
        self._stamps.append(self._free)
        self._free += timedelta(seconds=SECONDS_A_REQUEST)
