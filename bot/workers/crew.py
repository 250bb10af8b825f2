"""The crew of many machines: Procrastinate, in the ledger's PostgreSQL, hands each job to one process.

Its tables hold wake-ups and nothing that matters: what is due stands in the ledger, is offered anew every
few seconds, and a job too many finds nothing to do. They may be truncated or dropped at any time. Retries
are the ledger's: a job always succeeds, and one whose process is gone is deleted, never retried (a retry
breaks the unique queueing lock once the same job was offered again).
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, Final

import procrastinate
import psycopg
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ProcrastinateException
from procrastinate.jobs import Status
from procrastinate.schema import SchemaManager
from procrastinate.worker import Worker
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import make_url

from bot.errors import LedgerError
from bot.model import Job

log = logging.getLogger("bot.workers")

SCHEMA: Final = "digestbot_jobs"
ENGINE: Final = "procrastinate " + ".".join(procrastinate.__version__.split(".")[:2])
TASK: Final = "digestbot.job"
PREPARATION_LOCK: Final = 0x6A6F_6273

POLL_SECONDS, RESCUE_SECONDS, RESTART_SECONDS = 2.0, 5.0, 1.0
HEARTBEAT_SECONDS, SILENT_SECONDS = 5.0, 30.0
POOL_CONNECTIONS: Final = 4

FAULTS = (ProcrastinateException, psycopg.Error, OSError)
"""Raised while the database is away; the loop tries again."""

Work = Callable[[Job], None]


class ProcrastinateCrew:
    """The port `Crew` over all processes with the database at `url`: `concurrency` threads for each lane.

    A thread of its own runs the engine's event loop, with one of its workers for each of `lanes`.
    """

    def __init__(self, url: str, lanes: Sequence[str], concurrency: int) -> None:
        self._conninfo, self._lanes, self._concurrency = _conninfo(url), tuple(lanes), concurrency
        self._thread = threading.Thread(target=self._run_loop, name="crew", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._app: App | None = None
        self._stopping = False
        self._workers: dict[str, Worker] = {}
        self._running: set[int | None] = set()
        self._orphans: set[int | None] = set()
        self._work: Work | None = None
        self._idle: Callable[[], None] = lambda: None

    def start(self, work: Work, idle: Callable[[], None]) -> None:
        """Create the job tables, and begin to run jobs. Raise LedgerError when the tables cannot be used."""
        self._work, self._idle = work, idle
        try:
            asyncio.run(prepare(self._conninfo))
        except psycopg.Error as error:
            raise LedgerError(f"The job tables cannot be created in schema {SCHEMA}: {error}.") from error
        self._thread.start()

    def offer(self, jobs: Sequence[Job]) -> None:
        """Enqueue the jobs soon; an offer that is lost is made again by the next tick."""
        if self._loop is not None and jobs:
            asyncio.run_coroutine_threadsafe(_logged("offer", self._offer(tuple(jobs))), self._loop)

    def stop(self, seconds: float) -> None:
        """Fetch no further job; wait for those that run, `seconds` at most."""
        self._stopping = True
        if self._loop is not None and self._main is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._main.cancel)
            self._thread.join(seconds)

    def _run_loop(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):  # `stop`
            asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop, self._main = asyncio.get_running_loop(), asyncio.current_task()
        # While the database is away the engine logs a traceback for each of its tasks; `_logged` says it.
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
        self._loop.set_exception_handler(
            lambda loop, context: log.debug("engine: %s", context.get("message"))
        )
        while not self._stopping:
            connector = PsycopgConnector(
                conninfo=self._conninfo, min_size=1, max_size=POOL_CONNECTIONS, timeout=RESCUE_SECONDS
            )
            self._app = App(connector=connector)
            self._app.task(name=TASK, pass_context=True)(self._run_job)
            await _logged("the job queue", self._run_lanes(self._app))
            await asyncio.sleep(RESTART_SECONDS)

    async def _run_lanes(self, app: App) -> None:
        async with app.open_async():
            lanes = (self._run_lane(app, lane) for lane in self._lanes)
            # With exceptions returned, it ends after all of them: the last may still need the connections.
            await asyncio.gather(self._rescue(app), *lanes, return_exceptions=True)

    async def _run_lane(self, app: App, lane: str) -> None:
        """Run the engine's worker again whenever it ends: it does, without an error, with the database."""
        while not self._stopping:
            await _logged(f"lane {lane}", self._run_worker(app, lane))
            await asyncio.sleep(RESTART_SECONDS)

    async def _run_worker(self, app: App, lane: str) -> None:
        await prepare(self._conninfo)
        worker = self._workers[lane] = Worker(
            app,
            queues=[lane],
            name=lane,
            concurrency=self._concurrency,
            delete_jobs="always",
            install_signal_handlers=False,
            listen_notify=False,  # it would cost a connection for each lane, and PgBouncer
            fetch_job_polling_interval=POLL_SECONDS,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=SILENT_SECONDS,
        )
        await worker.run()  # type: ignore[no-untyped-call]

    async def _run_job(self, context: JobContext, occurrence: str, lane: str, order: str) -> None:
        """Run one job in a thread of its own, which does not keep the process from ending."""
        done: Future[None] = Future()
        job = Job(occurrence, lane, order)
        self._running.add(context.job.id)
        threading.Thread(target=self._run_in_thread, args=(job, done), name=lane, daemon=True).start()
        try:
            await asyncio.wrap_future(done)
        finally:
            self._running.discard(context.job.id)

    def _run_in_thread(self, job: Job, done: "Future[None]") -> None:
        try:
            if self._work is not None:
                self._work(job)
            self._idle()
        finally:
            done.set_result(None)

    async def _rescue(self, app: App) -> None:
        """Delete jobs that nobody runs any more; what they did not finish is offered again."""
        while True:
            await _logged("rescue", _delete_stalled(app))
            await _logged("rescue", self._delete_orphans(app))
            await asyncio.sleep(RESCUE_SECONDS)

    async def _delete_orphans(self, app: App) -> None:
        """Delete what the engine takes for running here, and no thread ran at two looks in a row.

        The database was away when such a job was fetched, or when its end was to be written.
        """
        mine = [worker.worker_id for worker in self._workers.values() if worker.worker_id is not None]
        doing = await app.connector.execute_query_all_async(
            "SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = ANY(%(mine)s)",
            mine=mine,
        )
        orphans = {row["id"] for row in doing} - self._running
        for id in orphans & self._orphans:
            log.warning("job %s is deleted: its end could not be written", id)
            await app.job_manager.finish_job_by_id_async(id, Status.FAILED, delete_job=True)
        self._orphans = orphans

    async def _offer(self, jobs: Sequence[Job]) -> None:
        if self._app is None:
            return
        known = await self._app.connector.execute_query_all_async(
            "SELECT queueing_lock FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
        )
        locks = {row["queueing_lock"] for row in known}
        for job in jobs:
            if key_of(job) not in locks:
                await _enqueue(self._app, job)


