"""`diff` as a person types it."""

from pathlib import Path

import pytest

from bot.cli import main

FILE = """
timezone: Australia/Sydney
digests:
  care-weekly:
    schedule: every monday at 09:00
    window: last week
    reports: [summary]
    recipients: [{slack: "#care"}, {folder: outbox}]
"""


def said(capsys: pytest.CaptureFixture[str], old: Path, new: Path) -> tuple[int, str, str]:
    status = main(["diff", str(old), str(new)])
    told = capsys.readouterr()
    return status, told.out, told.err


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_one_paragraph_for_each_digest_that_changes(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(FILE.replace("window: last week", "window: last 2 weeks").replace("#care", "#all"))
    status, out, _ = said(capsys, old, new)
    assert status == 0
    head, window, comes, goes, following = out.splitlines()
    assert head == "care-weekly, for slack #all, folder outbox, slack #care:"
    assert {window, comes, goes} >= {"  - about last 2 weeks instead of last week"}
    assert "  - slack #all now gets it" in out
    assert "  - slack #care no longer gets it" in out
    assert following.startswith("  - next Mon ")


def test_equivalent_files_change_nothing(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new.yaml"
    new.write_text("# moved\n" + FILE.replace("[summary]", "\n      - summary"))
    assert said(capsys, old, new)[:2] == (0, "nothing changes for anybody\n")


def test_a_broken_file_is_shown_as_check_shows_it(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(FILE.replace("window:", "windw:"))
    status, out, err = said(capsys, old, new)
    assert (status, out) == (2, "")
    assert f"{new}:6:5: " in err
    assert "windw" in err
