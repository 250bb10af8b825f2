"""`run --status` as a process: the page answers, a save takes effect, a broken one is told, and it stops."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from tests.journeys.world import REPORTS_YAML, World

pytestmark = pytest.mark.long

WITHIN = 10.0
"""Seconds from a save until it counts (issue 6)."""

TOKEN = "a-long-random-word-4711"
FILE = "on_failure:\n  - folder: alerts\n" + REPORTS_YAML
BROKEN = FILE.replace("every monday at 09:00", "every moonday at 09:00")


class Running:
    """The service, and what its status page says."""

    def __init__(self, here: World, log: Path) -> None:
        self.here, self.log = here, log
        self.process: subprocess.Popen[str] | None = None
        self.url = ""

    def get(self, path: str = "") -> tuple[int, str]:
        try:
            with urlopen(Request(self.url + path), timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def health(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.get("health")[1])
        return told

    def until(self, holds: Callable[[], bool], seconds: float) -> float:
        """Seconds until something holds; fails after so many."""
        began = time.monotonic()
        while not holds():
            assert time.monotonic() - began < seconds, self.log.read_text(encoding="utf-8")
            time.sleep(0.05)
        return time.monotonic() - began

    def logged(self) -> str:
        return self.log.read_text(encoding="utf-8")


@pytest.fixture
def running(here: World, tmp_path: Path) -> Iterator[Running]:
    here.write(FILE)
    one = Running(here, tmp_path / "log.txt")
    command = [sys.executable, "-m", "bot", "run", "--status", "127.0.0.1:0"]
    with one.log.open("w", encoding="utf-8") as log:
        one.process = subprocess.Popen(command, cwd=here.folder, env=here.env(), stderr=log, text=True)
    one.until(lambda: "status page at " in one.logged(), 60)
    one.url = one.logged().split("status page at ")[1].split()[0]
    one.until(lambda: one.health()["status"] == "well", 60)
    try:
        yield one
    finally:
        one.process.kill()
        one.process.wait()


def test_reload_within_ten_seconds_ignores_broken_file(running: Running) -> None:
    first = running.health()["configuration"]["read_at"]
    running.here.write(FILE.replace("every monday at 09:00", "every tuesday at 10:00"))
    took = running.until(lambda: running.health()["configuration"]["read_at"] != first, WITHIN)
    assert took < WITHIN
    running.until(lambda: "at 10:00, Sydney time" in running.get()[1], WITHIN)
    assert "care-weekly: sent every tuesday at 10:00 instead of every monday at 09:00" in running.logged()

    running.here.write(BROKEN)
    running.until(lambda: not running.health()["configuration"]["ok"], WITHIN)
    assert running.get("health")[0] == 200
    assert running.health()["status"] == "degraded"
    assert "reports.yaml:13:" in running.get()[1]
    assert "digestbot_configuration_ok 0" in running.get("metrics")[1]
    alerts = running.here.folder / "alerts"
    running.until(lambda: any(alerts.rglob("email.txt")), 30)
    [said] = alerts.rglob("email.txt")
    assert "reports.yaml:13:" in said.read_text(encoding="utf-8")

    running.here.write(FILE)
    running.until(lambda: running.health()["status"] == "well", WITHIN)
    assert len(list(alerts.rglob("email.txt"))) == 1


def test_it_stops_in_order_whoever_is_connected(running: Running) -> None:
    address = urlsplit(running.url)
    with socket.create_connection((str(address.hostname), address.port or 0)) as slow:
        slow.sendall(b"GET / HT")
        assert running.process is not None
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(20) == 0
    assert "stopped" in running.logged()
    assert "Traceback" not in running.logged()


@pytest.mark.parametrize(
    ("address", "token", "words"),
    [
        ("0.0.0.0:0", None, "set STATUS_TOKEN"),
        ("0.0.0.0:0", "hunter2", "STATUS_TOKEN is too short"),
        ("nowhere", TOKEN, "write HOST:PORT"),
    ],
)
def test_it_does_not_start_where_everybody_could_look(
    here: World, address: str, token: str | None, words: str
) -> None:
    done = here.bot("run", "--status", address, STATUS_TOKEN=token)
    assert done.returncode == 2
    assert words in done.stderr
