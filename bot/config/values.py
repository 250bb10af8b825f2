"""Nodes to plain values: what scalars mean, merge keys, duplicate keys, alias bombs; and places by path."""

import re
from typing import Any

from bot.config.document import MAX_DEPTH, Mapping, Node, Scalar, Sequence
from bot.config.problems import Complaint, Place

MAX_ALIASED_NODES = 100_000
Path = tuple[str | int, ...]

_NULL = ("", "~", "null", "Null", "NULL")
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_SPECIAL_FLOAT = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*|(?=[eE])))(?:[eE][-+]?[0-9]+)?")


def scalar_value(text: str) -> str | int | float | bool | None:
    """What an unquoted scalar means in YAML 1.2: only true and false are booleans.

    `NO`, `012`, `1_000`, `09:00` and dates stay the text that they look like, and so do
    numbers of more than 18 digits.
    """
    if text in _NULL:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL_FLOAT.fullmatch(text):
        return float(text.replace(".", ""))
    return text


class Values:
    """The plain value of a tree, the complaints found on the way, and where each path is written."""

    def __init__(self, root: Node | None) -> None:
        self.root = root
        self.complaints: list[Complaint] = []
        self._pairs: dict[int, dict[str, tuple[Scalar, Node]]] = {}
        self._seen: set[int] = set()
        self._aliased = 0
        self.value: Any = None if root is None else self._value(root, 0, False)

    def _value(self, node: Node, depth: int, again: bool) -> Any:
        if again:
            self._count_aliased(node)
        if isinstance(node, Scalar):
            return scalar_value(node.text) if node.plain else node.text
        if depth > MAX_DEPTH:
            raise Complaint(node.place, f"nested deeper than {MAX_DEPTH} levels; write it flatter")
        again = again or id(node) in self._seen
        self._seen.add(id(node))
        if isinstance(node, Sequence):
            return [self._value(item, depth + 1, again) for item in node.items]
        pairs = self.pairs(node)
        return {key: self._value(value, depth + 1, again) for key, (_, value) in pairs.items()}

    def _count_aliased(self, node: Node) -> None:
        self._aliased += 1
        if self._aliased > MAX_ALIASED_NODES:
            raise Complaint(
                node.place,
                f"the aliases (*name) unfold to more than {MAX_ALIASED_NODES:,} values; write fewer",
            )

    def pairs(self, node: Mapping) -> dict[str, tuple[Scalar, Node]]:
        """Keys of a mapping with what `<<` merges in; its own keys win over merged ones."""
        known = self._pairs.get(id(node))
        if known is None:
            known = self._pairs[id(node)] = self._own_and_merged(node)
        return known

    def _own_and_merged(self, node: Mapping) -> dict[str, tuple[Scalar, Node]]:
        own: dict[str, tuple[Scalar, Node]] = {}
        merged: list[Mapping] = []
        merge_key: Scalar | None = None
        for key, value in node.pairs:
            if key.plain and key.text == "<<":
                self._refuse_twice(key, merge_key)
                merge_key = key
                merged = self._merge_sources(value, key.place)
                continue
            self._refuse_twice(key, own[key.text][0] if key.text in own else None)
            own.setdefault(key.text, (key, value))
        return self._with_merged(own, merged) if merged else own

    def _with_merged(
        self, own: dict[str, tuple[Scalar, Node]], sources: list[Mapping]
    ) -> dict[str, tuple[Scalar, Node]]:
        for source in sources:
            for text, pair in self.pairs(source).items():
                self._count_aliased(source)
                own.setdefault(text, pair)
        return own

    def _refuse_twice(self, key: Scalar, first: Scalar | None) -> None:
        if first is not None:
            self.complaints.append(
                Complaint(
                    key.place,
                    f'"{key.text}" is written twice here: in line {first.place.line} '
                    f"and in line {key.place.line}; keep one",
                )
            )

    @staticmethod
    def _merge_sources(value: Node, place: Place) -> list[Mapping]:
        items = value.items if isinstance(value, Sequence) else [value]
        sources = [item for item in items if isinstance(item, Mapping)]
        if len(sources) != len(items) or not sources:
            raise Complaint(place, "<< takes a mapping, such as *name, or a list of them")
        return sources

    def place_of(self, path: Path) -> Place:
        """Where the value at `path` is written; of its nearest parent when it is not there."""
        place, node = Place(1, 1), self.root
        for part in path:
            if isinstance(node, Mapping):
                found = self.pairs(node).get(str(part))
                if found is None:
                    break
                key, node = found
                place = node.place if _is_written_scalar(node) else key.place
            elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
                node = node.items[part]
                place = node.place
            else:
                break
        return place

    def place_of_key(self, path: Path) -> Place:
        """Where the last key of `path` is written."""
        parent = self.node_at(path[:-1])
        if isinstance(parent, Mapping) and str(path[-1]) in self.pairs(parent):
            return self.pairs(parent)[str(path[-1])][0].place
        return self.place_of(path)

    def node_at(self, path: Path) -> Node | None:
        """The node at `path`, or None."""
        node = self.root
        for part in path:
            if isinstance(node, Mapping) and str(part) in self.pairs(node):
                node = self.pairs(node)[str(part)][1]
            elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
                node = node.items[part]
            else:
                return None
        return node


def _is_written_scalar(node: Node) -> bool:
    """Only such a value has a clear place of its own; for all others the key is shown."""
    return isinstance(node, Scalar) and not (node.plain and node.text == "")
