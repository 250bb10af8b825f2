"""The command line: it starts fast, lists every command, and completes names and options."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot import __version__
from bot.cli import SECTIONS, commands, load_command, main

ROOT = Path(__file__).parents[2]
HEAVY = (
    "weasyprint",
    "duckdb",
    "sqlalchemy",
    "flask",
    "waitress",
    "prometheus_client",
    "requests",
    "slack_sdk",
    "pydantic",
    "jinja2",
    "babel",
)


def loaded_by(*command_lines: str) -> set[str]:
    """Return the modules that a new process has imported after these command lines."""
    script = (
        "import sys\n"
        "from bot.cli import main\n"
        "for line in sys.argv[1:]:\n    main(line.split())\n"
        "print('LOADED', *sys.modules)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", script, *command_lines], capture_output=True, text=True, timeout=60, check=True
    )
    return set(process.stdout.splitlines()[-1].split()[1:])


def test_help_imports_no_command() -> None:
    modules = loaded_by("--help", "--version")
    assert {name for name in modules if name.startswith("bot")} == {"bot", "bot.cli", "bot.errors"}


def test_help_of_send_loads_nothing_heavy() -> None:
    assert not loaded_by("--help", "version", "send --help") & set(HEAVY)


def test_liveness_of_a_container_loads_nothing_heavy() -> None:
    script = "import sys, bot.lib.liveness; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {*HEAVY, "bot.service"}


@pytest.mark.long
def test_the_import_check_detects_imports() -> None:
    assert {"pydantic"} <= loaded_by("schema")


def test_every_listed_command_exists_under_its_name() -> None:
    for name in commands.commands:
        assert load_command(name).name == name


def test_help_lists_every_command_in_its_section(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for title, names in SECTIONS.items():
        start = lines.index(f"{title}:")
        section = lines[start + 1 : lines.index("", start) if "" in lines[start:] else None]
        assert [line.split()[0] for line in section if not line.startswith("    ")] == list(names)


def test_version_is_an_option_and_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == main(["version"]) == 0
    assert capsys.readouterr().out == f"{__version__}\n" * 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing command."),
        (["snd"], "No such command 'snd'. (Did you mean one of: 'resend', 'send'?)"),
        (["send"], "Missing argument 'DIGEST'."),
        (["plan", "--days", "401"], "Invalid value for '--days'"),
        (["plan", "--days", "many"], "Invalid value for '--days'"),
        (["plan", "--dys", "3"], "Did you mean '--days'?"),
        (["backfill", "care-weekly"], "Missing option '--windows'."),
        (["diff", "one.yaml"], "Missing argument 'NEW'."),
        (["version", "extra"], "Got unexpected extra argument (extra)"),
    ],
)
def test_a_wrong_command_line_is_2_and_a_few_lines(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert message in output.err.splitlines()[-1]
    assert len(output.err.splitlines()) <= 4


@pytest.mark.parametrize("arguments", [["--config", "mine.yaml", "plan"], ["plan", "--config", "mine.yaml"]])
def test_config_stands_before_or_after_the_command(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("mine.yaml:1:1: this file does not exist")


@pytest.mark.parametrize(
    ("typed", "completions"),
    [
        ("digestbot rel", ["release"]),
        ("digestbot send --dr", ["--dry-run"]),
        ("digestbot --ver", ["--version"]),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_names_and_options(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    shell: str,
    typed: str,
    completions: list[str],
) -> None:
    monkeypatch.setenv("_DIGESTBOT_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", typed)
    last = typed.split()[-1] if shell == "fish" else str(len(typed.split()) - 1)
    monkeypatch.setenv("COMP_CWORD", last)
    with pytest.raises(SystemExit, match="0"):
        main([])
    output = capsys.readouterr().out
    assert all(name in output for name in completions)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_documented_line_prints_a_completion_script(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shell: str
) -> None:
    page = (ROOT / "docs/howto/production.md").read_text(encoding="utf-8")
    assert f"_DIGESTBOT_COMPLETE={shell}_source digestbot" in page
    monkeypatch.setenv("_DIGESTBOT_COMPLETE", f"{shell}_source")
    with pytest.raises(SystemExit, match="0"):
        main([])
    assert f"_DIGESTBOT_COMPLETE={shell}_complete" in capsys.readouterr().out
