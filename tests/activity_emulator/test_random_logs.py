"""Reports over small random logs against the reference implementation."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activity_emulator import Log
from activity_emulator.query import ReportQuery
from activity_emulator.reports import EXPORTS, REPORTS, Selection
from tests.activity_emulator import reference, reference_cases, reference_surveys
from tests.activity_emulator.reference import Raw
from tests.activity_emulator.small_logs import FILTERS, NOW, TOPICS, agents_of, logs, naive, windows

pytestmark = pytest.mark.long

Tables = dict[str, list[tuple[Any, ...]]]
Ends = tuple[datetime, datetime]
Filter = tuple[tuple[int, ...] | None, tuple[int, ...] | None]

over_logs = settings(max_examples=15, deadline=None)


@dataclass(frozen=True)
class Asked:
    """A question to a small log, and what plain Python needs to answer it."""

    log: Log
    raw: Raw
    query: ReportQuery
    agents: set[int] | None

    @property
    def window(self) -> tuple[datetime, datetime]:
        return reference.utc(self.query.date_from), self.query.until

    def answer(self, kind: str) -> Any:
        return (REPORTS | EXPORTS)[kind](self.log, Selection.of(self.query, self.log))


@contextmanager
def asked(tables: Tables, ends: Ends, wanted: Filter, *survey: Any) -> Iterator[Asked]:
    log = Log.of(tables, now=NOW)
    raw = Raw(naive(tables), NOW.replace(tzinfo=None))
    yield Asked(log, raw, ReportQuery("any", *ends, *wanted, *survey), agents_of(*wanted))
    log.close()


@over_logs
@given(logs(), windows(), FILTERS)
def test_message_reports(tables: Tables, ends: Ends, wanted: Filter) -> None:
    with asked(tables, ends, wanted) as to:
        raw, agents = to.raw, to.agents
        assert to.answer("summary") == reference.near(reference.summary(raw, *to.window, agents))
        assert points(to.answer("states_volume")) == reference.states_volume(raw, *ends, agents)
        waits = {"avg_response_time": reference.near(reference.response_volume(raw, *ends, agents))}
        assert points(to.answer("response_volume")) == waits
        topics = {(row["classification_id"], row["state"]): row for row in to.answer("classifications")}
        volumes = {key: row["volume"] for key, row in topics.items()}
        assert volumes == reference.classifications(raw, *to.window, agents)
        assert all(row["classification"] == TOPICS[topic] for (topic, _), row in topics.items())
        assert_agents(to)


def assert_agents(to: Asked) -> None:
    rows = to.answer("user_summary")
    expected = reference.user_summary(to.raw, *to.window, to.agents)
    assert [row["user_id"] for row in rows] == ranked(expected)
    for row in rows:
        names = {"first_name": f"First{row['user_id']}", "last_name": f"Last{row['user_id']}"}
        expected_row = {**expected[row["user_id"]], **names, "user_id": row["user_id"]}
        assert row == reference.near(expected_row)
    volumes = {row["user_id"]: row["states"] for row in to.answer("user_volume")}
    nonzero = {user: {name: n for name, n in states.items() if n} for user, states in volumes.items()}
    counts = reference.user_volume(to.raw, *to.window, to.agents)
    assert nonzero == counts
    assert list(volumes) == sorted(counts, key=lambda user: (-counts[user]["all_states"], user))


@over_logs
@given(logs(), windows(), FILTERS)
def test_case_reports(tables: Tables, ends: Ends, wanted: Filter) -> None:
    with asked(tables, ends, wanted) as to:
        cases, agents = reference_cases.all_cases(to.raw), to.agents
        actioned = reference_cases.actioned(cases, *to.window, agents)
        rows = {row[0]: row for row in to.answer("case_details").rows}
        assert rows == {case: cells(case, figures) for case, figures in actioned.items()}
        expected = reference_cases.case_summary(cases, *to.window, agents)
        assert to.answer("case_summary") == reference.near(expected)
        volume = reference_cases.case_volume(cases, *ends, agents)
        assert points(to.answer("case_volume")) == {"open": {f"{day} 00:00": n for day, n in volume.items()}}
        topics = {row["classification_id"]: row["volume"] for row in to.answer("case_classifications")}
        assert topics == reference_cases.case_classifications(cases, *to.window, agents)


@over_logs
@given(
    logs(),
    windows(),
    FILTERS,
    st.sampled_from([55, 66]),
    st.sampled_from(["all", "promoters", "passives", "detractors"]),
)
def test_survey_reports(tables: Tables, ends: Ends, wanted: Filter, form: int, category: str) -> None:
    with asked(tables, ends, wanted, form, category) as to:
        found = reference_surveys.events(to.raw, form, category, to.agents)
        assert to.answer("nps_summary") == reference.near(reference_surveys.nps_summary(found, *to.window))
        days = reference_surveys.nps_volume(found, *ends)
        answer = to.answer("nps_volume")
        assert [local_day(point, ends[0]) for point in answer] == list(days)
        assert [point["data"] for point in answer] == [reference.near(figures) for figures in days.values()]
        assert [datetime.fromisoformat(point["date"]).timestamp() for point in answer] == [
            point["timestamp"] for point in answer
        ]
        rows = [(row[0], *row[2:5]) for row in to.answer("nps_submissions").rows]
        expected = reference_surveys.submissions(to.raw, form, category, *to.window, to.agents)
        assert rows == expected


@over_logs
@given(logs(), windows(), FILTERS)
def test_mention_sla_export(tables: Tables, ends: Ends, wanted: Filter) -> None:
    with asked(tables, ends, wanted) as to:
        table = to.answer("mention_sla_export")
        rows = [dict(zip(table.header, row, strict=True)) for row in table.rows]
        expected = reference.mention_sla_export(to.raw, *to.window, to.agents, TOPICS)
        assert len(rows) == len(expected)
        for row, expected_row in zip(rows, expected, strict=True):
            user = expected_row.pop("Agent")
            names = (f"First{user}", f"Last{user}") if user else (None, None)
            assert (row["Agent First Name"], row["Agent Last Name"]) == names
            assert {name: row[name] for name in expected_row} == nearly(expected_row)


def nearly(row: dict[str, Any]) -> dict[str, Any]:
    """Minutes to the microsecond: a queue is a difference of two sums."""
    return {
        name: pytest.approx(value, rel=1e-9, abs=1e-7) if isinstance(value, float) else value
        for name, value in row.items()
    }


def local_day(point: dict[str, Any], date_from: datetime) -> str:
    """Return the date of a point of `nps_volume`, which begins at midnight in `date_from`'s offset."""
    local = datetime.fromisoformat(point["date"]).astimezone(date_from.tzinfo)
    assert f"{local:%H:%M:%S}" == "00:00:00"
    return f"{local.date()}"


