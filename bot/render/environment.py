"""Where templates come from, and how they are run: sandboxed, strict, and with plain errors.

A template is looked for in the folder of overrides that reports.yaml names, then in the templates
shipped with the package, then in `templates/` beside the package (a checkout). Templates are files
only: no text from data is ever compiled as a template.

Filters beside Jinja's own: `plain`, `cut(n)`, `mrkdwn(n)` and `unmarked` (see escaping.py), and
`tojson` for every value in a JSON template. `safe` is taken away: nothing is marked as safe HTML.
"""

import dataclasses
import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.errors import TemplateFailed
from bot.render.escaping import cut, mrkdwn, plain, unmarked

OUTPUT_LIMIT = 5_000_000
REPEAT_LIMIT = 100_000
_PACKAGE = Path(__file__).resolve().parent.parent


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, which alone does not stop `'a' * 10**9`: that is refused here."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "**":
            raise SecurityError("powers are not allowed in a template")
        if _repeated_size(left, right) > REPEAT_LIMIT:
            raise SecurityError("a text or list is repeated too often")
        return super().call_binop(context, operator, left, right)


def _repeated_size(left: Any, right: Any) -> int:
    for many, times in ((left, right), (right, left)):
        if isinstance(many, str | list | tuple) and isinstance(times, int):
            return len(many) * times
    return 0


def template_folders(overrides: str = "") -> tuple[str, ...]:
    """Folders that templates are looked for in, the first wins.

    Raises TemplateFailed when the folder of overrides is missing.
    """
    if overrides and not Path(overrides).is_dir():
        raise TemplateFailed(f"{overrides}: the folder of templates named in reports.yaml is not there")
    shipped = (_PACKAGE / "templates", _PACKAGE.parent / "templates")
    return tuple([overrides] * bool(overrides) + [str(folder) for folder in shipped if folder.is_dir()])


def environment(overrides: str = "") -> ImmutableSandboxedEnvironment:
    """A sandboxed environment over our templates and the folder `overrides` ('' for none).

    Values are HTML-escaped in every template with `.html` in its name. Undefined names are errors.
    """
    env = _Sandbox(
        loader=FileSystemLoader(template_folders(overrides)),
        autoescape=lambda name: name is not None and ".html" in name,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    env.filters.update(plain=plain, cut=cut, mrkdwn=mrkdwn, unmarked=unmarked)
    del env.filters["safe"]
    return env


def render_template(env: ImmutableSandboxedEnvironment, name: str, **context: object) -> str:
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
        place = f"{_shown(error.filename or error.name or name)}:{error.lineno}"
        raise TemplateFailed(f"{place}: {error.message}") from None
    except TemplateNotFound as error:
        raise TemplateFailed(f"{_place(error, name)}: there is no template called {error.name}") from None
    except TemplateFailed:
        raise
    except Exception as error:
        raise TemplateFailed(f"{_place(error, name)}: {_in_words(error)}") from None


def _run(env: ImmutableSandboxedEnvironment, name: str, context: dict[str, object]) -> str:
    pieces: list[str] = []
    size = 0
    for piece in env.get_template(name).generate(context):
        size += len(piece)
        if size > OUTPUT_LIMIT:
            raise TemplateFailed(f"{name}: the template makes more than {OUTPUT_LIMIT // 1_000_000} MB")
        pieces.append(piece)
    return "".join(pieces)


def require_plain(value: object, where: str) -> None:
    """Raises TypeError unless `value` is text or numbers, or tuples, dicts or frozen dataclasses of these."""
    if value is None or type(value) in (str, int, float, bool) or isinstance(value, StrEnum):
        return
    if isinstance(value, tuple | list):
        for index, item in enumerate(value):
            require_plain(item, f"{where}[{index}]")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            require_plain(item, f"{where}.{key}")
    elif _is_frozen(value):
        for field in dataclasses.fields(value):  # type: ignore[arg-type]
            require_plain(getattr(value, field.name), f"{where}.{field.name}")
    else:
        raise TypeError(f"{where} is a {type(value).__name__}: templates are given plain data only")


def _is_frozen(value: object) -> bool:
    parameters = getattr(type(value), "__dataclass_params__", None)
    return bool(parameters and parameters.frozen)


def _place(error: BaseException, name: str) -> str:
    """File and line of the innermost template that the error passed through."""
    place, step = name, error.__traceback__
    while step is not None:
        if _is_template_frame(step):
            place = f"{_shown(step.tb_frame.f_code.co_filename)}:{step.tb_lineno}"
        step = step.tb_next
    return place


def _is_template_frame(step: TracebackType) -> bool:
    return "__jinja_exception__" in step.tb_frame.f_globals


def _shown(path: str) -> str:
    """A path as people know it: relative when it lies below the current folder."""
    relative = os.path.relpath(path) if os.path.isabs(path) else path
    return path if relative.startswith("..") else relative


def _in_words(error: Exception) -> str:
    if isinstance(error, UndefinedError):
        return f"{error.message}; templates may only use names that they are given"
    if isinstance(error, SecurityError):
        return f"not allowed in a template: {error}"
    return f"{type(error).__name__}: {error}"
