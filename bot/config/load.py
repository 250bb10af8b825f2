"""reports.yaml from the disk to a Configuration, or every problem in it at once."""

import gc
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.config.cross_checks import findings
from bot.config.messages import Excerpts, wrong_type
from bot.config.to_model import configuration, validated
from bot.config.yaml_tree import Complaint, Place, Tree
from bot.errors import ConfigError
from bot.model import Configuration

MAX_BYTES = 4_000_000
_START = Place(1, 1)
_TOP_LEVEL = "keys with values, such as timezone: Australia/Sydney"
# YAML 1.2, 5.1 allows no control characters but tab and line breaks. U+0085, U+2028 and U+2029 end a line for
# YAML 1.1 but not for an editor: places would be wrong.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def load(path: Path) -> Configuration:
    """Return the digests of a reports.yaml, validated.

    Raise ConfigError with all problems at once: each has the file, line and column (from 1), the line itself,
    what was expected, and the nearest known word for a typing mistake.
    """
    excerpts = Excerpts(str(path))
    try:
        content = _bytes_of(path)
        excerpts = Excerpts(str(path), content.decode("utf-8-sig", "replace"))
        text = _text_of(content)
        with _collector_paused():
            return _configuration(text, path, excerpts)
    except Complaint as complaint:
        raise _error([complaint], excerpts) from None
    except RecursionError:
        raise _error([Complaint(_START, "this file is nested too deeply")], excerpts) from None


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector: a large file makes a million objects and no garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _error(complaints: Iterable[Complaint], excerpts: Excerpts) -> ConfigError:
    """Return the error with each complaint once, in the order of the file."""
    ordered = sorted(complaints, key=lambda item: (item.place.line, item.place.column, item.message))
    return ConfigError(tuple(dict.fromkeys(excerpts.problem(item.place, item.message) for item in ordered)))


def _configuration(text: str, path: Path, excerpts: Excerpts) -> Configuration:
    tree = Tree(text)
    if tree.root is None:
        raise Complaint(_START, "this file is empty; `digestbot init` writes one to start from")
    if not isinstance(tree.value, dict):
        raise Complaint(tree.root_place, wrong_type(tree.value, _TOP_LEVEL))
    file, complaints = validated(tree)
    complaints += tree.complaints
    faults = findings(file, path.parent)
    complaints += (Complaint(tree.place_of(where), sentence) for where, sentence in faults)
    if complaints:
        raise _error(complaints, excerpts) from None
    return configuration(file, path)


def _text_of(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        sentence = "this file is not UTF-8 from here on; save it as UTF-8"
        raise Complaint(_place_after(before), sentence) from None
    control = _CONTROL.search(text)
    if control:
        sentence = f"the control character {control[0]!r} is not allowed; take it out"
        raise Complaint(_place_after(text[: control.start()]), sentence)
    return text


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        sentence = "this file does not exist; `digestbot init` writes one to start from"
        raise Complaint(_START, sentence) from None
    except IsADirectoryError:
        raise Complaint(_START, "this is a folder; name the file in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not valid"
        raise Complaint(_START, f"this file cannot be read: {reason}") from None
    if len(content) > MAX_BYTES:
        raise Complaint(_START, f"this file is larger than {MAX_BYTES // 1_000_000} MB")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in content[:4]:
        raise Complaint(_START, "this file is not UTF-8 (it looks like UTF-16); save it as UTF-8")
    return content


def _place_after(text: str) -> Place:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Place(len(lines), len(lines[-1]) + 1)
