"""The heartbeat of the service: jobs go on whatever one of them does, and each tick is noted."""

import threading
import time
from pathlib import Path

from bot.engine import SystemClock, Ticker, tick_age_seconds
from bot.engine.health import HEALTHY_SECONDS
from bot.engine.ticker import guarded


def test_one_jobs_error_never_stops_another_and_the_tick_is_noted(tmp_path: Path) -> None:
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


def test_a_folder_that_cannot_be_written_does_not_end_the_service(tmp_path: Path) -> None:
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
