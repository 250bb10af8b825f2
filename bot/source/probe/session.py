"""The questions of `check --online`: each is asked once, and its answer is kept as it came too."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import SourceError, SourceRefused, SourceUnavailable, SourceUnclear, TokenRefused
from bot.model import (
    ApiSettings,
    Configuration,
    Empty,
    Finding,
    Present,
    Progress,
    Query,
    Source,
    State,
    Window,
)
from bot.source.probe.shapes import Recorder
from bot.timetable import parse_window, window_of

REPORT_IT = "write the shapes of the answers with --save-shapes FILE, and report it with that file"


@dataclass
class ProbeSession:
    """Queries to `source` about what the digests need. `recorder` must observe `source`; `now` is UTC."""

    source: Source
    recorder: Recorder
    configuration: Configuration
    now: datetime
    progress: Progress
    _answers: dict[str, object] = field(default_factory=dict)
    _raw: dict[str, object] = field(default_factory=dict)

    @property
    def api(self) -> ApiSettings:
        """Return the `activity_api` settings of the file."""
        return self.configuration.api

    @property
    def week(self) -> Window:
        """Return the latest complete week that has settled, in the first digest's zone."""
        settled = self.now - timedelta(seconds=self.api.settle_seconds)
        return window_of(parse_window("last week"), self.configuration.digests[0].zone, settled)

    def answer(self, query: Query) -> object:
        """Return the answer, None for an empty one. Raises SourceError."""
        if query.fingerprint not in self._answers:
            self.progress(f"asking for {query.type}")
            self._answers[query.fingerprint] = self._fetch(query)
        return self._answers[query.fingerprint]

    def _fetch(self, query: Query) -> object:
        before = len(self.recorder.answers)
        try:
            slot: Present | Empty = self.source.fetch(query, self.now)
        finally:
            for _, raw in self.recorder.answers[before:]:
                self._raw[query.fingerprint] = raw
        return slot.answer if isinstance(slot, Present) else None

    def raw(self, query: Query) -> object:
        """Return the JSON as it came, also where the client does not believe it. Raises SourceError."""
        try:
            self.answer(query)
        except SourceUnclear:
            if query.fingerprint not in self._raw:
                raise
        return self._raw.get(query.fingerprint)


def days_text(window: Window) -> str:
    """Return the days of a window for findings: `2018-04-23 to 2018-04-29`."""
    first, last = window.first_day.isoformat(), window.last_day.isoformat()
    return first if first == last else f"{first} to {last}"


def failure(about: str, error: SourceError) -> Finding:
    """Return the finding of a query that got no answer, with what to do about it."""
    if isinstance(error, TokenRefused):
        # The message itself says which permission, and where tokens are made.
        return Finding(State.WRONG, about, str(error))
    if isinstance(error, SourceUnavailable):
        return Finding(State.FAILED, about, str(error), "try again later")
    return Finding(State.FAILED, about, str(error), "" if isinstance(error, SourceRefused) else REPORT_IT)
