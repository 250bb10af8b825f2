"""Messages about reports.yaml: the parts that sentences are made of, and excerpts without secrets."""

import difflib
import re
from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeVar

from pydantic_core import PydanticCustomError

from bot.config.yaml_tree import Place
from bot.errors import Problem

_T = TypeVar("_T")
_MAX_EXCERPT_LENGTH = 160
_SECRETS = (
    re.compile(r"\bx(?:ox[a-z]|app)-[^\s\"',\]}]+"),
    re.compile(r"(?<=://)[^\s/@\"']+@"),
    re.compile(r"(?i)(?<=token|sword|ecret)([\"']?\s*[:=]\s*)[^\s].*"),
    re.compile(r"(?i)(?<=api_key)([\"']?\s*[:=]\s*)[^\s].*"),
    re.compile(r"(?i)(?<=bearer )\S+"),
)
_BEGINS_WITH_HASH = re.compile(r'^[^\[{]*"#\w')


class Excerpts:
    """Add the file's name and the line at a place to a message, without secrets."""

    def __init__(self, file: str, text: str = "") -> None:
        self.file = safe_text(file)
        self.lines = re.split(r"\r\n|\r|\n", text)

    def problem(self, place: Place, message: str) -> Problem:
        """Return the Problem at `place`, safe to print and to log."""
        return Problem(self.file, place.line, place.column, safe_text(message), self._excerpt(place))

    def _excerpt(self, place: Place) -> str:
        if not 0 < place.line <= len(self.lines):
            return ""
        line = safe_text(self.lines[place.line - 1])
        return line[:_MAX_EXCERPT_LENGTH].rstrip() if place.column <= _MAX_EXCERPT_LENGTH else ""


def safe_text(text: str) -> str:
    """Return `text` for a terminal and a log: secrets masked, no control characters, one line."""
    for pattern in _SECRETS:
        text = pattern.sub(lambda match: f"{match[1] if match.re.groups else ''}…", text)
    return "".join(letter if letter.isprintable() else " " for letter in text)


def refusal(sentence: str, *path: str | int, at_key: bool = False) -> PydanticCustomError:
    """Return the error that a check raises; `path` leads from the checked value to its faulty part.

    With `at_key` the faulty part is the last key of `path`, not the value under it.
    """
    context = {"sentence": sentence, "path": path, "at_key": at_key}
    return PydanticCustomError("refused", "{sentence}", context)


def below(path: tuple[str | int, ...], check: Callable[[Any], _T], value: Any, subject: str = "") -> _T:
    """Return the checked part of a value; a refusal leads to it by `path` and begins with `subject`."""
    try:
        return check(value)
    except PydanticCustomError as error:
        context: Any = error.context
        raise refusal(f"{subject}{error}", *path, *context["path"], at_key=context["at_key"]) from None


def wrong_type(value: object, expected: str) -> str:
    """Return 'a list stands here; write …': what the value is and what is expected."""
    if value is None:
        # The usual reason for an empty value where a colour or channel is expected.
        hint = " (without quotes, # begins a comment)" if _BEGINS_WITH_HASH.search(expected) else ""
        return f"nothing is written here; write {expected}{hint}"
    if isinstance(value, dict):
        return f"keys with values stand here; write {expected}"
    return f"{_kind(value)} stands here; write {expected}"


def require_keys(
    value: dict[str, object], known: Collection[str], required: Collection[str] = (), expected: str = ""
) -> None:
    """Refuse a mapping that has other keys than the `known` ones, or not all `required` ones."""
    for key in value:
        if key not in known:
            raise refusal(unknown_word("key", key, known), key, at_key=True)
    for key in required:
        if key not in value:
            raise refusal(f'"{key}" is missing; write {expected}')


def require_list(value: object, expected: str, *path: str | int) -> list[Any]:
    """Return a list that is not empty."""
    if not isinstance(value, list):
        raise refusal(wrong_type(value, expected), *path)
    if not value:
        raise refusal(f"this is empty; write {expected}", *path)
    return value


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return "a list" if isinstance(value, (list, tuple)) else f"the text {quoted(value)}"


def quoted(value: object) -> str:
    """Return a value as people wrote it, in quotes and cut to a readable length."""
    text = str(value)
    return f'"{text[:60]}…"' if len(text) > 61 else f'"{text}"'


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """Return the known word spelled most like `word`, or '' where none is as like as `likeness` (0 to 1)."""
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word[:100].lower(), list(by_lower), n=1, cutoff=likeness)
    return by_lower[close[0]] if close else ""


def one_of(words: Iterable[str]) -> str:
    """Return 'a, b or c'."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def unknown_word(kind: str, word: str, known: Iterable[str]) -> str:
    """Return 'unknown report "sumary"; did you mean "summary"?', or what there is."""
    names = list(known)
    close = nearest(word, names)
    hint = f'did you mean "{close}"?' if close else f"write {one_of(names)}"
    return f"unknown {kind} {quoted(word)}; {hint}"
