"""Which firings become occurrences: each decided once, the latest within its grace, the rest told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from bot.delivery.occurrences import deliveries_of, occurrence_of
from bot.ledger import Ledger, open_ledger
from bot.model import Configuration, DeliveryState, Digest, OccurrenceState, Outcome, Schedule, WindowRule
from bot.service import plan_due
from bot.service.planner import decide
from bot.timetable import Firing
from tests.compose.data import digest
from tests.doubles.ledger import new_ledger

SUNDAY_NOON = datetime(2026, 11, 15, 1, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 15, 22, 0, tzinfo=UTC)  # 09:00 in Sydney
WEEK = timedelta(days=7)


def configuration(*digests: Digest) -> Configuration:
    return Configuration("reports.yaml", digests or (digest(),))


def states(ledger: Ledger) -> dict[str, OccurrenceState]:
    return {record.occurrence.id: record.state for record, _ in ledger.history(None)}


def firing(due: datetime) -> Firing:
    return Firing(due, due.date())


def test_met_for_the_first_time_it_fires_only_afterwards() -> None:
    ledger = new_ledger()
    [line] = plan_due(configuration(), ledger, MONDAY + timedelta(minutes=1))
    assert line.message == "first seen; next Mon 23 November 2026 at 09:00, Sydney time"
    assert states(ledger) == {}
    plan_due(configuration(), ledger, MONDAY + WEEK)
    assert states(ledger) == {"care-weekly@2026-11-22T22:00:00Z": OccurrenceState.PLANNED}


def test_planning_again_changes_nothing() -> None:
    ledger = new_ledger()
    for moment in (SUNDAY_NOON, MONDAY, MONDAY, MONDAY + timedelta(hours=1)):
        plan_due(configuration(), ledger, moment)
    assert list(states(ledger)) == ["care-weekly@2026-11-15T22:00:00Z"]


@pytest.mark.covers("The clock is set, forward or back")
def test_a_clock_that_steps_back_plans_nothing_twice() -> None:
    ledger = new_ledger()
    for moment in (SUNDAY_NOON, MONDAY + timedelta(minutes=5), MONDAY - timedelta(minutes=30), MONDAY):
        plan_due(configuration(), ledger, moment)
    assert len(states(ledger)) == 1


def test_three_weeks_off_sends_only_the_latest() -> None:
    ledger = new_ledger()
    plan_due(configuration(), ledger, SUNDAY_NOON)
    lines = plan_due(configuration(), ledger, MONDAY + 2 * WEEK + timedelta(hours=3))
    assert states(ledger) == {
        "care-weekly@2026-11-29T22:00:00Z": OccurrenceState.PLANNED,
        "care-weekly@2026-11-22T22:00:00Z": OccurrenceState.SKIPPED,
        "care-weekly@2026-11-15T22:00:00Z": OccurrenceState.SKIPPED,
    }
    record = ledger.occurrence("care-weekly@2026-11-29T22:00:00Z")
    assert record is not None
    assert record.late
    assert len(lines) == 3


def test_past_its_grace_even_the_latest_is_skipped() -> None:
    decision = decide(digest(), [firing(MONDAY)], MONDAY + timedelta(hours=25))
    assert (decision.send, decision.skip) == ((), (firing(MONDAY),))
    at_the_edge = decide(digest(), [firing(MONDAY)], MONDAY + timedelta(hours=24))
    assert at_the_edge.send == (firing(MONDAY),)


def test_three_ways_to_catch_up() -> None:
    due = [firing(MONDAY + timedelta(hours=hour)) for hour in (-30, -2, -1)]
    sent = {way: decide(digest(catch_up=way), due, MONDAY).send for way in ("latest", "all", "none")}
    assert sent == {"latest": (due[2],), "all": (due[1], due[2]), "none": ()}
    on_time = [*due, firing(MONDAY)]
    assert decide(digest(catch_up="none"), on_time, MONDAY).send == (on_time[3],)


def test_a_paused_digest_plans_nothing() -> None:
    ledger = new_ledger()
    for moment in (SUNDAY_NOON, MONDAY):
        plan_due(configuration(digest(paused=True)), ledger, moment)
    assert states(ledger) == {}


def test_since_last_run_begins_where_the_last_one_ended() -> None:
    since = digest(
        window=WindowRule("since last run", "since last run"),
        schedule=Schedule("monday, thursday at 09:00", ("0 9 * * 1,4",)),
    )
    ledger = new_ledger()
    for moment in (SUNDAY_NOON, MONDAY, MONDAY + timedelta(days=3), MONDAY + WEEK):
        plan_due(configuration(since), ledger, moment)
    windows = sorted((r.occurrence.window.start, r.occurrence.window.end) for r, _ in ledger.history(None))
    assert len(windows) == 3
    assert windows[0][1] == windows[1][0]
    assert windows[1][1] == windows[2][0]


def test_firings_while_paused_are_skipped() -> None:
    ledger = new_ledger()
    plan_due(configuration(), ledger, SUNDAY_NOON)
    ledger.pause("care-weekly", MONDAY - timedelta(minutes=1))
    [line] = plan_due(configuration(), ledger, MONDAY)
    assert "paused by a person since 2026-11-15T21:59:00Z" in line.message
    assert states(ledger) == {"care-weekly@2026-11-15T22:00:00Z": OccurrenceState.SKIPPED}
    ledger.resume("care-weekly")
    plan_due(configuration(), ledger, MONDAY + WEEK)
    assert states(ledger)["care-weekly@2026-11-22T22:00:00Z"] is OccurrenceState.PLANNED


def test_what_was_due_before_the_pause_goes_out() -> None:
    ledger = new_ledger()
    plan_due(configuration(), ledger, SUNDAY_NOON)
    ledger.pause("care-weekly", MONDAY + timedelta(minutes=1))
    plan_due(configuration(), ledger, MONDAY + timedelta(hours=2))
    assert states(ledger) == {"care-weekly@2026-11-15T22:00:00Z": OccurrenceState.PLANNED}


def test_a_pause_stops_one_digest_and_no_other() -> None:
    ledger = new_ledger()
    both = configuration(digest(), digest(name="other"))
    plan_due(both, ledger, SUNDAY_NOON)
    ledger.pause("other", SUNDAY_NOON)
    plan_due(both, ledger, MONDAY)
    assert set(states(ledger).values()) == {OccurrenceState.PLANNED, OccurrenceState.SKIPPED}


def test_planned_firing_is_not_reported_again() -> None:
    ledger = new_ledger()
    plan_due(configuration(), ledger, SUNDAY_NOON)
    asked = occurrence_of(digest(), firing(MONDAY), None)
    ledger.plan(asked, digest(), deliveries_of(digest(), asked), MONDAY, False)
    assert plan_due(configuration(), ledger, MONDAY + timedelta(days=3)) == ()


def test_a_backfilled_window_is_no_last_run() -> None:
    ledger = new_ledger()
    since = digest(window=WindowRule("since last run", "since last run"))
    for week in (-2, -1):
        of = occurrence_of(since, firing(MONDAY + week * WEEK), None)
        if week == -2:
            ledger.plan(of, since, (), MONDAY, False)
        else:
            ledger.backfill(of, since, {}, MONDAY)
    assert occurrence_of(since, firing(MONDAY), ledger).window.days[0].isoformat() == "2026-11-02"


def test_a_hundred_digests_are_settled_by_one_write(tmp_path: Path) -> None:
    """Each tick, every five seconds: a hundred would be a hundred writes that wait for the disk."""
    many = configuration(*(digest(name=f"digest-{number}") for number in range(100)))
    with open_ledger(f"sqlite:///{tmp_path}/bot.db", owner="here:1:a") as ledger:
        plan_due(many, ledger, SUNDAY_NOON)
        written: list[str] = []
        event.listen(ledger.engine, "before_cursor_execute", lambda *of: written.append(of[2]))
        plan_due(many, ledger, SUNDAY_NOON + timedelta(seconds=5))
        assert [statement.split()[0] for statement in written].count("UPDATE") == 1
        assert {ledger.register_digest(one.name, MONDAY)[0] for one in many.digests} == {
            SUNDAY_NOON + timedelta(seconds=5)
        }


@pytest.mark.covers("A process ran more than a day in the future")
def test_silent_digest_is_reported_every_tick() -> None:
    """`run --once --now` of next year, or a machine that came up in the future: nothing fires before that."""
    ledger = new_ledger()
    plan_due(configuration(), ledger, SUNDAY_NOON)
    plan_due(configuration(), ledger, SUNDAY_NOON + timedelta(days=365))
    for _ in range(2):
        [line] = plan_due(configuration(), ledger, SUNDAY_NOON + timedelta(minutes=1))
        assert line.wrong
        assert "nothing is planned before 2027-11-15T01:00:00Z" in line.message
        assert line.message.endswith(
            "Here it is 2026-11-15T01:01:00Z; if that is right: digestbot resume --clock"
        )


@pytest.mark.covers("A process ran more than a day in the future")
def test_clock_ahead_by_hours_recovers() -> None:
    ledger = new_ledger()
    for moment in (SUNDAY_NOON, MONDAY - timedelta(hours=1), SUNDAY_NOON + timedelta(minutes=1)):
        assert not any(line.wrong for line in plan_due(configuration(), ledger, moment))
    [line] = plan_due(configuration(), ledger, MONDAY)
    assert line.message == "planned care-weekly@2026-11-15T22:00:00Z"


@pytest.mark.covers("A process ran more than a day in the future")
@pytest.mark.promise(
    "a process ran with its clock a year ahead",
    "`run --once` and `plan` exit with 2 and name `resume --clock`, after which this week goes out",
)
def test_what_a_clock_ahead_decided_is_taken_back() -> None:
    ledger = new_ledger()
    plan_due(configuration(), ledger, SUNDAY_NOON)
    plan_due(configuration(), ledger, SUNDAY_NOON + timedelta(days=365))
    assert len(states(ledger)) == 53
    now = MONDAY + timedelta(hours=3)
    assert ledger.set_back(now) == {"care-weekly": (SUNDAY_NOON + timedelta(days=365), 53)}
    [line] = plan_due(configuration(), ledger, now)
    assert line.message == "planned care-weekly@2026-11-15T22:00:00Z (late)"
    assert states(ledger) == {"care-weekly@2026-11-15T22:00:00Z": OccurrenceState.PLANNED}


def test_setting_back_leaves_what_was_sent_and_what_is_right() -> None:
    ledger = new_ledger()
    for moment in (SUNDAY_NOON, MONDAY, MONDAY + WEEK):
        plan_due(configuration(), ledger, moment)
    [sent] = ledger.deliveries("care-weekly@2026-11-22T22:00:00Z")
    ledger.fail_before_sending(sent.delivery, Outcome(DeliveryState.FAILED), MONDAY + WEEK)
    now = MONDAY + timedelta(days=1)
    [(_, count)] = ledger.set_back(now).values()
    assert (count, len(states(ledger))) == (1, 1)


def test_nothing_is_set_back_for_a_clock_that_is_right() -> None:
    ledger = new_ledger()
    plan_due(configuration(), ledger, SUNDAY_NOON)
    assert ledger.set_back(SUNDAY_NOON - timedelta(seconds=30)) == {}
