"""Requests on their way: what the server counts is their arrival, which nobody here sees.

The server of these tests is simulated, and so is its time: each request travels 0 to 200 ms there
and 0 to 200 ms back.
"""

import heapq
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ledger import Ledger, RateLimiter, open_ledger
from bot.model import Permit
from tests.ledger.databases import empty_postgres, on_postgres
from tests.ledger.factories import TurnedClock

KEY, SPAN = "9f86d081884c7d659a2feaa0c55ad015", 300.0
ON_THE_WAY = 0.2
Delays = Sequence[tuple[float, float]]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path}/bot.db", owner="here:1:a") as opened:
        yield opened


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def limiter(ledger: Ledger, clock: TurnedClock) -> RateLimiter:
    return RateLimiter(ledger, requests=2, seconds=SPAN, usable=2, clock=clock)


def sent(limiter: RateLimiter) -> int:
    turn = limiter.acquire(KEY)
    assert turn.wait == 0.0
    return turn.stamp


class TestOnTheirWay:
    def test_count_until_one_span_after_they_landed(self, limiter, clock) -> None:
        slow, quick = sent(limiter), sent(limiter)
        clock.turn(1)
        limiter.release(KEY, quick)
        clock.turn(119)
        limiter.release(KEY, slow)
        assert limiter.acquire(KEY) == Permit(wait=SPAN - 119)
        clock.turn(SPAN - 119)
        sent(limiter)
        assert limiter.acquire(KEY) == Permit(wait=119.0)

    def test_wait_is_one_span_while_nobody_can_know_more(self, limiter, clock) -> None:
        first, second = sent(limiter), sent(limiter)
        assert limiter.acquire(KEY).wait == SPAN
        clock.turn(40)
        assert limiter.acquire(KEY).wait == SPAN, "not even if one lands now is it sooner"
        limiter.release(KEY, second)
        assert limiter.acquire(KEY).wait == SPAN
        clock.turn(40)
        limiter.release(KEY, first)
        assert limiter.acquire(KEY).wait == SPAN - 40

    def test_requests_of_a_dead_process_count_as_landed(self, limiter, clock) -> None:
        sent(limiter), sent(limiter)
        clock.turn(149)
        assert limiter.acquire(KEY).wait == SPAN
        clock.turn(2)
        assert limiter.acquire(KEY).wait == SPAN - 1
        clock.turn(SPAN - 1)
        sent(limiter), sent(limiter)

    def test_landing_later_than_anybody_thought_counts_from_then(self, limiter, clock) -> None:
        late = sent(limiter)
        limiter.release(KEY, sent(limiter))
        clock.turn(400)
        limiter.release(KEY, late)
        sent(limiter)
        assert limiter.acquire(KEY).wait == SPAN

    def test_landing_is_told_once(self, limiter, clock) -> None:
        stamps = sent(limiter), sent(limiter)
        for _ in range(2):
            for stamp in stamps:
                limiter.release(KEY, stamp)
            clock.turn(100)
        assert limiter.acquire(KEY).wait == SPAN - 200

    def test_forgotten_stamp_s_landing_is_nobody_else_s(self, limiter, clock) -> None:
        """SQLite gives the number of a deleted last row again; a stamp's number is never given twice."""
        given_up = [sent(limiter), sent(limiter)]
        clock.turn(150 + SPAN)
        flying = [sent(limiter), sent(limiter)]
        for stamp in given_up:
            limiter.release(KEY, stamp)
        clock.turn(100)
        assert limiter.acquire(KEY).wait == SPAN, "both are still on their way"
        assert not set(flying) & set(given_up)

    def test_without_the_guard_its_number_is_given_again(self, ledger, limiter) -> None:
        sent(limiter)
        insert = "INSERT INTO stamps (token_hash, at) VALUES (?, 0) RETURNING id"
        with ledger.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM stamps")
            first = connection.exec_driver_sql(insert, (KEY,)).scalar_one()
            connection.exec_driver_sql("DELETE FROM stamps")
            assert connection.exec_driver_sql(insert, (KEY,)).scalar_one() == first

    def test_another_token_s_landing_is_its_own(self, limiter, clock) -> None:
        stamp = sent(limiter)
        sent(limiter)
        limiter.release("other", stamp)
        clock.turn(100)
        assert limiter.acquire(KEY).wait == SPAN

    def test_clock_that_steps_back_costs_one_span_at_most(self, limiter, clock) -> None:
        flying = sent(limiter)
        limiter.release(KEY, sent(limiter))
        clock.turn(-86_400)
        assert limiter.acquire(KEY).wait == SPAN
        clock.turn(10)
        limiter.release(KEY, flying)
        assert limiter.acquire(KEY).wait == SPAN - 10
        clock.turn(SPAN)
        sent(limiter), sent(limiter)


