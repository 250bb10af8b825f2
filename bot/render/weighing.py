"""How heavy a value is that a template makes: characters and items, all levels together.

A list may hold another twice, which holds another twice: forty such steps fit on a line and make more
than any memory. So everything is weighed when it is made, and where one step could make something huge
out of small things, its size is worked out beforehand.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from functools import update_wrapper
from typing import Any

from jinja2 import Environment
from jinja2.exceptions import SecurityError
from jinja2.nodes import EvalContext
from jinja2.runtime import Undefined, markup_join, str_join
from jinja2.utils import pass_eval_context

HEAVIEST = 1_000_000
"""Characters and items of one value."""

MOST_DIGITS = 30
TAKE_NOTHING = ("default", "d")
"""Filters for what may be missing."""


def weight(value: Any) -> int:
    """Characters and items of a value, all levels together; counting stops above the limit."""
    if isinstance(value, str):
        return len(value) + 1
    total, waiting = 1, [value]
    while waiting and total <= HEAVIEST:
        item = waiting.pop()
        if isinstance(item, dict):
            item = [*item.keys(), *item.values()]
        if isinstance(item, list | tuple | set | frozenset):
            total += len(item)
            waiting += item
        elif isinstance(item, str):
            total += len(item)
    return total


def whole(value: Any) -> Any:
    """The value, weighed; what is not there yet is weighed as it comes. Raises SecurityError."""
    require_light(weight(value))
    return _bounded(value) if isinstance(value, Iterator) else value


def printable(value: Any) -> Any:
    """What may stand in `{{ }}`: texts and numbers. Raises SecurityError for a list or mapping."""
    if isinstance(value, list | tuple | dict | set):
        raise SecurityError("a list or mapping cannot be printed; take the items out of it")
    return value


def joined(pieces: Iterable[str]) -> str:
    """What a macro, a block or a `set` made, as one text."""
    kept = list(pieces)
    require_light(sum(map(len, kept)))
    return "".join(kept)


@pass_eval_context
def made_up(context: EvalContext, pieces: tuple[Any, ...]) -> Any:
    """What `~` does."""
    texts = [printable(piece) for piece in pieces]
    require_light(weight(texts))
    return markup_join(texts) if context.autoescape else str_join(texts)


def guarded_filter(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, with the size of its result worked out beforehand where it can multiply, and weighed."""
    size = SIZES.get(name)

    def guarded(*given: Any, **named: Any) -> Any:
        given = tuple(list(_bounded(one)) if isinstance(one, Iterator) else one for one in given)
        plain = [one for one in given if not isinstance(one, EvalContext | Environment)]
        if name not in TAKE_NOTHING:
            _require_defined(plain)
        if size is not None:
            require_light(size(*plain, **named))
        return whole(function(*given, **named))

    return update_wrapper(guarded, function)


def _require_defined(values: list[Any]) -> None:
    """Jinja's own words for a missing name, where a filter would have its own."""
    for value in values:
        if isinstance(value, Undefined):
            str(value)


def _bounded(values: Iterator[Any]) -> Iterator[Any]:
    """What `map`, `select` and the like give, one by one, all together no heavier than anything else."""
    total = 0
    for value in values:
        total += weight(value)
        require_light(total)
        yield value


def _join_size(value: Any, d: str = "", attribute: Any = None) -> int:
    return weight(value) + (len(value) if isinstance(value, Sized) else 0) * len(str(d))


def _replace_size(s: Any, old: str, new: str, count: int | None = None) -> int:
    return len(str(s)) + str(s).count(str(old)) * len(str(new))


def _columns_size(value: Any, count: int, fill_with: Any = None) -> int:
    return weight(value) + (count + 1) * weight(fill_with)


def _json_size(value: Any, indent: int | None = None) -> int:
    return weight(value) * (1 + (indent or 0))


def _wrapped_size(s: Any, *_: Any, wrapstring: str = "", **_named: Any) -> int:
    return weight(s) * (1 + len(wrapstring))


def _rounded_size(value: Any, precision: int = 0, method: str = "") -> int:
    return 0 if abs(precision) <= MOST_DIGITS else HEAVIEST + 1


SIZES: Mapping[str, Callable[..., int]] = {
    "join": _join_size,
    "replace": _replace_size,
    "batch": _columns_size,
    "slice": _columns_size,
    "tojson": _json_size,
    "wordwrap": _wrapped_size,
    "round": _rounded_size,
}


def product_size(left: Any, right: Any) -> int:
    """How heavy `left * right` is."""
    for many, times in ((left, right), (right, left)):
        if isinstance(many, str | list | tuple) and isinstance(times, int):
            return weight(many) * max(times, 0)
    if isinstance(left, int) and isinstance(right, int) and abs(left * right) > 10**MOST_DIGITS:
        return HEAVIEST + 1
    return 0


def require_light(size: int) -> None:
    """Raises SecurityError above the limit."""
    if size > HEAVIEST:
        raise SecurityError(f"it makes something of more than {HEAVIEST:,} characters or items")
