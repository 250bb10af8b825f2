"""Where templates come from, and how they are run: sandboxed, strict, and with plain errors.

A template is looked for in the folder of overrides that reports.yaml names, then in the templates
shipped with the package, then in `templates/` beside the package (a checkout). Templates are files
only: no text from data is ever compiled as a template.

Filters beside Jinja's own: `plain`, `cut(n)`, `mrkdwn(n)` and `unmarked` (see escaping.py), and
`tojson` for every value in a JSON template. Which of Jinja's remain says sandbox.py; `safe` is not among
them: nothing is marked as safe HTML.
"""

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from types import TracebackType

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
)
from jinja2.exceptions import SecurityError

from bot.errors import TemplateFailed
from bot.lib.sanitize import visible
from bot.render.compiled import Compiled
from bot.render.escaping import cut, mrkdwn, unmarked
from bot.render.sandbox import Sandbox

OUTPUT_LIMIT = 5_000_000
TEMPLATE_LIMIT = 1_000_000
_COMPILED = Compiled()
_PACKAGE = Path(__file__).resolve().parent.parent


class _Folder(FileSystemLoader):
    """One folder of templates, some of its files left out."""

    def __init__(self, folder: str, without: Collection[str] = ()) -> None:
        super().__init__(folder)
        self._without = without

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        if template in self._without:
            raise TemplateNotFound(template)
        source, path, is_fresh = super().get_source(environment, template)
        if len(source) > TEMPLATE_LIMIT:
            raise TemplateSyntaxError("the file is larger than 1 MB", 1, template, path)
        return source, path, is_fresh


def shipped_folders() -> tuple[str, ...]:
    """Where our own templates lie: in the package, or beside it in a checkout."""
    places = (_PACKAGE / "templates", _PACKAGE.parent / "templates")
    return tuple(str(folder) for folder in places if folder.is_dir())


def environment(overrides: str = "", without: Collection[str] = ()) -> Sandbox:
    """A sandboxed environment over our templates and the folder `overrides` ('' for none).

    Values are HTML-escaped in every template with `.html` in its name. Undefined names are errors.
    `without`: names of templates that are taken from ours although the folder has them. Raises
    TemplateFailed when the folder is missing.
    """
    if overrides and not Path(overrides).is_dir():
        raise TemplateFailed(f"{overrides}: the folder of templates named in reports.yaml is not there")
    own = [_Folder(overrides, without)] if overrides else []
    env = Sandbox(
        loader=ChoiceLoader([*own, *map(_Folder, shipped_folders())]),
        autoescape=lambda name: name is not None and ".html" in name,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        bytecode_cache=_COMPILED,
    )
    env.filters.update(plain=visible, cut=cut, mrkdwn=mrkdwn, unmarked=unmarked)
    return env


def render_template(env: Sandbox, name: str, **context: object) -> str:
    """Run the template `name` with plain data.

    Raises TemplateFailed with the template's file and line for undefined names, syntax errors,
    forbidden operations, missing templates and more than 5 MB of output; TypeError when the context
    holds anything but plain data (a fault of ours, not of a template).
    """
    for key, value in context.items():
        require_plain(value, key)
    try:
        return _run(env, name, context)
    except TemplateSyntaxError as error:
        file = error.filename or error.name or name
        raise TemplateFailed(f"{shown_path(file)}:{error.lineno}: {error.message}", file) from None
    except TemplateNotFound as error:
        file, line = _place(error, name)
        missing = f"there is no template called {error.name}"
        raise TemplateFailed(f"{shown_path(file)}{line}: {missing}", file) from None
    except TemplateFailed:
        raise
    except Exception as error:
        file, line = _place(error, name)
        raise TemplateFailed(f"{shown_path(file)}{line}: {_in_words(error)}", file) from None


def at_fault(env: Sandbox, words: str, name: str, *parts: str) -> TemplateFailed:
    """The error for what the template `name` makes as a whole: it names that file, or one of the `parts`
    that it is made of where only that one is somebody's own."""
    files = [str(env.get_template(one).filename) for one in (name, *parts)]
    own = [file for file in files if not file.startswith(shipped_folders())]
    file = (own or files)[0]
    return TemplateFailed(f"{shown_path(file)}: {words}", file)


def _run(env: Sandbox, name: str, context: dict[str, object]) -> str:
    pieces: list[str] = []
    size = 0
    with env.metered():
        for piece in env.get_template(name).generate(context):
            size += len(piece)
            if size > OUTPUT_LIMIT:
                raise at_fault(env, f"the template makes more than {OUTPUT_LIMIT // 1_000_000} MB", name)
            pieces.append(piece)
    return "".join(pieces)


_PLAIN = frozenset({str, int, float, bool})


def require_plain(value: object, where: str) -> None:
    """Raises TypeError unless `value` is text or numbers, or tuples, dicts or frozen dataclasses of these."""
    stranger = _stranger(value)
    if stranger is not None:
        path, kind = stranger
        raise TypeError(f"{where}{path} is a {kind}: templates are given plain data only")


def _stranger(value: object) -> tuple[str, str] | None:
    """Where in `value` something else lies, and of what type; None where all is plain."""
    if value is None or type(value) in _PLAIN or isinstance(value, StrEnum):
        return None
    if isinstance(value, tuple | list):
        items: Iterable[tuple[object, object]] = enumerate(value)
    elif isinstance(value, Mapping):
        items = value.items()
    elif _is_frozen(value):
        items = ((name, getattr(value, name)) for name in value.__dataclass_fields__)  # type: ignore[attr-defined]
    else:
        return "", type(value).__name__
    for key, item in items:
        if type(item) not in _PLAIN and (found := _stranger(item)) is not None:
            return f"[{key}]{found[0]}" if isinstance(key, int) else f".{key}{found[0]}", found[1]
    return None


def _is_frozen(value: object) -> bool:
    parameters = getattr(type(value), "__dataclass_params__", None)
    return bool(parameters and parameters.frozen)


def _place(error: BaseException, name: str) -> tuple[str, str]:
    """File and `:line` of the innermost template that the error passed through."""
    file, line, step = name, "", error.__traceback__
    while step is not None:
        if _is_template_frame(step):
            file, line = step.tb_frame.f_code.co_filename, f":{step.tb_lineno}"
        step = step.tb_next
    return file, line


def _is_template_frame(step: TracebackType) -> bool:
    return "__jinja_exception__" in step.tb_frame.f_globals


def shown_path(path: str) -> str:
    """A path as people know it: relative when it lies below the current folder."""
    relative = os.path.relpath(path) if os.path.isabs(path) else path
    return path if relative.startswith("..") else relative


def _in_words(error: Exception) -> str:
    if isinstance(error, UndefinedError):
        return f"{error.message}; templates may only use names that they are given"
    if isinstance(error, SecurityError):
        return f"not allowed in a template: {error}"
    return f"{type(error).__name__}: {error}"
