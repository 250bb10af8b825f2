"""The service behind `run`: plan what is due, work off what is outstanding, tick, stop in order."""

import hashlib
import logging
import threading
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.alerts import plan_alerts
from bot.alerts.config_error import plan_file_alert
from bot.delivery.circuit_breaker import half_open_after_new_secret
from bot.delivery.pipeline import as_bot_error, run_occurrence
from bot.delivery.reconcile import reconcile, reconcile_occurrence
from bot.delivery.runtime import RunResult, Runtime
from bot.errors import BotError, LedgerError
from bot.ledger import Ledger
from bot.model import ALERTS, COMPOSE, Configuration, Crew, Job, OccurrenceRecord, ProcessKind
from bot.service.config_reload import LOOK_SECONDS, Loaded, WatchedFile
from bot.service.crew import Solitude, ThreadCrew
from bot.service.ping import EVERY_SECONDS, Ping
from bot.service.planner import Planned, plan_due
from bot.service.retention import Upkeep, forget_files, prune
from bot.service.status import ServiceStatus
from bot.service.ticker import Ticker, guarded
from bot.service.watchdog import Watchdog

log = logging.getLogger("bot.service")

PLAN_SECONDS, REAP_SECONDS, PRUNE_SECONDS = 5, 10, 86_400
STOP_SECONDS = 25.0
"""How long a stop waits for the deliveries that are being sent."""

CONCURRENCY = 2
"""Threads of each lane: how many connections one mail server sees."""

OVERDUE = timedelta(minutes=15)
"""Work that could have been done that long ago is a sign that something is wrong."""

OTHER_FILE = (
    "another process has a newer reports.yaml; this one neither plans nor sends until it has the same"
)

SENDERS = (ProcessKind.RUN, ProcessKind.WORKER)

OnResult = Callable[[RunResult], None]
"""Called with the result of each occurrence."""


