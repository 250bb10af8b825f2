"""The generated log: repeatable, plausible, and with the dates of the API document."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest

from activity_emulator import Log
from activity_emulator.generator import generate
from activity_emulator.generator.chance import Quantiles, Weights
from activity_emulator.generator.days import days, holidays
from activity_emulator.log import STATES, TABLES
from tests.activity_emulator.client import Client
from tests.activity_emulator.conftest import NOW


def fingerprint(seed: int, now: datetime) -> str:
    """Return the hash of the first 60,000 rows."""
    return hashlib.sha256("\n".join(map(repr, islice(generate(seed, now), 60_000))).encode()).hexdigest()[:16]


def test_rows_are_pinned() -> None:
    """A failure with an unchanged generator means that random draws differ between machines."""
    assert fingerprint(7, NOW) == "abf0986cafe43965"


@pytest.mark.long
def test_seed_changes_rows() -> None:
    assert fingerprint(8, NOW) != fingerprint(7, NOW)


def test_past_is_stable() -> None:
    """A day later only the days of the last full weeks may differ, by their bad Tuesday."""
    before, after = days(7, NOW), days(7, NOW + timedelta(days=7))
    moved = [a.date for a, b in zip(before, after, strict=False) if a != b]
    assert moved == [date(2026, 11, 17), date(2026, 11, 24)]


def test_rows_end_at_now(log: Log) -> None:
    for table, columns in TABLES.items():
        for column in (name for name, kind in columns.items() if kind == "TIMESTAMP"):
            (row,) = log.rows(f'SELECT max("{column}") AS latest FROM "{table}"')  # noqa: S608
            assert row["latest"].replace(tzinfo=UTC) <= log.now, (table, column)
    (row,) = log.rows("SELECT max(published_at) AS latest FROM messages")
    assert row["latest"].replace(tzinfo=UTC) > log.now - timedelta(hours=2)


def test_every_table_has_rows(log: Log) -> None:
    assert [table for table in TABLES if not log.rows(f'SELECT 1 FROM "{table}" LIMIT 1')] == []  # noqa: S608


# Each query selects rows that violate an invariant of the log.
CONTRADICTIONS = {
    "a message that is not new at first": """
        SELECT message_id FROM states WHERE step = 0 AND state <> 'new'""",
    "a message without a state": "SELECT id FROM messages WHERE id NOT IN (SELECT message_id FROM states)",
    "a state before the one before it": """
        SELECT 1 FROM states AS a JOIN states AS b ON a.message_id = b.message_id AND b.step = a.step + 1
        WHERE b.entered_at < a.entered_at""",
    "a first state that is not the publishing": """
        SELECT 1 FROM states AS s JOIN messages AS m ON m.id = s.message_id
        WHERE s.step = 0 AND s.entered_at <> m.published_at""",
    "an assignment before the message": """
        SELECT 1 FROM assignments AS a JOIN messages AS m ON m.id = a.message_id
        WHERE a.assigned_at < m.published_at""",
    "a response by an agent without an earlier assignment": """
        SELECT 1 FROM responses AS r WHERE NOT EXISTS (SELECT 1 FROM assignments AS a
        WHERE a.message_id = r.message_id AND a.user_id = r.user_id AND a.assigned_at < r.responded_at)""",
    "a response without the state": """
        SELECT 1 FROM responses WHERE message_id NOT IN (
            SELECT message_id FROM states WHERE state = 'responded')""",
    "a case without a response": """
        SELECT id FROM cases WHERE id NOT IN (SELECT m.case_id FROM messages AS m
        JOIN responses AS r ON r.message_id = m.id)""",
    "a response without a case": """
        SELECT 1 FROM responses AS r JOIN messages AS m ON m.id = r.message_id WHERE m.case_id IS NULL""",
    "a case of another customer or account": """
        SELECT 1 FROM messages AS m JOIN cases AS c ON c.id = m.case_id
        WHERE c.customer_id <> m.customer_id OR c.account_id <> m.account_id""",
    "two cases of a customer within a day": """
        SELECT 1 FROM messages AS a JOIN messages AS b
        ON a.customer_id = b.customer_id AND a.account_id = b.account_id AND a.case_id < b.case_id
        WHERE abs(date_diff('hour', a.published_at, b.published_at)) < 24""",
    "an unknown agent": """
        SELECT user_id FROM assignments WHERE user_id NOT IN (SELECT id FROM users)""",
    "a survey before its case's first reply": """
        SELECT 1 FROM surveys AS s JOIN case_spans AS c ON c.case_id = s.case_id
        WHERE s.sent_at < c.first_replied_at""",
    "a survey older than its form, or on a form that is none": """
        SELECT 1 FROM surveys AS s JOIN forms AS f ON f.id = s.form_id
        WHERE NOT f.nps OR s.sent_at < f.created_at""",
    "an answer before its survey, or out of range": """
        SELECT 1 FROM survey_answers AS a JOIN surveys AS s ON s.id = a.survey_id
        WHERE a.answered_at < s.sent_at OR a.score NOT BETWEEN 0 AND 10""",
    "a classification twice on a message": """
        SELECT 1 FROM message_classifications GROUP BY message_id, classification_id
        HAVING count(*) > 1""",
    "an address outside example.com": """
        SELECT email FROM users WHERE email NOT LIKE '%@example.com'
        UNION SELECT email FROM customers WHERE email NOT LIKE '%@example.com'""",
}


@pytest.mark.parametrize("contradiction", CONTRADICTIONS)
def test_invariants(log: Log, contradiction: str) -> None:
    assert log.rows(CONTRADICTIONS[contradiction] + " LIMIT 5") == []


def test_all_states_occur(log: Log) -> None:
    assert {row["state"] for row in log.rows("SELECT DISTINCT state FROM states")} == set(STATES)


def week(client: Client, back: int, **wanted: list[int]) -> dict[str, float]:
    """Return `summary` of a full week, `back` weeks before the last one."""
    monday = date(2026, 11, 16) - timedelta(days=7 * back)
    ends = {
        "date_from": f"{monday}T00:00:00+11:00",
        "date_to": f"{monday + timedelta(days=6)}T23:59:59+11:00",
    }
    figures: dict[str, float] = client.figures("summary", **ends, **wanted)
    return figures


@pytest.mark.parametrize("back", range(7))
def test_weekly_figures_are_plausible(client: Client, back: int) -> None:
    figures = week(client, back, groups=[123])
    responded = figures["total_responded_to"]
    assert 280 <= figures["total_volume"] <= 520
    assert 0.70 <= responded / figures["total_volume"] <= 0.88
    assert 40 <= figures["avg_response_time_min"] <= 100
    assert 15 <= figures["median_response_time_min"] <= 35
    assert 0.06 <= figures["broke_sla"] / responded <= 0.18


def test_weeks_differ(client: Client) -> None:
    weeks = [week(client, back) for back in range(6)]
    volumes, waits = ([figures[name] for figures in weeks] for name in ("total_volume", "avg_response_time"))
    assert len(set(volumes)) == len(set(waits)) == 6
    assert max(volumes) > 1.1 * min(volumes)
    assert max(waits) > 1.1 * min(waits)


def test_bad_tuesday(client: Client) -> None:
    daily = {
        day: client.figures(
            "summary", date_from=f"2026-11-{day}T00:00:00+11:00", date_to=f"2026-11-{day}T23:59:59+11:00"
        )
        for day in range(16, 23)
    }
    tuesday = daily.pop(17)
    assert tuesday["total_volume"] > max(figures["total_volume"] for figures in daily.values())
    others = sum(figures["median_response_time"] for figures in daily.values()) / 6
    assert tuesday["median_response_time"] > 1.5 * others


def test_yearly_volume_and_assignment(log: Log) -> None:
    (row,) = log.rows(
        """
        WITH handled AS (
            SELECT m.id, count(DISTINCT a.user_id) AS agents
            FROM messages AS m LEFT JOIN assignments AS a ON a.message_id = m.id
            WHERE m.published_at >= '2025-07-01' AND m.published_at < '2026-07-01' GROUP BY m.id
        )
        SELECT count(*) AS messages, count(*) FILTER (agents = 0) / count(*) AS unassigned,
               count(*) FILTER (agents > 1) / count(*) AS shared
        FROM handled
        """
    )
    assert 36_000 <= row["messages"] <= 46_000
    assert 0.04 <= row["unassigned"] <= 0.08
    assert 0.02 <= row["shared"] <= 0.06


def test_open_cases_stay_few(log: Log) -> None:
    """Agents close old messages: otherwise thousands of cases would be open after eight years."""
    (row,) = log.rows(
        "SELECT count(*) FILTER (closed_at IS NULL) AS open, count(*) FILTER (closed_at IS NULL AND "
        "opened_at < (SELECT now - INTERVAL 30 DAY FROM meta)) AS forgotten FROM case_spans"
    )
    assert 60 <= row["open"] <= 400
    assert 0 < row["forgotten"] < 100


def test_thin_history(log: Log) -> None:
    rows = log.rows(
        "SELECT year(published_at) AS year, count(*) / 365 AS a_day, min(published_at) AS first FROM messages "
        "WHERE published_at < '2024-01-01' GROUP BY ALL ORDER BY ALL"
    )
    assert rows[0]["first"].date() <= date(2018, 3, 1)
    assert all(7 <= row["a_day"] <= 13 for row in rows)


def test_names_in_many_scripts(log: Log) -> None:
    names = " ".join(row["full_name"] for row in log.rows("SELECT DISTINCT full_name FROM customers"))
    for part in (
        "Þórsdóttir",
        "欧阳",
        "さくら",
        "민준",
        "الحسن",
        "נועה",
        "आरव",
        "Ольга",
        "Μαρία",
        "สมชาย",
        "🌻",
        "O'Brien",
    ):
        assert part in names


def test_archived_and_namesake_users(client: Client) -> None:
    users = client.get("users").json()
    working = [user for user in users if not user["archived"]]
    assert len(working) == 12
    assert len(users) - len(working) == 3
    assert [user["first_name"] for user in users if user["last_name"] == "Pear"] == ["Jane", "Jane"]
    assert {len(user["groups"]) for user in working} == {1, 2, 3}


def test_holidays() -> None:
    assert date(2026, 4, 3) in holidays(2026)  # Good Friday
    assert date(2026, 4, 6) in holidays(2026)  # Easter Monday
    assert date(2025, 4, 21) in holidays(2025)
    assert date(2024, 3, 29) in holidays(2024)
    assert date(2026, 1, 26) in holidays(2026)
    assert date(2026, 6, 8) in holidays(2026)  # the King's birthday
    assert date(2026, 10, 5) in holidays(2026)  # Labour Day
    assert date(2026, 12, 28) in holidays(2026)  # Boxing Day was a Saturday
    assert date(2022, 12, 26) in holidays(2022)
    assert date(2022, 12, 27) in holidays(2022)  # Christmas was a Sunday
    assert date(2026, 11, 17) not in holidays(2026)
    assert date(2022, 9, 22) not in holidays(2022)  # of the generated past, whose figures stay
    assert date(2026, 4, 27) not in holidays(2026)
    assert date(2027, 4, 26) not in holidays(2027)


def test_holiday_volume(log: Log) -> None:
    counts = {
        row["day"]: row["count"]
        for row in log.rows(
            "SELECT (published_at + INTERVAL 11 HOUR)::DATE AS day, count(*) AS count FROM messages "
            "WHERE published_at >= '2026-01-18' AND published_at < '2026-02-05' GROUP BY day"
        )
    }
    assert counts[date(2026, 1, 26)] < 0.75 * counts[date(2026, 1, 19)]
    assert counts[date(2026, 1, 26)] < 0.75 * counts[date(2026, 2, 2)]


def test_distributions() -> None:
    weights = Weights([("a", 1.0), ("b", 3.0)])
    assert [weights.at(share) for share in (0.0, 0.24, 0.25, 0.999)] == ["a", "a", "b", "b"]
    quantiles = Quantiles((0.0, 10), (0.5, 20), (1.0, 100))
    assert [quantiles.at(share) for share in (0.0, 0.25, 0.5, 0.75)] == [10, 15, 20, 60]
