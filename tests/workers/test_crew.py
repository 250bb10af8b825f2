"""The crew of many machines, over a real PostgreSQL: each job runs once, in order, whatever becomes of the tables."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from bot.errors import LedgerError
from bot.model import COMPOSE, Job
from bot.workers import ProcrastinateCrew
from bot.workers.crew import SCHEMA
from tests.ledger.databases import on_postgres

WAIT = 60.0
LANES = (COMPOSE, "slack", "email")
COUNT = "SELECT count(*) FROM procrastinate_jobs"
SILENT_HOST = """
WITH silent AS (
    INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '31 s') RETURNING id
)
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, status, worker_id)
SELECT 'slack', 'digestbot.job', 'd/ slack', 'o slack', 'doing', id FROM silent
"""

ORPHAN = """
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, status, worker_id)
SELECT 'slack', 'digestbot.job', 'd/ slack', 'o slack', 'doing', max(id) FROM procrastinate_workers
"""

pytestmark = pytest.mark.parametrize("url", on_postgres())


class Desk:
    """Notes every job that runs; a lane in `shut` holds its jobs."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.began: list[tuple[str, str]] = []
        self.ended: list[tuple[str, str]] = []
        self.shut: set[str] = set()

    def work(self, job: Job) -> None:
        with self.changed:
            self.began.append((job.occurrence, job.lane))
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: job.lane not in self.shut, WAIT)
            self.ended.append((job.occurrence, job.lane))
            self.changed.notify_all()

    def open(self) -> None:
        with self.changed:
            self.shut.clear()
            self.changed.notify_all()

    def until(self, happened: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(happened, WAIT), (self.began, self.ended)


@pytest.fixture(autouse=True)
def no_tables(url: str) -> None:
    execute(url, f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def execute(url: str, statement: str) -> list[Any]:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, options=f"-c search_path={SCHEMA}") as connection:
        cursor = connection.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


def happened(url: str, statement: str) -> bool:
    """Return False where the engine came in between; whoever drops its tables says it again."""
    try:
        execute(url, statement)
    except psycopg.errors.DeadlockDetected:
        return False
    return True


@contextmanager
def hosts(url: str, desk: Desk, count: int = 2, concurrency: int = 2) -> Iterator[list[ProcrastinateCrew]]:
    crews = [ProcrastinateCrew(url, LANES, concurrency) for _ in range(count)]
    for crew in crews:
        crew.start(desk.work, lambda: None)
    try:
        yield crews
    finally:
        desk.open()
        for crew in crews:
            crew.stop(WAIT)


def offer_until(crew: ProcrastinateCrew, desk: Desk, jobs: list[Job], enough: Callable[[], bool]) -> None:
    """Offer as the service does, every moment, for an offer may be lost."""
    with desk.changed:
        for _ in range(int(WAIT / 0.2)):
            crew.offer([job for job in jobs if (job.occurrence, job.lane) not in desk.ended])
            if desk.changed.wait_for(enough, 0.2):
                return
    raise AssertionError((desk.began, desk.ended))


def test_each_job_runs_once_on_one_of_two_hosts(url: str) -> None:
    desk = Desk()
    jobs = [Job(f"o{n}", lane, f"d{n}/") for n in range(10) for lane in LANES]
    desk.shut = set(LANES)
    with hosts(url, desk) as (here, there):
        for crew in (here, there):
            offer_until(crew, desk, jobs, lambda: execute(url, COUNT) == [(len(jobs),)])
        desk.open()
        desk.until(lambda: len(desk.ended) == len(jobs))
    assert sorted(desk.began) == sorted((job.occurrence, job.lane) for job in jobs)


@pytest.mark.covers("A mail server answers slowly")
def test_slow_lane_delays_no_other(url: str) -> None:
    desk = Desk()
    desk.shut = {"email"}
    mails = [Job(f"o{n}", "email", f"d{n}/") for n in range(6)]
    posts = [Job(f"o{n}", "slack", f"d{n}/") for n in range(6)]
    with hosts(url, desk, count=1) as (crew,):
        offer_until(crew, desk, mails, lambda: len(desk.began) == 2)
        offer_until(crew, desk, posts, lambda: len(desk.ended) == 6)
        assert {lane for _, lane in desk.ended} == {"slack"}
        assert len([lane for _, lane in desk.began if lane == "email"]) == 2, "concurrency of the lane"


def test_order_is_kept_over_all_hosts(url: str) -> None:
    desk = Desk()
    desk.shut = {"slack"}
    jobs = [Job(f"o{n}", "slack", "d/") for n in range(4)]
    with hosts(url, desk) as (here, _there):
        offer_until(here, desk, jobs, lambda: len(desk.began) == 1)
        offer_until(here, desk, jobs, lambda: execute(url, COUNT) == [(4,)])
        assert desk.began == [("o0", "slack")]
        desk.open()
        desk.until(lambda: len(desk.ended) == 4)
    assert desk.ended == [(f"o{n}", "slack") for n in range(4)]


@pytest.mark.covers("The job tables are truncated or dropped")
@pytest.mark.parametrize("loss", ["TRUNCATE procrastinate_jobs CASCADE", f"DROP SCHEMA {SCHEMA} CASCADE"])
def test_lost_tables_lose_nothing(url: str, loss: str) -> None:
    desk = Desk()
    desk.shut = {"slack"}
    jobs = [Job(f"o{n}", "slack", f"d{n}/") for n in range(8)]
    with hosts(url, desk, concurrency=1) as (here, _there):
        offer_until(here, desk, jobs, lambda: len(desk.began) == 2)
        while not happened(url, loss):
            pass
        desk.open()
        offer_until(here, desk, jobs, lambda: len(set(desk.ended)) == 8)


def test_jobs_of_a_silent_host_are_offered_again(url: str) -> None:
    desk = Desk()
    with hosts(url, desk, count=1) as (crew,):
        execute(url, SILENT_HOST)
        offer_until(crew, desk, [Job("o", "slack", "d/")], lambda: desk.ended == [("o", "slack")])


def test_job_whose_end_could_not_be_written_is_offered_again(url: str) -> None:
    """The database was away at that moment; the engine would take it for running for ever."""
    desk = Desk()
    with hosts(url, desk, count=1) as (crew,):
        while not execute(url, "SELECT 1 FROM procrastinate_workers HAVING count(*) = 3"):
            pass
        execute(url, ORPHAN)
        offer_until(crew, desk, [Job("o", "slack", "d/")], lambda: desk.ended == [("o", "slack")])


def test_stop_awaits_what_runs(url: str) -> None:
    desk = Desk()
    desk.shut = {"email"}
    with hosts(url, desk, count=1) as (crew,):
        offer_until(crew, desk, [Job("o", "email", "d/")], lambda: len(desk.began) == 1)
        threading.Thread(target=desk.open).start()
        crew.stop(WAIT)
        assert desk.ended == [("o", "email")]
    assert execute(url, COUNT) == [(0,)]


def test_tables_of_another_engine_version_are_refused(url: str) -> None:
    with hosts(url, Desk(), count=1):
        execute(url, f"COMMENT ON SCHEMA {SCHEMA} IS 'procrastinate 2.0'")
    with pytest.raises(LedgerError, match=f"DROP SCHEMA {SCHEMA} CASCADE"):
        ProcrastinateCrew(url, LANES, 1).start(Desk().work, lambda: None)
