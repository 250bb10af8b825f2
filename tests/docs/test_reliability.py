"""docs/reliability.md is true: every row has a test, every documented error and emulator fault has a row."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from activity_emulator.errors import Reason
from activity_emulator.faults import KINDS
from bot.config import json_schema
from bot.delivery.retry_policy import BACKOFF_MINUTES
from bot.ledger.database import BUSY_SECONDS
from bot.model import ApiSettings
from tests.docs.tables import marks

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
CODE = re.compile(r"`([^`]+)`")


def rows(text: str) -> list[list[str]]:
    """Return the cells of the body rows of the first table in `text`."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def covered(table: str) -> list[list[str]]:
    """Return the rows between the markers of a covered table."""
    return rows(PAGE.split(f"<!-- covered: {table} -->")[1].split("<!-- /covered -->")[0])


API, HOST = covered("api"), covered("host")
OPEN = rows(PAGE.split("## What the API document leaves open")[1].split("\n## ")[0])


def marked_cases(folder: Path) -> Iterator[str]:
    """Yield the arguments of every `@pytest.mark.covers(…)` below `folder`."""
    for file in folder.rglob("test_*.py"):
        for cases in marks(file, "covers"):
            yield from cases


def test_every_row_has_a_test_and_every_marker_a_row() -> None:
    cases = {row[0].replace("`", "") for row in (*API, *HOST)}
    assert len(cases) >= 45
    assert set(marked_cases(ROOT / "tests")) == cases


def test_rows_are_complete() -> None:
    assert all(len(row) == 3 and all(row) for row in (*API, *HOST))


def test_every_fault_test_covers_a_row() -> None:
    unmarked = []
    for file in (ROOT / "tests" / "faults").glob("test_*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                marks = [ast.unparse(decorator) for decorator in node.decorator_list]
                if not any("covers(" in mark for mark in marks):
                    unmarked.append(node.name)
    # It shows that the test's own means work.
    assert unmarked == ["test_the_disk_is_full_for_others_too"]


def test_every_documented_error_has_a_row() -> None:
    cases = [row[0] for row in API]
    missing = [
        reason for reason in Reason if not any(f"{reason.status} `{reason.text}`" in case for case in cases)
    ]
    assert missing == []


def test_every_emulator_fault_has_a_row() -> None:
    codes = {code.partition("=")[0] for row in API for code in CODE.findall(row[0])}
    examples = {name: kind.example.split()[0].partition("=")[0] for name, kind in KINDS.items()}
    assert [name for name, example in examples.items() if example not in codes] == []


def test_open_questions_name_every_setting_with_its_default() -> None:
    keys = {key for row in OPEN for key in CODE.findall(row[1])}
    assert set(json_schema()["$defs"]["ApiEntry"]["properties"]) <= keys
    for row in OPEN:
        for key, default in zip(CODE.findall(row[1]), CODE.findall(row[2]), strict=False):
            if isinstance(getattr(ApiSettings(), key, None), str):
                assert getattr(ApiSettings(), key) == default


def test_check_online_lines_stand_on_the_configuration_page() -> None:
    configuration = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    lines = [line for row in OPEN for line in CODE.findall(row[3])]
    assert len(lines) >= 6
    assert [line for line in lines if f"`{line}`" not in configuration] == []


def test_numbers_are_those_of_the_program() -> None:
    first, second, third, later = BACKOFF_MINUTES
    assert f"after {first}, {second}, {third} and then every {later} minutes" in PAGE
    for page, text in (
        ("templates", f"{first}, {second}, {third} and then every {later}"),
        ("glossary", f"{first}, {second}, {third}, then every {later}"),
    ):
        assert f"{text} minutes" in (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    assert f"up to {BUSY_SECONDS:.0f} seconds" in PAGE
