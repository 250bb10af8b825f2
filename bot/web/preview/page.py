"""The page: the file, the last good rendition of each thing that was looked at, and Flask's routes."""

import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Final

from flask import Flask, Response, jsonify, request

from bot.actions import RunRequest
from bot.app import App
from bot.config.watch import Debounced, Seen
from bot.errors import BotError, UsageError
from bot.model import Digest
from bot.web.access import Guard, loopback_guard
from bot.web.preview.documents import TYPES, RecentlyUsed, Shelf
from bot.web.preview.forms import FORMS, NOBODY, FormRequest, label, readers
from bot.web.preview.overview import DigestList, Look, Values, describe, describe_nothing, moments
from bot.web.preview.state import (
    NOTHING_READ,
    Editions,
    FileState,
    OpenApp,
    OpenSource,
    fault,
    file_fault,
    read_again,
    template_faults,
    watched,
)
from bot.web.server import CSS, HTML, JAVASCRIPT, POLICY, SVG, LocalServer, make_app, text

MAX_RENDITIONS = 200
LOOK_EVERY_SECONDS = 0.1
"""Between two looks at the files: a save shows within a second, two looks and the rendering."""

MAX_VALUE_LENGTH = 400
"""Of one value in a request."""

THREADS, MAX_CLIENTS = 8, 64
PREVIEW_POLICY: Final = (
    f"{POLICY}; frame-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
)
FOLDER = Path(__file__).parent / "static"
FILES: Final = {
    "/": ("page.html", HTML),
    "/icon.svg": ("icon.svg", SVG),
    "/page.css": ("page.css", CSS),
    **{
        f"/{name}.js": (f"{name}.js", JAVASCRIPT)
        for name in ("page", "asking", "digests", "faults", "frames", "picker", "tabs")
    },
}


class Page:
    """Follows one reports.yaml. `first` is what is looked at at the start; safe among threads."""

    def __init__(
        self, path: Path, open_app: OpenApp, open_source: OpenSource, first: Look | None = None
    ) -> None:
        self.first = first
        self.shelf = Shelf()
        self._path, self._open_app = path, open_app
        self._editions = Editions(open_source, self._progress)
        self._renditions = RecentlyUsed[Look, Values](MAX_RENDITIONS)
        self._lock = threading.Lock()
        self._busy = ""
        self._state, self._digests = NOTHING_READ, DigestList()
        self._checked_looks: tuple[object, ...] = ()
        self._template_faults: list[Values] = []
        seen = watched(path, NOTHING_READ).look()
        self._settled = Debounced(seen)
        self._read(seen)

    def watch(self, stopping: threading.Event) -> None:
        """Look at the files until `stopping`."""
        while not stopping.wait(LOOK_EVERY_SECONDS):
            self.look()

    def look(self) -> None:
        """Look once: read the file again when a save is over; a firing that passed is news, too."""
        seen = watched(self._path, self._state).look()
        if self._settled.is_new(seen):
            self._read(seen)
        elif self._has_moved_on():
            self._list(self._state)
            self._renew()
        elif self._checked_looks != self._state.looks:
            self._check_templates(self._state)

    def close(self) -> None:
        """Close the source."""
        self._editions.close()

    def news(self) -> Values:
        """Return what tells a browser to ask again: the generation of the file, and what is being done."""
        return {"generation": self._state.generation, "busy": self._busy}

    def overview(self) -> Values:
        """Return the file, its problems, and the digests of its last good state with their next firings."""
        state = self._state
        return {
            "generation": state.generation,
            "file": str(self._path),
            "problems": [file_fault(problem) for problem in state.problems],
            "template_problems": self._template_faults,
            "sample": state.app is not None and state.app.settings.api_token is None,
            "forms": list(FORMS),
            "first": asdict(self.first) if self.first else None,
            "digests": self._list(state),
        }

    def moments(self, name: str) -> Values:
        """Return the moments that a digest can be looked at as of. Raises UsageError."""
        app, digest = _find(self._state, name)
        return {"moments": moments(digest, app.clock.now())}

    def show(self, look: Look) -> Values:
        """Return the rendition and what is around it; after a fault the last good one, and the fault."""
        state = self._state
        try:
            rendition = self._render(state, look)
        except BotError as error:
            last = self._renditions.get(look)
            if state.app is not None:
                error.args = (state.app.settings.redact(str(error)), *error.args[1:])
            problem = fault(error)
            return {**(last or describe_nothing(look)), "stale": last is not None, "problems": [problem]}
        finally:
            self._progress("")
        self._renditions.put(look, rendition)
        return {**rendition, "stale": False, "problems": []}

    def _render(self, state: FileState, look: Look) -> Values:
        app, digest = _find(state, look.digest)
        if state.renderers is None:
            raise UsageError("There is nothing to show yet.")
        if look.form not in FORMS:
            raise UsageError(f"There is no form {look.form!r}.")
        run = RunRequest(look.at, look.window, look.group, preview=True)
        composed = self._editions.composed(app, digest, run)
        self._progress("rendering")
        recipients = readers(digest, look.form)
        reader = recipients[min(look.reader, len(recipients) - 1)] if recipients else NOBODY[look.form]
        edition = composed.result.editions[reader.agents]
        form = FORMS[look.form](
            FormRequest(state.renderers, edition, reader, app.configuration.mail, self.shelf)
        )
        return describe(look, composed, form, [label(recipient) for recipient in recipients])

    def _list(self, state: FileState) -> list[Values]:
        if state.app is None:
            return []
        with self._lock:
            return self._digests.entries(state.app.configuration.digests, state.app.clock.now())

    def _has_moved_on(self) -> bool:
        app = self._state.app
        with self._lock:
            return app is not None and self._digests.is_over(app.clock.now())

    def _check_templates(self, state: FileState) -> None:
        """Check the templates that nobody looks at now, once what was saved is shown."""
        self._checked_looks = state.looks
        faults = [fault(error) for error in template_faults(state)]
        if faults != self._template_faults:
            self._template_faults = faults
            self._renew()

    def _renew(self) -> None:
        self._state = replace(self._state, generation=self._state.generation + 1)

    def _read(self, seen: Seen) -> None:
        before, state = self._state, read_again(self._path, self._open_app, self._state, seen)
        after = watched(self._path, state)
        if after != watched(self._path, before):
            # The file names other folders now: what they hold already is not news.
            self._settled = Debounced(after.look())
        self._state = state

    def _progress(self, text: str) -> None:
        self._busy = text


