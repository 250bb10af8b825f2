"""Datasets made by hand for the composer's tests: a week of messages and the week before."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.compose import compose
from bot.model import (
    Agents,
    Column,
    Dataset,
    Digest,
    Edition,
    ExportFile,
    Occurrence,
    Point,
    Present,
    Recipient,
    Report,
    Scalars,
    Schedule,
    Series,
    Slot,
    Table,
    Target,
    Unit,
    Window,
    WindowRule,
)

ZONE = "Australia/Sydney"
NOW = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
WEEK = Window.of_dates(date(2026, 11, 16), date(2026, 11, 22), ZONE)
WEEK_BEFORE = Window.of_dates(date(2026, 11, 9), date(2026, 11, 15), ZONE)
REPORTS = ("summary", "states_volume", "user_summary", "case_details")

SUMMARY = {
    "total_volume": 1469.0,
    "total_responded_to": 1278.0,
    "broke_sla": 179.0,
    "avg_response_time": 3120.0,
    "median_response_time": 1260.0,
    "avg_action_response_time": 426.0,
}
SUMMARY_BEFORE = (
    SUMMARY
    | {"total_volume": 1312.0, "total_responded_to": 1102.0, "broke_sla": 110.0}
    | {"avg_response_time": 2580.0}
)
AGENT_COLUMNS = (
    Column("user_id"),
    Column("first_name"),
    Column("last_name"),
    Column("mentions_assigned", Unit.COUNT),
    Column("total_responded_to", Unit.COUNT),
    Column("broke_sla", Unit.COUNT),
    Column("avg_response_time", Unit.SECONDS),
    Column("avg_action_response_time", Unit.SECONDS),
    Column("fraction_responded_to", Unit.SHARE),
)


def digest(**changes: object) -> Digest:
    """Return a weekly digest of all reports, with targets."""
    given: dict[str, object] = {
        "name": "care-weekly",
        "title": "Social care, weekly",
        "schedule": Schedule("every monday at 09:00", ("0 9 * * 1",)),
        "window": WindowRule("last week", "last", 1, "week"),
        "reports": tuple(Report(name) for name in REPORTS),
        "recipients": (Recipient("slack", "#social-care"),),
        "zone": ZONE,
        "locale": "en_AU",
        "targets": (Target("broke_sla_share", 0.10), Target("avg_response_time", 7200.0)),
    }
    return Digest(**(given | changes))  # type: ignore[arg-type]


def summary(values: Mapping[str, float | None]) -> Present:
    units = {name: Unit.SECONDS if name.endswith("_time") else Unit.COUNT for name in values}
    return Present(Scalars(values, units), NOW)


def states(counts: Mapping[str, tuple[float | None, ...]], window: Window = WEEK) -> Present:
    """Return daily counts by state; None leaves the day's point out."""
    points = {
        state: tuple(
            Point(window.start + timedelta(days=day), value)
            for day, value in enumerate(values)
            if value is not None
        )
        for state, values in counts.items()
    }
    return Present(Series(points, 86_400, Unit.COUNT), NOW)


def agents(*rows: tuple[str | float | None, ...]) -> Present:
    return Present(Table(AGENT_COLUMNS, rows), NOW)


AGENT_ROWS = (
    ("123", "Jane", "Pear", 212.0, 190.0, 17.0, 2640.0, 372.0, 0.896),
    ("7", "明", "李", 164.0, 140.0, 30.0, 3480.0, 474.0, 0.853),
    ("9", "Noor", "Haddad", 8.0, 6.0, 2.0, 2940.0, 396.0, 0.75),
    ("11", "Åsa", "Öberg", 5.0, 0.0, 0.0, None, None, 0.0),
)

CURRENT: dict[str, Slot] = {
    "summary": summary(SUMMARY),
    "states_volume": states(
        {"closed": (180, 176, 241, 170, 160, 66, 59), "assigned": (20, 30, 98, 25, 40, None, 10)}
    ),
    "user_summary": agents(*AGENT_ROWS),
    "case_details": Present(ExportFile("a.csv", 131, 9000, ("Account",)), NOW),
}
PREVIOUS: dict[str, Slot] = {"summary": summary(SUMMARY_BEFORE), "user_summary": agents(*AGENT_ROWS[:2])}


def dataset(
    current: Mapping[str, Slot] | None = None,
    previous: Mapping[str, Slot] | None = None,
    *,
    compared: bool = True,
) -> Dataset:
    return Dataset(
        WEEK,
        CURRENT if current is None else current,
        WEEK_BEFORE if compared else None,
        (PREVIOUS if previous is None else previous) if compared else {},
        ("Social Customer Care",),
    )


def edition(data: Dataset | None = None, *, shown: Agents = Agents.NAMES, **changes: object) -> Edition:
    wanted = digest(**changes)
    occurrence = Occurrence(wanted.name, NOW, WEEK)
    return compose(wanted, occurrence, data or dataset(), agents=shown, fetched_at=NOW)


def sydney(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(ZONE))
