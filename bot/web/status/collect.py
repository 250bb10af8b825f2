"""A snapshot of the service and its ledger, shared by all requests of two seconds."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.actions.explain import story
from bot.alerts.late import late_now
from bot.model import Configuration, DeliveryRecord, Digest, OccurrenceRecord, OpenCircuit, Process, Tally
from bot.service import Service, ServiceStatus
from bot.service.service import is_overdue
from bot.timetable import Firing, next_firing

FRESH_SECONDS = 2.0
MAX_RECENT, MAX_UNSERVED = 30, 20

RequestCount = Callable[[Configuration], tuple[int, int]]
"""How many requests count in the current span, of how many that may be used. Raises LedgerError."""

Rows = tuple[tuple[OccurrenceRecord, tuple[DeliveryRecord, ...]], ...]


@dataclass(frozen=True, slots=True)
class StatusSnapshot:
    """What the page shows, at `now` (UTC). `next_firings` has one of each digest, soonest first.

    `jobs` counts what can be done now, by lane; its oldest could have been done `oldest_seconds` ago.
    `owner` is this process among `processes`.
    """

    now: datetime
    configuration: Configuration
    service: ServiceStatus
    next_firings: tuple[tuple[Digest, Firing], ...]
    paused: Mapping[str, datetime]
    recent: Rows
    unserved: Rows
    held: tuple[OccurrenceRecord, ...]
    late: tuple[OccurrenceRecord, ...]
    stops: tuple[OpenCircuit, ...]
    tally: Tally
    is_overdue: bool
    jobs: Mapping[str, int]
    oldest_seconds: float
    requests_used: int
    requests_usable: int
    owner: str
    processes: tuple[Process, ...]

    @property
    def has_turn(self) -> bool:
        """Whether this process plans."""
        return any(process.has_turn for process in self.processes if process.owner == self.owner)

    @property
    def paused_names(self) -> frozenset[str]:
        """The digests that do not fire: a person or the file paused them."""
        digests = self.configuration.digests
        return frozenset(one.name for one in digests if one.paused or one.name in self.paused)

    @property
    def other_files(self) -> tuple[str, ...]:
        """The hosts of living processes whose reports.yaml is another one than this process's."""
        files = {process.owner: process.file for process in self.processes if process.is_alive}
        mine = files.get(self.owner, "")
        others = {p.host for p in self.processes if files.get(p.owner) and mine and files[p.owner] != mine}
        return tuple(sorted(others))


class Collector:
    """Reads a service and its ledger. `redact` takes secrets out of a text. Safe among threads."""

    def __init__(self, service: Service, requests: RequestCount, redact: Callable[[str], str]) -> None:
        self.redact, self.service_status = redact, service.status
        self._service, self._requests = service, requests
        self._next_firings = NextFirings()
        self._lock = threading.Lock()
        self._snapshot: StatusSnapshot | None = None
        self._taken_at = 0.0

    def snapshot(self) -> StatusSnapshot:
        """Return the snapshot, at most two seconds old. Raises LedgerError."""
        with self._lock:
            now = self._service.runtime.clock.monotonic()
            if self._snapshot is None or now - self._taken_at >= FRESH_SECONDS:
                self._snapshot, self._taken_at = self._collect(), now
            return self._snapshot

    def timeline(self, occurrence_id: str) -> tuple[str, ...]:
        """Return the lines of `explain` on an occurrence; () when there is none. Raises LedgerError."""
        ledger = self._service.runtime.ledger
        record = ledger.occurrence(occurrence_id)
        return () if record is None else tuple(map(self.redact, story(ledger, record)))

    def _collect(self) -> StatusSnapshot:
        service, configuration = self._service, self._service.configuration
        ledger, now = service.runtime.ledger, service.runtime.clock.now()
        paused = ledger.paused()
        used, usable = self._requests(configuration)
        since = ledger.waiting_since(now)
        return StatusSnapshot(
            now=now,
            configuration=configuration,
            service=service.status(),
            next_firings=tuple(self._next_firings.of(configuration, paused, now)),
            paused=paused,
            recent=ledger.recent(MAX_RECENT),
            unserved=ledger.unserved(MAX_UNSERVED, now),
            held=ledger.held(),
            late=late_now(ledger, configuration, now),
            stops=ledger.open_circuits(),
            tally=ledger.tally(),
            is_overdue=is_overdue(ledger, now),
            jobs=Counter(job.lane for job in ledger.jobs(now)),
            oldest_seconds=0.0 if since is None else (now - since).total_seconds(),
            requests_used=used,
            requests_usable=usable,
            owner=ledger.owner,
            processes=ledger.processes(),
        )


class NextFirings:
    """Each digest's next firing, cached until it is due: ten thousand take seconds to work out."""

    def __init__(self) -> None:
        self._configuration: Configuration | None = None
        self._cache: dict[str, Firing | None] = {}

    def of(
        self, configuration: Configuration, paused: Mapping[str, datetime], now: datetime
    ) -> list[tuple[Digest, Firing]]:
        """Return the digests that will fire, soonest first; paused ones will not."""
        if self._configuration is not configuration:
            self._configuration, self._cache = configuration, {}
        pairs = []
        for digest in configuration.digests:
            if digest.paused or digest.name in paused:
                continue
            firing = self._cache.get(digest.name)
            if digest.name not in self._cache or (firing is not None and firing.due <= now):
                firing = self._cache[digest.name] = next_firing(digest, now)
            if firing is not None:
                pairs.append((digest, firing))
        return sorted(pairs, key=lambda pair: (pair[1].due, pair[0].name))
