"""`preview --serve` as people start and stop it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from bot.cli import main
from bot.config import sample_text

ROOT = Path(__file__).parents[2]
SECONDS = 60
pytestmark = pytest.mark.long


@contextmanager
def serving(
    folder: Path, *arguments: str, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Provide the running command, the address that it printed, and all that it printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "preview", *arguments, "--serve"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = "".join(iter_until(process.stdout, "open "))
        yield process, re.findall(r"open (http://127\.0\.0\.1:\d+/)", said)[0], said
    finally:
        process.kill()
        process.communicate(timeout=SECONDS)


def iter_until(lines: Iterable[str], start: str) -> Iterator[str]:
    for line in lines:
        yield line
        if line.startswith(start):
            return


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "reports.yaml").write_text(sample_text(), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_interrupted(folder: Path, number: signal.Signals) -> None:
    with serving(folder, "care-daily", "--window", "last week") as (process, url, said):
        with urlopen(f"{url}overview", timeout=SECONDS) as answer:
            overview = json.load(answer)
        assert overview["first"]["digest"] == "care-daily"
        assert overview["first"]["window"] == "last week"
        assert (overview["sample"], len(overview["digests"])) == (True, 4)
        process.send_signal(number)
        out, err = process.communicate(timeout=SECONDS)
        assert (process.returncode, out, err) == (0, "", "")
        assert "SAMPLE: ACTIVITY_API_TOKEN is not set" in said


def test_token_means_no_sample(folder: Path) -> None:
    with serving(folder, ACTIVITY_API_TOKEN="canary-token-77") as (process, url, said):
        with urlopen(f"{url}overview", timeout=SECONDS) as answer:
            overview = answer.read().decode()
        assert json.loads(overview)["sample"] is False
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=SECONDS)
        assert "SAMPLE" not in said
        assert "canary-token-77" not in said + overview + out + err


def test_starts_with_a_broken_file(folder: Path) -> None:
    (folder / "reports.yaml").write_text("digests: [", encoding="utf-8")
    with serving(folder, "care-weekly") as (_, url, _), urlopen(f"{url}overview", timeout=SECONDS) as answer:
        overview = json.load(answer)
    assert (len(overview["problems"]), overview["digests"]) == (1, [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["care-wekly", "--serve"], "Did you mean care-weekly?"),
        (["--serve", "--out", "x"], "--out is for files"),
        ([], "Say which digest, or --serve"),
    ],
)
def test_contradicting_options_exit_2(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(folder)
    assert main(["preview", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_port_in_use_exits_2(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["preview", "--serve", "--port", port]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert f"Port {port} cannot be used" in output.err
