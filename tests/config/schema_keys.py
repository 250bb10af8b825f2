"""Every key of reports.yaml, from the JSON Schema."""

from collections.abc import Iterator
from typing import Any

from bot.config import json_schema


def keys_of_the_file() -> tuple[str, ...]:
    """Each key once, as `digests.*.recipients[].attach[].csv`: `*` is any name, `[]` any item."""
    return tuple(dict.fromkeys(name for name, _ in described_keys()))


def described_keys() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each key with what the schema says of it, once for each place that says something."""
    schema = json_schema()
    yield from _keys(schema, schema["$defs"], "")


def _keys(node: Any, models: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(node, dict):
        return
    if "$ref" in node:
        yield from _keys(models[node["$ref"].rpartition("/")[2]], models, path)
    for name, value in node.get("properties", {}).items():
        key = f"{path}.{name}" if path else name
        yield key, value
        yield from _keys(value, models, key)
    yield from _keys(node.get("additionalProperties"), models, f"{path}.*")
    yield from _keys(node.get("items"), models, f"{path}[]")
    for choice in (*node.get("anyOf", ()), *node.get("allOf", ()), *node.get("oneOf", ())):
        yield from _keys(choice, models, path)
