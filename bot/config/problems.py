"""Places in the file, and complaints about them, before they become the error's Problems."""

import difflib
import re
from collections.abc import Iterable

from bot.config.yaml_tree import Place
from bot.errors import Problem

_SHOWN = 160
_SECRETS = (
    re.compile(r"\bx(?:ox[a-z]|app)-[^\s\"',\]}]+"),
    re.compile(r"(?<=://)[^\s/@\"']+@"),
    re.compile(r"(?i)(?<=token|sword|ecret)([\"']?\s*[:=]\s*)[^\s].*"),
    re.compile(r"(?i)(?<=api_key)([\"']?\s*[:=]\s*)[^\s].*"),
    re.compile(r"(?i)(?<=bearer )\S+"),
)


class Excerpts:
    """Turns complaints into Problems: adds the file's name and its line, without secrets."""

    def __init__(self, file: str, text: str = "") -> None:
        self.file = safe_text(file)
        self.lines = re.split(r"\r\n|\r|\n", text)

    def problem(self, place: Place, message: str) -> Problem:
        """The Problem at `place`, safe to print and to log."""
        return Problem(self.file, place.line, place.column, safe_text(message), self._excerpt(place))

    def _excerpt(self, place: Place) -> str:
        if not 0 < place.line <= len(self.lines):
            return ""
        line = safe_text(self.lines[place.line - 1])
        return line[:_SHOWN].rstrip() if place.column <= _SHOWN else ""


def safe_text(text: str) -> str:
    """`text` for a terminal and a log: secrets masked, no control characters, one line."""
    for pattern in _SECRETS:
        text = pattern.sub(lambda match: f"{match[1] if match.re.groups else ''}…", text)
    return "".join(letter if letter.isprintable() else " " for letter in text)


def quoted(value: object) -> str:
    """A value as people wrote it, in quotes and cut to a readable length."""
    text = str(value)
    return f'"{text[:60]}…"' if len(text) > 61 else f'"{text}"'


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """The known word spelled most like `word`, or '' where none is as like as `likeness` (0 to 1)."""
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word[:100].lower(), list(by_lower), n=1, cutoff=likeness)
    return by_lower[close[0]] if close else ""


def one_of(words: Iterable[str]) -> str:
    """'a, b or c'."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def unknown_word(kind: str, word: str, known: Iterable[str]) -> str:
    """'unknown report "sumary"; did you mean "summary"?', or what there is."""
    names = list(known)
    close = nearest(word, names)
    hint = f'did you mean "{close}"?' if close else f"write {one_of(names)}"
    return f"unknown {kind} {quoted(word)}; {hint}"
