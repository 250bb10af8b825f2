"""The service behind `run`: plan what is due, work off what is outstanding, tick, stop in order."""

import hashlib
import logging
import threading
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.alerts import plan_alerts
from bot.alerts.config_error import plan_file_alert
from bot.delivery.circuit_breaker import half_open_after_new_secret
from bot.delivery.pipeline import as_bot_error, run_occurrence
from bot.delivery.reconcile import reconcile
from bot.delivery.runtime import RunResult, Runtime
from bot.errors import BotError
from bot.ledger import Ledger
from bot.model import Configuration, OccurrenceRecord
from bot.service.config_reload import LOOK_SECONDS, Loaded, WatchedFile
from bot.service.ping import EVERY_SECONDS, Ping
from bot.service.planner import Planned, plan_due
from bot.service.retention import Upkeep, prune
from bot.service.status import ServiceStatus
from bot.service.ticker import Ticker, guarded
from bot.service.watchdog import Watchdog

log = logging.getLogger("bot.service")

PLAN_SECONDS, REAP_SECONDS, PRUNE_SECONDS = 5, 10, 86_400
STOP_SECONDS = 25.0
"""How long a stop waits for the delivery that is being sent."""

OVERDUE = timedelta(minutes=15)
"""Work that could have been done that long ago is a sign that something is wrong."""

OTHER_FILE = (
    "another process has a newer reports.yaml; this one works and does not plan until it has the same"
)

OnResult = Callable[[RunResult], None]
"""Called with the result of each occurrence."""


@dataclass(slots=True)
class Service:
    """One scheduler with one worker thread. `ended` is called after each occurrence.

    Of several processes with one ledger one leads: it plans, prunes, tells operators and pings. All work.

    What is too old in `upkeep` is pruned daily. `ping` is sent after good cycles; None without a monitor. A
    save of `file` replaces `configuration`, `runtime` and `upkeep` between two plans.
    """

    configuration: Configuration
    runtime: Runtime
    data_dir: Path
    ended: OnResult
    upkeep: Upkeep | None = None
    ping: Ping | None = None
    file: WatchedFile | None = None
    _noted: Configuration | None = None
    _leads: bool = False
    _planned_well: bool = False
    _delivered_well: bool = False
    _planned_at: float | None = None
    _delivered_at: float | None = None
    _plan_faults: tuple[str, ...] = ()
    _alerted_since: datetime | None = None
    _wake: threading.Event = field(default_factory=threading.Event)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _ticker: Ticker | None = None

    def plan_once(self) -> tuple[Planned, ...]:
        """Plan everything that is due now, if this process has the turn and the file in force."""
        self._planned_well, now = False, self.runtime.clock.now()
        half_open_after_new_secret(self.runtime.ledger, self.runtime.credentials, now)
        self.runtime.ledger.reap(now)
        return self._plan_in_turn()

    def deliver_once(self) -> tuple[RunResult, ...]:
        """Try everything outstanding once, then the alerts about how that ended."""
        return self._deliver(self.runtime)

    def run(self) -> None:
        """Tick until `stop`; then let the worker finish the delivery it is sending."""
        half_open_after_new_secret(self.runtime.ledger, self.runtime.credentials, self.runtime.clock.now())
        worker = threading.Thread(target=self._work, name="worker", daemon=True)
        with Watchdog(self.runtime.clock) as watchdog:
            self._ticker = self._make_ticker(watchdog)
            worker.start()
            if not self._stopping.is_set():
                self._ticker.run()
        self._wake.set()
        guarded("stop", self.runtime.ledger.end_all_work)()
        worker.join(STOP_SECONDS)

    def stop(self) -> None:
        """Stop planning and start no further delivery."""
        self._stopping.set()
        self._wake.set()
        if self._ticker is not None:
            self._ticker.stop()

    def send_ping(self) -> None:
        """Ping the monitor if this process leads and its last cycle was good."""
        if self.ping is not None and self._leads and self.is_well():
            self.ping.give()

    def is_well(self) -> bool:
        """Return whether the last plan tick and delivery round ended well, and nothing is overdue."""
        well = self._planned_well and self._delivered_well
        return well and not is_overdue(self.runtime.ledger, self.runtime.clock.now())

    def status(self) -> ServiceStatus:
        """Return the state of the service, for another thread."""
        now = self.runtime.clock.monotonic()
        return ServiceStatus(
            tick_age_seconds=self._ticker.age(now) if self._ticker else None,
            plan_age_seconds=None if self._planned_at is None else now - self._planned_at,
            delivered_well=None if self._delivered_at is None else self._delivered_well,
            round_age_seconds=None if self._delivered_at is None else now - self._delivered_at,
            file=self.file.standing if self.file else None,
            plan_faults=self._plan_faults,
        )

    def look_at_file(self) -> None:
        """Take a save into effect, or tell the operators that it cannot be."""
        if self.file is None:
            return
        loaded = self.file.look()
        if loaded is not None:
            self._take(loaded)
        self._alert_about_file()

    def _take(self, loaded: Loaded) -> None:
        self.configuration, self.runtime, self.upkeep = loaded.configuration, loaded.runtime, loaded.upkeep
        self._plan()

    def _alert_about_file(self) -> None:
        standing = self.file.standing if self.file else None
        if standing is None or standing.since is None or standing.since == self._alerted_since:
            return
        if not self.runtime.ledger.take_turn():
            return
        now = self.runtime.clock.now()
        plan_file_alert(self.runtime.ledger, self.configuration, standing.faults, standing.since, now)
        self._alerted_since = standing.since
        self._wake.set()

    def _make_ticker(self, watchdog: Watchdog) -> Ticker:
        jobs = {
            "file": (LOOK_SECONDS, self.look_at_file),
            "plan": (PLAN_SECONDS, self._plan),
            "reap": (REAP_SECONDS, self._reap),
            "prune": (PRUNE_SECONDS, self._begin_pruning),
            "life sign": (round(EVERY_SECONDS), self.send_ping),
        }
        return Ticker(jobs, data_dir=self.data_dir, clock=self.runtime.clock, beat=watchdog.beat)

    def _plan(self) -> None:
        for line in self._plan_in_turn():
            log.log(logging.ERROR if line.wrong else logging.INFO, "%s: %s", line.digest, line.message)
        self._wake.set()

    def _plan_in_turn(self) -> tuple[Planned, ...]:
        """Plan if this process leads: the others would plan the same, or what an older file says."""
        self._planned_well, ledger = False, self.runtime.ledger
        if self._noted is not self.configuration:
            ledger.note_file(hash_of(self.configuration))
            self._noted = self.configuration
        is_in_force = ledger.is_file_in_force()
        self._leads = is_in_force and ledger.take_turn()
        planned = plan_due(self.configuration, ledger, self.runtime.clock.now()) if self._leads else ()
        faults = tuple(f"{line.digest}: {line.message}" for line in planned if line.wrong)
        self._plan_faults = faults if is_in_force else (OTHER_FILE,)
        self._planned_well, self._planned_at = not self._plan_faults, self.runtime.clock.monotonic()
        return planned

    def _reap(self) -> None:
        taken_back = self.runtime.ledger.reap(self.runtime.clock.now())
        if taken_back:
            log.warning("%d claims were taken back from a process that is gone", taken_back)

    def prune_once(self) -> None:
        """Forget what is too old."""
        if self.upkeep is None:
            return
        pruned = prune(self.upkeep, self.runtime.clock.now())
        if not pruned.nothing:
            log.info("forgotten: %d files, %d answers, %s", pruned.files, pruned.answers, pruned.kept)

    def _begin_pruning(self) -> None:
        # Writing the database anew may take a while, and the ticker must tick.
        if self._leads:
            threading.Thread(target=guarded("prune", self.prune_once), name="prune", daemon=True).start()

    def _work(self) -> None:
        work = guarded("deliver", self._deliver_until_stopped)
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            work()

    def _deliver_until_stopped(self) -> None:
        runtime = self.runtime
        # A new runtime ends the round of the old one after the delivery that is being sent.
        self._deliver(
            replace(runtime, stopping=lambda: self._stopping.is_set() or self.runtime is not runtime)
        )
        if self.runtime is not runtime:
            self._wake.set()

    def _deliver(self, runtime: Runtime) -> tuple[RunResult, ...]:
        try:
            results = self._round(runtime)
            if results:
                results += self._round(runtime, {result.occurrence for result in results})
        except Exception:
            self._note_round(False)
            raise
        self._note_round(not has_bug(results))
        return results

    def _round(self, runtime: Runtime, done: Set[str] = frozenset()) -> tuple[RunResult, ...]:
        if self._leads:
            plan_alerts(runtime.ledger, self.configuration, runtime.clock.now())
        return run_outstanding(runtime, self.ended, done)

    def _note_round(self, well: bool) -> None:
        self._delivered_well, self._delivered_at = well, self.runtime.clock.monotonic()


