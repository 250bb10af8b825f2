"""Of several processes with one ledger one leads: it plans, tells operators, pings; the others only work."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.cli.run import wait_until_sure
from bot.ledger import Ledger, open_ledger
from bot.model import Configuration, ProcessKind
from bot.service import Ping, Service
from bot.service.service import OTHER_FILE, hash_of
from tests.delivery.test_pipeline import World
from tests.doubles.clock import TurnedClock
from tests.doubles.ledger import kill
from tests.ledger.databases import POSTGRES_URL, empty_postgres, on_postgres


class Counted(Ping):
    """Counts the calls."""

    count = 0

    def give(self) -> None:
        self.count += 1


class Process:
    """A `run` with a ledger of its own."""

    def __init__(self, url: str, owner: str, folder: Path) -> None:
        self.world = World(ledger=open_ledger(url, owner=owner, kind=ProcessKind.RUN))
        self.ping = Counted("https://example.com/x", self.world.clock)
        runtime, configuration = self.world.runtime(), self.world.configuration()
        self.service = Service(configuration, runtime, folder, lambda result: None, ping=self.ping, file=None)

    @property
    def ledger(self) -> Ledger:
        return self.world.ledger

    def cycle(self) -> tuple[int, tuple[str, ...], int]:
        """Plan, deliver and ping; how many lines were planned, what is wrong, and how many pings."""
        planned = self.service.plan_once()
        self.service.deliver_once()
        self.service.send_ping()
        return len(planned), self.service.status().plan_faults, self.ping.count


@pytest.fixture(params=["sqlite", *on_postgres()])
def processes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Process, Process]]:
    url = f"sqlite:///{tmp_path}/bot.db"
    if request.param != "sqlite":
        empty_postgres()
        url = POSTGRES_URL
    both = (Process(url, "here:1:a", tmp_path), Process(url, "there:2:b", tmp_path))
    yield both
    for process in both:
        process.ledger.close()


def retitled(configuration: Configuration) -> Configuration:
    return replace(configuration, digests=tuple(replace(d, title="New") for d in configuration.digests))


def make_older(ledger: Ledger) -> None:
    with ledger.engine.begin() as connection:
        connection.execute(text("UPDATE files SET first_loaded = first_loaded - 60000000"))


def test_one_with_an_older_file_works_and_says_so(processes: tuple[Process, Process]) -> None:
    old, new = processes
    assert old.cycle() == (1, (), 1)
    make_older(old.ledger)
    new.service.configuration = retitled(new.service.configuration)
    new.service.plan_once()
    assert old.cycle() == (0, (OTHER_FILE,), 1)
    old.service.configuration = new.service.configuration
    assert old.service.plan_once() == ()
    assert old.service.status().plan_faults == ()


def test_rolled_back_file_is_in_force_again(processes: tuple[Process, Process]) -> None:
    old, new = processes
    old.cycle()
    make_older(old.ledger)
    before = new.service.configuration
    new.service.configuration = retitled(before)
    new.service.plan_once()
    new.service.configuration = before
    new.service.plan_once()
    assert old.cycle()[1] == ()


@pytest.mark.parametrize("processes", on_postgres(), indirect=True)
def test_one_without_the_turn_neither_plans_nor_pings(processes: tuple[Process, Process]) -> None:
    first, second = processes
    assert first.cycle() == (1, (), 1)
    assert second.cycle() == (0, (), 0)
    assert second.service.is_well()
    first.ledger.close()
    second.cycle()
    assert second.ping.count == 1


@pytest.mark.parametrize("processes", on_postgres(), indirect=True)
def test_cron_alone_waits_until_it_is_sure_who_is_gone(processes: tuple[Process, Process]) -> None:
    dead, fresh = processes
    dead.world.plan()
    dead.ledger.claim_occurrence(dead.world.occurrence.id, dead.world.clock.now())
    kill(dead.ledger)
    rejoin(fresh.ledger)
    clock = Waiting(fresh.ledger)
    wait_until_sure(clock, fresh.ledger)
    assert 30 <= clock.waited <= 32
    assert fresh.ledger.reap(clock.now()) == 1
    wait_until_sure(clock, fresh.ledger)
    assert clock.waited <= 32


class Waiting(TurnedClock):
    """A clock whose sleep is heard as so many heartbeats of a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger, self.waited = ledger, 0.0

    def sleep(self, seconds: float) -> None:
        self.waited += seconds
        with self.ledger.engine.begin() as connection:
            statement = "UPDATE processes SET steady_since = steady_since - :passed WHERE owner = :owner"
            connection.execute(text(statement), {"passed": round(seconds * 1e6), "owner": self.ledger.owner})


def rejoin(ledger: Ledger) -> None:
    """Make a process as fresh as one that has just begun."""
    with ledger.engine.begin() as connection:
        statement = "UPDATE processes SET steady_since = beat_at WHERE owner = :owner"
        connection.execute(text(statement), {"owner": ledger.owner})


def test_another_place_of_the_same_file_is_the_same() -> None:
    configuration = World().configuration()
    assert hash_of(configuration) == hash_of(replace(configuration, path="/elsewhere/reports.yaml"))
    assert hash_of(configuration) != hash_of(retitled(configuration))
