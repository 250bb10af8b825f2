"""The service behind `run`: plan what is due, work off what is outstanding, tick, stop in order."""

import logging
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.engine.planner import Planned, plan_due
from bot.engine.pruning import Upkeep, prune
from bot.engine.runner import Ended, run_outstanding
from bot.engine.ticker import Ticker, guarded
from bot.model import Configuration
from bot.pipeline import Ending, Parts

log = logging.getLogger("bot.engine")

PLAN_SECONDS, REAP_SECONDS, PRUNE_SECONDS = 5, 60, 86_400
STOP_SECONDS = 25.0
"""How long a stop waits for the delivery that is being sent."""


@dataclass(slots=True)
class Service:
    """One scheduler with one worker thread. `ended` is told after each occurrence.

    What is too old in `upkeep` is forgotten daily.
    """

    configuration: Configuration
    parts: Parts
    data_dir: Path
    ended: Ended
    upkeep: Upkeep | None = None
    _wake: threading.Event = field(default_factory=threading.Event)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _ticker: Ticker | None = None

    def plan_once(self) -> tuple[Planned, ...]:
        """Plan everything that is due now."""
        now = self.parts.clock.now()
        self.parts.ledger.reap(now)
        return plan_due(self.configuration, self.parts.ledger, now)

    def deliver_once(self) -> tuple[Ending, ...]:
        """One try at everything outstanding."""
        return run_outstanding(self.parts, self.ended)

    def run(self) -> None:
        """Tick until `stop`; then let the worker finish the delivery it is sending."""
        jobs = {
            "plan": (PLAN_SECONDS, self._plan),
            "reap": (REAP_SECONDS, self._reap),
            "prune": (PRUNE_SECONDS, self._begin_pruning),
        }
        self._ticker = Ticker(jobs, data_dir=self.data_dir, clock=self.parts.clock)
        worker = threading.Thread(target=self._work, name="worker", daemon=True)
        worker.start()
        if not self._stopping.is_set():
            self._ticker.run()
        self._wake.set()
        worker.join(STOP_SECONDS)

    def stop(self) -> None:
        """Stop planning and start no further delivery."""
        self._stopping.set()
        self._wake.set()
        if self._ticker is not None:
            self._ticker.stop()

    def _plan(self) -> None:
        for line in plan_due(self.configuration, self.parts.ledger, self.parts.clock.now()):
            log.info("%s: %s", line.digest, line.message)
        self._wake.set()

    def _reap(self) -> None:
        cut_off = self.parts.ledger.reap(self.parts.clock.now())
        if cut_off:
            log.warning("%d claims were taken back from a worker that is gone", cut_off)

    def prune_once(self) -> None:
        """Forget what is too old."""
        if self.upkeep is None:
            return
        found = prune(self.upkeep, self.parts.clock.now())
        if not found.nothing:
            log.info("forgotten: %d files, %d answers, %s", found.files, found.answers, found.kept)

    def _begin_pruning(self) -> None:
        # Writing the database anew may take a while, and the ticker must tick.
        threading.Thread(target=guarded("prune", self.prune_once), name="prune", daemon=True).start()

    def _work(self) -> None:
        work = guarded("deliver", self._deliver)
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            work()

    def _deliver(self) -> None:
        run_outstanding(replace(self.parts, stopping=self._stopping.is_set), self.ended)
