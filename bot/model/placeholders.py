"""`{name}` in a text of reports.yaml: a fixed list of names, no expressions, no attributes, no formats.

A brace itself is written twice. What is put in is never looked at again: a title with braces in it
stays as it is.
"""

import re
from collections.abc import Collection, Iterator, Mapping

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
LONE = ("{", "}")


def names_in(text: str) -> Iterator[str]:
    """The names between braces as they are written, and a lone brace as itself."""
    for found in _PIECE.finditer(text):
        if found[1] is not None:
            yield found[1]
        elif found[0] in LONE:
            yield found[0]


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with each name's value in its place; unknown names and lone braces stay as they are."""

    def put(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        return values.get(found[1], found[0])

    return _PIECE.sub(put, text)


def unknown_in(text: str, known: Collection[str]) -> str | None:
    """The first name that is not among the `known` ones, or a lone brace; None when all is well."""
    return next((name for name in names_in(text) if name not in known), None)
