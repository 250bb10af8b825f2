"""What the page is made of: the last good reading of the file, its faults, and the composed editions."""

import re
import threading
from collections.abc import Callable, Hashable, Iterable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.actions import ManualRun, RunRequest, manual_run
from bot.app import App
from bot.config.messages import Excerpts
from bot.config.watch import Seen, Watched, watched_files
from bot.config.yaml_tree import Place
from bot.delivery.editions import ComposedEditions, CompositionRequest, compose_occurrence
from bot.delivery.fan_out import first_child
from bot.errors import BotError, ConfigError, Problem, SourceBusy, TemplateFailed, UsageError
from bot.model import Agents, ApiSettings, Digest, Occurrence, Progress, Source
from bot.render import Renderer
from bot.render.template_check import TemplateCheck
from bot.render.templates import shipped_folders
from bot.service import SystemClock
from bot.source.names import resolve_groups, resolve_users, with_sample_forms
from bot.web.preview.documents import RecentlyUsed

MAX_EDITIONS = 60
MAX_SAMPLE_CHILDREN = 10_000
"""More groups and agents than any sample has."""

MAX_TEMPLATE_BYTES = 1_000_000
_PLACED = re.compile(r"^(?P<file>[^\n]+?):(?P<line>\d+): (?P<message>.*)$", re.DOTALL)

OpenApp = Callable[[Path], App]
"""Reads the file and wires the parts. Raises ConfigError, UsageError."""

OpenSource = Callable[[App, Progress], AbstractContextManager[tuple[Source, bool]]]
"""The source and whether it is a sample; `App.preview_source`."""


class PageClock(SystemClock):
    """The machine's clock, whose waits end when the page is closed."""

    def __init__(self) -> None:
        self.stopping = threading.Event()

    def sleep(self, seconds: float) -> None:
        """Wait. Raises SourceBusy when the page is closed meanwhile."""
        if self.stopping.wait(max(0.0, seconds)):
            raise SourceBusy("The preview was closed.", 0.0)


@dataclass(frozen=True, slots=True)
class Renderers:
    """`messages` attaches an empty PDF, which only names the file; `files` makes the real one."""

    messages: Renderer
    files: Renderer


@dataclass(frozen=True, slots=True)
class FileState:
    """One reading of the file. `app` and `renderers` are of the last good one (None: there was none yet).

    `generation` grows with every reading; `problems` are those of the latest, () while it is good;
    `looks` is what the templates were when the renderers were made.
    """

    generation: int
    app: App | None
    renderers: Renderers | None
    problems: tuple[Problem, ...] = ()
    looks: tuple[object, ...] = ()


NOTHING_READ = FileState(0, None, None)


def read_again(path: Path, open_app: OpenApp, before: FileState, seen: Seen) -> FileState:
    """Return the state after a save; a file that cannot be read leaves the last good app in place."""
    generation = before.generation + 1
    try:
        app = open_app(path)
        others = tuple(sorted((name, stamp) for name, stamp in seen.items() if name != str(path)))
        looks = (app.configuration.templates, app.configuration.mail, others)
        renderers = before.renderers
        # What they cached stays valid while the templates do: a save elsewhere in the file shows at once.
        if renderers is None or looks != before.looks:
            named = app.renderer(make_pdf=lambda edition, overrides, marking: b"")
            renderers = Renderers(named, app.renderer())
        return FileState(generation, app, renderers, (), looks)
    except ConfigError as error:
        return replace(before, generation=generation, problems=error.problems)
    except (UsageError, OSError) as error:
        return replace(before, generation=generation, problems=(Problem(str(path), 1, 1, str(error)),))


def watched(path: Path, state: FileState) -> Watched:
    """Return what the page depends on: the file, the logos it names, and all folders of templates."""
    own = Watched((str(path),)) if state.app is None else watched_files(path, state.app.configuration)
    return Watched(own.files, (*own.folders, *shipped_folders()))


def template_faults(state: FileState) -> tuple[TemplateFailed, ...]:
    """Return the faults of all own templates, as `check` finds them."""
    if state.app is None or not state.app.configuration.templates:
        return ()
    check = TemplateCheck(state.app.configuration.templates, state.app.configuration.mail)
    try:
        check.run()
    except TemplateFailed as fault:
        return (fault,)
    return check.faults


