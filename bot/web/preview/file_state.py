"""The file as it is now: the last good reading of it, and what is wrong with it since."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bot.app import App
from bot.config.watch import Seen, Watched, of_configuration
from bot.errors import ConfigError, Problem, TemplateFailed, UsageError
from bot.model import Configuration
from bot.render import Renderer
from bot.render.template_check import TemplateCheck
from bot.render.templates import shipped_folders

OpenApp = Callable[[Path], App]
"""Reads the file and wires the parts. Raises ConfigError, UsageError."""


@dataclass(frozen=True, slots=True)
class Renderers:
    """`messages` puts an empty PDF beside a message: it names the file, and needs no second to be made.

    `files` makes the real one, when it is looked at.
    """

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
    """The state after a save: what cannot be read leaves the last good app in place."""
    generation = before.generation + 1
    try:
        app = open_app(path)
        looks = _looks(app.configuration, seen, path)
        known = before.renderers if looks == before.looks else None
        # What they made stays good while the templates do: a save elsewhere in the file shows at once.
        return FileState(generation, app, known or _renderers(app), (), looks)
    except ConfigError as error:
        return replace(before, generation=generation, problems=error.problems)
    except (UsageError, OSError) as error:
        return replace(before, generation=generation, problems=(Problem(str(path), 1, 1, str(error)),))


def _renderers(app: App) -> Renderers:
    return Renderers(app.renderer(make_pdf=lambda edition, overrides, marking: b""), app.renderer())


def watched(path: Path, state: FileState) -> Watched:
    """What the page depends on: the file, the logos it names, and all folders of templates."""
    own = Watched((str(path),)) if state.app is None else of_configuration(path, state.app.configuration)
    return Watched(own.files, (*own.folders, *shipped_folders()))


def template_faults(state: FileState) -> tuple[TemplateFailed, ...]:
    """What is wrong with somebody's own templates, all of them, as `check` finds it."""
    if state.app is None or not state.app.configuration.templates:
        return ()
    check = TemplateCheck(state.app.configuration.templates, state.app.configuration.mail)
    try:
        check.run()
    except TemplateFailed as fault:
        return (fault,)
    return check.faults


def _looks(configuration: Configuration, seen: Seen, path: Path) -> tuple[object, ...]:
    others = tuple(sorted((name, stamp) for name, stamp in seen.items() if name != str(path)))
    return configuration.templates, configuration.mail, others
