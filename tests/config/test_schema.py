"""The JSON Schema accepts the sample, refuses what `load` refuses in shape, and explains every key."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot.config import json_schema, sample_text
from bot.config.schema import key_table
from bot.config.yaml_tree import Tree
from tests.config.config_files import GOOD
from tests.config.schema_keys import described_keys, keys_of_the_file
from tests.config.test_faults import DIGEST, RECIPIENTS, TOP

VALIDATOR = Draft202012Validator(json_schema())
# What only the meaning can tell, and the schema need not know.
_MEANING = (
    'mean "Australia/',
    'mean "AU-',
    "without @ and *",
    "time zone", "locale", "there is no", "out of range", "range; write from", "domain", "sender", "day of the calendar",
    "holidays are known", "not a schedule", "fields", "never comes", "every 5 minutes", "counts only", "not a window",
    "12 months", "backwards", "twice", "is not an id", "did you mean \"every", "calendar", "mail address", "per list item",
    "Slack address", "leads out", "not in this digest", "line break", "control character", "for example, \"",
    "is not a duration", "this is blank", "an address", "placeholder", "stands alone", "has no name", "a second",
    "is no picture", "ends in .com", "cannot be read", "mail programs can use", 'mean "{', "write {title}",
    "targets: {broke", "needs for_each", "names other agents", "stands for nothing", "only with for_each",
)  # fmt: skip


def _plain(text: str) -> Any:
    return Tree(text).value


def test_schema_is_valid_and_accepts_good_files() -> None:
    Draft202012Validator.check_schema(json_schema())
    nps = GOOD.replace("[summary, case_details]", "[summary, nps_volume: {form: 5, nps_category: all}]")
    limit = "activity_api: {rate_limit: {requests: 9, usable: 8, reserve: 0}}\n"
    for text in (sample_text(), GOOD, nps, limit + GOOD):
        assert [error.message for error in VALIDATOR.iter_errors(_plain(text))] == []


@pytest.mark.parametrize(
    "content",
    [row[0] for row in TOP + DIGEST + RECIPIENTS if not any(words in row[3] for words in _MEANING)],
)
def test_schema_refuses_wrong_shapes(content: str) -> None:
    assert not VALIDATOR.is_valid(_plain(content))


def test_every_key_has_description_and_example() -> None:
    """The nested ones too: what stands below `schedule`, `window`, `holidays`, `attach` and a report."""
    for name, entry in described_keys():
        assert entry.get("description"), name
        assert entry.get("examples"), name


def test_key_table_has_every_key() -> None:
    rows = {row.path: row for row in key_table()}
    assert set(rows) == set(keys_of_the_file())
    assert all(row.description and row.type for row in rows.values())
    assert (rows["digests.*.grace"].type, rows["digests.*.grace"].default) == ("a duration", "24h")
    assert (rows["paper"].type, rows["paper"].default) == ("`A4` or `Letter`", "A4")
    assert [row.path for row in rows.values() if row.is_required and "." not in row.path] == [
        "timezone",
        "digests",
    ]


def test_patterns_are_valid_in_javascript() -> None:
    """No named group, no look-behind, no escape but those of both dialects."""
    for pattern in patterns_in(json_schema()):
        assert "(?P" not in pattern, pattern
        assert "(?<" not in pattern, pattern
        assert not set(re.findall(r"\\(.)", pattern)) - set("suS.\\[]{}()|/*+?$^"), pattern


def patterns_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for value in node.values():
            yield from patterns_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from patterns_in(value)


def test_schema_uses_aliases() -> None:
    assert set(json_schema()["$defs"]["MailEntry"]["properties"]) == {
        "from",
        "reply_to",
        "allowed_domains",
        "unsubscribe",
        "on_unknown",
    }


def test_most_faults_are_wrong_shapes() -> None:
    shapes = [row for row in TOP + DIGEST + RECIPIENTS if not any(words in row[3] for words in _MEANING)]
    assert len(shapes) > 75
