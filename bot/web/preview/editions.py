"""Composed editions, kept while what they are made of stays the same."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace

from bot.actions import RunRequest, manual_run
from bot.app import App
from bot.delivery.editions import ComposedEditions, compose_occurrence
from bot.delivery.fan_out import first_slice
from bot.errors import UsageError
from bot.model import Agents, ApiSettings, Digest, Occurrence, Progress, Source
from bot.source.names import resolve_groups, resolve_users, with_sample_forms

KEPT = 60
OpenSource = Callable[[App, Progress], AbstractContextManager[tuple[Source, bool]]]
"""The source and whether it is a sample; `App.preview_source`."""


@dataclass(frozen=True, slots=True)
class Composed:
    """What one digest says at one moment, and a sentence for each way in which the real one may differ."""

    digest: Digest
    occurrence: Occurrence
    said: ComposedEditions
    sample: bool
    notes: tuple[str, ...] = ()


class Editions:
    """Composes each edition once. The source is opened when first needed, anew for other `activity_api`."""

    def __init__(self, open_source: OpenSource, progress: Progress) -> None:
        self._open_source = open_source
        self._progress = progress
        self._opening = threading.Lock()
        self._sources: ExitStack = ExitStack()
        self._open: tuple[ApiSettings, Source, bool] | None = None
        self._made: OrderedDict[Hashable, Composed] = OrderedDict()
        self._locks: dict[Hashable, threading.Lock] = {}
        self._guard = threading.Lock()

    def composed(self, app: App, digest: Digest, request: RunRequest) -> Composed:
        """What `digest` says for the request. Raises UsageError and SourceError."""
        # A paused one is looked at before it goes on.
        asked = manual_run(replace(digest, paused=False), request, app.clock.now())
        key = asked.digest, asked.occurrence, app.configuration.api
        with self._lock_of(key):
            found = self._recall(key)
            if found is None:
                found = self._compose(app, asked.digest, asked.occurrence)
                self._keep(key, found)
            return found

    def close(self) -> None:
        """Let go of the source; what is still being asked fails."""
        with self._opening:
            self._sources.close()
            self._open = None

    def _compose(self, app: App, digest: Digest, occurrence: Occurrence) -> Composed:
        source, sample = self._source(app)
        known, notes = known_to_sample(source, digest) if sample else (digest, ())
        wanted = {recipient.agents for recipient in digest.recipients} | {Agents.NAMES, Agents.NONE}
        known, occurrence, more = first_slice(known, occurrence, source)
        said = compose_occurrence(source, known, occurrence, wanted, app.clock, self._progress, sample)
        held = (f"send would hold this. {said.held}",) if said.held else ()
        back = (f"run would skip this: {said.kept_back}",) if said.kept_back else ()
        return Composed(digest, occurrence, said, sample, (*more, *notes, *held, *back))

    def _source(self, app: App) -> tuple[Source, bool]:
        api = app.configuration.api
        with self._opening:
            if self._open is None or self._open[0] != api:
                self._sources.close()
                self._sources = ExitStack()
                self._open = (api, *self._sources.enter_context(self._open_source(app, self._progress)))
            return self._open[1:]

    def _lock_of(self, key: Hashable) -> threading.Lock:
        with self._guard:
            if len(self._locks) > 10 * KEPT:
                self._locks = {one: lock for one, lock in self._locks.items() if lock.locked()}
            return self._locks.setdefault(key, threading.Lock())

    def _recall(self, key: Hashable) -> Composed | None:
        with self._guard:
            if key in self._made:
                self._made.move_to_end(key)
            return self._made.get(key)

    def _keep(self, key: Hashable, composed: Composed) -> None:
        if any(edition.incomplete for edition in composed.said.editions.values()):
            return  # what could not be loaded may be loaded when it is asked for again
        with self._guard:
            self._made[key] = composed
            while len(self._made) > KEPT:
                self._made.popitem(last=False)


SAMPLES = 10_000
"""More groups and agents than any sample has."""


def known_to_sample(source: Source, digest: Digest) -> tuple[Digest, Iterable[str]]:
    """The digest without groups, agents and forms that the sample does not know; notes where it shows."""
    notes: tuple[str, ...] = ()
    try:
        resolve_groups(digest.groups, source.groups())
        resolve_users(digest.users, source.users())
    except UsageError:
        notes = ("the sample data does not know your groups or agents; it shows everybody",)
        digest = replace(digest, groups=(), users=())
    # The sample has more people than a file may have allowed for.
    return with_sample_forms(source, replace(digest, at_most=SAMPLES)), notes
