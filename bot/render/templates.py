"""Jinja templates: where they come from, how they run, and how they fail.

A template is looked up in the folder of overrides that reports.yaml names, then in the templates shipped
with the package, then in `templates/` beside the package (a checkout). Templates are files only: no text
from data is ever compiled.

Overrides are the operator's own files, as trusted as reports.yaml. They run in Jinja's
`ImmutableSandboxedEnvironment` all the same, so that a name or title in the data never reaches Python.
Filters beside Jinja's own: `plain`, `cut(n)`, `mrkdwn(n)` and `unmarked` (see escaping.py).
"""

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from types import CodeType
from typing import NoReturn

from jinja2 import (
    BytecodeCache,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
)
from jinja2.bccache import Bucket
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.errors import TemplateFailed
from bot.lib.sanitize import visible
from bot.render.escaping import cut, mrkdwn, unmarked

OUTPUT_LIMIT = 5_000_000
"""Maximum size of one template's output, in characters."""

_PACKAGE = Path(__file__).resolve().parent.parent


class _CodeCache(BytecodeCache):
    """In-memory cache of compiled templates, shared by every environment that `environment` returns.

    Each rendition has an environment of its own; to compile its templates anew takes a fifth of the time
    of an edition in all forms.
    """

    def __init__(self) -> None:
        self._entries: dict[str, tuple[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket if its source is unchanged."""
        checksum, code = self._entries.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Store the bucket's code in place of that of an older source."""
        if bucket.code is not None:
            self._entries[bucket.key] = bucket.checksum, bucket.code


_CODE = _CodeCache()


class _Folder(FileSystemLoader):
    """A folder of templates without the files in `excluded`; links that leave the folder are refused."""

    def __init__(self, folder: str, excluded: Collection[str] = ()) -> None:
        super().__init__(folder)
        self._root, self._excluded = Path(folder).resolve(), excluded

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        if template in self._excluded:
            raise TemplateNotFound(template)
        source, path, is_fresh = super().get_source(environment, template)
        if not Path(path).resolve().is_relative_to(self._root):
            raise TemplateSyntaxError("the file lies outside the folder of templates", 1, template, path)
        return source, path, is_fresh


def shipped_folders() -> tuple[str, ...]:
    """Return the folders of the shipped templates: in the package, or beside it in a checkout."""
    places = (_PACKAGE / "templates", _PACKAGE.parent / "templates")
    return tuple(str(folder) for folder in places if folder.is_dir())


def environment(overrides: str = "", excluded: Collection[str] = ()) -> Environment:
    """Return a sandboxed environment over the shipped templates and the folder `overrides` ('' for none).

    Values are HTML-escaped in every template with `.html` in its name, and nothing can be marked as safe.
    Undefined names are errors. `excluded` names templates to take from the shipped ones although
    `overrides` has them. Raise TemplateFailed if the folder is missing.
    """
    if overrides and not Path(overrides).is_dir():
        raise TemplateFailed(f"{overrides}: the folder of templates named in reports.yaml is not there")
    own = [_Folder(overrides, excluded)] if overrides else []
    env = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([*own, *map(_Folder, shipped_folders())]),
        autoescape=lambda name: name is not None and ".html" in name,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        bytecode_cache=_CODE,
    )
    del env.filters["safe"]
    env.policies["json.dumps_kwargs"] = {"sort_keys": True, "default": _not_json}
    env.filters.update(plain=visible, cut=cut, mrkdwn=mrkdwn, unmarked=unmarked)
    return env


def _not_json(value: object) -> NoReturn:
    """Raise UndefinedError for an undefined name in `tojson`, which names it; TypeError for all else."""
    str(value)
    raise TypeError(f"{type(value).__name__} is not JSON serializable")


def render_template(env: Environment, name: str, **context: object) -> str:
    """Render the template `name` with plain data.

    Raise TemplateFailed with the template's file and line for undefined names, syntax errors, forbidden
    operations, missing templates and more than 5 MB of output. Raise TypeError if the context holds
    anything but plain data: that is a bug of the caller, not of a template.
    """
    for key, value in context.items():
        require_plain(value, key)
    try:
        return _run(env, name, context)
    except TemplateSyntaxError as error:
        file = error.filename or error.name or name
        raise TemplateFailed(f"{shown_path(file)}:{error.lineno}: {error.message}", file) from None
    except TemplateNotFound as error:
        file, line = _location(error, name)
        missing = f"there is no template called {error.name}"
        raise TemplateFailed(f"{shown_path(file)}{line}: {missing}", file) from None
    except TemplateFailed:
        raise
    except Exception as error:
        file, line = _location(error, name)
        raise TemplateFailed(f"{shown_path(file)}{line}: {_reason(error)}", file) from None


def output_error(env: Environment, reason: str, name: str, *parts: str) -> TemplateFailed:
    """Return the error for the whole output of the template `name`.

    It names the first overridden file among `name` and the `parts` it includes, or the file of `name`.
    """
    files = [str(env.get_template(template).filename) for template in (name, *parts)]
    overridden = [file for file in files if not file.startswith(shipped_folders())]
    file = (overridden or files)[0]
    return TemplateFailed(f"{shown_path(file)}: {reason}", file)


def _run(env: Environment, name: str, context: dict[str, object]) -> str:
    pieces: list[str] = []
    size = 0
    for piece in env.get_template(name).generate(context):
        pieces.append(piece)
        size += len(piece)
        if size > OUTPUT_LIMIT:
            raise output_error(env, f"the template makes more than {OUTPUT_LIMIT // 1_000_000} MB", name)
    return "".join(pieces)


_PLAIN = frozenset({str, int, float, bool})


def require_plain(value: object, where: str) -> None:
    """Raise TypeError unless `value` is text, a number, or a tuple, dict or frozen dataclass of these."""
    if offender := _find_offender(value):
        path, kind = offender
        raise TypeError(f"{where}{path} is a {kind}: templates are given plain data only")


def _find_offender(value: object) -> tuple[str, str] | None:
    """Return the path and type of the first value that is not plain data, or None."""
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
        if type(item) not in _PLAIN and (offender := _find_offender(item)) is not None:
            path, kind = offender
            return f"[{key}]{path}" if isinstance(key, int) else f".{key}{path}", kind
    return None


def _is_frozen(value: object) -> bool:
    parameters = getattr(type(value), "__dataclass_params__", None)
    return bool(parameters and parameters.frozen)


def _location(error: BaseException, name: str) -> tuple[str, str]:
    """Return the file and `:line` of the innermost template in the error's traceback."""
    file, line, entry = name, "", error.__traceback__
    while entry is not None:
        if "__jinja_exception__" in entry.tb_frame.f_globals:
            file, line = entry.tb_frame.f_code.co_filename, f":{entry.tb_lineno}"
        entry = entry.tb_next
    return file, line


def shown_path(path: str) -> str:
    """Return the path relative to the current folder if it lies below it, else unchanged."""
    relative = os.path.relpath(path) if os.path.isabs(path) else path
    return path if relative.startswith("..") else relative


def _reason(error: Exception) -> str:
    if isinstance(error, UndefinedError):
        return f"{error.message}; templates may only use names that they are given"
    if isinstance(error, SecurityError):
        return f"not allowed in a template: {error}"
    return f"{type(error).__name__}: {error}"
