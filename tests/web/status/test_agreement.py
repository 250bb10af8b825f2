"""The page's heading, /health and the parts below the heading never contradict each other."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import chain, combinations
from typing import Final

import pytest

from bot.model import (
    Delivery,
    DeliveryRecord,
    DeliveryState,
    Occurrence,
    OccurrenceRecord,
    OccurrenceState,
    OpenCircuit,
    Process,
    ProcessKind,
    Window,
)
from bot.service import FileStatus, ServiceStatus
from bot.web.status.collect import StatusSnapshot
from bot.web.status.health import health
from bot.web.status.page import TITLES, StatusPage
from tests.web.status.conftest import MONDAY, Here

PAGE = StatusPage(lambda text: text)
WELL = ServiceStatus(1.0, 1.0, 1.0, True, FileStatus("reports.yaml", MONDAY))
BLOCKED = "care-daily: nothing is planned before 2027-01-01"


def row(snapshot: StatusSnapshot, state: OccurrenceState, name: str) -> OccurrenceRecord:
    digest = snapshot.configuration.digests[0]
    day = MONDAY.date()
    of = Occurrence("care-daily", MONDAY, Window.of_dates(day, day, digest.zone), name)
    return OccurrenceRecord(of, digest, state, False, f"why {name}", 1, None, MONDAY)


def unserved(snapshot: StatusSnapshot, state: DeliveryState) -> StatusSnapshot:
    """One more occurrence with a delivery in that state."""
    record = row(snapshot, OccurrenceState.FAILED, state.value)
    delivery = Delivery(record.occurrence.id, snapshot.configuration.digests[0].recipients[1])
    pending = DeliveryRecord(delivery, state, 1, None, "", f"words of {state.value}", None, MONDAY)
    return replace(snapshot, unserved=(*snapshot.unserved, (record, (pending,))))


def without_process(snapshot: StatusSnapshot) -> StatusSnapshot:
    gone = Process(
        "b:1:x", ProcessKind.RUN, "host-gone", "1", "", MONDAY, 99.0, is_alive=False, has_turn=False
    )
    return replace(snapshot, processes=(gone,))


def service(snapshot: StatusSnapshot, **changes: object) -> StatusSnapshot:
    return replace(snapshot, service=replace(snapshot.service, **changes))  # type: ignore[arg-type]


def broken(snapshot: StatusSnapshot) -> StatusSnapshot:
    return service(snapshot, file=FileStatus("reports.yaml", MONDAY, ("reports.yaml:1:1: a fault",), MONDAY))


Turn = Callable[[StatusSnapshot], StatusSnapshot]
STATES: Final[dict[str, tuple[Turn, str, str, str]]] = {
    "late": (
        lambda of: replace(of, late=(row(of, OccurrenceState.PLANNED, "late"),)),
        "degraded",
        "1 late: not out in time",
        "why late",
    ),
    "held": (
        lambda of: replace(of, held=(row(of, OccurrenceState.HELD, "held"),)),
        "degraded",
        "1 held: release or discard",
        "why held",
    ),
    "failed": (
        lambda of: unserved(of, DeliveryState.FAILED),
        "degraded",
        "failed or unconfirmed: ",
        "words of failed",
    ),
    "unknown": (
        lambda of: unserved(of, DeliveryState.UNKNOWN),
        "degraded",
        "failed or unconfirmed: ",
        "words of unknown",
    ),
    "paused": (
        lambda of: replace(of, paused={"care-weekly": MONDAY}),
        "well",
        "",
        "<code>care-weekly</code> by a person since",
    ),
    "circuit open": (
        lambda of: replace(of, stops=(OpenCircuit("slack", "revoked", MONDAY, MONDAY + timedelta(hours=1)),)),
        "degraded",
        "slack rejected the login",
        "<b>slack</b> rejected the login at",
    ),
    "no process": (without_process, "degraded", "no process plans: start digestbot run", "host-gone"),
    "planning blocked": (
        lambda of: service(of, plan_faults=(BLOCKED,)),
        "degraded",
        BLOCKED,
        "not planned: see above",
    ),
    "file not valid": (
        broken,
        "degraded",
        "the last save of reports.yaml is invalid",
        "reports.yaml:1:1: a fault",
    ),
    "overdue": (
        lambda of: replace(of, is_overdue=True, jobs={"compose": 1}, oldest_seconds=1200.0),
        "unwell",
        "work has waited for more than fifteen minutes",
        "compose 1; the oldest waits for 20",
    ),
    "no tick": (lambda of: service(of, tick_age_seconds=300.0), "unwell", "the scheduler has not ticked", ""),
}
"""Each state: how it comes about, /health's status, its reason, and what shows it below the heading."""

LEVELS = ("well", "degraded", "unwell")


@pytest.fixture
def snapshot(here: Here) -> StatusSnapshot:
    here.service.plan_once()
    return replace(here.collector.snapshot(), service=WELL)


def agree(base: StatusSnapshot, states: Iterable[str]) -> None:
    """Check heading, /health and parts of a page in all of these states, and in no other."""
    states, snapshot = tuple(states), base
    for state in states:
        snapshot = STATES[state][0](snapshot)
    is_well, told = health(snapshot)
    page = PAGE.overview(snapshot)
    heading = page.partition('<section class="state')[2].partition("</section>")[0]
    below = page.partition('<section class="state')[2].partition("</section>")[2]
    expected = max((STATES[state][1] for state in states), key=LEVELS.index, default="well")
    assert (told["status"], is_well) == (expected, expected != "unwell"), states
    assert f"<h1>{TITLES[expected]}</h1>" in heading
    assert re.findall(r"<li>(.*?)</li>", heading) == told["reasons"]
    assert ("No action needed." in heading) is (told["reasons"] == []) is (expected == "well")
    assert told["paused"] == ["care-weekly"] * ("paused" in states)
    for state, (_, _, reason, shown) in STATES.items():
        if shown:
            assert (shown in below) is (state in states), (state, states)
        is_said = any(reason in said for said in told["reasons"]) if reason else state in states
        unserved = {"failed", "unknown"}
        is_so = bool(unserved & set(states)) if state in unserved else state in states
        assert is_said is is_so, (state, states)


@pytest.mark.promise(
    "something is late, failed, held, unknown, paused, stopped, blocked, or nothing plans",
    "the status page's heading, `/health` and the tables say the same, alone and in every pair",
)
def test_heading_health_and_tables_agree(snapshot: StatusSnapshot) -> None:
    for states in chain(*(combinations(STATES, count) for count in (0, 1, 2, len(STATES)))):
        agree(snapshot, states)


@pytest.mark.long
def test_they_agree_in_every_combination_of_three(snapshot: StatusSnapshot) -> None:
    for states in combinations(STATES, 3):
        agree(snapshot, states)
