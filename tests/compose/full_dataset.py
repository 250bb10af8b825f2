"""A dataset of all fifteen report types, made by hand: one week, and the week before."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.compose import REPORTS
from bot.model import (
    Column,
    ExportFile,
    Form,
    Insight,
    Point,
    Present,
    Report,
    Scalars,
    Series,
    Slot,
    Table,
    Unit,
    Window,
)
from tests.compose.data import AGENT_ROWS, CURRENT, NOW, PREVIOUS, WEEK, WEEK_BEFORE, states

ALL = tuple(Report(name) for name in REPORTS)
EXPORTS = ("case_details", "nps_submissions", "mention_sla_export")
FORM = Form(55, "NPS Survey", "Acme NPS Survey", "https://forms.example.com/55", True, False, ())
FORMS = dict.fromkeys(("nps_summary", "nps_volume", "nps_submissions"), FORM)

Columns = Mapping[str, Unit | None]
"""Units by column name; None for text."""

CASES = {
    "total_cases": 25.0,
    "first_reply_time": 7200.0,
    "resolution_time": 427361.7,
    "median_first_reply_time": 3000.0,
    "median_resolution_time": 310362.3,
    "agent_interactions": 2.4,
    "agents_involved": 1.0,
}
NPS = {
    "total_sent": 48.0,
    "total_received": 36.0,
    "total_promoters": 27.0,
    "total_passives": 3.0,
    "total_detractors": 6.0,
    "nps_score": 175 / 3,
}
NPS_BEFORE = NPS | {"total_promoters": 25.0, "total_passives": 5.0, "nps_score": 475 / 9}
STATES = ("new", "assigned", "in_progress", "responded", "closed", "escalated")
"""The last one is undocumented."""


def scalars(values: Mapping[str, float | None]) -> Present:
    return Present(Scalars(values, {}), NOW)


def daily(
    values: Mapping[str, Sequence[float | None]], window: Window = WEEK, unit: Unit = Unit.COUNT
) -> Present:
    """Return one value per day by name; None leaves the day's point out."""
    points = {
        name: tuple(
            Point(window.start + timedelta(days=day), value)
            for day, value in enumerate(column)
            if value is not None
        )
        for name, column in values.items()
    }
    return Present(Series(points, 86_400, unit), NOW)


def table(columns: Columns, rows: Sequence[tuple[str | float | None, ...]]) -> Table:
    return Table(tuple(Column(name, unit) for name, unit in columns.items()), tuple(rows))


COUNTED: Columns = {
    "messages": Unit.COUNT,
    "replies": Unit.COUNT,
    "over_sla": Unit.COUNT,
    "wait": Unit.SECONDS,
}
SCORED: Columns = dict.fromkeys(("promoters", "passives", "detractors"), Unit.COUNT)
TOPIC: Columns = {"classification_id": None, "classification": None, "state": None, "volume": Unit.COUNT}
CASE_TOPIC = {name: unit for name, unit in TOPIC.items() if name != "state"}
VOLUMES: Columns = {
    **{"user_id": None, "first_name": None, "last_name": None},
    **dict.fromkeys(("all_states", "all_closed_states", *STATES), Unit.COUNT),
}


def topics(*volumes: float | None, first: int = 1) -> Present:
    """Return a topic per volume, with its `all_states` row and two rows of single states."""
    rows: list[tuple[str | float | None, ...]] = []
    for number, volume in enumerate(volumes, first):
        rows += [
            (str(number), f"topic {number}", "closed", 1.0),
            (str(number), f"topic {number}", "all_states", volume),
        ]
        rows.append((str(number), f"topic {number}", "assigned", 2.0))
    return Present(table(TOPIC, rows), NOW)


def case_topics(*volumes: float | None) -> Present:
    rows = [(str(n), f"topic {n}", volume) for n, volume in enumerate(volumes, 1)]
    return Present(table(CASE_TOPIC, rows), NOW)


def stand(**counts: float | None) -> Present:
    return Present(table({"state": None, "volume": Unit.COUNT}, list(counts.items())), NOW)


def volumes(*rows: tuple[str | float | None, ...]) -> Present:
    return Present(table(VOLUMES, rows), NOW)


VOLUME_ROWS = (
    ("123", "Jane", "Pear", 166.0, 110.0, 0.0, 15.0, 14.0, 27.0, 110.0, 0.0),
    ("7", "明", "李", 64.0, 60.0, 0.0, 4.0, 0.0, 0.0, 60.0, 0.0),
    ("9", "Noor", "Haddad", 4.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0),
)

