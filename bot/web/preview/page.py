"""What the page knows: the file, the digests, and for everything looked at the last good rendition."""

import threading
from collections import OrderedDict
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bot.actions import RunRequest
from bot.app import App
from bot.config.watch import Debounced, Seen
from bot.errors import BotError, UsageError
from bot.model import Digest
from bot.web.preview import faults
from bot.web.preview.described import Look, described, nothing
from bot.web.preview.documents import Shelf
from bot.web.preview.editions import Editions, OpenSource
from bot.web.preview.file_state import NOTHING_READ, FileState, OpenApp, read_again, template_faults, watched
from bot.web.preview.forms import FORMS, Making
from bot.web.preview.listing import Listing
from bot.web.preview.moments import moments
from bot.web.preview.readers import NOBODY, label, readers

KEPT = 200
EVERY = 0.1
"""Seconds between two looks at the files: a save shows within a second, two looks and the rendering."""


class Page:
    """Follows one reports.yaml. `first` is what is looked at at the start; safe among threads."""

    def __init__(
        self, path: Path, open_app: OpenApp, open_source: OpenSource, first: Look | None = None
    ) -> None:
        self.first = first
        self.shelf = Shelf()
        self._path, self._open_app = path, open_app
        self._editions = Editions(open_source, self._progress)
        self._shown: OrderedDict[Look, dict[str, Any]] = OrderedDict()
        self._changed = threading.Condition()
        self._version, self._busy, self._closed = 0, "", False
        self._state, self._listing = NOTHING_READ, Listing()
        self._tried: tuple[object, ...] = ()
        self._template_faults: list[dict[str, Any]] = []
        seen = watched(path, NOTHING_READ).look()
        self._debounced = Debounced(seen)
        self._read(seen)

    def watch(self, stopping: threading.Event) -> None:
        """Look at the files until `stopping`."""
        while not stopping.wait(EVERY):
            self.look()

    def look(self) -> None:
        """One look: reads the file again when a save is over; a firing that passed is news too."""
        seen = watched(self._path, self._state).look()
        if self._debounced.is_new(seen):
            self._read(seen)
        elif self._has_moved_on():
            self._list(self._state)
            self._renew()
        elif self._tried != self._state.looks:
            self._try_templates(self._state)

    def close(self) -> None:
        """Wake everybody who waits, and let go of the source."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._editions.close()

    def wait(self, version: int, seconds: float) -> tuple[int, dict[str, Any] | None]:
        """The next news after `version`, waited for so long; None without any, or when the page is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != version or self._closed, seconds)
            if self._version == version or self._closed:
                return version, None
            return self._version, {"generation": self._state.generation, "busy": self._busy}

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def overview(self) -> dict[str, Any]:
        """The file, its problems, and the digests of its last good state with their next firings."""
        state = self._state
        return {
            "generation": state.generation,
            "file": str(self._path),
            "problems": [faults.of_file(problem) for problem in state.problems],
            "template_problems": self._template_faults,
            "sample": state.app is not None and state.app.settings.api_token is None,
            "forms": list(FORMS),
            "first": asdict(self.first) if self.first else None,
            "digests": self._list(state),
        }

    def moments(self, name: str) -> dict[str, Any]:
        """The moments that a digest can be looked at as of. Raises UsageError."""
        app, digest = _found(self._state, name)
        return {"moments": moments(digest, app.clock.now())}

    def show(self, look: Look) -> dict[str, Any]:
        """The rendition and what stands around it; after a fault the last good one, and the fault."""
        state = self._state
        try:
            shown = self._show(state, look)
        except BotError as error:
            problem = faults.of_error(_redacted(error, state))
            kept = self._recall(look)
            return {**(kept or nothing(look)), "stale": kept is not None, "problems": [problem]}
        finally:
            self._progress("")
        self._keep(look, shown)
        return {**shown, "stale": False, "problems": []}

    def _show(self, state: FileState, look: Look) -> dict[str, Any]:
        app, digest = _found(state, look.digest)
        if state.renderers is None:
            raise UsageError("There is nothing to show yet.")
        if look.form not in FORMS:
            raise UsageError(f"There is no form {look.form!r}.")
        request = RunRequest(look.at, look.window, look.group, preview=True)
        composed = self._editions.composed(app, digest, request)
        self._progress("rendering")
        who = readers(digest, look.form)
        reader = who[min(look.reader, len(who) - 1)] if who else NOBODY[look.form]
        edition = composed.said.editions[reader.agents]
        making = Making(state.renderers, edition, reader, app.configuration.mail, self.shelf)
        return described(look, composed, FORMS[look.form](making), [label(one) for one in who])

    def _list(self, state: FileState) -> list[dict[str, Any]]:
        if state.app is None:
            return []
        with self._changed:
            return self._listing.of(state.app.configuration.digests, state.app.clock.now())

    def _has_moved_on(self) -> bool:
        app = self._state.app
        with self._changed:
            return app is not None and self._listing.is_over(app.clock.now())

    def _try_templates(self, state: FileState) -> None:
        """Faults in templates that nobody looks at now: found at leisure, once what was saved is shown."""
        self._tried = state.looks
        found = [faults.of_error(fault) for fault in template_faults(state)]
        if found != self._template_faults:
            self._template_faults = found
            self._renew()

    def _renew(self) -> None:
        self._state = replace(self._state, generation=self._state.generation + 1)
        self._tell(self._busy)

    def _recall(self, look: Look) -> dict[str, Any] | None:
        with self._changed:
            return self._shown.get(look)

    def _keep(self, look: Look, shown: dict[str, Any]) -> None:
        with self._changed:
            self._shown[look] = shown
            self._shown.move_to_end(look)
            while len(self._shown) > KEPT:
                self._shown.popitem(last=False)

    def _read(self, seen: Seen) -> None:
        before, state = self._state, read_again(self._path, self._open_app, self._state, seen)
        after = watched(self._path, state)
        if after != watched(self._path, before):
            # The file names other folders now: what lies there already is not news.
            self._debounced = Debounced(after.look())
        self._state = state
        self._tell(self._busy)

    def _progress(self, text: str) -> None:
        if text != self._busy:
            self._tell(text)

    def _tell(self, busy: str) -> None:
        with self._changed:
            self._busy = busy
            self._version += 1
            self._changed.notify_all()


def _found(state: FileState, name: str) -> tuple[App, Digest]:
    digest = state.app.configuration.digest(name) if state.app else None
    if state.app is None or digest is None:
        raise UsageError(f"There is no digest {name!r} in the file.")
    return state.app, digest


def _redacted(error: BotError, state: FileState) -> BotError:
    if state.app is not None:
        error.args = (state.app.settings.redact(str(error)), *error.args[1:])
    return error
