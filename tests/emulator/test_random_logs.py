"""Reports over small random logs against the recomputation in plain Python."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.emulator import Log
from bot.emulator.query import ReportQuery
from bot.emulator.reports import EXPORTS, REPORTS, Selection
from tests.emulator import plain
from tests.emulator.plain import Raw
from tests.emulator.small_logs import MEMBERS, NOW, logs, naive, windows

Tables = dict[str, list[tuple[Any, ...]]]
Ends = tuple[datetime, datetime]

GROUPS = st.sampled_from([None, (10,), (20,), (10, 20), (30,), ()])
USERS = st.sampled_from([None, (1,), (2, 3), (9,), ()])


@settings(max_examples=60, deadline=None)
@given(logs(), windows(), GROUPS, USERS)
def test_every_report_equals_its_recomputation(
    tables: Tables, ends: Ends, groups: tuple[int, ...] | None, users: tuple[int, ...] | None
) -> None:
    raw = Raw(naive(tables), NOW.replace(tzinfo=None))
    log = Log.of(tables, now=NOW)
    query = ReportQuery("any", *ends, groups, users)
    selection, agents = Selection.of(query, log), wanted(groups, users)
    since, until = plain.utc(ends[0]), query.until
    summary: Any = REPORTS["summary"](log, selection)
    assert summary == plain.near(plain.summary(raw, since, until, agents))
    rows: Any = REPORTS["user_summary"](log, selection)
    expected = plain.user_summary(raw, since, until, agents)
    assert [row["user_id"] for row in rows] == ranked(expected)
    for row in rows:
        names = {"first_name": f"First{row['user_id']}", "last_name": f"Last{row['user_id']}"}
        told = {**expected[row["user_id"]], **names, "user_id": row["user_id"]}
        assert row == plain.near(told)
    assert points(REPORTS["states_volume"](log, selection)) == plain.states_volume(raw, *ends, agents)
    cases = {row[0]: row for row in EXPORTS["case_details"](log, selection).rows}
    assert cases == {case: cells(case, told) for case, told in plain.cases(raw, since, until, agents).items()}
    log.close()


def wanted(groups: tuple[int, ...] | None, users: tuple[int, ...] | None) -> set[int] | None:
    if groups is None and users is None:
        return None
    found = {1, 2, 3}
    if users is not None:
        found &= set(users)
    if groups is not None:
        found &= set().union(*(MEMBERS.get(group, set()) for group in groups))
    return found


def ranked(expected: dict[str, dict[str, Any]]) -> list[str]:
    return sorted(expected, key=lambda user: (-expected[user]["mentions_assigned"], int(user)))


def points(series: Any) -> dict[str, dict[str, int]]:
    return {
        state: {point["date_range"]["date_from"]: point["value"] for point in points}
        for state, points in series.items()
    }


def cells(case: int, told: dict[str, Any]) -> list[object]:
    closed = told["closed"]
    return [
        case,
        "Acme Care",
        "Facebook",
        f"{told['opened']:%Y-%m-%d %H:%M:%S}",
        f"{closed:%Y-%m-%d %H:%M:%S}" if closed else None,
        told["last_agent"],
        pytest.approx(told["first_reply"], abs=1e-6),
        pytest.approx(told["resolution"], abs=1e-6),
        told["agents"],
        told["interactions"],
        "Yes" if told["survey"] else "No",
    ]


def message(published: datetime, *, waited: float, worked: float) -> Tables:
    """A log of one message, answered by agent 1 after `waited` seconds, `worked` of them since its assignment."""
    answered = published + timedelta(seconds=waited)
    return {
        "users": [(1, "a@example.com", "A", "B", "Australia/Sydney", 10, 1, published, False)],
        "messages": [(1, 1, 1, None, published, True, "Hello")],
        "states": [(1, 0, "new", published), (1, 1, "responded", answered)],
        "assignments": [(1, 1, answered - timedelta(seconds=worked))],
        "responses": [(1, 1, 1, answered, "Hi", None)],
    }


@pytest.mark.parametrize(
    ("waited", "worked", "broke_sla", "broke_action_sla"),
    [(7200, 1800, 0, 0), (7200.000001, 1800, 1, 0), (7200, 1800.000001, 0, 1), (7201, 1801, 1, 1)],
)
def test_a_service_level_is_broken_when_it_took_strictly_longer(
    waited: float, worked: float, broke_sla: int, broke_action_sla: int
) -> None:
    published = datetime(2026, 4, 2, tzinfo=UTC)
    log = Log.of(message(published, waited=waited, worked=worked), now=NOW)
    selection = Selection.of(ReportQuery("summary", published, published), log)
    figures: Any = REPORTS["summary"](log, selection)
    assert (figures["broke_sla"], figures["broke_action_sla"]) == (broke_sla, broke_action_sla)
    assert figures["avg_response_time"] == pytest.approx(waited)
    assert figures["avg_response_time_min"] == pytest.approx(waited / 60)
    log.close()


def test_a_hand_made_log_says_what_is_wrong_with_it() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        Log.of({"messages": [(1, 1, 1, None, datetime(2026, 4, 2), True, "Hello")]}, now=NOW)
    with pytest.raises(ValueError, match="no such table: mesages"):
        Log.of({"mesages": []}, now=NOW)
