"""Each kind of event at the very edges of a window: its first instant is in, the first one after it is out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activity_emulator import Log
from activity_emulator.query import ReportQuery
from activity_emulator.reports import EXPORTS, REPORTS, Selection
from activity_emulator.reports.periods import days
from tests.activity_emulator.small_logs import FIXED

SINCE = datetime(2026, 4, 2, tzinfo=UTC)
LAST_SECOND = datetime(2026, 4, 3, 23, 59, 59, tzinfo=UTC)
UNTIL = datetime(2026, 4, 4, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)
A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)
NOW = UNTIL + 9 * A_DAY

edges = pytest.mark.parametrize(
    ("at", "counts"),
    [(SINCE - A_MOMENT, 0), (SINCE, 1), (UNTIL - A_MOMENT, 1), (UNTIL, 0)],
    ids=["before", "first", "last", "after"],
)


def log_of(published: datetime, responded: datetime, surveyed: datetime) -> Log:
    """One message of agent 1, answered and closed at once, and a survey answered as soon as it was sent."""
    return Log.of(
        {
            **FIXED,
            "messages": [(1, 1, 1, 1, published, False, "Hello")],
            "states": [(1, 0, "new", published), (1, 1, "closed", responded)],
            "assignments": [(1, 1, published)],
            "responses": [(1, 1, 1, responded, "Hi", None)],
            "message_classifications": [(1, 7)],
            "surveys": [(1, 55, 1, 1, surveyed)],
            "survey_answers": [(1, surveyed, 10, None)],
        },
        now=NOW,
    )


def ask(log: Log, kind: str) -> Any:
    query = ReportQuery(kind, SINCE, LAST_SECOND, None, None, 55, "all")
    return (REPORTS | EXPORTS)[kind](log, Selection.of(query, log))


@edges
def test_message_counted_at_publication(at: datetime, counts: int) -> None:
    log = log_of(at, at + A_DAY * 3, NOW)
    assert ask(log, "summary")["total_volume"] == counts
    assert len(ask(log, "user_summary")) == len(ask(log, "user_volume")) == counts
    assert sum(point["value"] for points in ask(log, "states_volume").values() for point in points) == counts
    assert len(ask(log, "response_volume")["avg_response_time"]) == counts
    assert len(ask(log, "classifications")) == 2 * counts
    assert len(ask(log, "mention_sla_export").rows) == counts
    log.close()


@edges
def test_case_counted_at_response(at: datetime, counts: int) -> None:
    log = log_of(at - A_DAY, at, NOW)
    assert len(ask(log, "case_details").rows) == len(ask(log, "case_classifications")) == counts
    log.close()


@edges
def test_case_counted_at_closing(at: datetime, counts: int) -> None:
    log = log_of(at - 2 * A_DAY, at - A_DAY, NOW)
    assert ask(log, "case_summary")["total_cases"] == counts
    log.close()


@edges
def test_survey_counted_at_sending_and_answer(at: datetime, counts: int) -> None:
    log = log_of(SINCE, SINCE, at)
    figures = ask(log, "nps_summary")
    assert (figures["total_sent"], figures["total_received"]) == (counts, counts)
    assert sum(point["data"]["total_sent"] for point in ask(log, "nps_volume")) == counts
    assert len(ask(log, "nps_submissions").rows) == counts
    log.close()


@pytest.mark.parametrize(
    ("opened", "closed", "expected"),
    [
        (SINCE - 3 * A_DAY, SINCE, [0, 0]),
        (SINCE - 3 * A_DAY, SINCE + A_MOMENT, [1, 0]),
        (SINCE, SINCE + A_DAY, [1, 0]),
        (SINCE, SINCE + A_DAY + A_MOMENT, [1, 1]),
        (SINCE + A_DAY - A_MOMENT, SINCE + 3 * A_DAY, [1, 1]),
        (SINCE + A_DAY, SINCE + 3 * A_DAY, [0, 1]),
        (UNTIL - A_MOMENT, UNTIL + 2 * A_DAY, [0, 1]),
        (UNTIL, UNTIL + 2 * A_DAY, [0, 0]),
    ],
)
def test_case_open_until_closing(opened: datetime, closed: datetime, expected: list[int]) -> None:
    log = log_of(opened, closed - A_DAY, NOW)
    assert [point["value"] for point in ask(log, "case_volume")["open"]] == expected
    log.close()


def test_case_closing_at_log_end() -> None:
    """24 hours to the microsecond are enough; one less is not, for all that the log knows."""
    closed = []
    for short in (timedelta(0), A_MOMENT):
        log = log_of(SINCE, NOW - A_DAY + short, NOW)
        closed.append(log.rows("SELECT closed_at FROM case_spans")[0]["closed_at"])
        log.close()
    assert closed == [NOW.replace(tzinfo=None), None]


def test_days_cover_window() -> None:
    """The clock goes forward: 5 October has begun in Sydney, in the start's offset it has not."""
    query = ReportQuery(
        "any",
        datetime.fromisoformat("2026-10-03T12:00:00+10:00"),
        datetime.fromisoformat("2026-10-05T00:29:59+11:00"),
    )
    found = days(query)
    assert [f"{day.midnight:%d %H:%M}" for day in found] == ["03 00:00", "04 00:00", "05 00:00"]
    assert [f"{day.since:%d %H:%M}" for day in found] == ["03 02:00", "03 14:00", "04 13:30"]
    assert [f"{day.until:%d %H:%M}" for day in found] == ["03 14:00", "04 13:30", "04 13:30"]
    log = log_of(SINCE, NOW - AN_HOUR, NOW)
    points = REPORTS["case_volume"](log, Selection(query, None))
    log.close()
    assert points == {
        "open": [
            {"value": value, "date_range": {"date_from": f"2026-10-0{day} 00:00"}}
            for day, value in ((3, 1), (4, 1), (5, 0))
        ]
    }
