"""Names: as slugs in ids, folders and channels, and as `{placeholders}` in texts of reports.yaml.

Placeholders are a fixed list of names, without expressions, attributes or formats. A brace itself is written
twice. Values are not searched again: a title with braces in it stays as it is.
"""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping

MAX_SLUG = 50
_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
LONE = ("{", "}")


def slug(text: str) -> str:
    """Return lower-case letters, digits and hyphens; a short hash distinguishes texts that look alike."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:MAX_SLUG]
    if plain == text.casefold().strip().replace(" ", "-"):
        return plain
    return f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:6]}".lstrip("-")


def names_in(text: str) -> Iterator[str]:
    """Yield the names between braces as written, and a lone brace as itself."""
    for match in _PIECE.finditer(text):
        if match[1] is not None:
            yield match[1]
        elif match[0] in LONE:
            yield match[0]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return the text with values in place of names; unknown names and lone braces stay."""

    def value(match: re.Match[str]) -> str:
        return match[0][0] if match[1] is None else values.get(match[1], match[0])

    return _PIECE.sub(value, text)


def unknown_in(text: str, known: Collection[str]) -> str | None:
    """Return the first name that is not in `known`, or a lone brace; None if there is none."""
    return next((name for name in names_in(text) if name not in known), None)
