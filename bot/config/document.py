"""YAML text to a tree of nodes that know their place, with every surprise of YAML refused.

The tree is built from parser events, one by one and without recursion, so that neither a deep
nor a self-containing file can overrun anything. No tag ever builds an object.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from bot.config.problems import Complaint, Place

MAX_DEPTH = 20
_STANDARD = "tag:yaml.org,2002:"
_STREAM_ENDS = "end of stream"
_TEXT_TAGS = ("!", f"{_STANDARD}str")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Placed:
    """A part of the tree; its place is worked out only when somebody asks."""

    __slots__ = ("mark",)

    def __init__(self, mark: Any) -> None:
        self.mark = mark

    @property
    def place(self) -> Place:
        """Where it begins."""
        return _place(self.mark)


class Scalar(_Placed):
    """One value as written; `plain` when it has no quotes and may mean a number or true/false."""

    __slots__ = ("plain", "text")

    def __init__(self, mark: Any, text: str, plain: bool) -> None:
        self.mark, self.text, self.plain = mark, text, plain


class Sequence(_Placed):
    """A list."""

    __slots__ = ("items",)

    def __init__(self, mark: Any) -> None:
        self.mark = mark
        self.items: list[Node] = []


class Mapping(_Placed):
    """Keys and values in the order written, `<<` still among them."""

    __slots__ = ("pairs", "waiting_key")

    def __init__(self, mark: Any) -> None:
        self.mark = mark
        self.pairs: list[tuple[Scalar, Node]] = []
        self.waiting_key: Scalar | None = None


Node = Scalar | Sequence | Mapping


def read_document(text: str) -> Node | None:
    """The one document in `text` as nodes, None when it is empty. Raises Complaint at its place."""
    try:
        return _Composer().compose(yaml.parse(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        raise Complaint(_within(text, _place_of(error)), _syntax_sentence(error)) from None
    except (yaml.YAMLError, ValueError) as error:
        raise Complaint(Place(1, 1), f"this is not YAML: {type(error).__name__}") from None


class _Composer:
    """Puts events together; `open` holds the collections that are not yet closed."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.open: list[Sequence | Mapping] = []
        self.anchors: dict[str, Node] = {}
        self.documents = 0

    def compose(self, events: Iterator[Any]) -> Node | None:
        """Takes each event by its kind; the start and end of the stream mean nothing here."""
        takers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._mapping,
            yaml.SequenceStartEvent: self._sequence,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }
        for event in events:
            take = takers.get(type(event))
            if take:
                take(event)
        return self.root

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            place = _place(event.start_mark)
            raise Complaint(place, "a second document begins here; keep one document in the file")

    def _scalar(self, event: Any) -> None:
        tag = event.tag
        if tag is not None and tag not in _TEXT_TAGS:
            raise Complaint(_place(event.start_mark), _tag_sentence(tag))
        self._add(Scalar(event.start_mark, event.value, tag is None and event.implicit[0]), event)

    def _mapping(self, event: Any) -> None:
        self._start(Mapping(event.start_mark), event, f"{_STANDARD}map")

    def _sequence(self, event: Any) -> None:
        self._start(Sequence(event.start_mark), event, f"{_STANDARD}seq")

    def _start(self, node: Sequence | Mapping, event: Any, tag: str) -> None:
        if event.tag not in (None, "!", tag):
            raise Complaint(node.place, _tag_sentence(event.tag))
        if len(self.open) >= MAX_DEPTH:
            raise Complaint(node.place, f"nested deeper than {MAX_DEPTH} levels; write it flatter")
        self._add(node, event)
        self.open.append(node)

    def _close(self, _event: Any) -> None:
        self.open.pop()

    def _alias(self, event: Any) -> None:
        node = self.anchors.get(event.anchor)
        if node is None:
            raise Complaint(_place(event.start_mark), _unnamed(event.anchor))
        if node in self.open:
            raise Complaint(_place(event.start_mark), f"*{event.anchor} contains itself; write it out")
        self._attach(node, event.start_mark)

    def _add(self, node: Node, event: Any) -> None:
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        self._attach(node, event.start_mark)

    def _attach(self, node: Node, mark: Any) -> None:
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif parent.waiting_key is not None:
            parent.pairs.append((parent.waiting_key, node))
            parent.waiting_key = None
        elif isinstance(node, Scalar):
            # An alias used as a key stands where the alias is written.
            parent.waiting_key = node if mark is node.mark else Scalar(mark, node.text, node.plain)
        else:
            raise Complaint(_place(mark), "a key must be one word or text; write it without brackets")


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _place_of(error: yaml.MarkedYAMLError) -> Place:
    begun = error.context_mark if _is_about_what_was_begun(error) else None
    mark = begun or error.problem_mark or error.context_mark
    return _place(mark) if mark else Place(1, 1)


def _is_about_what_was_begun(error: yaml.MarkedYAMLError) -> bool:
    """YAML notices a missing quote or colon only further down: the place to mend is where it began."""
    open_quote = "quoted scalar" in (error.context or "") and _STREAM_ENDS in (error.problem or "")
    return open_quote or "simple key" in (error.context or "")


def _within(text: str, place: Place) -> Place:
    """`place`, or the end of the last line: YAML counts one more where no line break ends the file."""
    lines = re.split(r"\r\n|\r|\n", text)
    return place if place.line <= len(lines) else Place(len(lines), len(lines[-1]) + 1)


def _tag_sentence(tag: str) -> str:
    shown = tag.replace(_STANDARD, "!!")
    return f"the tag {shown[:60]} is not allowed; write the plain value, in quotes if it begins with !"


def _unnamed(anchor: str) -> str:
    return f"*{anchor} has no &{anchor} before it; put text that begins with * in quotes"


def _syntax_sentence(error: yaml.MarkedYAMLError) -> str:
    problem, context = error.problem or "this is not YAML", error.context or ""
    if "tab character" in problem:
        return "a tab stands at the beginning of this line; write spaces instead"
    if "simple key" in context:
        return "a colon is missing after this key; write key: value"
    if "flow" in context:
        return (
            "a list or keys in brackets should end or go on here; write ] or } or a comma, "
            "or quotes around text with brackets"
        )
    if "block" in context:
        return (
            "this does not fit what stands before it; write keys that belong together in one column, "
            "and nothing behind a closing quote"
        )
    if "escape" in problem:
        return "a backslash in double quotes has a meaning of its own; write this text in single quotes"
    if "cannot start any token" in problem:
        return (
            "a character that YAML does not allow here; indent with spaces, never tabs, "
            "and quote text that begins with @ ` or %"
        )
    if "mapping values are not allowed" in problem:
        return (
            "a colon that YAML does not expect here; check the indentation, or quote text that contains ': '"
        )
    if _STREAM_ENDS in problem:
        return "a quote opens here and is never closed; write one where the text ends"
    where = f" ({context})" if context else ""
    return f"this is not YAML: {problem}{where}; check indentation, brackets and quotes"
