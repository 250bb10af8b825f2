"""One look at how everything stands, shared by all who ask within two seconds."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.actions.explain import story
from bot.model import ChannelStop, Configuration, DeliveryRecord, Digest, OccurrenceRecord, Tally
from bot.service import Service, ServiceStatus
from bot.service.service import is_overdue
from bot.timetable import Firing, next_firing

FRESH_SECONDS = 2.0
RECENT, TROUBLED = 30, 20

Used = Callable[[Configuration], tuple[int, int]]
"""How many requests count in the current span, of how many that may be used. Raises LedgerError."""

Rows = tuple[tuple[OccurrenceRecord, tuple[DeliveryRecord, ...]], ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that is told, at `now` (UTC). `following` is each digest's next firing, soonest first."""

    now: datetime
    configuration: Configuration
    pulse: ServiceStatus
    following: tuple[tuple[Digest, Firing], ...]
    paused: Mapping[str, datetime]
    recent: Rows
    troubled: Rows
    held: tuple[OccurrenceRecord, ...]
    stops: tuple[ChannelStop, ...]
    tally: Tally
    is_overdue: bool
    used: int
    usable: int


class Lookout:
    """Looks at a service and its ledger. `redact` takes secrets out of a text. Safe among threads."""

    def __init__(self, service: Service, used: Used, redact: Callable[[str], str]) -> None:
        self.redact = redact
        self._service, self._used = service, used
        self._following = Following()
        self._lock = threading.Lock()
        self._last: Standing | None = None
        self._looked = 0.0

    def standing(self) -> Standing:
        """How everything stands, at most two seconds old. Raises LedgerError."""
        with self._lock:
            now = self._service.runtime.clock.monotonic()
            if self._last is None or now - self._looked >= FRESH_SECONDS:
                self._last = self._look()
                self._looked = now
            return self._last

    def pulse(self) -> ServiceStatus:
        """The service's own, for when the ledger cannot be read."""
        return self._service.status()

    def story(self, occurrence_id: str) -> tuple[str, ...]:
        """What `explain` says of an occurrence; () when there is none. Raises LedgerError."""
        ledger = self._service.runtime.ledger
        record = ledger.occurrence(occurrence_id)
        return () if record is None else tuple(map(self.redact, story(ledger, record)))

    def _look(self) -> Standing:
        service, configuration = self._service, self._service.configuration
        ledger, now = service.runtime.ledger, service.runtime.clock.now()
        paused = ledger.paused()
        used, usable = self._used(configuration)
        return Standing(
            now=now,
            configuration=configuration,
            pulse=service.status(),
            following=tuple(self._following.of(configuration, paused, now)),
            paused=paused,
            recent=ledger.recent(RECENT),
            troubled=ledger.unserved(TROUBLED),
            held=ledger.held(),
            stops=ledger.channel_stops(),
            tally=ledger.tally(),
            is_overdue=is_overdue(ledger, now),
            used=used,
            usable=usable,
        )


class Following:
    """Each digest's next firing, kept until it is due: ten thousand take seconds to work out."""

    def __init__(self) -> None:
        self._of: Configuration | None = None
        self._known: dict[str, Firing | None] = {}

    def of(
        self, configuration: Configuration, paused: Mapping[str, datetime], now: datetime
    ) -> list[tuple[Digest, Firing]]:
        """The digests that will fire, soonest first; those that are paused will not."""
        if self._of is not configuration:
            self._of, self._known = configuration, {}
        running = (one for one in configuration.digests if not one.paused and one.name not in paused)
        return sorted(self._firing(running, now), key=lambda pair: (pair[1].due, pair[0].name))

    def _firing(self, digests: Iterator[Digest], now: datetime) -> Iterator[tuple[Digest, Firing]]:
        for digest in digests:
            known = self._known.get(digest.name)
            if digest.name not in self._known or (known is not None and known.due <= now):
                known = self._known[digest.name] = next_firing(digest, now)
            if known is not None:
                yield digest, known
