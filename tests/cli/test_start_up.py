"""The command line starts fast: what is heavy is loaded by the command that needs it."""

import subprocess
import sys

import pytest

HEAVY = (
    "weasyprint",
    "duckdb",
    "sqlalchemy",
    "flask",
    "requests",
    "slack_sdk",
    "pydantic",
    "jinja2",
    "babel",
)


def loaded_by(*arguments: str) -> set[str]:
    script = (
        "import sys\n"
        "from bot.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=60, check=True
    )
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("arguments", [("--help",), ("send", "--help"), ("version",)])
def test_help_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert not loaded_by(*arguments) & set(HEAVY)


def test_the_check_above_sees_what_is_loaded() -> None:
    assert {"pydantic"} <= loaded_by("schema")


def test_every_command_exists() -> None:
    import importlib

    from bot.cli.parser import COMMANDS

    for module, function in COMMANDS.values():
        assert callable(getattr(importlib.import_module(module), function))
