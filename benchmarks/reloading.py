"""The longest pause between two ticks of the service while a large reports.yaml is read again."""

import os
import tempfile
import threading
import time
from itertools import pairwise
from pathlib import Path

from bot.app import App
from bot.cli.run import load_parts, read_again
from bot.config import load
from bot.service import SystemClock, Ticker, WatchedFile
from bot.settings import Settings

TICK_SECONDS = 0.02
QUIET_SECONDS, MOST_SECONDS = 3.0, 120.0


def longest_gaps(path: Path) -> tuple[float, float, float]:
    """Return the longest gaps between two ticks, in milliseconds.

    While nothing is read; from a save of the file until it counts; and how long that took.
    """
    folder = tempfile.mkdtemp()
    environment = {
        "ACTIVITY_API_TOKEN": "benchmark",
        "SLACK_BOT_TOKEN": "benchmark",
        "SMTP_URL": "smtp://127.0.0.1:9",
        "BOT_DATA_DIR": folder,
    }
    app = App(Settings.from_environment(environment), load(path), SystemClock())
    with app.open_ledger() as ledger:
        load_parts(app, ledger, lambda text: None, background=True)
        file = WatchedFile(app.configuration, lambda: read_again(app, ledger), app.clock)
        return _measured(file, path, Path(folder))


def _measured(file: WatchedFile, path: Path, folder: Path) -> tuple[float, float, float]:
    ticks: list[float] = []
    counts = threading.Event()

    def look() -> None:
        if file.look() is not None:
            counts.set()

    ticker = Ticker(
        {"file": (1, look)},
        data_dir=folder,
        clock=SystemClock(),
        beat=lambda: ticks.append(time.perf_counter()),
        tick_seconds=TICK_SECONDS,
    )
    thread = threading.Thread(target=ticker.run)
    thread.start()
    time.sleep(QUIET_SECONDS)
    saved = time.perf_counter()
    os.utime(path)
    assert counts.wait(MOST_SECONDS)
    ended = time.perf_counter()
    ticker.stop()
    thread.join()
    return _gap(ticks, 0.0, saved), _gap(ticks, saved, ended), (ended - saved) * 1000


def _gap(ticks: list[float], start: float, end: float) -> float:
    within = [tick for tick in ticks if start <= tick <= end]
    return max(after - before for before, after in pairwise(within)) * 1000
