"""What every implementation of the port `AnswerStore` promises."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from bot.ledger import AnswerCache, Ledger
from bot.model import ExportJob, KeptAnswer
from tests.doubles.ledger import kill
from tests.ledger.databases import LedgerMaker
from tests.ledger.factories import NOW, later

T = TypeVar("T")

KEY, OTHER = "5e884898da28047151d0e56f8dc62927", "6b3a55e0261b0304143f805a24924d0c"
ANSWER = KeptAnswer('{"total_volume": 166, "words": "żółć \U0001f600 \\u0000"}', NOW, settled=False)
JOB = ExportJob("a3f1", NOW)
THREADS = 8


@pytest.fixture
def store(ledger: Ledger) -> AnswerCache:
    return AnswerCache(ledger)


@pytest.fixture
def other(other: Ledger) -> AnswerCache:
    return AnswerCache(other)


def in_a_thread(work: Callable[[], T]) -> T:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


class TestAnswers:
    def test_come_back_exactly(self, store, other) -> None:
        assert store.get(KEY) is None
        store.keep(KEY, ANSWER)
        assert other.get(KEY) == ANSWER
        assert other.get(OTHER) is None

    def test_times_come_back_in_utc_to_the_microsecond(self, store, other) -> None:
        moment = datetime(2018, 5, 7, 9, 0, 0, 123_457, tzinfo=UTC)
        store.keep(KEY, KeptAnswer("{}", moment.astimezone(), settled=True))
        kept = other.get(KEY)
        assert (kept.fetched_at, kept.settled) == (moment, True)

    def test_the_newest_stays(self, store, other) -> None:
        newer = KeptAnswer('{"total_volume": 171}', later(days=3), settled=True)
        store.keep(KEY, ANSWER)
        other.keep(KEY, newer)
        assert store.get(KEY) == newer
        store.keep(KEY, ANSWER)
        assert store.get(KEY) == newer, "the late word of one who was slow"
        again = KeptAnswer("[]", newer.fetched_at, settled=True)
        store.keep(KEY, again)
        assert store.get(KEY) == again

    @pytest.mark.long
    def test_may_be_as_large_as_the_largest_answer(self, store, other) -> None:
        large = KeptAnswer('"' + "é" * (32 * 1024 * 1024 - 1) + '"', NOW, settled=True)
        assert len(large.text.encode()) == 64 * 1024 * 1024
        store.keep(KEY, large)
        assert other.get(KEY) == large


class TestAsking:
    def test_one_asks(self, store, other) -> None:
        assert store.lock(KEY)
        assert not other.lock(KEY)
        assert not store.lock(KEY)
        assert other.lock(OTHER)

    def test_a_second_thread_waits_too(self, store) -> None:
        assert store.lock(KEY)
        assert not in_a_thread(lambda: store.lock(KEY))

    def test_the_answer_ends_the_right(self, store, other) -> None:
        store.lock(KEY)
        store.keep(KEY, ANSWER)
        assert other.lock(KEY)
        store.unlock(KEY)
        assert not store.lock(KEY), "it ended its own right before, and ends nobody's"

    def test_giving_up_ends_the_right(self, store, other) -> None:
        store.lock(KEY)
        store.unlock(KEY)
        store.unlock(KEY)
        assert other.lock(KEY)

    def test_who_was_refused_ends_nobody_s_right(self, store, other) -> None:
        store.lock(KEY)
        assert not other.lock(KEY)
        other.unlock(KEY)
        assert not other.lock(KEY)

    def test_many_threads_at_once_have_one_winner(self, store, other) -> None:
        for number in range(10):
            gate = threading.Barrier(THREADS)

            def race(of: AnswerCache, key: str = f"{KEY}{number}", gate: threading.Barrier = gate) -> bool:
                gate.wait(30)
                return of.lock(key)

            with ThreadPoolExecutor(THREADS) as pool:
                won = list(pool.map(race, [store, other] * (THREADS // 2)))
            assert won.count(True) == 1


class TestLostHolders:
    @pytest.fixture
    def ledgers(self, make: LedgerMaker) -> tuple[Ledger, Ledger]:
        return make("elsewhere:1:a"), make("elsewhere:2:b")

    def test_dead_one_is_replaced(self, ledgers) -> None:
        gone, successor = map(AnswerCache, ledgers)
        assert gone.lock(KEY)
        gone.keep_job(KEY, JOB)
        assert ledgers[1].reap(NOW) == 0
        assert not successor.lock(KEY), "it lives"
        kill(ledgers[0])
        ledgers[1].reap(NOW)
        assert successor.lock(KEY)
        assert successor.job(KEY) == JOB, "and the same export job is polled on"
        gone.keep(KEY, ANSWER)
        assert successor.get(KEY) == ANSWER, "a late answer is kept"
        assert not AnswerCache(ledgers[0]).lock(KEY), "and ends nobody's right"

    def test_what_a_thread_of_ones_own_left_behind_is_free(self, ledgers) -> None:
        """Giving up could not be written down: the database was away."""
        store = AnswerCache(ledgers[0])
        store.lock(KEY)
        ledgers[0].reap(NOW)
        assert not store.lock(KEY), "a thread is at it"
        ledgers[0].asking.end(KEY)
        ledgers[0].reap(NOW)
        assert AnswerCache(ledgers[1]).lock(KEY)


class TestJobs:
    def test_stay_until_the_answer(self, store, other) -> None:
        assert store.job(KEY) is None
        store.lock(KEY)
        store.keep_job(KEY, JOB)
        store.unlock(KEY)
        assert other.job(KEY) == JOB
        assert other.job(KEY).starts == 1
        assert other.job(OTHER) is None
        other.keep(KEY, ANSWER)
        assert store.job(KEY) is None

    def test_started_once_more(self, store, other) -> None:
        store.keep_job(KEY, JOB)
        again = ExportJob("b7", later(minutes=9), starts=2)
        store.keep_job(KEY, again)
        assert other.job(KEY) == again

    def test_asked_about(self, store, other) -> None:
        store.keep_job(KEY, JOB)
        asked = replace(JOB, polled_at=later(minutes=1))
        store.keep_job(KEY, asked)
        assert other.job(KEY) == asked

    def test_that_came_to_nothing(self, store, other) -> None:
        store.keep_job(KEY, JOB)
        store.keep_job(OTHER, JOB)
        other.forget_job(KEY)
        other.forget_job(KEY)
        assert (store.job(KEY), store.job(OTHER)) == (None, JOB)


class TestMembers:
    def test_are_never_forgotten(self, store, other) -> None:
        store.remember_members("account", [(12, 7), (41, 7), (41, 8)])
        other.remember_members("account", [(13, 7), (12, 8), (12, 7), (12, 7)])
        other.remember_members("account", [])
        assert store.belonged("account", [7]) == {12, 13, 41}
        assert store.belonged("account", [8, 9]) == {41, 12}
        assert store.belonged("account", [7, 8]) == {12, 13, 41}
        assert store.belonged("account", [9]) == store.belonged("account", []) == frozenset()

    def test_of_another_account_are_others(self, store) -> None:
        store.remember_members("account", [(12, 7)])
        assert store.belonged("other", [7]) == frozenset()

    def test_of_a_large_company(self, store) -> None:
        members = [(10**15 + number, number % 40) for number in range(20_000)]
        store.remember_members("account", members)
        assert store.belonged("account", range(40)) == {user for user, _ in members}


class TestForgetting:
    def test_old_answers_and_jobs_go_and_young_ones_stay(self, store, other) -> None:
        store.keep(KEY, ANSWER)
        store.keep(OTHER, replace(ANSWER, fetched_at=later(days=1), settled=True))
        store.keep_job("old", JOB)
        store.keep_job("young", replace(JOB, started_at=later(days=1)))
        assert other.forget(later(days=1)) == 2
        assert (store.get(KEY), store.job("old")) == (None, None)
        assert store.get(OTHER)
        assert store.job("young")
        assert other.forget(later(days=1)) == 0

    def test_memberships_stay(self, store) -> None:
        store.remember_members("token", [(1, 2)])
        assert store.forget(later(days=4000)) == 0
        assert store.belonged("token", [2]) == {1}
