"""What the coming days cost under the limit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.engine import forecast
from bot.model import ApiSettings, Compare, Configuration
from bot.source.gather import requests_expected
from tests.compose.data import WEEK, WEEK_BEFORE, digest

NOW = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)


def configuration(count: int, limit: int = 100) -> Configuration:
    digests = tuple(replace(digest(groups=("Night",)), name=f"d-{n}") for n in range(count))
    return Configuration("reports.yaml", digests, ApiSettings(limit_requests=limit))


def test_one_digest_costs_its_questions_lists_and_polls() -> None:
    # summary, states, agents, export start; summary and agents before; two polls; the list of groups.
    assert requests_expected(digest(groups=("Night",)), WEEK, WEEK_BEFORE) == 9
    assert requests_expected(digest(compare=Compare.NONE), WEEK, None) == 6


def test_few_digests_are_on_time() -> None:
    rows = forecast(configuration(5), NOW, 7)
    assert [row.due for row in rows] == [DUE] * 5
    assert not any(row.late for row in rows)


def test_more_than_the_limit_allows_is_late_and_said_so() -> None:
    rows = forecast(configuration(30), NOW, 7)
    late = [row for row in rows if row.late]
    # 95 of 100 requests leave in any five minutes: ten digests of nine requests, the eleventh waits.
    assert rows[9].ready_by - DUE < timedelta(minutes=5)
    assert rows[10].ready_by - DUE >= timedelta(minutes=5)
    assert len(late) >= 10
