"""`check` and what is no error, but costs somebody something later."""

from pathlib import Path

import pytest

from bot.cli import main
from bot.cli.check import NOBODY

FILE = """\
timezone: UTC
digests:
  one:
    schedule: every monday at 09:00
    window: last week
    reports: [summary]
    recipients: [{TO}]
"""
SHARED = "note: BOT_DATABASE_URL is PostgreSQL: every host needs the delivery folders, on a shared volume"


@pytest.mark.parametrize(
    ("to", "database", "told"),
    [
        ("folder: outbox", "postgresql+psycopg://bot@127.0.0.1:1/bot", True),
        ('slack: "#one"', "postgresql+psycopg://bot@127.0.0.1:1/bot", False),
        ("folder: outbox", "sqlite:///bot.db", False),
    ],
)
def test_folders_of_many_machines_are_shared(
    to: str,
    database: str,
    told: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOT_DATABASE_URL", database)
    Path("reports.yaml").write_text(FILE.replace("TO", to), encoding="utf-8")
    assert main(["check", "--no-render"]) == 0
    assert (SHARED in capsys.readouterr().out.splitlines()) is told


@pytest.mark.promise("nobody is in `on_failure`", "`check` warns; its status stays 0")
@pytest.mark.parametrize("operators", ["", "on_failure: [{folder: ops}]\n"])
def test_check_warns_when_nobody_hears_of_failures(
    operators: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("reports.yaml").write_text(operators + FILE.replace("TO", "folder: outbox"), encoding="utf-8")
    assert main(["check", "--no-render"]) == 0
    warned = [line for line in capsys.readouterr().out.splitlines() if line.startswith("warning: ")]
    assert warned == ([] if operators else [NOBODY])
