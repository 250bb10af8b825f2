"""The editions with golden files: everyday ones, and those that are hard to show well."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from bot.compose import REPORTS, compose
from bot.model import (
    Agents,
    Dataset,
    Edition,
    Empty,
    Occurrence,
    Point,
    Present,
    Report,
    Series,
    Slot,
    Unavailable,
    Unit,
    Window,
    WindowRule,
)
from tests.compose.data import AGENT_ROWS, NOW, SUMMARY, WEEK, WEEK_BEFORE, ZONE, agents, digest, summary
from tests.compose.full_dataset import (
    EVERYTHING,
    EVERYTHING_BEFORE,
    EXPORTS,
    FORMS,
    NPS,
    scalars,
    topics,
    volumes,
)

WEEKLY = tuple(name for name in REPORTS if name not in EXPORTS)
"""The twelve reports of the reference weekly edition."""

SCRIPTS = (
    ("1", "小明", "王", 41.0, 40.0, 3.0, 900.0, 300.0, 0.98),
    ("2", "محمد", "العلي", 39.0, 30.0, 3.0, 900.0, 300.0, 0.77),
    ("3", "אורי", "כהן", 38.0, 30.0, 3.0, 900.0, 300.0, 0.79),
    ("4", "प्रिया", "शर्मा", 37.0, 30.0, 3.0, 900.0, 300.0, 0.81),
    ("5", "Łukasz", "Żak-Müller O'Neil", 36.0, 30.0, 3.0, 900.0, 300.0, 0.83),
    ("6", "🌟 VIP", "👩‍🚀", 35.0, 30.0, 3.0, 900.0, 300.0, 0.85),
    (
        "7",
        "Bartholomäus Maximilian",
        "Freiherr von und zu Hohenstaufen-Langenburg",
        34.0,
        30.0,
        1.0,
        9e5,
        3.0,
        1.0,
    ),
)


def composed(
    current: Mapping[str, Slot],
    previous: Mapping[str, Slot] | None,
    reports: Sequence[str] = WEEKLY,
    span: Window = WEEK,
    before: Window = WEEK_BEFORE,
    **changes: object,
) -> Edition:
    """Compose these answers with agents named; without `previous` nothing is compared."""
    wanted = digest(reports=tuple(map(Report, reports)), **changes)
    due = max(NOW, span.end.astimezone(UTC))
    data = Dataset(
        span,
        {name: current[name] for name in reports if name in current},
        before if previous is not None else None,
        {name: slot for name, slot in (previous or {}).items() if name in reports},
        ("Social Customer Care",),
        forms={name: form for name, form in FORMS.items() if name in reports},
    )
    occurrence = Occurrence(wanted.name, due, span)
    return compose(wanted, occurrence, data, agents=Agents.NAMES, fetched_at=due)


def ordinary() -> Edition:
    """Compose a week in which little moved."""
    calm = SUMMARY | {"broke_sla": 100.0, "avg_response_time": 2600.0}
    slightly = calm | {"total_volume": 1452.0, "total_responded_to": 1260.0}
    before = {name: EVERYTHING[name] for name in WEEKLY} | {"summary": summary(slightly)}
    return composed(EVERYTHING | {"summary": summary(calm)}, before)


def eventful() -> Edition:
    """Compose a week with a bad Wednesday that the responses export shows."""
    return composed(EVERYTHING, EVERYTHING_BEFORE, (*WEEKLY, "mention_sla_export"))


def reference() -> Edition:
    """Compose twelve reports and thirty agents: the edition of the page and time limits."""
    answers = {"user_summary": agents(*_team(30)), "user_volume": volumes(*_load(30))}
    return composed(EVERYTHING | answers, EVERYTHING_BEFORE)


def first_week() -> Edition:
    """Compose a week with an empty comparison."""
    return composed(EVERYTHING, {name: Empty(NOW) for name in WEEKLY})


def empty_week() -> Edition:
    """Compose a week without messages."""
    nothing = dict.fromkeys(SUMMARY) | {"total_volume": 0.0, "total_responded_to": 0.0, "broke_sla": 0.0}
    gone: dict[str, Slot] = {name: Empty(NOW) for name in WEEKLY}
    return composed(gone | {"summary": summary(nothing)}, EVERYTHING_BEFORE)


def half_unavailable() -> Edition:
    """Compose a week in which every second report is unavailable."""
    lost = {
        name: Unavailable(f"The Activity API failed to answer {name} (HTTP 500).") for name in WEEKLY[1::2]
    }
    return composed(EVERYTHING | lost, EVERYTHING_BEFORE)


def one_agent() -> Edition:
    """Compose a team of one."""
    return composed(EVERYTHING | {"user_summary": agents(AGENT_ROWS[0])}, EVERYTHING_BEFORE)


def many_agents() -> Edition:
    """Compose a team of 200."""
    answers = {"user_summary": agents(*_team(200)), "user_volume": volumes(*_load(200))}
    return composed(EVERYTHING | answers, EVERYTHING_BEFORE)


def _team(count: int) -> list[tuple[str | float | None, ...]]:
    return [(*_person(n), 400.0 - n, 300.0 - n, n % 40.0, 900.0 + n, 60.0 + n, 0.75) for n in range(count)]


def _load(count: int) -> list[tuple[str | float | None, ...]]:
    return [(*_person(n), 90.0, 60.0, 0.0, 10.0, 5.0, 15.0, 60.0, 0.0) for n in range(count)]


def _person(n: int) -> tuple[str, str, str]:
    return str(n), f"First{n:03}", f"Last{n:03}"


def scripts() -> Edition:
    """Compose names in every script that the fonts hold, emoji, and a title that looks like a template."""
    counts = tuple((*row[:3], 90.0, 60.0, 0.0, 10.0, 5.0, 15.0, 60.0, 0.0) for row in SCRIPTS)
    answers = {"user_summary": agents(*SCRIPTS), "user_volume": volumes(*counts)}
    return composed(EVERYTHING | answers, EVERYTHING_BEFORE, title="Wöchentlich {{ 7*7 }} <b>&</b> 日報 🌟")


def hourly() -> Edition:
    """Compose yesterday, by hours."""
    day, before = _day(date(2026, 11, 17)), _day(date(2026, 11, 16))
    hours = [day.start + timedelta(hours=n) for n in range(24)]
    counts = {
        "closed": tuple(Point(at, float(max(0, 14 - abs(13 - n)))) for n, at in enumerate(hours)),
        "assigned": tuple(Point(at, 2.0) for n, at in enumerate(hours) if 8 < n < 17),
    }
    waits = {
        "avg_response_time": tuple(Point(at, 600.0 + 90 * n) for n, at in enumerate(hours) if 7 < n < 20)
    }
    answers = {
        "states_volume": Present(Series(counts, 3600, Unit.COUNT), NOW),
        "response_volume": Present(Series(waits, 3600, Unit.SECONDS), NOW),
    }
    reports = ("summary", "states_volume", "response_volume")
    return composed(
        EVERYTHING | answers, {"summary": EVERYTHING_BEFORE["summary"]}, reports, day, before, **_every_day()
    )


def quarter() -> Edition:
    """Compose ninety-two days."""
    window = Window.of_dates(date(2026, 7, 1), date(2026, 9, 30), ZONE)
    before = Window.of_dates(date(2026, 4, 1), date(2026, 6, 30), ZONE)
    days = [datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE)) for day in window.days]
    counts = {
        "closed": tuple(Point(at, 150.0 + 40 * (n % 7 < 5) + n % 11) for n, at in enumerate(days)),
        "assigned": tuple(Point(at, float(n % 9)) for n, at in enumerate(days)),
    }
    waits = {"avg_response_time": tuple(Point(at, 2400.0 + 60 * (n % 17)) for n, at in enumerate(days))}
    opened = {"open": tuple(Point(at, 40.0 + n % 13) for n, at in enumerate(days))}
    answers = {
        "states_volume": Present(Series(counts, 86_400, Unit.COUNT), NOW),
        "response_volume": Present(Series(waits, 86_400, Unit.SECONDS), NOW),
        "case_volume": Present(Series(opened, 86_400, Unit.COUNT), NOW),
    }
    reports = (
        "summary",
        "states_volume",
        "response_volume",
        "classifications",
        "case_summary",
        "case_volume",
    )
    compared = {name: EVERYTHING_BEFORE[name] for name in ("summary", "classifications", "case_summary")}
    rule = WindowRule("last quarter", "last", 1, "quarter")
    return composed(EVERYTHING | answers, compared, reports, window, before, window=rule, title="The quarter")


def unanswered_survey() -> Edition:
    """Compose a survey without answers: no score, which is not a score of 0."""
    none = dict.fromkeys(NPS, 0.0) | {"total_sent": 31.0, "nps_score": None}
    answers: dict[str, Slot] = {"nps_summary": scalars(none), "nps_volume": Empty(NOW)}
    reports = ("nps_summary", "nps_volume")
    return composed(EVERYTHING | answers, EVERYTHING_BEFORE, reports, title="What customers say")


def clock_change() -> Edition:
    """Compose a week of 167 hours: clocks go forward on Sunday 4 October 2026 in Sydney."""
    window = Window.of_dates(date(2026, 9, 28), date(2026, 10, 4), ZONE)
    before = Window.of_dates(date(2026, 9, 21), date(2026, 9, 27), ZONE)
    days = [datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE)) for day in window.days]
    counts = {"closed": tuple(Point(at, 180.0 + n) for n, at in enumerate(days))}
    answers = {"states_volume": Present(Series(counts, 86_400, Unit.COUNT), NOW)}
    reports = ("summary", "states_volume", "user_summary")
    return composed(
        EVERYTHING | answers, EVERYTHING_BEFORE | {"states_volume": Empty(NOW)}, reports, window, before
    )


def _day(day: date) -> Window:
    return Window.of_dates(day, day, ZONE)


def _every_day() -> dict[str, object]:
    return {"window": WindowRule("yesterday", "last", 1, "day"), "title": "Social care, daily"}


NAMED: Mapping[str, Callable[[], Edition]] = {
    "ordinary-week": ordinary,
    "week-with-an-event": eventful,
    "reference-week": reference,
    "first-week": first_week,
    "empty-week": empty_week,
    "half-unavailable": half_unavailable,
    "one-agent": one_agent,
    "200-agents": many_agents,
    "all-scripts": scripts,
    "hourly": hourly,
    "quarter": quarter,
    "nps-without-answers": unanswered_survey,
    "clock-change": clock_change,
}
"""The editions by name."""

BY_REPORT: Mapping[str, Callable[[], Edition]] = {
    f"report-{name}": partial(composed, EVERYTHING, EVERYTHING_BEFORE, (name,)) for name in REPORTS
}
"""An edition of each report type alone."""


def without_exports(edition: Edition) -> Edition:
    """Return the edition without the API's files, which these tests do not have."""
    return replace(edition, exports=())


__all__ = ["BY_REPORT", "NAMED", "topics", "without_exports"]