@pytest.mark.parametrize("url", [*on_postgres(), "sqlite"])
def test_whose_clock_says_when_it_landed(url: str, tmp_path: Path) -> None:
    """PostgreSQL's own, because machines differ; on SQLite the port's."""
    clock, address = TurnedClock(), f"sqlite:///{tmp_path}/bot.db" if url == "sqlite" else url
    if url != "sqlite":
        empty_postgres()
    with open_ledger(address, owner="here:1:a") as ledger:
        limiter = RateLimiter(ledger, requests=1, seconds=SPAN, clock=clock)
        limiter.release(KEY, sent(limiter))
        clock.turn(100)
        wait = limiter.acquire(KEY).wait
    assert wait == SPAN - 100 if url == "sqlite" else SPAN - 60 < wait <= SPAN


class Simulation:
    """Several callers with one limiter, a server that counts arrivals, and time that only they move.

    `forgetful` lets every request land as it is sent: the rule as it would be without landings.
    """

    def __init__(self, limiter: RateLimiter, clock: TurnedClock, forgetful: bool = False) -> None:
        self.limiter, self.clock, self.forgetful = limiter, clock, forgetful
        self.start = clock.moment
        self.arrivals: list[float] = []
        self.number = count()
        self.agenda: list[tuple[float, int, Callable[[], None]]] = []

    def run(self, callers: int, delays: Delays) -> float:
        """Send one request for each pair of delays (there, back); the seconds that it took."""
        waiting = list(reversed(delays))
        for _ in range(callers):
            self._at(0.0, lambda: self._ask(waiting))
        while self.agenda:
            moment, _, step = heapq.heappop(self.agenda)
            self.clock.turn(moment - self.now)
            step()
        return self.now

    @property
    def now(self) -> float:
        return (self.clock.moment - self.start).total_seconds()

    def _at(self, moment: float, step: Callable[[], None]) -> None:
        heapq.heappush(self.agenda, (moment, next(self.number), step))

    def _ask(self, waiting: list[tuple[float, float]]) -> None:
        if not waiting:
            return
        turn = self.limiter.acquire(KEY)
        if turn.wait > 0.0:
            self._at(self.now + turn.wait, lambda: self._ask(waiting))
            return
        there, back = waiting.pop()
        if self.forgetful:
            self.limiter.release(KEY, turn.stamp)
        self.arrivals.append(self.now + there)
        self._at(self.now + there + back, lambda: self._land(turn.stamp, waiting))

    def _land(self, stamp: int, waiting: list[tuple[float, float]]) -> None:
        self.limiter.release(KEY, stamp)
        self._ask(waiting)

    def most_in(self, span: float) -> int:
        """Return the most arrivals in any half-open span (to the microsecond, as clocks here are)."""
        edge = span - 1e-6
        return max(sum(at <= other < at + edge for other in self.arrivals) for at in self.arrivals)


def simulated(folder: Path, requests: int, span: float, callers: int, delays: Delays, **more: bool):
    clock = TurnedClock()
    with open_ledger(f"sqlite:///{folder}/bot.db", owner="here:1:a") as ledger:
        limiter = RateLimiter(ledger, requests=requests, seconds=span, usable=requests, clock=clock)
        simulation = Simulation(limiter, clock, **more)
        return simulation, simulation.run(callers, delays)


WAY = st.one_of(st.just(0.0), st.just(ON_THE_WAY), st.floats(0.0, ON_THE_WAY).map(lambda s: round(s, 6)))


@pytest.mark.long
@settings(max_examples=30, deadline=None)
@given(st.integers(1, 7), st.lists(st.tuples(WAY, WAY), min_size=1, max_size=40))
def test_server_never_counts_more_than_the_limit(tmp_path_factory, callers: int, delays: Delays) -> None:
    simulation, took = simulated(tmp_path_factory.mktemp("way"), 5, 2.0, callers, delays)
    assert len(simulation.arrivals) == len(delays)
    assert simulation.most_in(2.0) <= 5
    rounds = math.ceil(len(delays) / 5) - 1
    trips = math.ceil(len(delays) / min(callers, 5))
    assert took <= rounds * (2.0 + 2 * ON_THE_WAY) + (trips + 1) * 2 * ON_THE_WAY, "no waiting for nothing"


ATTACK: Delays = [(ON_THE_WAY, 0.0)] * 5 + [(0.0, ON_THE_WAY)] * 5
"""Five that arrive late, and five in their places that arrive early."""


def test_late_arrivals_and_early_ones_do_not_meet(tmp_path: Path) -> None:
    simulation, _ = simulated(tmp_path, 5, 2.0, 10, ATTACK)
    assert simulation.most_in(2.0) == 5


def test_without_the_landing_they_do(tmp_path: Path) -> None:
    simulation, _ = simulated(tmp_path, 5, 2.0, 10, ATTACK, forgetful=True)
    assert simulation.most_in(2.0) == 10
