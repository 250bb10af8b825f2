"""`check` and templates: every fault once, with its file and line, on lines of their own; status 4."""

from pathlib import Path

import pytest

from bot.cli import main

CHECK = ["check", "--now", "2018-06-20T23:05:00Z"]
FILE = """\
timezone: Australia/Sydney
templates: mine
brand: {name: Acme Care}
email: {from: r@example.com, allowed_domains: [example.com]}
digests:
  one:
    schedule: every monday at 09:00
    window: last week
    reports: [summary]
    recipients:
      - email: [dana@example.com, lee@example.com, noor@example.com]
      - {slack: "#a", agents: initials}
  two:
    schedule: every day at 09:00
    window: yesterday
    reports: [summary]
    recipients: [{email: dana@example.com}]
"""


@pytest.fixture
def here(tmp_path: Path, emulator_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOT_DATA_DIR", str(emulator_folder))
    for folder in ("mine/email", "mine/slack"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "reports.yaml").write_text(FILE, encoding="utf-8")
    return tmp_path


def break_two(folder: Path) -> None:
    (folder / "mine/email/tiles.html.j2").write_text("a\n{{ gone }}\n", encoding="utf-8")
    (folder / "mine/slack/blocks.j2").write_text("{% macro header(text) %}\n\n{{ 1 / 0 }}{% endmacro %}")


@pytest.mark.long
def test_each_template_fault_is_printed_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two digests, four recipients, three ways to show agents: still one line for each broken file."""
    break_two(here)
    assert main(CHECK) == 4
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 2
    assert lines[0].startswith("error: mine/slack/blocks.j2:3: ZeroDivisionError")
    assert lines[1].startswith("error: mine/email/tiles.html.j2:2: 'gone' is undefined")


def test_no_render_skips_templates(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    break_two(here)
    assert main(["check", "--no-render"]) == 0
    assert "mine" not in capsys.readouterr().err


@pytest.mark.long
def test_override_of_no_template_is_a_note(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "mine/email/mesage.txt.j2").write_text("x", encoding="utf-8")
    assert main(CHECK) == 0
    said = capsys.readouterr().out
    assert (
        "note: mine/email/mesage.txt.j2 takes the place of no template; did you mean email/message.txt.j2?"
        in said
    )


def test_broken_logo_has_line_and_column(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n cut off")
    text = FILE.replace("{name: Acme Care}", "{name: Acme Care, logo: logo.png}")
    (here / "reports.yaml").write_text(text, encoding="utf-8")
    assert main(["check", "--no-render"]) == 2
    assert 'reports.yaml:3:32: logo: "logo.png" is a broken PNG' in capsys.readouterr().err
