"""At most 95 requests in any five minutes, whoever sends them and whatever the clock does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from bot.ledger import SqlLedger, SqlLimiter, open_ledger
from tests.contract.ledgers import POSTGRES_URL, empty_postgres
from tests.ledger.making import TurnedClock

SPAN = 300.0
KEY = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    with open_ledger(f"sqlite:///{tmp_path}/bot.db", owner="here:1:a") as opened:
        yield opened


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


def limiter_on(ledger: SqlLedger, clock: TurnedClock, requests: int = 10, **more: float) -> SqlLimiter:
    return SqlLimiter(ledger, requests=requests, seconds=SPAN, clock=clock, **more)


def taken(limiter: SqlLimiter, tries: int) -> int:
    return sum(limiter.take(KEY) == 0.0 for _ in range(tries))


def test_share_of_the_limit(ledger, clock) -> None:
    assert taken(limiter_on(ledger, clock, 100), 100) == 95
    assert limiter_on(ledger, clock, 100).take(KEY) == SPAN


@pytest.mark.parametrize(
    ("requests", "usable", "expected"), [(100, 0.29, 29), (1, 0.95, 1), (10, 1.0, 10), (20, 0.95, 19)]
)
def test_share_is_rounded_down_but_never_to_nothing(ledger, clock, requests, usable, expected) -> None:
    assert taken(limiter_on(ledger, clock, requests, usable=usable), requests + 1) == expected


def test_waits_for_the_oldest_stamp(ledger, clock) -> None:
    limiter = limiter_on(ledger, clock, 3, usable=1.0)
    for _ in range(3):
        assert limiter.take(KEY) == 0.0
        clock.turn(10)
    assert limiter.take(KEY) == 270.0
    clock.turn(270)
    assert limiter.take(KEY) == 0.0
    assert limiter.take(KEY) == 10.0


def test_asking_while_waiting_costs_nothing(ledger, clock) -> None:
    limiter = limiter_on(ledger, clock, 1)
    limiter.take(KEY)
    for _ in range(5):
        clock.turn(50)
        limiter.take(KEY)
    clock.turn(50)
    assert limiter.take(KEY) == 0.0


def test_another_token_has_its_own(ledger, clock) -> None:
    limiter = limiter_on(ledger, clock, 1)
    assert (limiter.take(KEY), limiter.take("other"), limiter.take(KEY)) == (0.0, 0.0, SPAN)


def test_block_holds_for_everybody_and_the_longer_one_counts(ledger, clock) -> None:
    limiter = limiter_on(ledger, clock)
    limiter.block(KEY, 120.0)
    limiter.block(KEY, 5.0)
    assert limiter_on(ledger, clock).take(KEY) == 120.0
    assert limiter.take("other") == 0.0
    clock.turn(119.5)
    assert limiter.take(KEY) == 0.5
    clock.turn(0.5)
    assert limiter.take(KEY) == 0.0


@pytest.mark.parametrize(
    ("asked", "expected"),
    [(1e300, 86_400.0), (float("inf"), SPAN), (float("nan"), SPAN), (-5.0, SPAN), (0.0, SPAN)],
)
def test_rubbish_blocks_for_a_sane_time(ledger, clock, asked, expected) -> None:
    limiter = limiter_on(ledger, clock)
    limiter.block(KEY, asked)
    assert limiter.take(KEY) == expected


def test_smaller_limit_after_an_edit_waits_for_enough_stamps(ledger, clock) -> None:
    for _ in range(4):
        limiter_on(ledger, clock, 4, usable=1.0).take(KEY)
        clock.turn(10)
    assert limiter_on(ledger, clock, 2, usable=1.0).take(KEY) == 280.0


class TestClockStepsBack:
    def test_costs_one_span_at_most(self, ledger, clock) -> None:
        limiter = limiter_on(ledger, clock, 1)
        limiter.take(KEY)
        clock.turn(-86_400)
        assert limiter.take(KEY) == SPAN
        clock.turn(SPAN)
        assert limiter.take(KEY) == 0.0

    def test_block_lasts_no_longer_than_asked(self, ledger, clock) -> None:
        limiter = limiter_on(ledger, clock)
        limiter.block(KEY, 60.0)
        clock.turn(-86_400)
        assert limiter.take(KEY) == 60.0
        clock.turn(60)
        assert limiter.take(KEY) == 0.0

    def test_without_the_guard_it_costs_the_whole_step(self, ledger, clock) -> None:
        limiter_on(ledger, clock, 1).take(KEY)
        clock.turn(-86_400)
        with ledger.engine.begin() as connection:
            oldest = connection.execute(text("SELECT min(at) FROM stamps")).scalar_one()
        assert oldest / 1e6 + SPAN - clock.now().timestamp() == 86_400 + SPAN


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.0, 1.0, 37.5, 150.0, 299.0, 301.0]), min_size=5, max_size=60))
def test_no_span_ever_holds_more_than_the_limit(tmp_path_factory, pauses) -> None:
    """Not even around the turn of a fixed window, where a counter lets twice as many through."""
    clock, folder = TurnedClock(), tmp_path_factory.mktemp("limiter")
    sent: list[float] = []
    with open_ledger(f"sqlite:///{folder}/bot.db", owner="here:1:a") as ledger:
        limiter = limiter_on(ledger, clock, 5, usable=1.0)
        for pause in pauses:
            clock.turn(pause)
            if limiter.take(KEY) == 0.0:
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


def on_postgres() -> list[str]:
    """One case where TEST_POSTGRES_URL is set, else none."""
    return [POSTGRES_URL] if POSTGRES_URL else []


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
        assert limiter.take(KEY) == 0.0
        clock.turn(SPAN)
        waits = limiter.take(KEY) > 0.0
        limiter.block(KEY, 60.0)
        assert limiter.take(KEY) > 0.0
    assert waits is (url != "sqlite")


def test_an_engine_will_do(ledger, clock) -> None:
    engine = create_engine(ledger.engine.url)
    engine.dispose()
    assert SqlLimiter(ledger.engine, requests=1, seconds=SPAN, clock=clock).take(KEY) == 0.0
