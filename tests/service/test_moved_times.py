"""A schedule that is changed around the moment of a firing: no window is lost, and none goes out twice."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ledger import Ledger
from bot.model import (
    ON_TIME,
    Configuration,
    Digest,
    OccurrenceRecord,
    OccurrenceState,
    Recipient,
)
from bot.service import plan_due
from bot.timetable import (
    days_about,
    days_of,
    firings,
    fixed_window,
    parse_schedule,
    parse_window,
    schedule_from_cron,
)
from tests.compose.data import digest
from tests.doubles.ledger import new_ledger

MONDAY = datetime(2026, 11, 15, 22, 0, tzinfo=UTC)  # 16 November, 09:00 in Sydney
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BEFORE, NOW = -20 * MINUTE, timedelta()

Tick = tuple[timedelta, Digest]


def due(phrase: str, window: str = "last week", **fields: object) -> Digest:
    """Return a digest of that schedule, a phrase or five fields of cron."""
    cron = phrase[0].isdigit()
    return digest(
        schedule=schedule_from_cron(phrase) if cron else parse_schedule(phrase),
        window=parse_window(window),
        **fields,
    )


def plan(ledger: Ledger, *ticks: Tick) -> None:
    """Plan at these moments, counted from Monday 09:00 in Sydney."""
    for moment, of in ticks:
        plan_due(Configuration("reports.yaml", (of,)), ledger, MONDAY + moment)


def outcomes(ledger: Ledger) -> dict[str, str]:
    """Return what became of each due time (UTC, day of the month)."""
    return {
        f"{record.occurrence.due:%d. %H:%M}": record.state.value + (" late" if record.late else "")
        for record, _ in reversed(ledger.history(None))
    }


MON9, MON10, MON830 = (due(f"every monday at {time}") for time in ("09:00", "10:00", "08:30"))
TUE9, DAILY = due("every tuesday at 09:00"), due("every day at 09:00", "yesterday")
TWICE = due("0 9,17 * * *", "yesterday")
FIXED = fixed_window(date(2026, 11, 1), date(2026, 11, 7))
REPEATING = due("every day at 09:00")

CASES: dict[str, tuple[tuple[Tick, ...], dict[str, str]]] = {
    "earlier, before it went out": (
        ((BEFORE, MON9), (-15 * MINUTE, MON830), (HOUR, MON830)),
        {"15. 21:30": "planned late"},
    ),
    "earlier, and nothing ran until later": (
        ((-HOUR, MON9), (3 * HOUR, MON830)),
        {"15. 21:30": "planned late"},
    ),
    "earlier, before it went out, beyond the grace": (
        ((BEFORE, MON9), (-15 * MINUTE, replace(MON830, grace_seconds=600.0))),
        {"15. 21:30": "skipped"},
    ),
    "earlier, after it went out": (
        ((BEFORE, MON9), (NOW, MON9), (HOUR, MON830), (7 * DAY, MON830)),
        {"15. 22:00": "planned", "22. 21:30": "planned late"},
    ),
    "later, before it went out": (
        ((BEFORE, MON9), (-10 * MINUTE, MON10), (HOUR, MON10)),
        {"15. 23:00": "planned"},
    ),
    "later, after it went out": (
        ((BEFORE, MON9), (NOW, MON9), (HOUR / 2, MON10), (HOUR, MON10), (7 * DAY + HOUR, MON10)),
        {"15. 22:00": "planned", "15. 23:00": "skipped", "22. 23:00": "planned"},
    ),
    "later, and later once more": (
        ((BEFORE, MON9), (NOW, MON9), (HOUR, MON10), (2 * HOUR, due("every monday at 11:00"))),
        {"15. 22:00": "planned", "15. 23:00": "skipped", "16. 00:00": "skipped"},
    ),
    "earlier and back": (
        ((BEFORE, MON9), (-15 * MINUTE, MON830), (-10 * MINUTE, MON9), (NOW, MON9)),
        {"15. 21:30": "planned late", "15. 22:00": "skipped"},
    ),
    "Monday to Tuesday, after it went out": (
        ((BEFORE, MON9), (NOW, MON9), (HOUR, TUE9), (DAY, TUE9), (8 * DAY, TUE9)),
        {"15. 22:00": "planned", "16. 22:00": "skipped", "23. 22:00": "planned"},
    ),
    "Tuesday to Monday, on Monday afternoon": (
        ((BEFORE, TUE9), (6 * HOUR, MON9), (DAY, MON9)),
        {"15. 22:00": "planned late"},
    ),
    "another zone, after it went out": (
        (
            (BEFORE, MON9),
            (NOW, MON9),
            (HOUR, replace(MON9, zone="Europe/London")),
            (11 * HOUR, replace(MON9, zone="Europe/London")),
        ),
        {"15. 22:00": "planned", "16. 09:00": "skipped"},
    ),
    "another zone, whose Monday morning has passed": (
        ((-8 * HOUR, replace(MON9, zone="Europe/London")), (HOUR, MON9)),
        {"15. 22:00": "planned late"},
    ),
    "another window at the same time": (
        (
            (BEFORE, MON9),
            (NOW, MON9),
            (HOUR, due("every monday at 10:00", "last 2 weeks")),
            (2 * HOUR, due("every monday at 10:00", "last 2 weeks")),
        ),
        {"15. 22:00": "planned", "15. 23:00": "planned"},
    ),
    "another window at an earlier time": (
        ((BEFORE, MON9), (-10 * MINUTE, due("every monday at 08:30", "last 2 weeks"))),
        {"15. 21:30": "planned late"},
    ),
    "daily to weekly, after today's went out": (
        (
            (BEFORE, DAILY),
            (NOW, DAILY),
            (HOUR / 2, due("every monday at 10:00", "yesterday")),
            (HOUR, due("every monday at 10:00", "yesterday")),
        ),
        {"15. 22:00": "planned", "15. 23:00": "skipped"},
    ),
    "weekly to daily: no day is made up for": (
        (
            (BEFORE, due("every monday at 09:00", "yesterday")),
            (NOW, due("every monday at 09:00", "yesterday")),
            (DAY + HOUR - MINUTE, due("every monday at 09:00", "yesterday")),
            (DAY + HOUR, DAILY),
            (2 * DAY, DAILY),
        ),
        {"15. 22:00": "planned", "17. 22:00": "planned"},
    ),
    "twice a day about the same days": (
        ((BEFORE, TWICE), (NOW, TWICE), (8 * HOUR, TWICE), (DAY, TWICE)),
        {"15. 22:00": "planned", "16. 06:00": "planned", "16. 22:00": "planned"},
    ),
    "the first of two a day is moved after it went out": (
        (
            (BEFORE, TWICE),
            (NOW, TWICE),
            (HOUR / 2, due("0 10,17 * * *", "yesterday")),
            (HOUR, due("0 10,17 * * *", "yesterday")),
            (8 * HOUR, due("0 10,17 * * *", "yesterday")),
        ),
        {"15. 22:00": "planned", "15. 23:00": "skipped", "16. 06:00": "planned"},
    ),
    "the second of two a day is moved": (
        (
            (BEFORE, TWICE),
            (NOW, TWICE),
            (HOUR, due("0 9,18 * * *", "yesterday")),
            (9 * HOUR, due("0 9,18 * * *", "yesterday")),
        ),
        {"15. 22:00": "planned", "16. 07:00": "planned"},
    ),
    "every day about last week, moved after it went out": (
        (
            (BEFORE, REPEATING),
            (NOW, REPEATING),
            (DAY, REPEATING),
            (DAY + HOUR / 2, due("every day at 10:00")),
            (DAY + HOUR, due("every day at 10:00")),
            (2 * DAY + HOUR, due("every day at 10:00")),
        ),
        {"15. 22:00": "planned", "16. 22:00": "planned", "16. 23:00": "skipped", "17. 23:00": "planned"},
    ),
    "since last run, moved after it went out": (
        (
            (BEFORE, due("every monday at 09:00", "since last run")),
            (NOW, due("every monday at 09:00", "since last run")),
            (HOUR, due("every monday at 10:00", "since last run")),
            (7 * DAY + HOUR, due("every monday at 10:00", "since last run")),
        ),
        {"15. 22:00": "planned", "15. 23:00": "skipped", "22. 23:00": "planned"},
    ),
    "month to date, moved after it went out": (
        (
            (BEFORE, due("every day at 09:00", "month to date")),
            (NOW, due("every day at 09:00", "month to date")),
            (HOUR, due("every day at 10:00", "month to date")),
        ),
        {"15. 22:00": "planned", "15. 23:00": "skipped"},
    ),
    "fixed days, moved after they went out": (
        (
            (BEFORE, replace(MON9, window=FIXED)),
            (NOW, replace(MON9, window=FIXED)),
            (HOUR, replace(MON10, window=FIXED)),
            (7 * DAY + HOUR, replace(MON10, window=FIXED)),
        ),
        {"15. 22:00": "planned", "15. 23:00": "skipped", "22. 23:00": "planned"},
    ),
    "from paused in the file": (
        ((BEFORE, replace(MON9, paused=True)), (HOUR, MON830)),
        {},
    ),
}


@pytest.mark.promise(
    "a schedule is moved from 09:00 to 08:30 at 08:45, or to a day that has passed",
    "the edition goes out at once, marked late, within its grace; else history has it as skipped",
)
@pytest.mark.promise(
    "a schedule is moved from 09:00 to 10:00 at 09:30, after the edition went out",
    "10:00 is skipped, with the reason; a digest that is due twice a day goes out twice as before",
)
@pytest.mark.parametrize("case", CASES)
def test_moved(case: str) -> None:
    ticks, expected = CASES[case]
    ledger = new_ledger()
    plan(ledger, *ticks)
    assert outcomes(ledger) == expected


def test_reason_names_what_went_out() -> None:
    ledger = new_ledger()
    plan(ledger, (BEFORE, MON9), (NOW, MON9), (HOUR, MON10))
    record = ledger.occurrence("care-weekly@2026-11-15T23:00:00Z")
    assert record is not None
    assert record.reason.startswith(
        "this window is planned with care-weekly@2026-11-15T22:00:00Z, before the"
    )
    plan(ledger, (7 * DAY, replace(MON9, grace_seconds=60.0)), (8 * DAY, MON9))


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"groups": ("Billing",)}, OccurrenceState.PLANNED),
        ({"recipients": (Recipient("slack", "#other"),)}, OccurrenceState.PLANNED),
        ({"title": "Care"}, OccurrenceState.SKIPPED),
    ],
)
def test_only_the_same_for_the_same_reader_is_skipped(
    change: dict[str, object], state: OccurrenceState
) -> None:
    ledger = new_ledger()
    plan(ledger, (BEFORE, MON9), (NOW, MON9), (HOUR, replace(MON10, **change)))  # type: ignore[arg-type]
    record = ledger.occurrence("care-weekly@2026-11-15T23:00:00Z")
    assert record is not None
    assert record.state is state


def test_what_failed_at_the_old_time_goes_out_at_the_new_one() -> None:
    ledger = new_ledger()
    plan(ledger, (BEFORE, MON9), (NOW, MON9))
    [pending] = ledger.deliveries("care-weekly@2026-11-15T22:00:00Z")
    ledger.expire(pending.delivery, "refused", MONDAY + MINUTE)
    plan(ledger, (HOUR, MON10))
    assert outcomes(ledger)["15. 23:00"] == "planned"


def test_a_pause_skips_what_is_moved_into_it() -> None:
    ledger = new_ledger()
    plan(ledger, (BEFORE - HOUR, MON9))
    ledger.pause("care-weekly", MONDAY - HOUR)
    plan(ledger, (-15 * MINUTE, MON830))
    [(record, _)] = ledger.history(None)
    assert (record.state, record.reason[:16]) == (OccurrenceState.SKIPPED, "paused by a pers")


WEEKLY = tuple(
    replace(due(f"every {day} at {time}"), zone=zone)
    for day in ("monday", "tuesday", "sunday")
    for time in ("00:30", "08:30", "09:00", "23:30")
    for zone in ("Australia/Sydney", "Europe/London")
)
DAYS = tuple(
    due(f"every day at {time}", window)
    for time in ("00:00", "02:30", "09:00", "23:59")
    for window in ("yesterday",)
)
EDITS = st.lists(st.tuples(st.integers(1, 30 * 60), st.integers(0, 23)), min_size=1, max_size=6)
STARTS = st.sampled_from((datetime(2026, 9, 30, tzinfo=UTC), datetime(2027, 3, 25, 11, tzinfo=UTC)))
"""Before the clock changes in Sydney and London."""


@pytest.mark.long
@given(st.sampled_from((WEEKLY, DAYS)), STARTS, EDITS)
def test_each_window_once_and_none_lost(
    schedules: tuple[Digest, ...], start: datetime, edits: list[tuple[int, int]]
) -> None:
    """Against a model: a window that a schedule in force would still send is sent once, or skipped with a reason.

    Each of these schedules is due once for each window.
    """
    ledger, now, owed = new_ledger(), start, set()
    for minutes, number in edits:
        of = schedules[number % len(schedules)]
        now += minutes * MINUTE
        plan_due(Configuration("reports.yaml", (of,)), ledger, now)
        owed |= {days_about(of, firing) for firing in firings(of, now, now + 7 * DAY)}
    plan_due(Configuration("reports.yaml", (of,)), ledger, now + 15 * DAY)
    sent, told = set(), set()
    for record, _ in ledger.history(None):
        about = days_of(record.definition.window, record.occurrence.window, record.occurrence.due.date())
        told.add(about)
        if record.state is OccurrenceState.PLANNED:
            assert about not in sent, "twice"
            sent.add(about)
            assert_in_time(record)
        else:
            assert record.reason
    assert owed <= told, "lost"


def assert_in_time(record: OccurrenceRecord) -> None:
    assert record.planned_at is not None
    age = record.planned_at - record.occurrence.due
    assert timedelta() <= age <= DAY
    assert record.late == (age > ON_TIME)