@dataclass(slots=True)
class Service:
    """One scheduler and its crew. `ended` is called, by one thread at a time, after each job.

    Of several processes with one ledger one leads: it plans, prunes, tells operators and pings. All work.
    What is too old in `upkeep` is pruned daily. `ping` is sent after good cycles; None without a monitor. A
    save of `file` replaces `configuration`, `runtime` and `upkeep` between two plans. One that does not
    `plans` only has a crew: a worker.
    """

    configuration: Configuration
    runtime: Runtime
    data_dir: Path
    ended: OnResult
    upkeep: Upkeep | None = None
    ping: Ping | None = None
    file: WatchedFile | None = None
    plans: bool = True
    crew: Crew = field(default_factory=lambda: ThreadCrew(CONCURRENCY))
    _noted: Configuration | None = None
    _leads: bool = False
    _planned_well: bool = False
    _delivered_well: bool = False
    _planned_at: float | None = None
    _delivered_at: float | None = None
    _plan_faults: tuple[str, ...] = ()
    _alerted_since: datetime | None = None
    _has_bug: bool = False
    _taken_back: int = 0
    _solitude: Solitude = field(default_factory=Solitude)
    _one_ends: threading.Lock = field(default_factory=threading.Lock)
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
        """Try everything outstanding once, then the alerts about how that ended; without the crew."""
        runtime = self.runtime
        try:
            if not runtime.ledger.is_file_in_force(SENDERS):
                return ()
            self._look_up()
            results = run_outstanding(runtime, self.ended)
            self._look_up()
            if self._leads:
                plan_alerts(runtime.ledger, self.configuration, runtime.clock.now())
            results += run_outstanding(runtime, self.ended, {result.occurrence for result in results})
        except Exception:
            self._note_round(False)
            raise
        self._note_round(not has_bug(results))
        return results

    def run(self) -> None:
        """Tick until `stop`; then let the crew finish the deliveries that it is sending."""
        half_open_after_new_secret(self.runtime.ledger, self.runtime.credentials, self.runtime.clock.now())
        self._note_file()
        self.crew.start(self._run_job, lambda: self.runtime.close())
        dispatcher = threading.Thread(target=self._dispatch, name="dispatcher", daemon=True)
        with Watchdog(self.runtime.clock) as watchdog:
            self._ticker = self._make_ticker(watchdog)
            if self.plans:
                dispatcher.start()
            if not self._stopping.is_set():
                self._ticker.run()
        self._wake.set()
        guarded("stop", self.runtime.ledger.end_all_work)()
        self.crew.stop(STOP_SECONDS)

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
            plans=self.plans,
            claims_taken_back=self._taken_back,
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
        if self.plans:
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
        jobs = {"file": (LOOK_SECONDS, self.look_at_file), "reap": (REAP_SECONDS, self._reap)}
        if self.plans:
            jobs |= {
                "plan": (PLAN_SECONDS, self._plan),
                "life sign": (round(EVERY_SECONDS), self.send_ping),
            }
        jobs |= {"prune": (PRUNE_SECONDS, self._begin_pruning)}
        return Ticker(jobs, data_dir=self.data_dir, clock=self.runtime.clock, beat=watchdog.beat)

    def _plan(self) -> None:
        for line in self._plan_in_turn():
            log.log(logging.ERROR if line.wrong else logging.INFO, "%s: %s", line.digest, line.message)
        self._wake.set()

    def _plan_in_turn(self) -> tuple[Planned, ...]:
        """Plan if this process leads: the others would plan the same, or what an older file says."""
        self._planned_well, ledger = False, self.runtime.ledger
        self._note_file()
        is_in_force = ledger.is_file_in_force()
        self._leads = is_in_force and ledger.take_turn()
        planned = plan_due(self.configuration, ledger, self.runtime.clock.now()) if self._leads else ()
        faults = tuple(f"{line.digest}: {line.message}" for line in planned if line.wrong)
        self._plan_faults = faults if is_in_force else (OTHER_FILE,)
        self._planned_well, self._planned_at = not self._plan_faults, self.runtime.clock.monotonic()
        return planned

    def _note_file(self) -> None:
        """Tell others which configuration this process works with, once for each."""
        if self._noted is not self.configuration:
            self.runtime.ledger.note_file(hash_of(self.configuration))
            self._noted = self.configuration

    def _reap(self) -> None:
        self._note_file()
        taken_back = self.runtime.ledger.reap(self.runtime.clock.now())
        self._taken_back += taken_back
        if taken_back:
            log.warning("%d claims were taken back from a process that is gone", taken_back)

    def prune_once(self) -> None:
        """Forget what is too old; a process that does not lead forgets the files of its host."""
        if self.upkeep is None:
            return
        if not self._leads:
            forget_files(self.upkeep, self.runtime.clock.now())
            return
        pruned = prune(self.upkeep, self.runtime.clock.now())
        if not pruned.nothing:
            log.info("forgotten: %d files, %d answers, %s", pruned.files, pruned.answers, pruned.kept)

    def _begin_pruning(self) -> None:
        # Writing the database anew may take a while, and the ticker must tick.
        threading.Thread(target=guarded("prune", self.prune_once), name="prune", daemon=True).start()

    def _dispatch(self) -> None:
        dispatch = guarded("dispatch", self._offer_jobs)
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            dispatch()

    def _offer_jobs(self) -> None:
        """If this process leads, plan alerts, and offer the crews everything that can be done now."""
        ledger, now = self.runtime.ledger, self.runtime.clock.now()
        has_bug, self._has_bug = self._has_bug, False
        try:
            if self._leads:
                plan_alerts(ledger, self.configuration, now)
                self.crew.offer(ledger.jobs(now))
        except Exception:
            self._note_round(False)
            raise
        self._note_round(not has_bug)

    def _run_job(self, job: Job) -> None:
        """Run a job, then offer what it made possible at once; what failed waits for the next tick."""
        runtime = self.runtime
        # A new runtime ends the job of the old one after the delivery that is being sent.
        until = replace(runtime, stopping=lambda: self._stopping.is_set() or self.runtime is not runtime)
        result = self._run_in_solitude(until, job)
        with self._one_ends:
            guarded("report", lambda: self.ended(result))()
            self._has_bug |= has_bug((result,))
        if not result.errors and not result.busy and job.lane in (COMPOSE, ALERTS):
            guarded("offer", lambda: self.crew.offer(self._next_jobs(job)))()
        if result.sent or result.skipped or result.expanded:
            self._wake.set()

    def _run_in_solitude(self, runtime: Runtime, job: Job) -> RunResult:
        try:
            if not runtime.ledger.is_file_in_force(SENDERS):
                return RunResult(job.occurrence, busy=True)  # who is a recipient now, the younger file says
            is_suspect = job.occurrence in runtime.ledger.suspects()
        except LedgerError as error:
            return RunResult(job.occurrence, errors=(error,))
        with self._solitude.kept(alone=is_suspect):
            return run_job(runtime, job)

    def _next_jobs(self, job: Job) -> Sequence[Job]:
        return self.runtime.ledger.jobs(self.runtime.clock.now(), job.occurrence)

    def _look_up(self) -> None:
        if not self.runtime.stopping():
            reconcile(self.runtime.ledger, self.runtime.channels, self.runtime.clock)

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
    since = ledger.waiting_since(now - OVERDUE)
    return since is not None and since <= now - OVERDUE


def run_outstanding(
    runtime: Runtime, on_result: OnResult, done: Set[str] = frozenset()
) -> tuple[RunResult, ...]:
    """Run each outstanding occurrence once, oldest first; children last.

    Occurrences whose id is in `done` are left out. `on_result` is called after each.
    """
    results = _run_each(runtime, on_result, done)
    if any(result.expanded for result in results):
        results += _run_each(runtime, on_result, done | {result.occurrence for result in results})
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


def run_job(runtime: Runtime, job: Job) -> RunResult:
    """Look up what is unknown in the job's lane, then do its part of the occurrence. Raise nothing."""
    ledger, lane = runtime.ledger, COMPOSE if job.lane == ALERTS else job.lane
    try:
        record = ledger.occurrence(job.occurrence)
        if record is None or runtime.stopping():
            return RunResult(job.occurrence, busy=True)
        if lane != COMPOSE:
            reconcile_occurrence(ledger, runtime.channels, runtime.clock, record, lane)
    except Exception as error:
        return RunResult(job.occurrence, errors=(as_bot_error(error),))
    return _guarded(runtime, record, lane)


def _guarded(runtime: Runtime, record: OccurrenceRecord, lane: str = "") -> RunResult:
    try:
        return run_occurrence(runtime, record, lane)
    except Exception as error:
        # A bug in one digest must not starve the others.
        return RunResult(record.occurrence.id, errors=(as_bot_error(error),))
