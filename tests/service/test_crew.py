"""The crew of one process: a lane has its own threads, an order goes one after another, a stop is orderly."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.model import COMPOSE, DeliveryState, Job, Recipient
from bot.service import Service, ThreadCrew
from tests.delivery.weeks import Weeks

WAIT = 20.0


class Desk:
    """Work that begins at once and ends when it may; `began` and `ended` are lanes and occurrences."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.began: list[str] = []
        self.ended: list[str] = []
        self.rested = 0
        self.open: set[str] = set()

    def work(self, job: Job) -> None:
        with self.changed:
            self.began.append(f"{job.lane} {job.occurrence}")
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: job.lane in self.open, WAIT)
            self.ended.append(f"{job.lane} {job.occurrence}")
            self.changed.notify_all()

    def idle(self) -> None:
        with self.changed:
            self.rested += 1
            self.changed.notify_all()

    def let(self, lane: str) -> None:
        with self.changed:
            self.open.add(lane)
            self.changed.notify_all()

    def until(self, happened: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(happened, WAIT)


@contextmanager
def crew(desk: Desk, concurrency: int) -> Iterator[ThreadCrew]:
    made = ThreadCrew(concurrency)
    made.start(desk.work, desk.idle)
    try:
        yield made
    finally:
        for lane in (COMPOSE, "slack", "email"):
            desk.let(lane)
        made.stop(WAIT)


def test_slow_lane_delays_no_other() -> None:
    desk = Desk()
    with crew(desk, 1) as threads:
        threads.offer([Job(f"o{n}", "email", f"d{n}/") for n in range(5)])
        desk.until(lambda: desk.began == ["email o0"])
        desk.let("slack")
        threads.offer([Job(f"o{n}", "slack", f"d{n}/") for n in range(5)])
        desk.until(lambda: desk.ended == [f"slack o{n}" for n in range(5)])
        assert desk.began.count("email o1") == 0, "one thread, and it waits"


def test_concurrency_is_of_each_lane() -> None:
    desk = Desk()
    with crew(desk, 3) as threads:
        threads.offer([Job(f"o{n}", "email", f"d{n}/") for n in range(5)])
        desk.until(lambda: len(desk.began) == 3)
        desk.let("email")
        desk.until(lambda: len(desk.ended) == 5)


def test_order_is_kept_one_after_another() -> None:
    desk = Desk()
    with crew(desk, 3) as threads:
        threads.offer([Job("old", "slack", "d/"), Job("new", "slack", "d/")])
        desk.until(lambda: desk.began == ["slack old"])
        threads.offer([Job("new", "slack", "d/")])
        desk.let("slack")
        desk.until(lambda: desk.rested == 1)
        assert desk.began == ["slack old"], "what was offered meanwhile is offered again later"
        threads.offer([Job("new", "slack", "d/")])
        desk.until(lambda: desk.ended == ["slack old", "slack new"])


def test_offered_twice_runs_once() -> None:
    desk = Desk()
    with crew(desk, 3) as threads:
        for _ in range(3):
            threads.offer([Job("o", "slack", "d/")])
        desk.let("slack")
        desk.until(lambda: desk.rested == 1)
        assert desk.began == ["slack o"]


def test_stop_drops_what_waits_and_awaits_what_runs() -> None:
    desk = Desk()
    with crew(desk, 1) as threads:
        threads.offer([Job("o1", "email", "d1/"), Job("o2", "email", "d2/")])
        desk.until(lambda: desk.began == ["email o1"])
        threads.stop(0)
        assert desk.ended == [], "it gives up after its seconds"
        desk.let("email")
        threads.stop(WAIT)
        assert desk.began == desk.ended == ["email o1"]
        threads.offer([Job("o3", "email", "d3/")])
        assert desk.began == ["email o1"]


@pytest.mark.covers("A mail server answers slowly")
def test_slow_mail_server_delays_no_slack(tmp_path: Path) -> None:
    """Two digests; the mail of the first hangs in both threads of its lane."""
    here = Weeks()
    both = (Recipient("email", "a@example.com"), Recipient("slack", "#c"))
    here.digest, here.operators = replace(here.digest, recipients=both, grace_seconds=14 * 86_400.0), ()
    here.begin(0)
    here.begin(1)
    hangs, goes_on = threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        assert goes_on.wait(WAIT)

    here.mail.during = hang
    service = Service(here.configuration(), here.runtime(), tmp_path, lambda result: None, crew=ThreadCrew(1))
    running = threading.Thread(target=service.run)
    running.start()
    try:
        assert hangs.wait(WAIT)
        until(lambda: len(here.slack.took) == 2)
        assert here.mail.took == []
        goes_on.set()
        until(lambda: len(here.mail.took) == 2)
    finally:
        goes_on.set()
        service.stop()
        running.join(WAIT)
    assert set(here.states()) == {DeliveryState.SENT}


def until(happened: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(int(WAIT / 0.02)):
        if happened():
            return
        tick.wait(0.02)
    raise AssertionError("it did not happen")
