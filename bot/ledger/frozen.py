"""The model's dataclasses as JSON and back, exactly: what was kept says the same tomorrow.

One walk over the type hints instead of a validating library: a validator would turn the count 5
into 5.0 where the hint says float, and a CSV would change between today and the retry tomorrow.
Unknown fields are ignored and missing ones take their defaults, so rows outlive the model's growth.
"""

import dataclasses
import functools
import hashlib
import json
import typing
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin
from zoneinfo import ZoneInfo

from bot.errors import LedgerError
from bot.model import Window

T = TypeVar("T")


def freeze(thing: Any) -> str:
    """A model dataclass as JSON text: pure ASCII, keys in the order of the fields."""
    return json.dumps(dataclasses.asdict(thing), default=_text, separators=(",", ":"))


def thaw(kind: type[T], text: str) -> T:
    """The dataclass of type `kind` behind `freeze`. Raises LedgerError when the text is damaged."""
    try:
        return typing.cast(T, _thawed(kind, json.loads(text)))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise LedgerError(
            f"The database holds a damaged {kind.__name__}; restore it from a backup."
        ) from error


def content_hash(text: str) -> str:
    """SHA-256 of frozen text, to see whether two contents are the same."""
    return hashlib.sha256(text.encode()).hexdigest()


def freeze_window(window: Window) -> str:
    """A window as JSON: wall clock times, folds and zone.

    Instants would not do: midnight does not exist on some days of clock change, and the way back
    from the instant would end at one o'clock.
    """
    start, end = (moment.replace(tzinfo=None).isoformat() for moment in (window.start, window.end))
    folds = [window.start.fold, window.end.fold]
    return json.dumps({"start": start, "end": end, "folds": folds, "zone": window.zone})


def thaw_window(text: str) -> Window:
    """The window behind `freeze_window`. Raises LedgerError when the text is damaged."""
    try:
        fields = json.loads(text)
        zone = ZoneInfo(fields["zone"])
        walls = (datetime.fromisoformat(fields[end]) for end in ("start", "end"))
        start, end = (
            wall.replace(tzinfo=zone, fold=fold) for wall, fold in zip(walls, fields["folds"], strict=True)
        )
        return Window(start, end, fields["zone"])
    except (KeyError, TypeError, ValueError) as error:
        raise LedgerError("The database holds a damaged window; restore it from a backup.") from error


def _text(value: object) -> str:
    if isinstance(value, (date, time)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be kept")


def _thawed(kind: Any, value: Any) -> Any:
    origin = get_origin(kind)
    if origin in (typing.Union, UnionType):
        return _thawed(_member(get_args(kind), value), value)
    if origin is typing.Literal:
        return _one_of(get_args(kind), value)
    if origin is tuple:
        return tuple(_thawed(get_args(kind)[0], item) for item in _expect(list, value))
    if dataclasses.is_dataclass(kind):
        return _object(kind, _expect(dict, value))
    return _scalar(kind, value)


def _object(kind: Any, fields: Mapping[str, Any]) -> Any:
    hints = _hints(kind)
    return kind(**{name: _thawed(hint, fields[name]) for name, hint in hints.items() if name in fields})


def _scalar(kind: Any, value: Any) -> Any:
    if issubclass(kind, Enum):
        return kind(value)
    if kind in (date, time):
        return kind.fromisoformat(value)
    # A count may stand where the hint says float, as in Python itself; it stays a count.
    return _expect((int, float) if kind is float else kind, value)


def _member(members: tuple[Any, ...], value: Any) -> Any:
    """Which member of a union the value is: by its `kind` for blocks, else by its JSON type."""
    for member in members:
        if not isinstance(value, _json_type(member)):
            continue
        if "kind" not in _hints_of(member) or value["kind"] in get_args(_hints(member)["kind"]):
            return member
    raise ValueError("of none of the types that belong here")


def _hints_of(member: Any) -> dict[str, Any]:
    return _hints(typing.cast(Any, member)) if dataclasses.is_dataclass(member) else {}


def _json_type(member: Any) -> Any:
    if member is NoneType:
        return NoneType
    if get_origin(member) is tuple:
        return list
    if dataclasses.is_dataclass(member):
        return dict
    if member is float:
        return (int, float)
    return str if get_origin(member) is typing.Literal or issubclass(member, (Enum, date, time)) else member


def _one_of(choices: tuple[Any, ...], value: Any) -> Any:
    if value not in choices:
        raise ValueError("not one of the choices")
    return value


def _expect(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind}")
    return value


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(kind) if field.init}
    return {name: hint for name, hint in typing.get_type_hints(kind).items() if name in names}
