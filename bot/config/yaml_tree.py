"""The text of reports.yaml as plain values, each with its place.

PyYAML parses and composes the nodes with their marks. `_Loader` refuses what surprises people (tags, keys
that are collections, deep nesting, aliases that contain themselves) and resolves scalars as YAML 1.2 does. No
tag ever builds an object.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_DEPTH = 20
MAX_ALIASED_NODES = 100_000
Path = tuple[str | int, ...]
_Pairs = Mapping[str, tuple[ScalarNode, Node]]

_STANDARD = "tag:yaml.org,2002:"
_TEXT, _NULL, _BOOL, _INT, _FLOAT, _MERGE, _MAP, _SEQ = (
    f"{_STANDARD}{name}" for name in ("str", "null", "bool", "int", "float", "merge", "map", "seq")
)
_STREAM_ENDS = "end of stream"
# libyaml parses; a build of PyYAML without it has a parser of its own.
_BASES: Any = (Composer, yaml.CBaseLoader) if yaml.__with_libyaml__ else (yaml.BaseLoader,)


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the file; line and column count from 1, columns in characters."""

    line: int
    column: int


class Complaint(Exception):
    """One fault at one place in the file."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


class Tree:
    """The plain `value` of a file, the `complaints` about its keys, and the place of each path.

    Raise Complaint where the text is not one document of plain YAML, or unfolds too far.
    """

    def __init__(self, text: str) -> None:
        self.root = _composed(text)
        self.complaints: list[Complaint] = []
        self._pairs: dict[int, _Pairs] = {}
        self._seen: set[int] = set()
        self._aliased = 0
        self.value: Any = None if self.root is None else self._value(self.root, 0, False)

    @property
    def root_place(self) -> Place:
        """Return where the outermost value begins."""
        return _place_of(self.root) if self.root else Place(1, 1)

    def place_of(self, path: Path) -> Place:
        """Return where the value at `path` is written, or its nearest parent when it is absent."""
        place, node = Place(1, 1), self.root
        for part in path:
            key, node = self._child(node, part)
            if node is None:
                break
            place = _place_of(node if key is None or _is_written_scalar(node) else key)
        return place

    def place_of_key(self, path: Path) -> Place:
        """Return where the last key of `path` is written."""
        node = self.root
        for part in path[:-1]:
            node = self._child(node, part)[1]
        key = self._child(node, path[-1])[0]
        return _place_of(key) if key else self.place_of(path)

    def _child(self, node: Node | None, part: str | int) -> tuple[ScalarNode | None, Node | None]:
        """Return the key (None in a sequence) and the node below `node`."""
        if isinstance(node, MappingNode):
            return self._pairs_of(node).get(str(part), (None, None))
        if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            return None, node.value[part]
        return None, None

    def _value(self, node: Node, depth: int, again: bool) -> Any:
        if again:
            self._count_aliased(node)
        if isinstance(node, ScalarNode):
            return _VALUES.get(node.tag, str)(node.value)
        if depth > MAX_DEPTH:
            raise Complaint(_place_of(node), f"nested deeper than {MAX_DEPTH} levels; write it flatter")
        again = again or id(node) in self._seen
        self._seen.add(id(node))
        if isinstance(node, SequenceNode):
            return [self._value(item, depth + 1, again) for item in node.value]
        pairs = self._pairs_of(node)
        return {key: self._value(value, depth + 1, again) for key, (_, value) in pairs.items()}

    def _count_aliased(self, node: Node) -> None:
        self._aliased += 1
        if self._aliased > MAX_ALIASED_NODES:
            raise Complaint(
                _place_of(node),
                f"the aliases (*name) unfold to more than {MAX_ALIASED_NODES:,} values; write fewer",
            )

    def _pairs_of(self, node: Any) -> _Pairs:
        """Return the keys of a mapping with what `<<` merges in; its own keys win."""
        known = self._pairs.get(id(node))
        if known is None:
            known = self._pairs[id(node)] = self._own_and_merged(node)
        return known

    def _own_and_merged(self, node: Any) -> _Pairs:
        pairs: dict[str, tuple[ScalarNode, Node]] = {}
        sources: list[MappingNode] = []
        merge_key: ScalarNode | None = None
        for key, value in node.value:
            if key.tag == _MERGE:
                self._refuse_duplicate(key, merge_key)
                merge_key, sources = key, _merge_sources(value, key)
                continue
            self._refuse_duplicate(key, pairs[key.value][0] if key.value in pairs else None)
            pairs.setdefault(key.value, (key, value))
        for source in sources:
            for text, pair in self._pairs_of(source).items():
                self._count_aliased(source)
                pairs.setdefault(text, pair)
        return pairs

    def _refuse_duplicate(self, key: ScalarNode, first: ScalarNode | None) -> None:
        if first is not None:
            place = _place_of(key)
            message = (
                f'"{key.value}" is written twice here: in line {_place_of(first).line} '
                f"and in line {place.line}; keep one"
            )
            self.complaints.append(Complaint(place, message))


class _Loader(*_BASES):  # type: ignore[misc]
    """Compose nodes that are plain data; `_ancestors` are the collections around the current one."""

    def __init__(self, text: str) -> None:
        _BASES[-1].__init__(self, text)
        Composer.__init__(self)
        self._ancestors: list[Node | None] = []

    def compose_node(self, parent: Node | None, index: Any) -> Any:
        """Compose the next node; a key of a mapping has no `index`. Raise Complaint at its place."""
        event = self.peek_event()
        kind = type(event)
        if kind is yaml.ScalarEvent:
            return self._scalar(event)
        is_key = index is None and isinstance(parent, MappingNode)
        if kind is yaml.AliasEvent:
            return self._aliased(event, parent, is_key)
        is_mapping = kind is yaml.MappingStartEvent
        self._refuse_collection(event, _MAP if is_mapping else _SEQ, is_key)
        self._ancestors.append(parent)
        compose = self.compose_mapping_node if is_mapping else self.compose_sequence_node
        node = compose(event.anchor)
        self._ancestors.pop()
        return node

    def _scalar(self, event: Any) -> ScalarNode:
        self.get_event()
        tag = event.tag
        if tag is None:
            tag = _tag_of(event.value) if event.implicit[0] else _TEXT
        elif tag in ("!", _TEXT):
            tag = _TEXT
        else:
            raise Complaint(_place(event.start_mark), _tag_sentence(tag))
        node = ScalarNode(tag, event.value, event.start_mark)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def _aliased(self, event: Any, parent: Node | None, is_key: bool) -> Node:
        self.get_event()
        node: Node | None = self.anchors.get(event.anchor)
        if node is None:
            hint = f"*{event.anchor} has no &{event.anchor} before it; put text that begins with * in quotes"
            raise Complaint(_place(event.start_mark), hint)
        if node is parent or any(node is ancestor for ancestor in self._ancestors):
            raise Complaint(_place(event.start_mark), f"*{event.anchor} contains itself; write it out")
        if not is_key:
            return node
        _refuse_key(isinstance(node, ScalarNode), event)
        # A key stands where its alias is written.
        return ScalarNode(node.tag, node.value, event.start_mark)

    def _refuse_collection(self, event: Any, tag: str, is_key: bool) -> None:
        place = event.start_mark
        if event.tag not in (None, "!", tag):
            raise Complaint(_place(place), _tag_sentence(event.tag))
        if len(self._ancestors) >= MAX_DEPTH:
            raise Complaint(_place(place), f"nested deeper than {MAX_DEPTH} levels; write it flatter")
        _refuse_key(not is_key, event)


def _refuse_key(is_fine: bool, event: Any) -> None:
    if not is_fine:
        raise Complaint(_place(event.start_mark), "a key must be one word or text; write it without brackets")


def _float(text: str) -> float:
    return float(text.replace(".", "", 1) if "n" in text.lower() else text)  # .inf, .nan


_FLOATS = r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*|(?=[eE])))([eE][-+]?[0-9]+)?"
_SPECIAL_FLOATS = r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
# What an unquoted scalar means in YAML 1.2: tag, pattern, first letters, value. `NO`, `012`, `1_000`,
# `09:00`, dates and numbers of more than 18 digits stay text.
_SCALARS: tuple[tuple[str, str, str, Callable[[str], Any]], ...] = (
    (_NULL, "~|null|Null|NULL", "~nN", lambda _: None),
    (_BOOL, "true|True|TRUE|false|False|FALSE", "tTfF", lambda text: text.lower() == "true"),
    (_INT, "[-+]?(0|[1-9][0-9]{0,17})", "-+0123456789", int),
    (_FLOAT, f"{_FLOATS}|{_SPECIAL_FLOATS}", "-+.0123456789", _float),
    (_MERGE, "<<", "<", str),
)
_VALUES = {tag: value for tag, _, _, value in _SCALARS}
_PATTERNS = {
    letter: [(tag, re.compile(pattern)) for tag, pattern, first, _ in _SCALARS if letter in first]
    for letter in "".join(first for _, _, first, _ in _SCALARS)
}


def _tag_of(text: str) -> str:
    tags = (tag for tag, pattern in _PATTERNS.get(text[:1], ()) if pattern.fullmatch(text))
    return next(tags, _TEXT if text else _NULL)


def _composed(text: str) -> Node | None:
    """Return the root node of the one document in `text`, None when it is empty."""
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise Complaint(_within(text, _place_of_error(error)), _syntax_sentence(error)) from None
    except (yaml.YAMLError, ValueError) as error:
        raise Complaint(Place(1, 1), f"this is not YAML: {type(error).__name__}") from None


def _merge_sources(value: Node, key: ScalarNode) -> list[MappingNode]:
    items = value.value if isinstance(value, SequenceNode) else [value]
    sources = [item for item in items if isinstance(item, MappingNode)]
    if len(sources) != len(items) or not sources:
        raise Complaint(_place_of(key), "<< takes a mapping, such as *name, or a list of them")
    return sources


def _is_written_scalar(node: Node) -> bool:
    """Return whether the value has a clear place of its own; for all others the key is shown."""
    return isinstance(node, ScalarNode) and not (node.tag == _NULL and node.value == "")


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _place_of(node: Node) -> Place:
    return _place(node.start_mark)


def _place_of_error(error: yaml.MarkedYAMLError) -> Place:
    """Return where to look: for a missing quote or colon, which YAML notices only further down, its begin."""
    context = error.context or ""
    open_quote = "quoted scalar" in context and _STREAM_ENDS in (error.problem or "")
    begin = error.context_mark if open_quote or "simple key" in context else None
    mark = begin or error.problem_mark or error.context_mark
    return _place(mark) if mark else Place(1, 1)


def _within(text: str, place: Place) -> Place:
    """Return `place`, or the end of the last line: YAML counts one more after a missing line break."""
    lines = re.split(r"\r\n|\r|\n", text)
    return place if place.line <= len(lines) else Place(len(lines), len(lines[-1]) + 1)


def _tag_sentence(tag: str) -> str:
    shown = tag.replace(_STANDARD, "!!")
    return f"the tag {shown[:60]} is not allowed; write the plain value, in quotes if it begins with !"


_SENTENCES = {
    ("problem", "another document"): "a second document begins here; keep one document in the file",
    ("problem", "tab character"): "a tab stands at the beginning of this line; write spaces instead",
    ("context", "simple key"): "a colon is missing after this key; write key: value",
    ("context", "flow"): (
        "a list or keys in brackets should end or go on here; write ] or } or a comma, or quotes around "
        "text with brackets"
    ),
    ("context", "block"): (
        "this does not fit what stands before it; write keys that belong together in one column, and "
        "nothing behind a closing quote"
    ),
    ("problem", "escape"): (
        "a backslash in double quotes has a meaning of its own; write this text in single quotes"
    ),
    ("problem", "cannot start any token"): (
        "a character that YAML does not allow here; indent with spaces, never tabs, and quote text that "
        "begins with @ ` or %"
    ),
    ("problem", "mapping values are not allowed"): (
        "a colon that YAML does not expect here; check the indentation, or quote text that contains ': '"
    ),
    ("problem", _STREAM_ENDS): "a quote opens here and is never closed; write one where the text ends",
}
"""Sentences for YAML's errors by a part of the error and what stands in it; the first counts."""


def _syntax_sentence(error: yaml.MarkedYAMLError) -> str:
    for (part, text), sentence in _SENTENCES.items():
        if text in (getattr(error, part) or ""):
            return sentence
    problem, where = error.problem or "this is not YAML", f" ({error.context})" if error.context else ""
    return f"this is not YAML: {problem}{where}; check indentation, brackets and quotes"
