"""Another program keeps the database locked, before a send or just after it: an error says so, and nothing is lost or sent twice."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import event

from bot.errors import LedgerError
from bot.ledger import Ledger, open_ledger
from bot.model import Configuration, Delivery, DeliveryState, OccurrenceState, Receipt
from bot.service import Service
from tests.delivery.test_pipeline import World
from tests.doubles.channel import FakeChannel
from tests.journeys.world import World as Journey

LOCKED = "Another program kept the database locked"


@dataclass
class Finds(FakeChannel):
    """Looks up what it took, as Slack does."""

    def find(self, delivery: Delivery, attempted_at: object) -> Receipt | None:
        return Receipt("found") if delivery in self.took else None


class Locker:
    """A program with the one right to write, while it has it."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)

    def lock(self) -> None:
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")

    def unlock(self) -> None:
        self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()


@contextmanager
def impatient(path: Path) -> Iterator[Ledger]:
    """Provide a ledger that waits a hundredth of a second instead of fifteen."""
    with open_ledger(f"sqlite:///{path}", owner="here:1:x") as ledger:
        ledger.engine.dispose()
        event.listen(ledger.engine, "connect", lambda made, _: made.execute("PRAGMA busy_timeout = 10"))
        yield ledger


def service_of(here: World) -> Service:
    return Service(Configuration("reports.yaml", (here.digest,)), here.runtime(), Path(), lambda result: None)


@pytest.mark.long
@pytest.mark.covers("Another program locks the database")
def test_lock_before_sending_delays_the_delivery(tmp_path: Path) -> None:
    with impatient(tmp_path / "bot.db") as ledger, closing(Locker(tmp_path / "bot.db")) as other:
        here = World(ledger=ledger)
        here.plan()
        other.lock()
        with pytest.raises(LedgerError, match=LOCKED):
            service_of(here).plan_once()
        [result] = service_of(here).deliver_once()
        assert LOCKED in str(result.errors[0])
        assert (here.slack.took, here.mail.took) == ([], [])
        other.unlock()
        service_of(here).deliver_once()
        assert (len(here.slack.took), len(here.mail.took)) == (1, 1)
        assert here.state() is OccurrenceState.DONE


@pytest.mark.covers("Another program locks the database")
def test_lock_after_sending_is_reconciled(tmp_path: Path) -> None:
    with impatient(tmp_path / "bot.db") as ledger, closing(Locker(tmp_path / "bot.db")) as other:
        here = World(ledger=ledger, slack=Finds(during=other.lock))
        here.plan()
        [result] = service_of(here).deliver_once()
        errors = [str(error) for error in result.errors]
        assert errors[0].startswith(
            "#social-care took it (id-1), but that could not be written down: Another"
        )
        assert errors[1].startswith("dana@example.com: Another program")
        assert here.states() == [DeliveryState.SENDING, DeliveryState.READY]
        other.unlock()
        for seconds in (60, 200):
            here.clock.sleep(seconds)
            service_of(here).plan_once()
            service_of(here).deliver_once()
        assert here.states() == [DeliveryState.SENT, DeliveryState.SENT]
        assert (len(here.slack.took), len(here.mail.took)) == (1, 1)
        assert ledger.attempts(here.ledger.deliveries(here.occurrence.id)[0].delivery.key)[-1].state == "sent"


@pytest.mark.covers("Another program locks the database")
@pytest.mark.long
def test_command_waits_fifteen_seconds_for_the_lock(here: Journey) -> None:
    path, at = here.folder / "var/bot.db", ("run", "--once", "--now")
    assert here.bot(*at, "2018-05-06T12:00:00Z").returncode == 0
    with closing(Locker(path)) as other:
        other.lock()
        done = here.bot(*at, "2018-05-06T23:00:30Z")
        assert done.returncode == 2
        assert done.stderr.strip() == f"error: {LOCKED} for 15 seconds."
        assert (here.slack.messages, here.smtp.messages) == ([], [])
        other.unlock()
    assert here.bot(*at, "2018-05-06T23:00:30Z").returncode == 0
    assert (len(here.slack.messages), len(here.smtp.messages)) == (1, 1)
