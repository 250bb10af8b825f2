"""`preview --serve` as people start and stop it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from bot.config import sample_text

ROOT = Path(__file__).parents[2]
SECONDS = 60
pytestmark = pytest.mark.long


@contextmanager
def serving(
    folder: Path, *arguments: str, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """The running command, the address that it printed, and all that it printed."""
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


def refused(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "bot", "preview", *arguments]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS
    )
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "reports.yaml").write_text(sample_text(), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_interrupted(folder: Path, number: signal.Signals) -> None:
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


def test_with_a_token_nothing_is_called_a_sample(folder: Path) -> None:
    with serving(folder, ACTIVITY_API_TOKEN="canary-token-77") as (process, url, said):
        with urlopen(f"{url}overview", timeout=SECONDS) as answer:
            overview = answer.read().decode()
        assert json.loads(overview)["sample"] is False
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=SECONDS)
        assert "SAMPLE" not in said
        assert "canary-token-77" not in said + overview + out + err


def test_a_broken_file_is_no_reason_not_to_start(folder: Path) -> None:
    (folder / "reports.yaml").write_text("digests: [", encoding="utf-8")
    with serving(folder, "care-weekly") as (_, url, _), urlopen(f"{url}overview", timeout=SECONDS) as answer:
        overview = json.load(answer)
    assert (len(overview["problems"]), overview["digests"]) == (1, [])


def test_what_makes_no_sense_is_refused_at_once(folder: Path) -> None:
    assert "Did you mean care-weekly?" in refused(folder, "care-wekly", "--serve")
    assert "--out is for files" in refused(folder, "--serve", "--out", "x")
    assert "Say which digest, or --serve" in refused(folder)


def test_a_port_in_use_is_said(folder: Path) -> None:
    with serving(folder) as (_, url, _):
        port = url.rstrip("/").rpartition(":")[2]
        assert f"Port {port} cannot be used" in refused(folder, "--serve", "--port", port)