def ranked(expected: dict[str, dict[str, Any]]) -> list[str]:
    return sorted(expected, key=lambda user: (-expected[user]["mentions_assigned"], int(user)))


def points(series: Any) -> dict[str, dict[str, int]]:
    return {
        state: {point["date_range"]["date_from"]: point["value"] for point in points}
        for state, points in series.items()
    }


def cells(case: int, figures: reference_cases.Case) -> list[object]:
    closed = figures["closed"]
    return [
        case,
        "Acme Care",
        "Facebook",
        f"{figures['opened']:%Y-%m-%d %H:%M:%S}",
        f"{closed:%Y-%m-%d %H:%M:%S}" if closed else None,
        figures["last_agent"],
        pytest.approx(figures["first_reply"], abs=1e-6),
        pytest.approx(figures["resolution"], abs=1e-6),
        figures["agents"],
        figures["interactions"],
        "Yes" if figures["survey"] else "No",
    ]


def message(published: datetime, *, waited: float, worked: float) -> Tables:
    """Return a log of one message, answered by agent 1 `waited` seconds after it, `worked` after its assignment."""
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
def test_service_level_boundary(waited: float, worked: float, broke_sla: int, broke_action_sla: int) -> None:
    published = datetime(2026, 4, 2, tzinfo=UTC)
    log = Log.of(message(published, waited=waited, worked=worked), now=NOW)
    selection = Selection.of(ReportQuery("summary", published, published), log)
    figures: Any = REPORTS["summary"](log, selection)
    assert (figures["broke_sla"], figures["broke_action_sla"]) == (broke_sla, broke_action_sla)
    assert figures["avg_response_time"] == pytest.approx(waited)
    assert figures["avg_response_time_min"] == pytest.approx(waited / 60)
    log.close()


def test_hand_made_log_errors() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        Log.of({"messages": [(1, 1, 1, None, datetime(2026, 4, 2), True, "Hello")]}, now=NOW)
    with pytest.raises(ValueError, match="no such table: mesages"):
        Log.of({"mesages": []}, now=NOW)
