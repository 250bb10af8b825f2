"""The heartbeat of the service: jobs go on whatever one of them does, and each tick is noted."""

import datetime as dt
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import schedule

from bot.lib.liveness import HEALTHY_SECONDS, tick_age_seconds
from bot.service import SystemClock, Ticker
from bot.service.ticker import guarded


def test_job_error_stops_no_other_job(tmp_path: Path) -> None:
    done = threading.Event()

    def broken() -> None:
        raise ZeroDivisionError

    ticker = Ticker(
        {"broken": (1, broken), "good": (1, done.set)}, data_dir=tmp_path / "data", clock=SystemClock()
    )
    thread = threading.Thread(target=ticker.run)
    thread.start()
    assert done.wait(10)
    ticker.stop()
    thread.join(10)
    assert not thread.is_alive()
    age = tick_age_seconds(tmp_path / "data", time.time())
    assert age is not None
    assert age < HEALTHY_SECONDS


def test_without_the_guard_the_error_would_end_the_ticking() -> None:
    calls: list[str] = []

    def broken() -> None:
        calls.append("broken")
        raise ZeroDivisionError

    guarded("broken", broken)()
    assert calls == ["broken"]
    try:
        broken()
    except ZeroDivisionError:
        calls.append("raised")
    assert calls == ["broken", "broken", "raised"]


@pytest.mark.covers("The disk of BOT_DATA_DIR is full")
def test_unwritable_folder_does_not_stop_ticks(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    done = threading.Event()
    ticker = Ticker({"good": (1, done.set)}, data_dir=tmp_path / "data", clock=SystemClock())
    thread = threading.Thread(target=ticker.run)
    thread.start()
    assert done.wait(10)
    ticker.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_health_is_the_age_of_the_last_tick(tmp_path: Path) -> None:
    assert tick_age_seconds(tmp_path, time.time()) is None
    (tmp_path / "last_tick").write_text("now")
    assert (tick_age_seconds(tmp_path, time.time() + 500) or 0) > HEALTHY_SECONDS


class SetClock:
    """A wall clock that is set while the monotonic one goes on."""

    def __init__(self) -> None:
        self.set_by, self.began = 0.0, time.monotonic()

    def now(self) -> datetime:
        return datetime(2026, 10, 25, tzinfo=UTC) + timedelta(seconds=self.monotonic() + self.set_by)

    def monotonic(self) -> float:
        return time.monotonic() - self.began

    def sleep(self, seconds: float) -> None: ...


class Wall(datetime):
    """What `schedule` takes for the time: the same wall clock, naive."""

    clock: SetClock

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return cls.clock.now().replace(tzinfo=None)


@dataclass
class Ticking:
    """A ticker in a thread, and how often its job, due every second, has run."""

    ticker: Ticker
    runs: int = 0
    again: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        self.runs += 1
        self.again.set()

    def runs_again(self, times: int = 2, seconds: float = 60) -> bool:
        for _ in range(times):
            self.again.clear()
            if not self.again.wait(seconds):
                return False
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Give `schedule` this clock: the machine's is not ours to set."""
    made = SetClock()
    Wall.clock = made
    stand_in = SimpleNamespace(datetime=Wall, timedelta=timedelta, time=dt.time, date=dt.date)
    monkeypatch.setattr(schedule, "datetime", stand_in)
    return made


@pytest.fixture
def ticking(clock: SetClock, tmp_path: Path) -> Iterator[Ticking]:
    made: list[Ticking] = []
    ticker = Ticker({"job": (1, lambda: made[0].run())}, data_dir=tmp_path, clock=clock, tick_seconds=0.02)
    made.append(Ticking(ticker))
    zone = os.environ.get("TZ")
    thread = threading.Thread(target=ticker.run)
    thread.start()
    assert made[0].runs_again(1)
    yield made[0]
    ticker.stop()
    thread.join(10)
    os.environ.pop("TZ", None) if zone is None else os.environ.update(TZ=zone)
    time.tzset()


@pytest.mark.long
@pytest.mark.covers("The clock is set, forward or back")
@pytest.mark.parametrize("hours", [-1, -0.5, 1, 24, -24 * 365])
def test_clock_step_does_not_stop_ticks(
    ticking: Ticking, clock: SetClock, hours: float, caplog: pytest.LogCaptureFixture
) -> None:
    clock.set_by += hours * 3600
    assert ticking.runs_again()
    assert "the clock was set by" in caplog.text


def test_schedule_alone_waits_after_a_step_back(clock: SetClock) -> None:
    """The guard off: after a step back of an hour nothing runs for an hour."""
    runs: list[int] = []
    alone = schedule.Scheduler()
    alone.every(1).seconds.do(lambda: runs.append(1))
    clock.set_by += 2
    alone.run_pending()
    clock.set_by -= 3600
    for _ in range(60):
        clock.set_by += 50
        alone.run_pending()
    assert runs == [1]


@pytest.mark.long
@pytest.mark.covers("The host's time zone changes")
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_nor_does_another_time_zone_of_the_process(ticking: Ticking, zone: str) -> None:
    os.environ["TZ"] = zone
    time.tzset()
    assert ticking.runs_again()
    assert os.environ["TZ"] == "UTC"


@pytest.mark.covers("The host's time zone changes")
@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Apia", ""])
@pytest.mark.long
def test_the_hosts_zone_is_no_matter(zone: str, tmp_path: Path) -> None:
    code = (
        "import sys, threading, time\nfrom pathlib import Path\n"
        "from bot.service import SystemClock, Ticker\n"
        "runs = []\n"
        "def job():\n    runs.append(time.strftime('%Z'))\n    len(runs) > 2 and ticker.stop()\n"
        "ticker = Ticker({'job': (1, job)}, data_dir=Path(sys.argv[1]), clock=SystemClock(), tick_seconds=0.1)\n"
        "ticker.run()\nprint(set(runs))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "TZ": zone},
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.strip() == "{'UTC'}", done.stderr


def test_future_tick_is_not_healthy(tmp_path: Path) -> None:
    """The clock was set back an hour, and nothing has ticked since."""
    (tmp_path / "last_tick").write_text("now")
    assert (tick_age_seconds(tmp_path, time.time() - 3600) or 0) > HEALTHY_SECONDS
