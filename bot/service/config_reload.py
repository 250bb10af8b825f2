"""Reload reports.yaml while the service runs: the ticker polls it, a thread of its own reads it.

A save is read once two polls in a row saw the same, so that nothing is read half written. It takes effect at
a poll, in the ticker's thread, between two plans and never within one.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.config.diff import Change, changes
from bot.config.watch import Debounced, Seen, watched_files
from bot.delivery.pipeline import as_bot_error
from bot.delivery.runtime import Runtime
from bot.errors import ConfigError
from bot.model import Clock, Configuration
from bot.service.retention import Upkeep

log = logging.getLogger("bot.service")

NOTHING: Mapping[str, tuple[int, int, int]] = {}
LOOK_SECONDS = 1
MISSING_LOOKS = 5
"""A file that is gone for so many looks is broken; an editor replaces one within a moment."""

SAME = "it says what it said before; templates and logos are read anew"
MOST_FAULTS, MOST_SENTENCES = 20, 50
"""Limits of what is reported of one reading: a file may have ten thousand faults."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A usable file: its configuration, and everything wired from it."""

    configuration: Configuration
    runtime: Runtime
    upkeep: Upkeep | None = None


Load = Callable[[], Loaded]
"""Read the file and wire everything anew. Raise ConfigError, UsageError: it cannot be used as it is."""


@dataclass(frozen=True, slots=True)
class FileStatus:
    """The state of the file: `faults` of the last save, () while it is good; `since` (UTC) it is broken.

    `read_at` (UTC) is when the configuration in force was read.
    """

    path: str
    read_at: datetime
    faults: tuple[str, ...] = ()
    since: datetime | None = None

    @property
    def is_good(self) -> bool:
        """Return whether the last save is in force."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of one reading: something `loaded` with the `changes` that it brings, or `faults`."""

    seen: Seen
    loaded: Loaded | None = None
    faults: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()


class WatchedFile:
    """The file of a running service. `look` is called by the ticker, about once a second.

    `configuration` is the one in force; `load` reads the file again. `seen` is a look at the file from before
    it was read: what was saved since is read again.
    """

    def __init__(self, configuration: Configuration, load: Load, clock: Clock, seen: Seen = NOTHING) -> None:
        self._path, self._load, self._clock = Path(configuration.path), load, clock
        self._missing = 0
        self._thread: threading.Thread | None = None
        self._reading: Reading | None = None
        self.standing = FileStatus(configuration.path, clock.now())
        self._use(configuration, seen)

    def look(self) -> Loaded | None:
        """Return the configuration in force from now on, once for each new reading; else None."""
        seen = self._watched.look()
        if self._thread is not None:
            return None if self._thread.is_alive() else self._finish(seen)
        self._missing = 0 if str(self._path) in seen else self._missing + 1
        if not 0 < self._missing < MISSING_LOOKS and self._debounced.is_new(seen):
            self._begin(seen)
        return None

    def wait(self) -> None:
        """Wait until a reading that was begun is over; the next look takes it."""
        if self._thread is not None:
            self._thread.join()

    def _use(self, configuration: Configuration, seen: Seen = NOTHING) -> None:
        self._configuration = configuration
        self._watched = watched_files(self._path, configuration)
        self._debounced = Debounced({**self._watched.look(), **seen})

    def _begin(self, seen: Seen) -> None:
        # Ten thousand digests take a second or two, and the ticker must tick.
        self._thread = threading.Thread(target=self._read, args=(seen,), name="reading", daemon=True)
        self._thread.start()

    def _read(self, seen: Seen) -> None:
        try:
            loaded = self._load()
            changed = changes(self._configuration, loaded.configuration, self._clock.now())
            self._reading = Reading(seen, loaded, changes=changed)
        except Exception as error:
            self._reading = Reading(seen, faults=faults_of(error))

    def _finish(self, seen: Seen) -> Loaded | None:
        reading, self._reading, self._thread = self._reading, None, None
        if reading is None or seen != reading.seen:
            return None  # it was saved meanwhile, and is read again once that has come to rest
        if reading.loaded is None:
            self._note_faults(reading.faults)
            return None
        self._use(reading.loaded.configuration, seen)
        self.standing = FileStatus(str(self._path), self._clock.now())
        log.info("%s was read again and is in force", self._path)
        for sentence in sentences(reading.changes):
            log.info("%s", sentence)
        return reading.loaded

    def _note_faults(self, faults: tuple[str, ...]) -> None:
        since = self.standing.since or self._clock.now()
        self.standing = FileStatus(str(self._path), self.standing.read_at, faults, since)
        log.error("%s cannot be used; what it said before stays in force", self._path)
        for fault in faults:
            log.error("%s", fault)


def faults_of(error: Exception) -> tuple[str, ...]:
    """Return what is wrong, one text for each problem with its place, line and mark; the first twenty."""
    if not isinstance(error, ConfigError):
        return (str(as_bot_error(error)),)
    more = len(error.problems) - MOST_FAULTS
    rest = (f"and {more} more: digestbot check shows all",) if more > 0 else ()
    return (*map(str, error.problems[:MOST_FAULTS]), *rest)


def sentences(changed: tuple[Change, ...]) -> tuple[str, ...]:
    """Return 'care-weekly: sent every monday at 10:00 instead of …' for each change; the first fifty."""
    lines = [f"{one.about or 'the file'}: {sentence}" for one in changed for sentence in one.sentences]
    more = len(lines) - MOST_SENTENCES
    rest = (f"and {more} more changes",) if more > 0 else ()
    return (*(lines[:MOST_SENTENCES] or [SAME]), *rest)
