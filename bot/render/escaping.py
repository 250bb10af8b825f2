"""Escaping of untrusted text (names of agents, groups, topics; messages of servers): one function per sink.

Lengths are in UTF-16 units, the largest of the units that Slack may count in (it documents none).
"""

import dataclasses
import re
from typing import Any, TypeVar, cast

from bot.lib.sanitize import visible
from bot.model import CsvTable, ExportedFile

Value = TypeVar("Value")

_UNITS = "s|h|min|days?|d|pts?|points?|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_BETWEEN = re.compile(rf"(?<=\d) (?=%|(?:{_UNITS})\b)|(?<=\d h) (?=\d)")
NO_BREAK = "\u00a0"
_LOOSE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_FORMATTING = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_ANGLES = str.maketrans({"<": "‹", ">": "›"})


def units(text: str) -> int:
    """Return the length in UTF-16 code units: characters beyond U+FFFF count twice."""
    return len(text) + sum(character > "\uffff" for character in text)


def bound(text: str) -> str:
    """Put no-break spaces into durations, dates, and between numbers and units: '1 h 36 min'."""
    return _BETWEEN.sub(NO_BREAK, text)


def loose(text: str) -> str:
    """Replace no-break spaces by ordinary ones, for plain text."""
    return text.replace(NO_BREAK, " ")


def cut(text: str, limit: int) -> str:
    """Return the text, cut with an ellipsis to at most `limit` UTF-16 units."""
    if units(text) <= limit:
        return text
    start = text[: max(limit - 1, 0)]
    while units(start) > limit - 1:
        start = start[:-1]
    return start.rstrip("\u200d ") + "…" if limit > 0 else ""


def mrkdwn(text: str, limit: int = 1800) -> str:
    """Escape text for Slack's mrkdwn and for a message's `text`: nothing in it can ping, link or format.

    `&`, `<` and `>` become entities (Slack documents these three). Formatting characters have no escape,
    so they become look-alikes. `limit` applies to the escaped text, in which `&` has five characters; the
    cut is made before escaping, so no entity is split.
    """
    literal = _LOOSE_UNDERSCORE.sub("＿", visible(text)).translate(_FORMATTING)
    length = limit
    while units(escaped := cut(literal, length).translate(_ENTITIES)) > limit:
        length -= max((units(escaped) - limit) // 5, 1)
    return escaped


def unmarked(text: str) -> str:
    """Escape text for Slack's plain_text: angle brackets become quotation marks, so no token can form."""
    return visible(text).translate(_ANGLES)


def clean(value: Value) -> Value:
    """Apply `visible` to every text in plain data, however deep, so that no sink sees control characters.

    Left unchanged: `CsvTable` (line ends are content there) and `ExportedFile` (its name is ours).
    """
    return cast(Value, _clean(value))


def _clean(value: Any) -> Any:
    """Return the same object if nothing changes: most editions are clean already."""
    if type(value) is str:
        return visible(value)
    if isinstance(value, tuple):
        items = [_clean(item) for item in value]
        return tuple(items) if any(a is not b for a, b in zip(items, value, strict=True)) else value
    if dataclasses.is_dataclass(value) and not isinstance(value, type | CsvTable | ExportedFile):
        cleaned = {name: _clean(getattr(value, name)) for name in value.__dataclass_fields__}
        changed = {name: item for name, item in cleaned.items() if item is not getattr(value, name)}
        return dataclasses.replace(value, **changed) if changed else value
    return value
