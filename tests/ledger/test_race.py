"""Many processes, one database: each delivery is claimed once, each question asked once, every request counted."""

from pathlib import Path

import pytest

from bot.ledger import Ledger, open_ledger
from bot.model import DeliveryState
from tests.ledger.databases import empty_postgres, on_postgres
from tests.ledger.factories import NOW, claimed, deliveries_of, digest, occurrence, said
from tests.ledger.processes import end, start, tell, told

PROCESSES = 3
DUTIES = 200
KEYS = tuple(f"question {number}" for number in range(100))
ADDRESSES = tuple(f"agent{number}@example.com" for number in range(DUTIES))

PREPARE = """
import sys
from bot.ledger import AnswerCache, RateLimiter, open_ledger
from bot.model import Delivery, DeliveryState
from tests.ledger.factories import NOW, TurnedClock, deliveries_of, occurrence
from tests.ledger.test_race import ADDRESSES, KEYS, LooksFirst, Unguarded
url, owner = sys.argv[1:]
ledger = open_ledger(url, owner=owner)
work = deliveries_of(occurrence(), *ADDRESSES)
print("ready", flush=True); sys.stdin.readline()
"""
CLAIM = PREPARE + "print(sum(ledger.claim_delivery(delivery, NOW) is not None for delivery in work))"
CLAIM_UNGUARDED = PREPARE + (
    "ledger = Unguarded(ledger)\n"
    "seen = [delivery for delivery in work if ledger.looks_ready(delivery)]\n"
    "print('looked', flush=True); sys.stdin.readline()\n"
    "print(sum(ledger.claim(delivery) for delivery in seen))"
)
BEGIN = PREPARE + ("answers = AnswerCache(ledger)\nprint(sum(answers.lock(key) for key in KEYS))")
BEGIN_UNGUARDED = PREPARE + (
    "answers = LooksFirst(ledger)\n"
    "free = [key for key in KEYS if answers.looks_free(key)]\n"
    "print('looked', flush=True); sys.stdin.readline()\n"
    "print(sum(answers.lock(key) for key in free))"
)
TAKE = PREPARE + (
    "limiter = RateLimiter(ledger, requests=100, seconds=300.0, clock=TurnedClock())\n"
    "print(sum(limiter.acquire('token').wait == 0.0 for _ in range(40)))"
)


class Unguarded:
    """The same claim without compare-and-swap: look, then write."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def looks_ready(self, delivery) -> bool:
        records = self._ledger.deliveries(delivery.occurrence)
        return any(r.delivery == delivery and r.state is DeliveryState.READY for r in records)

    def claim(self, delivery) -> bool:
        with self._ledger.engine.begin() as connection:
            statement = "UPDATE deliveries SET state = 'sending' WHERE key = ?"
            return connection.exec_driver_sql(statement, (delivery.key,)).rowcount == 1


class LooksFirst:
    """The right to ask, without one transaction around looking and taking."""

    def __init__(self, ledger: Ledger) -> None:
        self._engine = ledger.engine

    def looks_free(self, key: str) -> bool:
        with self._engine.begin() as connection:
            held = connection.exec_driver_sql("SELECT 1 FROM answer_locks WHERE key = ?", (key,))
            return held.first() is None

    def lock(self, key: str) -> bool:
        with self._engine.begin() as connection:
            statement = "INSERT OR REPLACE INTO answer_locks VALUES (?, 'x')"
            return connection.exec_driver_sql(statement, (key,)).rowcount == 1


def prepared(folder: Path, addresses: tuple[str, ...] = ADDRESSES) -> str:
    url, of = f"sqlite:///{folder}/bot.db", occurrence()
    with open_ledger(url, owner="here:0:x") as ledger:
        ledger.plan(of, digest(), deliveries_of(of, *addresses), NOW, late=False)
        ledger.save_snapshot(claimed(ledger.claim_occurrence(of.id, NOW)), said(of), NOW)
    return url


def race(code: str, url: str, gates: int = 1) -> list[int]:
    processes = [start(code, url, f"here:{number}:x") for number in range(1, PROCESSES + 1)]
    for _ in range(gates):  # everybody waits until the last one got here
        for process in processes:
            told(process)
        for process in processes:
            tell(process)
    return [int(end(process)) for process in processes]


@pytest.mark.long
def test_each_delivery_is_claimed_once(tmp_path: Path) -> None:
    url = prepared(tmp_path)
    assert sum(race(CLAIM, url)) == DUTIES
    with open_ledger(url, owner="here:0:x") as ledger:
        records = ledger.deliveries(occurrence().id)
    assert {(record.state.value, record.attempts) for record in records} == {("sending", 1)}


@pytest.mark.long
def test_without_the_guard_each_is_claimed_by_everybody(tmp_path: Path) -> None:
    url = prepared(tmp_path, ADDRESSES[:5])
    assert sum(race(CLAIM_UNGUARDED, url, gates=2)) == 5 * PROCESSES


@pytest.mark.long
@pytest.mark.parametrize("url", [*on_postgres(), "sqlite"])
def test_each_question_is_asked_once(url: str, tmp_path: Path) -> None:
    if url == "sqlite":
        url = prepared(tmp_path, ADDRESSES[:1])
    else:
        empty_postgres()
    assert sum(race(BEGIN, url)) == len(KEYS)


@pytest.mark.long
def test_without_the_guard_each_is_asked_by_everybody(tmp_path: Path) -> None:
    url = prepared(tmp_path, ADDRESSES[:1])
    assert sum(race(BEGIN_UNGUARDED, url, gates=2)) == len(KEYS) * PROCESSES


@pytest.mark.long
def test_limit_holds_across_processes(tmp_path: Path) -> None:
    assert sum(race(TAKE, prepared(tmp_path, ADDRESSES[:1]))) == 95