SLA_INSIGHTS = (
    Insight("totals", table(COUNTED, [(1480.0, 1278.0, 179.0, 3120.0)])),
    Insight(
        "load",
        table(
            {"weekday": None, "hour": None, "messages": Unit.COUNT, "wait": Unit.SECONDS},
            [("0", "9", 30.0, 600.0), ("0", "14", 41.0, None), ("2", "11", 80.0, 5760.0)],
        ),
    ),
    Insight(
        "sla_by_day",
        table(
            {"day": None, **COUNTED},
            [(f"2026-11-{16 + n}", 200.0, 180.0, 98.0 if n == 2 else 13.5, 2400.0) for n in range(7)],
        ),
    ),
    Insight(
        "sla_by_network",
        table(
            {"network": None, **COUNTED},
            [("Facebook", 900.0, 800.0, 100.0, 3000.0), ("X", 9.0, 6.0, 6.0, None)],
        ),
    ),
    Insight("sla_by_topic", table({"topic": None, **COUNTED}, [("refund", 300.0, 250.0, 20.0, 3600.0)])),
    Insight(
        "longest_waits",
        table(
            {"published": None, "network": None, "state": None, "wait": Unit.SECONDS, "agent": None},
            [
                ("2026-11-18T09:30", "Facebook", "responded", 9000.0, "Jane Pear"),
                ("2026-11-17T10:00", "X", "closed", 8000.0, "明 李"),
            ],
        ),
    ),
    Insight(
        "unanswered",
        table({"age": None, "messages": Unit.COUNT}, [("under 2 hours", 3.0), ("over 3 days", 1.0)]),
    ),
)
CASE_INSIGHTS = (
    Insight(
        "totals",
        table(
            {
                "cases": Unit.COUNT,
                "open": Unit.COUNT,
                "resolution": Unit.SECONDS,
                "first_reply": Unit.SECONDS,
            },
            [(131.0, 12.0, 427361.7, 7200.0)],
        ),
    ),
    Insight(
        "slow_cases",
        table(
            {
                "case": None,
                "account": None,
                "network": None,
                "opened": None,
                "resolution": Unit.SECONDS,
                "first_reply": Unit.SECONDS,
                "agents": Unit.COUNT,
            },
            [("c-9", "Acme", "Facebook", "2026-11-16T08:15", 800000.0, 3600.0, 3.0)],
        ),
    ),
)
NPS_INSIGHTS = (
    Insight("totals", table({"answers": Unit.COUNT, **SCORED}, [(36.0, 27.0, 3.0, 6.0)])),
    Insight(
        "by_day",
        table({"day": None, **SCORED}, [("2026-11-16", 9.0, 1.0, 2.0), ("2026-11-18", 0.0, 0.0, 0.0)]),
    ),
    Insight(
        "by_category",
        table(
            {"column": None, "category": None, "answers": Unit.COUNT, **SCORED},
            [
                ("Network", "Facebook", 30.0, 24.0, 2.0, 4.0),
                ("Network", "X", 6.0, 3.0, 1.0, 2.0),
                ("Agent", "Jane Pear", 12.0, 9.0, 1.0, 2.0),
            ],
        ),
    ),
)


def export(name: str, rows: int, insights: tuple[Insight, ...] = ()) -> Present:
    return Present(ExportFile(f"{name}.csv", rows, 9000, ("Account",), insights), NOW)


NPS_DAYS = {
    "total_sent": (8.0, 8.0, 8.0, 8.0, 8.0, 4.0, 4.0),
    "total_received": (12.0, 0.0, 6.0, 8.0, 10.0, 0.0, None),
    "total_promoters": (9.0, 0.0, 3.0, 6.0, 9.0, 0.0, None),
    "total_passives": (1.0, 0.0, 1.0, 1.0, 0.0, 0.0, None),
    "total_detractors": (2.0, 0.0, 2.0, 1.0, 1.0, 0.0, None),
}

EVERYTHING: dict[str, Slot] = CURRENT | {
    "response_volume": daily(
        {"avg_response_time": (2400.0, 2700.0, 5760.0, None, 2400.0, 3300.0, 3000.0)}, unit=Unit.SECONDS
    ),
    "mention_sla_export": export("mention_sla_export", 1480, SLA_INSIGHTS),
    "workflow_states": stand(assigned=15.0, in_progress=15.0, responded=28.0, closed=171.0, new=0.0),
    "classifications": topics(412.0, 301.0, 188.0, 120.0, 97.0, 60.0, 50.0, 40.0, 30.0, 20.0, first=1),
    "case_summary": scalars(CASES),
    "case_volume": daily({"open": (9.0, 9.0, 12.0, 10.0, 9.0, 9.0, 0.0)}),
    "case_classifications": case_topics(7.0, 5.0, 1.0),
    "case_details": export("case_details", 131, CASE_INSIGHTS),
    "user_volume": volumes(*VOLUME_ROWS),
    "nps_summary": scalars(NPS),
    "nps_volume": daily(NPS_DAYS),
    "nps_submissions": export("nps_submissions", 36, NPS_INSIGHTS),
}
EVERYTHING_BEFORE: dict[str, Slot] = PREVIOUS | {
    "states_volume": states(
        {"closed": (170, 170, 211, 170, 160, 66, 59), "assigned": (20, 30, 30, 25, 40, None, 10)}, WEEK_BEFORE
    ),
    "response_volume": daily(
        {"avg_response_time": (2400.0, 2400.0, 2400.0, 2400.0, None, 2400.0, 2400.0)},
        WEEK_BEFORE,
        Unit.SECONDS,
    ),
    "workflow_states": stand(assigned=10.0, closed=171.0),
    "classifications": topics(300.0, 301.0, 200.0, 120.0, None, 60.0, 50.0, 40.0),
    "case_summary": scalars(CASES | {"total_cases": 20.0, "agent_interactions": 2.0}),
    "case_volume": daily({"open": (8.0,) * 7}, WEEK_BEFORE),
    "case_classifications": case_topics(7.0),
    "user_volume": volumes(*VOLUME_ROWS[:1]),
    "nps_summary": scalars(NPS_BEFORE),
    "nps_volume": daily(NPS_DAYS, WEEK_BEFORE),
}

NAMES = tuple(str(part) for row in AGENT_ROWS for part in row[1:3])
"""First and last names of all people in the data."""
