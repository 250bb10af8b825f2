"""The shape of answers for bug reports: names and types of their fields, never a value."""

import re
from collections import Counter
from collections.abc import Mapping

MAX_DEPTH = 12
MAX_FIELDS = 80
HIDDEN = "…"
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
"""What the API document's own names look like; another key may be data (a name, an address)."""

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
TEXTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("digits as text", re.compile(r"[0-9]{1,19}")),
    ("date", re.compile(_DATE)),
    ("date and time without zone", re.compile(_DATE + _CLOCK)),
    ("date and time with zone", re.compile(_DATE + _CLOCK + r"(Z|[+-][0-9]{2}:?[0-9]{2})")),
)


class Recorder:
    """Keeps every answer as it came, in order; pass its `observe` to the client."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, object]] = []

    def observe(self, what: str, answer: object) -> None:
        """Keep the parsed JSON of the request `what`, before anything is believed of it."""
        self.answers.append((what, answer))

    def shapes(self) -> dict[str, object]:
        """Return one shape of all answers to each request, as JSON."""
        shapes: dict[str, Shape] = {}
        for what, answer in self.answers:
            shapes.setdefault(what, Shape()).add(answer)
        return {what: shape.as_json() for what, shape in sorted(shapes.items())}


class Shape:
    """What one or several values have in common: kinds of scalars, fields of objects, items of lists."""

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth
        self._kinds: set[str] = set()
        self._objects = 0
        self._fields: dict[str, Shape] = {}
        self._times = Counter[str]()
        self._items: Shape | None = None

    def add(self, value: object) -> None:
        """Add one more value to the shape."""
        if self._depth > MAX_DEPTH:
            self._kinds.add(HIDDEN)
        elif isinstance(value, Mapping):
            self._add_object(value)
        elif isinstance(value, list):
            self._items = self._items or Shape(self._depth + 1)
            for item in value:
                self._items.add(item)
        else:
            self._kinds.add(kind_of(value))

    def _add_object(self, value: Mapping[str, object]) -> None:
        self._objects += 1
        names = set[str]()
        for key, inner in value.items():
            known = key in self._fields or len(self._fields) < MAX_FIELDS
            name = key if known and FIELD_NAME.fullmatch(key) else HIDDEN
            self._fields.setdefault(name, Shape(self._depth + 1)).add(inner)
            names.add(name)
        self._times.update(names)

    def as_json(self) -> object:
        """Return kinds as words, an object as an object (`name?`: not in all), a list as a list of one."""
        parts: list[object] = [*sorted(self._kinds)]
        if self._objects:
            marked = {name: "" if self._times[name] == self._objects else "?" for name in self._fields}
            parts.append({name + marked[name]: shape.as_json() for name, shape in self._fields.items()})
        if self._items is not None:
            empty = not (self._items._kinds or self._items._objects or self._items._items)
            parts.append([] if empty else [self._items.as_json()])
        return parts[0] if len(parts) == 1 else {"one of": parts}


def kind_of(value: object) -> str:
    """Return a word for a scalar of JSON, finer for dates: how they are written reveals nothing."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "whole number" if isinstance(value, int) else "number"
    text = str(value)
    return next((kind for kind, pattern in TEXTS if pattern.fullmatch(text)), "text")