class PageServer(LocalServer):
    """Serves a Page and watches its files until `close`; `port` 0 takes any free one.

    Raises UsageError beyond loopback, and for a port that cannot be used.
    """

    def __init__(self, page: Page, *, host: str = "127.0.0.1", port: int = 0) -> None:
        guard = loopback_guard(host, port)
        try:
            app = preview_app(page, guard)
            super().__init__(app, guard, threads=THREADS, max_clients=MAX_CLIENTS)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or "no such port"
            raise UsageError(
                f"Port {port} cannot be used: {reason}. Choose another with --port, or 0."
            ) from None
        self._page = page
        self._watcher = threading.Thread(target=page.watch, args=(self._stopping,), name="watch", daemon=True)
        self._watcher.start()

    def close(self) -> None:
        """Stop listening and watching."""
        self._stopping.set()
        self._page.close()
        super().close()
        self._watcher.join()


def preview_app(page: Page, guard: Guard) -> Flask:
    """Return the app. Browsers poll `/news` a few times a second, so that none holds a thread."""
    app = make_app(guard, FOLDER, FILES, PREVIEW_POLICY)
    answers: dict[str, Callable[[], Values]] = {
        "/news": page.news,
        "/overview": page.overview,
        "/moments": lambda: page.moments(_value("digest")),
        "/show": lambda: page.show(_look()),
    }
    for path, answer in answers.items():
        app.add_url_rule(path, path, partial(_answer, answer))
    app.add_url_rule("/made/<name>", "/made", partial(_document, page.shelf))
    return app


def _answer(answer: Callable[[], Values]) -> Response:
    try:
        return jsonify(answer())
    except BotError as error:
        status, message = HTTPStatus.BAD_REQUEST, str(error)
    except Exception as error:
        status, message = HTTPStatus.INTERNAL_SERVER_ERROR, f"This is a bug: {type(error).__name__}."
    response = jsonify(fault=message)
    response.status_code = status
    return response


def _document(shelf: Shelf, name: str) -> Response:
    document = shelf.get(name)
    if document is None:
        return text(HTTPStatus.NOT_FOUND, "This is not kept any more: reload the page.")
    content_type, policy = TYPES[document.kind]
    headers = {"Content-Security-Policy": policy}
    return Response(document.content, headers=headers, content_type=content_type)


def _look() -> Look:
    reader = _value("reader")
    number = int(reader) if reader.isascii() and reader.isdecimal() else 0
    digest, at, window, group = map(_value, ("digest", "at", "window", "group"))
    return Look(digest, _value("form") or "slack", number, at, window, group)


def _value(name: str) -> str:
    return request.args.get(name, "")[:MAX_VALUE_LENGTH]


def _find(state: FileState, name: str) -> tuple[App, Digest]:
    digest = state.app.configuration.digest(name) if state.app else None
    if state.app is None or digest is None:
        raise UsageError(f"There is no digest {name!r} in the file.")
    return state.app, digest
