"""Every example that an editor shows for a key is good: check takes it, and so does the schema."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from bot.config import json_schema, load
from bot.config.schema import SHAPES
from bot.config.yaml_tree import Tree
from bot.model.channel_types import CHANNEL_TYPES
from tests.config.config_files import GOOD, write
from tests.pictures import png

EXAMPLES = [
    (path, field.alias or name, example)
    for path, model in SHAPES
    for name, field in model.model_fields.items()
    for example in field.examples or ()
]
BESIDE: dict[str, dict[str, Any]] = {
    "anchor": {"schedule": "every 2 weeks on monday at 09:00"},
    "on_holiday": {"holidays": "AU"},
    "at_most": {"for_each": "group"},
    "send_when": {"targets": {"avg_response_time": "2h"}},
}
"""What must stand beside a key for it to mean anything."""


@pytest.mark.parametrize(("path", "key", "example"), EXAMPLES, ids=lambda value: str(value)[:50])
def test_example_is_valid(tmp_path: Path, path: tuple[str, ...], key: str, example: Any) -> None:
    (tmp_path / "brand").mkdir()
    (tmp_path / "brand/logo.png").write_bytes(png())
    (tmp_path / "my-templates").mkdir()
    content = yaml.safe_dump(with_example(path, key, example), allow_unicode=True, sort_keys=False)
    assert load(write(tmp_path, content)).digests
    plain = Tree(content).value
    assert [problem.message for problem in Draft202012Validator(json_schema()).iter_errors(plain)] == []


def with_example(path: tuple[str, ...], key: str, example: Any) -> Any:
    """Return the good file with one key set to its example."""
    tree: Any = Tree(GOOD).value
    tree["brand"] = {"name": "Acme"}
    tree["on_failure"] = [{"slack": "#ops"}]
    node = tree
    for part in path:
        node = node[0] if isinstance(node, list) else node.setdefault("one" if part == "*" else part, {})
    for channel in CHANNEL_TYPES if key in CHANNEL_TYPES else ():
        node.pop(channel, None)
    node.update({key: example, **BESIDE.get(key, {})})
    return tree


def test_every_key_has_an_example() -> None:
    assert {(path, key) for path, key, _ in EXAMPLES} == {
        (path, field.alias or name) for path, model in SHAPES for name, field in model.model_fields.items()
    }
