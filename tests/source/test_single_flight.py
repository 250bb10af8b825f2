"""The lease of a cache key lives as long as the request: renewed from a thread, released with it."""

import threading
from datetime import datetime

import pytest

from bot.errors import LedgerError
from bot.model import KeptAnswer
from bot.source.cache.answers import SingleFlight
from bot.source.cache.waits import KeyLocks
from tests.source.loopback import NOW, TurnedClock
from tests.source.stored_answers import StoredAnswers

OFTEN = 0.001
ANSWER = KeptAnswer("{}", NOW, settled=False)


class Counting(StoredAnswers):
    """Counts how often a lease was renewed; fails the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.beats = 0
        self.beaten = threading.Event()

    def extend(self, key: str, now: datetime) -> bool:
        self.beats += 1
        if self.beats == 1:
            raise LedgerError("the database is busy")
        extended = super().extend(key, now)
        if now > NOW:  # one that began before the clock was turned says nothing
            self.beaten.set()
        return extended


def test_lease_renewal_continues_after_failed_renewal(clock: TurnedClock) -> None:
    store = Counting()
    store.lock("key", clock.now())
    with SingleFlight(store, "key", clock, OFTEN) as flight:
        clock.turn(100)
        assert store.beaten.wait(10)
        clock.turn(100)
        assert not store.beside().lock("key", clock.now())
        flight.keep(ANSWER)
    assert store.get("key") == ANSWER
    assert store.beside().lock("key", clock.now())


def test_lease_is_not_renewed_without_single_flight(clock: TurnedClock) -> None:
    store = StoredAnswers()
    store.lock("key", clock.now())
    clock.turn(200)
    assert store.beside().lock("key", clock.now())


def test_exit_without_answer_releases_lease(clock: TurnedClock) -> None:
    store = StoredAnswers()
    store.lock("key", clock.now())
    with pytest.raises(KeyboardInterrupt), SingleFlight(store, "key", clock):
        raise KeyboardInterrupt
    assert store.shelf.rights == {}


def test_failed_cache_write_releases_the_lease(clock: TurnedClock) -> None:
    class Full(StoredAnswers):
        def keep(self, key: str, answer: KeptAnswer) -> None:
            raise LedgerError("the disk is full")

    store = Full()
    store.lock("key", clock.now())
    with pytest.raises(LedgerError), SingleFlight(store, "key", clock) as flight:
        flight.keep(ANSWER)
    assert store.shelf.rights == {}


def test_lost_lease_stays_with_its_new_owner(clock: TurnedClock) -> None:
    class Lost(StoredAnswers):
        renewed = threading.Event()

        def extend(self, key: str, now: datetime) -> bool:
            self.renewed.set()
            return super().extend(key, now)

        def give_up(self, key: str) -> None:
            raise AssertionError("it is another's")

    store = Lost()
    store.lock("key", clock.now())
    clock.turn(200)
    assert store.beside().lock("key", clock.now())
    with SingleFlight(store, "key", clock, OFTEN):
        assert store.renewed.wait(10)
    assert list(store.shelf.rights) == ["key"]


def test_key_locks_are_independent_and_vanish_when_unused() -> None:
    locks = KeyLocks()
    with locks.hold("a", 0.0) as first, locks.hold("b", 0.0) as second, locks.hold("a", 0.0) as third:
        assert (first, second, third) == (True, True, False)
    with locks.hold("a", float("inf")) as again:
        assert again
    assert len(locks._locks) == 0
