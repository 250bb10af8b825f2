"""`emulator`: three ports, what to paste, and a clear line for a port that is taken."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.cli import load_command, main
from tests.activity_emulator.sla_files import answered, row, write

COMMAND = (sys.executable, "-m", "bot", "emulator", "--token", "t")


def environment(emulator_folder: Path) -> dict[str, str]:
    return {**os.environ, "BOT_DATA_DIR": str(emulator_folder)}


@pytest.mark.long
def test_port_0_prints_json_and_serves_until_sigterm(emulator_folder: Path) -> None:
    served = subprocess.Popen(
        [*COMMAND, "--port", "0", "--now", "2026-11-22T23:05"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(emulator_folder),
    )
    with served:
        assert served.stdout is not None
        said = json.loads(served.stdout.readline())
        assert said["environment"]["ACTIVITY_API_URL"] == f"http://127.0.0.1:{said['api']}/v1"
        request = urllib.request.Request(
            f"http://127.0.0.1:{said['api']}/v1/groups", headers={"Auth-Api-Token": "t"}
        )
        with urllib.request.urlopen(request) as answer:
            assert 123 in {group["id"] for group in json.load(answer)}
        served.send_signal(signal.SIGTERM)
        assert served.wait(60) == 0


@pytest.mark.long
def test_own_messages_with_limit_and_fault(tmp_path: Path) -> None:
    file = write(tmp_path / "messages.csv", answered("2026-11-16 09:00:00", "2026-11-16 10:00:00"))
    manners = ("--limit", "3/300", "--fault", "500@users*1", "--fault", "export-never")
    with serving(tmp_path, "--messages", str(file), *manners) as said:
        assert [asked(said, "users") for _ in range(4)] == [500, 200, 200, 429]


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[dict[str, Any]]:
    """Provide the emulator on any port; what it printed."""
    served = subprocess.Popen(
        [*COMMAND, "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(folder),
    )
    with served:
        assert served.stdout is not None
        try:
            yield json.loads(served.stdout.readline())
        finally:
            served.terminate()


def asked(said: dict[str, Any], name: str) -> int:
    """Return the status of one list's answer."""
    url = f"{said['environment']['ACTIVITY_API_URL']}/{name}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Auth-Api-Token": "t"})) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--fault", "50"), "error: --fault: there is no fault '50'"),
        (("--fault", "500@sumary"), "did you mean summary?"),
        (("--messages", "none.csv"), "error: none.csv: cannot be read: No such file or directory."),
        (
            ("--messages", "bad.csv"),
            "error: bad.csv:2: Customer Publish Date (UTC): '2026-13-45' is not a date",
        ),
        (("--messages", "other.csv"), "error: other.csv:1: is no mention_sla_export"),
        (("--limit", "0/5"), "'0/5' is not REQUESTS/SECONDS"),
        (("--limit", "20"), "'20' is not REQUESTS/SECONDS"),
        (("--limit", "20/0"), "'20/0' is not REQUESTS/SECONDS"),
        (("--limit", "20/nan"), "'20/nan' is not REQUESTS/SECONDS"),
        (("--export-delay", "-1"), "'-1' is not a number of seconds"),
    ],
)
def test_invalid_options_exit_2_with_a_message(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOT_DATA_DIR", str(tmp_path / "data"))
    write(Path("bad.csv"), row("2026-13-45"))
    Path("other.csv").write_text("Name,Score\nA,1\n")
    assert main(["emulator", "--port", "0", *arguments]) == 2
    shown = capsys.readouterr().err.splitlines()[-1]
    assert said in shown


def test_limit_and_export_delay_are_parsed() -> None:
    def given(*arguments: str) -> object:
        values = load_command("emulator").make_context("emulator", list(arguments)).params
        return values["limit"], values["export_delay"]

    assert given() == ((100, 300.0), 1.0)
    assert given("--limit", "20/2", "--export-delay", "0.5") == ((20, 2.0), 0.5)
    assert given("--limit", "none") == (None, 1.0)


def test_busy_port_exits_2_with_one_line(
    emulator_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BOT_DATA_DIR", str(emulator_folder))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["emulator", "--port", str(taken.getsockname()[1])]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: ")
