"""docs/activity-api.md and what it is about cannot drift: tests, documented errors, faults and settings."""

import re
from pathlib import Path

from activity_emulator.errors import Reason
from activity_emulator.faults import KINDS
from bot.config import json_schema
from bot.model import ApiSettings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "activity-api.md").read_text(encoding="utf-8")
TEST = re.compile(r"`(test_\w+)`")
CODE = re.compile(r"`([^`]+)`")


def table(heading: str) -> list[list[str]]:
    """The rows of the table below a heading, without its head."""
    [section] = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


BEHAVIOUR = table("What the API does, and what we do")
OPEN = table("What the document leaves open")


def test_every_row_is_whole_and_names_a_test() -> None:
    assert len(BEHAVIOUR) >= 30
    for row in BEHAVIOUR:
        assert len(row) == 4, row
        assert all(row), row
        assert TEST.findall(row[3]), row


def test_the_named_tests_exist() -> None:
    found = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert [name for name in TEST.findall(PAGE) if name not in found] == []


def test_every_documented_error_has_a_row() -> None:
    said = [row[0] for row in BEHAVIOUR]
    missing = [one for one in Reason if not any(f"{one.status} `{one.text}`" in cell for cell in said)]
    assert missing == []


def test_every_fault_of_the_emulator_has_a_row() -> None:
    said = {code.partition("=")[0] for row in BEHAVIOUR for code in CODE.findall(row[0])}
    named = {name: kind.example.split()[0].partition("=")[0] for name, kind in KINDS.items()}
    assert [name for name, written in named.items() if written not in said] == []


def test_every_setting_for_what_is_open_has_a_row_with_its_default() -> None:
    keys = {key for row in OPEN for key in CODE.findall(row[1])}
    assert set(json_schema()["$defs"]["ApiEntry"]["properties"]) <= keys
    for row in OPEN:
        for key, default in zip(CODE.findall(row[1]), CODE.findall(row[2]), strict=False):
            if isinstance(getattr(ApiSettings(), key, None), str):
                assert getattr(ApiSettings(), key) == default


def test_the_lines_of_check_online_are_those_of_the_page_of_keys() -> None:
    keys = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    lines = [line for row in OPEN for line in CODE.findall(row[3])]
    assert len(lines) >= 6
    assert [line for line in lines if f"`{line}`" not in keys] == []
