"""The table of bad files: every key with each kind of fault, its whole message, its place; and the JSON Schema beside it."""

import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from bot.config import json_schema
from bot.config.messages import safe_text
from bot.config.schema import SHAPES
from bot.config.yaml_tree import Tree
from tests.config import digest_key_faults, file_key_faults, meaning_faults
from tests.config.config_files import problems
from tests.config.fault_rows import Bad, Fault, OnlyCheck
from tests.config.schema_keys import keys_of_the_file

KEYS = [*file_key_faults.ROWS, *digest_key_faults.ROWS]
ROWS = [*KEYS, *meaning_faults.ROWS]
VALIDATOR = Draft202012Validator(json_schema())

SAYS_WHAT_TO_DO = re.compile(r"\b(write|did you mean|keep|take|add|leave|remove|save|set|check|put)\b")
PROGRAMMERS_WORDS = re.compile(
    r"\b(mapping|dict|None|regex|pattern|schema|null|boolean|integer|IANA|scalar|anchor (?!:)|alias)\b"
)


def named(row: Bad) -> str:
    return f"{row.key} {row.fault}"


def test_every_key_has_every_fault() -> None:
    """A new key fails here until it has its three rows."""
    wanted = {(key, fault) for key in keys_of_the_file() for fault in Fault if fault is not Fault.MEANING}
    assert sorted(wanted - {(row.key, row.fault) for row in KEYS}) == []


def test_every_row_names_a_key() -> None:
    assert {row.key for row in KEYS} - set(keys_of_the_file()) == {"digests.*"}


def test_schema_has_the_keys_of_the_models() -> None:
    """The list of keys is derived twice: a mapping that the schema forgot would have no rows."""
    known = set(keys_of_the_file())
    for path, model in SHAPES:
        shown = ".".join(path).replace("on_failure.*", "on_failure[]").replace("recipients.*", "recipients[]")
        for name, field in model.model_fields.items():
            assert f"{shown}.{field.alias or name}".strip(".") in known


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_fault_has_one_problem_at_its_place(tmp_path: Path, row: Bad) -> None:
    reported = [
        (problem.line, problem.column, problem.message) for problem in problems(tmp_path, row.content)
    ]
    assert reported == [(*row.place, row.message)]


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_fault_shows_line_and_caret(tmp_path: Path, row: Bad) -> None:
    (only,) = problems(tmp_path, row.content)
    line, column = row.place
    shown, excerpt, caret = str(only).split("\n")
    assert shown == f"{tmp_path}/reports.yaml:{line}:{column}: {row.message}"
    assert excerpt == f"    {safe_text(row.content.splitlines()[line - 1])}"
    assert caret == " " * (4 + column - 1) + "^"


@pytest.mark.parametrize("row", [row for row in ROWS if row.only_check is not OnlyCheck.YAML], ids=named)
def test_schema_refuses_what_check_refuses(row: Bad) -> None:
    """Each exception has its reason in the table; one that the schema learned to refuse must leave it."""
    valid = VALIDATOR.is_valid(Tree(row.content).value)
    assert valid == (row.only_check is not None), row.only_check


def test_every_exception_is_used() -> None:
    assert {row.only_check for row in ROWS} - {None} == set(OnlyCheck)


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_message_says_what_to_write(row: Bad) -> None:
    """A support lead reads it: no word of a programmer's, and never only that something is wrong."""
    assert SAYS_WHAT_TO_DO.search(row.message), row.message
    assert not PROGRAMMERS_WORDS.search(row.message), row.message