def key_of(job: Job) -> str:
    """Return the idempotency key of a job: while one waits or runs, no other of this key is enqueued."""
    return f"{job.occurrence} {job.lane}"


async def prepare(conninfo: str) -> None:
    """Create the job tables unless they exist. Raise LedgerError for those of another engine version."""
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [PREPARATION_LOCK])
        found = await connection.execute(
            "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = %s",
            [SCHEMA],
        )
        row = await found.fetchone()
        if row is None:
            await connection.execute(f"CREATE SCHEMA {SCHEMA}")
            await connection.execute(SchemaManager.get_schema())
            await connection.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{ENGINE}'")
        elif row[0] != ENGINE:
            raise LedgerError(
                f"The job tables were made by {row[0] or 'something else'}, and this program has {ENGINE}. "
                f"They hold nothing that matters: stop all processes and run DROP SCHEMA {SCHEMA} CASCADE."
            )


async def _enqueue(app: App, job: Job) -> None:
    task = app.configure_task(TASK, queue=job.lane, lock=f"{job.order} {job.lane}", queueing_lock=key_of(job))
    try:
        await task.defer_async(occurrence=job.occurrence, lane=job.lane, order=job.order)
    except AlreadyEnqueued:
        return  # another process was faster


async def _delete_stalled(app: App) -> None:
    """Delete the jobs of processes that are silent."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS):
        log.warning("job %s is deleted: its process is silent", job.queueing_lock)
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)


async def _logged(what: str, step: Coroutine[Any, Any, None]) -> None:
    """Run a step; log what says that the database is away or not to be used."""
    try:
        await step
    except (*FAULTS, LedgerError) as error:
        log.warning("%s: %s (%s)", what, error, type(error).__name__)


def _conninfo(url: str) -> str:
    """Return the ledger's address for the driver, with the job tables' schema first."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return make_conninfo(
        plain,
        options=f"-c search_path={SCHEMA}",
        connect_timeout=5,
        keepalives_idle=10,
        tcp_user_timeout=20_000,
    )
