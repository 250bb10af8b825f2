"""Threads queue for a slot under the limit: one of them polls the limiter, not all at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.errors import SourceBusy
from bot.model import Permit, Present
from bot.source.cache.waits import WaitBudget
from tests.source.conftest import Hosts, MakeApi
from tests.source.loopback import NOW, TurnedClock, Turnstile, reply
from tests.source.samples import APRIL, MAY, SUMMARY, summary_query


class HeldClock(TurnedClock):
    """A clock whose sleepers sleep until `morning`."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[str] = []
        self.evening, self.morning = threading.Event(), threading.Event()

    def sleep(self, seconds: float) -> None:
        self.evening.set()
        assert self.morning.wait(10)
        self.events.append("woke")
        super().sleep(seconds)


class Watched(Turnstile):
    """Notes each look for a place among the clock's events."""

    def __init__(self, clock: HeldClock, waits: list[float]) -> None:
        super().__init__(clock, waits)
        self.events, self.is_looked_at_again = clock.events, threading.Event()

    def acquire(self, key: str, *, urgent: bool = False) -> Permit:
        if self.events:
            self.is_looked_at_again.set()
        self.events.append("looked")
        return super().acquire(key, urgent=urgent)


def test_one_thread_polls_the_limiter(make_api: MakeApi, hosts: Hosts) -> None:
    clock = HeldClock()
    limiter = Watched(clock, [2.0])
    hosts.api.says(*[reply(SUMMARY)] * 2)
    api = make_api(clock=clock, limiter=limiter)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(api.fetch, summary_query(APRIL), NOW)
        assert clock.evening.wait(10)
        second = pool.submit(api.fetch, summary_query(MAY), NOW)
        assert not limiter.is_looked_at_again.wait(0.2)
        clock.morning.set()
        assert all(isinstance(future.result(), Present) for future in (first, second))
    assert clock.events == ["looked", "woke", "looked", "looked"]


def test_queue_wait_is_bounded_by_patience(make_api: MakeApi, hosts: Hosts) -> None:
    clock = HeldClock()
    hosts.api.says(reply(SUMMARY))
    api = make_api(clock=clock, limiter=Watched(clock, [0.01, 30.0]), wait=0.01)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(api.fetch, summary_query(APRIL), NOW)
        assert clock.evening.wait(10)
        with pytest.raises(SourceBusy, match="rate limit") as caught:
            api.fetch(summary_query(MAY), NOW)
        assert caught.value.retry_after == 30.0
        clock.morning.set()
        assert isinstance(first.result(), Present)


def test_time_in_the_line_is_time_waited() -> None:
    clock = TurnedClock()
    patience = WaitBudget(clock, print, 10.0, clock.monotonic() + 60.0)
    patience.spend(6.0)
    assert (patience.left, patience.allows(4.0), patience.allows(6.0)) == (4.0, True, False)
    clock.turn(58.0)
    assert patience.left == 2.0
    clock.turn(3.0)
    assert patience.left == 0.0