def file_fault(problem: Problem) -> dict[str, Any]:
    """Return a problem of reports.yaml; `excerpt` is its line without secrets, `column` counts from 1."""
    return {
        "place": f"{problem.file}:{problem.line}:{problem.column}",
        "line": problem.line,
        "column": problem.column if problem.excerpt else 0,
        "message": problem.message,
        "excerpt": problem.excerpt,
    }


def fault(error: BotError) -> dict[str, Any]:
    """Return an error meant for people; of a template's with the line, where the message names one."""
    match = _PLACED.match(str(error)) if isinstance(error, TemplateFailed) else None
    if match is None:
        return {"place": "", "line": 0, "column": 0, "message": str(error).removeprefix("--"), "excerpt": ""}
    line = int(match["line"])
    excerpt = _line(Path(error.file), line) if isinstance(error, TemplateFailed) and error.file else ""
    place = f"{match['file']}:{line}"
    return {"place": place, "line": line, "column": 0, "message": match["message"], "excerpt": excerpt}


def _line(path: Path, line: int) -> str:
    """Return a line of a template, secrets masked as in reports.yaml; '' where it cannot be read."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_TEMPLATE_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
    return Excerpts(str(path), text).problem(Place(line, 1), "").excerpt


@dataclass(frozen=True, slots=True)
class Composed:
    """The editions of a digest at one moment.

    `notes` are the ways in which the real one may differ, `warnings` why nobody would get it.
    """

    digest: Digest
    occurrence: Occurrence
    result: ComposedEditions
    sample: bool
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def compose_preview(app: App, source: tuple[Source, bool], run: ManualRun, progress: Progress) -> Composed:
    """Compose a run, of a `for_each` digest its first child, from a source and whether that is a sample.

    Raises UsageError and SourceError.
    """
    api, sample = source
    digest, notes = _known_to_sample(api, run.digest) if sample else (run.digest, ())
    levels = {recipient.agents for recipient in digest.recipients} | {Agents.NAMES, Agents.NONE}
    digest, occurrence, more = first_child(digest, run.occurrence, api)
    composition = CompositionRequest(digest, occurrence, levels, sample=sample)
    result = compose_occurrence(api, composition, app.clock, progress)
    held = (f"send would hold this. {result.held}",) if result.held else ()
    skipped = (f"run would skip this: {result.suppressed}",) if result.suppressed else ()
    return Composed(run.digest, occurrence, result, sample, (*more, *notes), (*held, *skipped))


class Editions:
    """Composes each edition once. The source is opened when first needed, anew for other `activity_api`."""

    def __init__(self, open_source: OpenSource, progress: Progress) -> None:
        self._open_source = open_source
        self._progress = progress
        self._opening = threading.Lock()
        self._sources: ExitStack = ExitStack()
        self._open: tuple[ApiSettings, Source, bool] | None = None
        self._cache = RecentlyUsed[Hashable, Composed](MAX_EDITIONS)
        self._locks: dict[Hashable, threading.Lock] = {}
        self._guard = threading.Lock()

    def composed(self, app: App, digest: Digest, request: RunRequest) -> Composed:
        """Return the editions of `digest` for the request. Raises UsageError and SourceError."""
        # A paused digest is looked at before it is resumed.
        asked = manual_run(replace(digest, paused=False), request, app.clock.now())
        key = asked.digest, asked.occurrence, app.configuration.api
        with self._lock_of(key):
            composed = self._cache.get(key)
            if composed is None:
                composed = compose_preview(app, self._source(app), asked, self._progress)
                if not composed.result.incomplete:  # missing data may be there at the next request
                    self._cache.put(key, composed)
            return composed

    def close(self) -> None:
        """Close the source; requests under way fail."""
        with self._opening:
            self._sources.close()
            self._open = None

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
            if len(self._locks) > 10 * MAX_EDITIONS:
                self._locks = {name: lock for name, lock in self._locks.items() if lock.locked()}
            return self._locks.setdefault(key, threading.Lock())


def _known_to_sample(source: Source, digest: Digest) -> tuple[Digest, Iterable[str]]:
    """Return the digest without groups, agents and forms that the sample does not know, and notes on that."""
    notes: tuple[str, ...] = ()
    try:
        resolve_groups(digest.groups, source.groups())
        resolve_users(digest.users, source.users())
    except UsageError:
        notes = ("the sample data does not know your groups or agents; it shows everybody",)
        digest = replace(digest, groups=(), users=())
    # The sample has more people than a file may have allowed for.
    return with_sample_forms(source, replace(digest, at_most=MAX_SAMPLE_CHILDREN)), notes
