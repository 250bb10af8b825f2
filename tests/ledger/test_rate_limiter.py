"""At most 95 requests in any five minutes, whoever sends them and whatever the clock does.

The requests of these tests land at once, unless a test says otherwise; see `test_landing` for the way there.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from bot.ledger import Ledger, RateLimiter, open_ledger
from tests.ledger.databases import empty_postgres, on_postgres
from tests.ledger.factories import TurnedClock

SPAN = 300.0
KEY = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path}/bot.db", owner="here:1:a") as opened:
        yield opened


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


def limiter_on(ledger: Ledger, clock: TurnedClock, requests: int = 10, **more: int) -> RateLimiter:
    return RateLimiter(ledger, requests=requests, seconds=SPAN, clock=clock, **more)


def ask(limiter: RateLimiter, key: str = KEY, urgent: bool = False) -> float:
    """Return the wait; 0.0 means that a request was sent and has landed."""
    turn = limiter.acquire(key, urgent=urgent)
    if turn.wait == 0.0:
        limiter.release(key, turn.stamp)
    return turn.wait


def taken(limiter: RateLimiter, tries: int, urgent: bool = False) -> int:
    return sum(ask(limiter, urgent=urgent) == 0.0 for _ in range(tries))


@pytest.mark.long
def test_share_of_the_limit(ledger, clock) -> None:
    assert taken(limiter_on(ledger, clock, 100), 100) == 95
    assert ask(limiter_on(ledger, clock, 100)) == SPAN


@pytest.mark.parametrize(
    ("requests", "usable", "expected"),
    [(1, None, 1), (10, None, 9), (20, None, 19), (10, 10, 10), (10, 7, 7), (10, 95, 10), (10, 0, 1)],
)
def test_usable_is_between_one_and_the_limit(ledger, clock, requests, usable, expected) -> None:
    assert taken(limiter_on(ledger, clock, requests, usable=usable), requests + 1) == expected


class TestReserve:
    def test_is_for_those_who_cannot_wait(self, ledger, clock) -> None:
        limiter = limiter_on(ledger, clock, 10, usable=10, reserved=3)
        assert taken(limiter, 10) == 7
        assert taken(limiter, 10, urgent=True) == 3
        assert ask(limiter, urgent=True) == SPAN

    def test_is_not_filled_by_others_when_it_was_used(self, ledger, clock) -> None:
        limiter = limiter_on(ledger, clock, 10, usable=10, reserved=3)
        assert taken(limiter, 5, urgent=True) == 5
        assert taken(limiter, 10) == 2
        clock.turn(10)
        assert taken(limiter, 3, urgent=True) == 3
        assert ask(limiter) == SPAN - 10
        clock.turn(SPAN - 10)
        assert taken(limiter, 10) == 4, "three of the ten still count, three stay free"

    def test_never_shuts_the_others_out(self, ledger, clock) -> None:
        assert taken(limiter_on(ledger, clock, 10, usable=5, reserved=5), 9) == 1


def test_waits_for_the_oldest_stamp(ledger, clock) -> None:
    limiter = limiter_on(ledger, clock, 3, usable=3)
    for _ in range(3):
        assert ask(limiter) == 0.0
        clock.turn(10)
    assert ask(limiter) == 270.0
    clock.turn(270)
    assert ask(limiter) == 0.0
    assert ask(limiter) == 10.0


def test_asking_while_waiting_costs_nothing(ledger, clock) -> None:
    limiter = limiter_on(ledger, clock, 1)
    ask(limiter)
    for _ in range(5):
        clock.turn(50)
        ask(limiter)
    clock.turn(50)
    assert ask(limiter) == 0.0


def test_another_token_has_its_own(ledger, clock) -> None:
    limiter = limiter_on(ledger, clock, 1)
    assert (ask(limiter), ask(limiter, "other"), ask(limiter)) == (0.0, 0.0, SPAN)


def test_block_holds_for_everybody_and_the_longer_one_counts(ledger, clock) -> None:
    limiter = limiter_on(ledger, clock)
    limiter.block(KEY, 120.0)
    limiter.block(KEY, 5.0)
    assert ask(limiter_on(ledger, clock)) == 120.0
    assert ask(limiter, "other") == 0.0
    clock.turn(119.5)
    assert ask(limiter) == 0.5
    clock.turn(0.5)
    assert ask(limiter) == 0.0


@pytest.mark.parametrize(
    ("asked", "expected"),
    [(1e300, 86_400.0), (float("inf"), SPAN), (float("nan"), SPAN), (-5.0, SPAN), (0.0, SPAN)],
)
def test_rubbish_blocks_for_a_sane_time(ledger, clock, asked, expected) -> None:
    limiter = limiter_on(ledger, clock)
    limiter.block(KEY, asked)
    assert ask(limiter) == expected


def test_smaller_limit_after_an_edit_waits_for_enough_stamps(ledger, clock) -> None:
    for _ in range(4):
        ask(limiter_on(ledger, clock, 4, usable=4))
        clock.turn(10)
    assert ask(limiter_on(ledger, clock, 2, usable=2)) == 280.0


class TestClockStepsBack:
    def test_costs_one_span_at_most(self, ledger, clock) -> None:
        limiter = limiter_on(ledger, clock, 1)
        ask(limiter)
        clock.turn(-86_400)
        assert ask(limiter) == SPAN
        clock.turn(SPAN)
        assert ask(limiter) == 0.0

    def test_block_lasts_no_longer_than_asked(self, ledger, clock) -> None:
        limiter = limiter_on(ledger, clock)
        limiter.block(KEY, 60.0)
        clock.turn(-86_400)
        assert ask(limiter) == 60.0
        clock.turn(60)
        assert ask(limiter) == 0.0

    def test_without_the_guard_it_costs_the_whole_step(self, ledger, clock) -> None:
        ask(limiter_on(ledger, clock, 1))
        clock.turn(-86_400)
        with ledger.engine.begin() as connection:
            oldest = connection.execute(text("SELECT min(landed_at) FROM stamps")).scalar_one()
        assert oldest / 1e6 + SPAN - clock.now().timestamp() == 86_400 + SPAN


@pytest.mark.long
@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.0, 1.0, 37.5, 150.0, 299.0, 301.0]), min_size=5, max_size=60))
def test_no_span_ever_holds_more_than_the_limit(tmp_path_factory, pauses) -> None:
    """Not even around the turn of a fixed window, where a counter lets twice as many through."""
    clock, folder = TurnedClock(), tmp_path_factory.mktemp("limiter")
    sent: list[float] = []
    with open_ledger(f"sqlite:///{folder}/bot.db", owner="here:1:a") as ledger:
        limiter = limiter_on(ledger, clock, 5, usable=5)
        for pause in pauses:
            clock.turn(pause)
            if ask(limiter) == 0.0:
                sent.append(clock.monotonic())
    assert sent
    for moment in sent:
        assert sum(moment - SPAN < other <= moment for other in sent) <= 5


def test_fixed_windows_would_let_twice_as_many_through() -> None:
    counted: dict[int, int] = {}
    allowed = []
    for second in [299.0] * 10 + [301.0] * 10:
        window = int(second // SPAN)
        if counted.get(window, 0) < 5:
            counted[window] = counted.get(window, 0) + 1
            allowed.append(second)
    assert len([moment for moment in allowed if moment > 301.0 - SPAN]) == 10


@pytest.mark.parametrize("url", [*on_postgres(), "sqlite"])
def test_whose_clock_counts(url: str, tmp_path: Path) -> None:
    """PostgreSQL's own, because machines differ; on SQLite the port's."""
    clock = TurnedClock()
    if url == "sqlite":
        address = f"sqlite:///{tmp_path}/bot.db"
    else:
        address = url
        empty_postgres()
    with open_ledger(address, owner="here:1:a") as ledger:
        limiter = limiter_on(ledger, clock, 1)
        assert ask(limiter) == 0.0
        clock.turn(SPAN)
        waits = ask(limiter) > 0.0
        limiter.block(KEY, 60.0)
        assert ask(limiter) > 0.0
    assert waits is (url != "sqlite")


def test_an_engine_will_do(ledger, clock) -> None:
    engine = create_engine(ledger.engine.url)
    engine.dispose()
    assert ask(RateLimiter(ledger.engine, requests=1, seconds=SPAN, clock=clock)) == 0.0
