"""docs/adding.md is enough: its steps, performed on a copy of the source, add a report type and a channel."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n# (?P<file>\S+\.py)(?:: (?P<table>\w+))?\n(?P<code>.*?)^```", re.M | re.S)
REPORTS_YAML = """\
timezone: Australia/Sydney
digests:
  by-network:
    title: Messages by network
    schedule: every monday at 09:00
    window: last week
    reports: [summary, networks]
    recipients:
      - spool: spool
"""


def steps() -> Iterator[tuple[str, str, str]]:
    """Yield the file, the table ('' for a new file) and the code of each step."""
    page = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
    for block in BLOCK.finditer(page):
        yield block["file"], block["table"] or "", block["code"]


def add_to_table(path: Path, table: str, code: str) -> None:
    """Add the rows of `code` to the end of a table, and its imports before those of the file."""
    imports = "".join(line for line in code.splitlines(keepends=True) if line.startswith("from "))
    rows = "".join(line for line in code.splitlines(keepends=True) if line.startswith("    "))
    text = path.read_text(encoding="utf-8")
    start = re.search(rf"^{table}\b[^\n]*= [\(\{{]\n", text, re.M)
    assert start is not None, f"{path} has no table {table}"
    end = re.compile(r"^[\)\}]", re.M).search(text, start.end())
    assert end is not None
    text = text[: end.start()] + rows + text[end.start() :]
    first = re.search(r"^from ", text, re.M)
    assert first is not None
    path.write_text(text[: first.start()] + imports + text[first.start() :], encoding="utf-8")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a copy of the source after the steps of the page."""
    tree = tmp_path / "source"
    for package in ("bot", "activity_emulator", "templates"):
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file, table, code in steps():
        if table:
            add_to_table(tree / file, table, code)
        else:
            assert not (tree / file).exists()
            (tree / file).write_text(code, encoding="utf-8")
    return tree


def run(source: Path, *command: str) -> str:
    """Run Python with the changed source before the installed one; return what it prints."""
    path = os.pathsep.join((str(source), str(ROOT)))
    done = subprocess.run(
        [sys.executable, *command],
        cwd=source,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long
def test_steps_add_a_report_type_and_a_channel(source: Path, tmp_path: Path, emulator_folder: Path) -> None:
    (tmp_path / "reports.yaml").write_text(REPORTS_YAML, encoding="utf-8")
    printed = run(source, "-m", "tests.docs.sending", str(tmp_path), str(emulator_folder), str(source))
    assert "sent by-network@2026-11-22T22:00:00Z to spool spool: spool/v1-" in printed
    [sheet] = (tmp_path / "spool").iterdir()
    text = sheet.read_text(encoding="utf-8")
    assert "Messages by network" in text
    assert re.search(r"Instagram\s+\d+", text), text
