"""docs/faults.md says nothing that no test shows, and every test of tests/faults is on it."""

import re
from pathlib import Path

from bot.delivery.retry_policy import BACKOFF_MINUTES
from bot.ledger.database import BUSY_SECONDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line[:1] == "|"
][2:]
TEST = re.compile(r"`(test_\w+)`")
DEFINED = re.compile(r"^def (test_\w+)\(", re.MULTILINE)
MEASURES = {"test_the_disk_is_full_for_others_too"}
"""They show that the test's own means work."""


def defined(folder: str) -> set[str]:
    files = (ROOT / folder).rglob("test_*.py")
    return {name for file in files for name in DEFINED.findall(file.read_text(encoding="utf-8"))}


def test_every_row_is_whole_and_names_a_test() -> None:
    assert len(ROWS) >= 12
    for row in ROWS:
        assert len(row) == 4, row
        assert all(row), row
        assert TEST.findall(row[3]), row


def test_the_named_tests_exist() -> None:
    assert [name for name in TEST.findall(PAGE) if name not in defined("tests")] == []


def test_every_test_of_the_faults_is_named() -> None:
    assert sorted(defined("tests/faults") - set(TEST.findall(PAGE)) - MEASURES) == []


def test_the_numbers_are_those_of_the_program() -> None:
    first, second, third, later = BACKOFF_MINUTES
    assert f"after {first}, {second}, {third} and then every {later} minutes" in PAGE
    assert f"up to {BUSY_SECONDS:.0f} seconds" in PAGE
