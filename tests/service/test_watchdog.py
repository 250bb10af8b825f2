"""A tick loop that stands still ends its process; a clock that is set or a stopped process does not."""

import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.service import STUCK_STATUS, Watchdog
from bot.service.watchdog import LIMIT_SECONDS, LOOK_SECONDS
from tests.ledger.factories import TurnedClock

STUCK = """
import logging, sys, threading
from pathlib import Path
from bot.service import SystemClock, Ticker, Watchdog
logging.basicConfig(level=logging.INFO)
with Watchdog(SystemClock(), limit_seconds=0.5, look_seconds=0.1) as watchdog:
    jobs = {"stuck": (1, threading.Event().wait)} if sys.argv[2] == "stuck" else {}
    ticker = Ticker(jobs, data_dir=Path(sys.argv[1]), clock=SystemClock(), beat=watchdog.beat, tick_seconds=0.05)
    threading.Timer(1.5, ticker.stop).start()
    ticker.run()
print("ended in order")
"""


@dataclass
class Watched:
    clock: TurnedClock
    ended: list[int]
    watchdog: Watchdog

    def looks(self, seconds: float, every: float = LOOK_SECONDS) -> list[int]:
        for _ in range(round(seconds / every)):
            self.clock.turn(every)
            self.watchdog.look()
        return self.ended


@pytest.fixture
def watched() -> Watched:
    clock, ended = TurnedClock(), list[int]()
    return Watched(clock, ended, Watchdog(clock, end=ended.append))


def test_five_minutes_without_a_beat_end_the_process(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    assert watched.looks(LIMIT_SECONDS) == []
    assert watched.looks(LOOK_SECONDS) == [STUCK_STATUS]
    assert "nothing was planned for 305 seconds" in caplog.text


def test_a_beat_begins_anew(watched: Watched) -> None:
    for _ in range(10):
        watched.looks(LIMIT_SECONDS)
        watched.watchdog.beat()
    assert watched.ended == []


@pytest.mark.covers("The process is suspended during a send (SIGSTOP, a paused machine)")
def test_stopped_process_is_not_stuck(watched: Watched) -> None:
    watched.looks(60)
    watched.clock.turn(3600)
    watched.watchdog.look()
    assert watched.ended == []


@pytest.mark.long
@pytest.mark.parametrize(("how", "status"), [("stuck", STUCK_STATUS), ("alive", 0)])
def test_a_real_process(how: str, status: int, tmp_path: Path) -> None:
    command = [sys.executable, "-c", STUCK, str(tmp_path), how]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[2])
    assert done.returncode == status, done.stderr
    assert ("ended in order" in done.stdout) is (status == 0)
    assert ("to be started again" in done.stderr) is (status != 0)


def test_without_it_the_process_would_stand_still() -> None:
    """The guard off: the same job, and nobody who ends it."""
    stuck = threading.Event()
    thread = threading.Thread(target=stuck.wait, daemon=True)
    thread.start()
    thread.join(0.2)
    assert thread.is_alive()
    stuck.set()
