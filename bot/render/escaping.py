"""Guards for text that came from elsewhere: one small function per sink.

Names of agents, groups and topics, and messages of servers, are written by others. Each function
says which sink it is for. Sizes are counted in UTF-16 units, the widest of the ways that Slack may
count (its unit is not documented).
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
    """Length in UTF-16 code units: characters beyond U+FFFF count twice."""
    return len(text) + sum(character > "\uffff" for character in text)


def bound(text: str) -> str:
    """The text with no line break within a duration, a date or a number and its unit: '1 h 36 min'."""
    return _BETWEEN.sub(NO_BREAK, text)


def loose(text: str) -> str:
    """The text with ordinary blanks, for what is read as plain text."""
    return text.replace(NO_BREAK, " ")


def cut(text: str, limit: int) -> str:
    """The text, or its beginning with an ellipsis, in at most `limit` UTF-16 units."""
    if units(text) <= limit:
        return text
    kept = text[: max(limit - 1, 0)]
    while units(kept) > limit - 1:
        kept = kept[:-1]
    return kept.rstrip("\u200d ") + "…" if limit > 0 else ""


def mrkdwn(text: str, limit: int = 1800) -> str:
    """Text for Slack's mrkdwn and for a message's `text`: nothing in it can ping, link or format.

    `&`, `<` and `>` become entities, once (Slack documents these three). No escape exists for
    formatting characters, so they become look-alikes. `limit` holds after escaping, where `&` has
    grown to five characters; the cut is made before, so no entity is ever halved.
    """
    literal = _LOOSE_UNDERSCORE.sub("＿", visible(text)).translate(_FORMATTING)
    keep = limit
    while units(escaped := cut(literal, keep).translate(_ENTITIES)) > limit:
        keep -= max((units(escaped) - limit) // 5, 1)
    return escaped


def unmarked(text: str) -> str:
    """Text for Slack's plain_text: angle brackets become quotation marks, so no token can form."""
    return visible(text).translate(_ANGLES)


def clean(value: Value) -> Value:
    """The same plain data with `visible` applied to every text in it, however deep.

    For editions: it makes every later sink free of control characters. Kept as they are: `CsvTable` (line
    ends are content there) and `ExportedFile` (its path is ours).
    """
    return cast(Value, _clean(value))


def _clean(value: Any) -> Any:
    """The same object where nothing had to be taken out: most editions are clean as they are."""
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