def hash_of(configuration: Configuration) -> str:
    """Return what tells this configuration from another one, wherever its file stands."""
    return hashlib.sha256(repr(replace(configuration, path="")).encode()).hexdigest()[:16]


def has_bug(results: Iterable[RunResult]) -> bool:
    """Return whether an error is of no known kind."""
    return any(error.exit_status == BotError.exit_status for result in results for error in result.errors)


def is_overdue(ledger: Ledger, now: datetime) -> bool:
    """Return whether something waits that could have been done fifteen minutes ago."""
    then = now - OVERDUE
    waiting = ledger.outstanding(then)
    return any(record.planned_at is None or record.planned_at <= then for record in waiting)


def run_outstanding(
    runtime: Runtime, on_result: OnResult, done: Set[str] = frozenset()
) -> tuple[RunResult, ...]:
    """Look up unknown deliveries, then run each outstanding occurrence once, oldest first; children last.

    Occurrences whose id is in `done` are left out. `on_result` is called after each.
    """
    results: list[RunResult] = []
    if not runtime.stopping():
        reconcile(runtime.ledger, runtime.channels, runtime.clock)
    fresh = _run_each(runtime, on_result, done)
    results += fresh
    if any(result.expanded for result in fresh):
        results += _run_each(runtime, on_result, done | {result.occurrence for result in fresh})
    runtime.close()
    return tuple(results)


def _run_each(runtime: Runtime, on_result: OnResult, done: Set[str]) -> list[RunResult]:
    results = []
    for record in runtime.ledger.outstanding(runtime.clock.now()):
        if runtime.stopping():
            break
        if record.occurrence.id in done:
            continue
        # The one before may have handed its days on since.
        result = _guarded(runtime, runtime.ledger.occurrence(record.occurrence.id) or record)
        on_result(result)
        results.append(result)
    return results


def _guarded(runtime: Runtime, record: OccurrenceRecord) -> RunResult:
    try:
        return run_occurrence(runtime, record)
    except Exception as error:
        # A bug in one digest must not starve the others.
        return RunResult(record.occurrence.id, errors=(as_bot_error(error),))
