"""What the coming days cost under the limit."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bot.actions import forecast
from bot.model import ApiSettings, Compare, Configuration, Digest, Holidays, OnHoliday, Report, WindowRule
from tests.compose.data import digest

NOW = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
REPORTS = tuple(map(Report, ("summary", "states_volume", "user_summary", "case_details")))


def configuration(*digests: Digest, limit: int = 100) -> Configuration:
    api = ApiSettings(limit_requests=limit, usable_requests=limit, reserved_requests=0)
    return Configuration("reports.yaml", digests, api)


def costs(settings: Configuration, days: int = 7) -> list[int]:
    return [row.requests for row in forecast(settings, NOW, days)]


def test_one_digest_costs_its_questions_lists_and_polls() -> None:
    # Three questions and an export start with two polls; three questions before; groups and users; and
    # everybody's summary of both weeks, by which the group's is verified.
    settings = configuration(digest(groups=("Night",), reports=REPORTS))
    assert costs(settings) == [13]
    assert [row.verifying for row in forecast(settings, NOW, 7)] == [2]
    assert costs(configuration(digest(compare=Compare.NONE, reports=REPORTS))) == [6]


def test_two_reports_with_one_question_cost_one_request() -> None:
    both = tuple(map(Report, ("workflow_states", "user_volume")))
    assert costs(configuration(digest(compare=Compare.NONE, reports=both))) == [1]


def test_digests_due_together_share_their_answers() -> None:
    several = [replace(digest(groups=("Night",), reports=REPORTS), name=f"d-{n}") for n in range(20)]
    assert costs(configuration(*several)) == [13] + [0] * 19


def test_next_week_requests_new_and_unsettled_windows() -> None:
    # Every window is fetched nine hours after its end, and once more when it is compared with.
    assert costs(configuration(digest(reports=REPORTS)), days=21) == [9, 9, 9]
    settled = digest(reports=REPORTS, compare=Compare.LAST_YEAR)
    assert costs(configuration(settled), days=14) == [9, 9]


def test_requests_over_the_limit_are_late() -> None:
    several = [replace(digest(groups=(f"g{n}",), reports=REPORTS), name=f"d-{n:02}") for n in range(30)]
    rows = forecast(configuration(*several, limit=95), NOW, 7)
    # Nine requests each, and two lists: 95 leave in any five minutes, the eleventh digest waits.
    assert rows[9].ready_by - DUE < timedelta(minutes=5)
    assert rows[10].ready_by - DUE >= timedelta(minutes=5)
    assert sum(row.late for row in rows) >= 10


def test_reserved_requests_are_not_the_schedulers() -> None:
    one = configuration(digest(reports=REPORTS), limit=100)
    tight = replace(one, api=ApiSettings(usable_requests=6, reserved_requests=3))
    assert forecast(tight, NOW, 7)[0].late
    assert not forecast(one, NOW, 7)[0].late


def test_same_schedule_keeps_own_holidays_and_windows() -> None:
    plain = digest()
    off = replace(
        plain, name="off", holidays=Holidays(dates=(date(2026, 11, 23),)), on_holiday=OnHoliday.SKIP
    )
    over = replace(plain, name="over", until=date(2026, 11, 22))
    other = replace(plain, name="other", window=WindowRule("last 2 weeks", "last", unit="week", count=2))
    rows = forecast(configuration(plain, off, over, other), NOW, 7)
    assert [row.digest.name for row in rows] == [plain.name, "other"]
    assert rows[0].window.start - rows[1].window.start == timedelta(days=7)


def test_compared_window_has_equal_length() -> None:
    # Both ask about the days they share; what a question is about belongs to it.
    week = digest(reports=(Report("summary"),))
    fortnight = replace(week, name="z", window=WindowRule("last 2 weeks", "last", unit="week", count=2))
    assert costs(configuration(week, fortnight)) == [2, 2]
