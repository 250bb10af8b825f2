"""`init` writes a file that `check` passes; `schema` prints what editors check it with."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from bot.cli import main
from bot.config import json_schema


def test_init_writes_a_commented_file_that_check_passes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    written = (tmp_path / "reports.yaml").read_text(encoding="utf-8")
    assert written.count("#") > 15
    assert main(["check", "--no-render"]) == 0
    assert "no errors" in capsys.readouterr().out


def test_init_never_writes_over_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("mine\n", encoding="utf-8")
    assert main(["init", "--config", str(path)]) == 2
    assert path.read_text(encoding="utf-8") == "mine\n"
    assert "exists already; nothing was written" in capsys.readouterr().err


def test_printed_schema_accepts_the_file_that_init_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json_schema()
    path = tmp_path / "reports.yaml"
    assert main(["init", "--config", str(path)]) == 0
    plain = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert [one.message for one in Draft202012Validator(printed).iter_errors(plain)] == []


@pytest.mark.parametrize("command", [["check", "--no-render"], ["plan"], ["preview", "one"]])
def test_a_broken_file_is_shown_with_its_place_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    path = tmp_path / "reports.yaml"
    path.write_text("timezone: Australia/Sidney\ndigest: {}\n", encoding="utf-8")
    assert main([*command, "--config", str(path)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith(f'{path}:1:1: "digests" is missing; write, for example: digests: {{care-weekly')
    assert said[3:] == [
        f'{path}:1:11: timezone: "Australia/Sidney" is not a time zone; did you mean "Australia/Sydney"?',
        "    timezone: Australia/Sidney",
        "              ^",
        f'{path}:2:1: unknown key "digest"; did you mean "digests"?',
        "    digest: {}",
        "    ^",
    ]
