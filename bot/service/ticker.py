"""Run the service's interval jobs: `schedule` wakes up, CronSim (in the timetable) calculates.

`schedule` has no months, no cron and no catch-up, its clock is naive local time, and one job's
exception starves the later ones. So it only runs short interval jobs, in UTC, each of which
catches its own errors; what is due is computed from instants and remembered in the ledger.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import schedule

from bot.errors import BotError
from bot.lib.liveness import TICK_FILE
from bot.model import Clock

log = logging.getLogger("bot.service")

Job = Callable[[], None]
STEP_SECONDS = 2.0
"""A wall clock that differs from the monotonic one by that much was set."""


class Ticker:
    """Runs named jobs every so many seconds until stopped, and notes each tick in the data folder.

    `jobs` maps a name to (seconds between runs, job). Long work belongs in a thread of its own. `beat` is
    called at every tick, for a watchdog.
    """

    def __init__(
        self,
        jobs: Mapping[str, tuple[int, Job]],
        *,
        data_dir: Path,
        clock: Clock,
        beat: Job = lambda: None,
        tick_seconds: float = 1.0,
    ) -> None:
        self._scheduler = schedule.Scheduler()
        self._clock = clock
        self._beat = beat
        self._tick_seconds = tick_seconds
        self._tick_file = data_dir / TICK_FILE
        self._stop = threading.Event()
        self._ticked: float | None = None
        for name, (seconds, job) in jobs.items():
            self._scheduler.every(seconds).seconds.do(guarded(name, job))

    def run(self) -> None:
        """Tick once a second until `stop`; every job runs at once at the start."""
        use_utc()
        self._scheduler.run_all()
        self._note_tick()
        seen = self._times()
        while not self._stop.is_set():
            seen = self._run_due(seen)
            self._note_tick()
            self._beat()
            self._stop.wait(self._tick_seconds)

    def _run_due(self, seen: tuple[float, float]) -> tuple[float, float]:
        """Run what is due. `schedule` counts on the wall clock: after a step back it would wait for it."""
        now = self._times()
        step = (now[0] - seen[0]) - (now[1] - seen[1])
        if abs(step) > STEP_SECONDS:
            log.warning("the clock was set by %+.0f seconds; every job runs now", step)
            self._scheduler.run_all()
        elif os.environ.get("TZ") != "UTC":
            log.warning("the process's time zone was changed; it is UTC again, and every job runs now")
            use_utc()
            self._scheduler.run_all()
        else:
            self._scheduler.run_pending()
        return now

    def _times(self) -> tuple[float, float]:
        return self._clock.now().timestamp(), self._clock.monotonic()

    def stop(self) -> None:
        """End `run` after the job that is running."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Return whether `stop` was called."""
        return self._stop.is_set()

    def age(self, now: float) -> float | None:
        """Return seconds since the last tick at `now`, both monotonic; None before the first."""
        return None if self._ticked is None else now - self._ticked

    def _note_tick(self) -> None:
        self._ticked = self._clock.monotonic()
        try:
            self._tick_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._tick_file.write_text(self._clock.now().isoformat(), encoding="utf-8")
        except OSError as error:
            # A full disk must not end the service; the container's health check sees the age.
            log.error("the tick could not be noted in %s: %s", self._tick_file, error.strerror)


def use_utc() -> None:
    """Make the process's local time UTC: `schedule` computes in naive local time."""
    os.environ["TZ"] = "UTC"
    time.tzset()


def guarded(name: str, job: Job) -> Job:
    """Return the job with its errors caught and logged, so that `schedule` goes on with the next."""

    def run() -> None:
        try:
            job()
        except BotError as error:
            log.error("%s: %s", name, error)
        except Exception:
            log.exception("%s failed; it runs again at its next time", name)

    return run
