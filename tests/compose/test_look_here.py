"""Look here: at most three hints, each with evidence, directly below the key figures."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.model import Edition, ExportFile, Hint, Insight, LookHere, Present, Slot, Target, Unit
from tests.compose.data import NOW, SUMMARY, WEEK_BEFORE, summary
from tests.compose.edition_walk import compose_reports, figures, headline
from tests.compose.full_dataset import (
    CASE_INSIGHTS,
    COUNTED,
    EVERYTHING,
    SLA_INSIGHTS,
    export,
    table,
    topics,
)

SLA = (Target("broke_sla_share", 0.10),)
EXPORT = "mention_sla_export"


def hints(shown: Edition) -> tuple[Hint, ...]:
    return tuple(hint for block in shown.blocks if isinstance(block, LookHere) for hint in block.items)


def texts(shown: Edition) -> list[tuple[str, str]]:
    return [(hint.text, hint.evidence) for hint in hints(shown)]


def with_insights(*given: Insight) -> dict[str, Slot]:
    """Return the responses export with some insights replaced."""
    named = {insight.name: insight for insight in (*SLA_INSIGHTS, *given)}
    return {EXPORT: Present(ExportFile("x.csv", 1480, 1, (), tuple(named.values())), NOW)}


def load(*cells: tuple[str, str, float, float | None]) -> Insight:
    columns = {"weekday": None, "hour": None, "messages": Unit.COUNT, "wait": Unit.SECONDS}
    return Insight("load", table(columns, list(cells)))


def ages(*counts: tuple[str, float]) -> Insight:
    return Insight("unanswered", table({"age": None, "messages": Unit.COUNT}, list(counts)))


def by(kind: str, *rows: tuple[str, float, float, float, float]) -> Insight:
    return Insight(f"sla_by_{kind}", table({kind: None, **COUNTED}, list(rows)))


CALM = with_insights(
    load(("0", "9", 30.0, 3120.0), ("1", "9", 30.0, 3120.0)),
    ages(("under 2 hours", 3.0), ("over 3 days", 0.0)),
    by("day"),
)


def test_no_leads_no_block() -> None:
    calm = compose_reports(
        "summary",
        EXPORT,
        "classifications",
        current=CALM,
        previous={"classifications": EVERYTHING["classifications"]},
    )
    assert not [block for block in calm.blocks if isinstance(block, LookHere)]


def test_block_stands_below_key_figures() -> None:
    shown = compose_reports("summary", EXPORT, "states_volume", targets=SLA)
    assert [block.kind for block in shown.blocks[:4]] == ["headline", "kpis", "look", "chart"]


def test_at_most_three_hints_with_figures() -> None:
    shown = compose_reports(*EVERYTHING, targets=SLA)
    known = {figure.id for figure in figures(shown)}
    assert 1 <= len(hints(shown)) <= 3
    for hint in hints(shown):
        assert hint.figures
        assert set(hint.figures) <= known


def test_unanswered_messages() -> None:
    waiting = with_insights(
        ages(("8 to 24 hours", 9.0), ("1 to 3 days", 4.0), ("over 3 days", 1.0)), load(), by("day")
    )
    assert texts(compose_reports(EXPORT, current=waiting)) == [
        (
            "Answer the oldest messages first.",
            "At the end of the week 1 message had waited over 3 days "
            "and 4 messages had waited 1 to 3 days for an answer.",
        )
    ]


def test_wait_of_a_day_is_no_hint() -> None:
    assert not hints(compose_reports(EXPORT, current=with_insights(ages(("8 to 24 hours", 90.0)), load())))


def test_slow_hour_of_one_week_asks_who_covered() -> None:
    busy = with_insights(load(("2", "11", 80.0, 9000.0), ("0", "9", 30.0, 3000.0)), ages())
    assert texts(compose_reports(EXPORT, current=busy)) == [
        (
            "Check who covered Wednesday from 11:00 to 12:00.",
            "80 messages came in then, and customers waited 2 h 30 min on average, "
            "against 52 min over the whole week.",
        )
    ]


@pytest.mark.parametrize(
    ("messages", "wait"),
    [(9.0, 90_000.0), (80.0, 4000.0), (12.0, 6000.0)],
    ids=["too few messages", "hardly longer", "may be chance"],
)
def test_slow_hour_needs_messages(messages: float, wait: float) -> None:
    assert not hints(
        compose_reports(EXPORT, current=with_insights(load(("2", "11", messages, wait)), ages()))
    )


def test_missed_target_names_day() -> None:
    shown = compose_reports("summary", EXPORT, current=with_insights(load(), ages()), targets=SLA)
    assert texts(shown) == [
        (
            "Find out what held up Wednesday.",
            "98 of 179 replies over SLA were to messages from Wednesday, which had 14% of all replies.",
        )
    ]
    assert not hints(
        compose_reports("summary", EXPORT, current=with_insights(load(), ages()))
    )  # no target, no fault


def test_hour_replaces_day() -> None:
    busy = with_insights(load(("2", "11", 80.0, 9000.0)), ages())
    assert [hint.text for hint in hints(compose_reports("summary", EXPORT, current=busy, targets=SLA))] == [
        "Check who covered Wednesday from 11:00 to 12:00."
    ]


def test_missed_target_names_network_or_topic() -> None:
    network = with_insights(
        by("day"),
        by("network", ("Facebook", 700.0, 900.0, 40.0, 1.0), ("X", 500.0, 378.0, 139.0, 1.0)),
    )
    assert (
        "most of them, 139, were to messages on X."
        in headline(compose_reports("summary", EXPORT, current=network, targets=SLA))[0]
    )
    topic = with_insights(
        by("day"),
        by("topic", ("refund", 500.0, 378.0, 139.0, 1.0), ("praise", 500.0, 378.0, 20.0, 1.0)),
    )
    assert (
        "were to messages about “refund”."
        in headline(compose_reports("summary", EXPORT, current=topic, targets=SLA))[0]
    )


def test_busiest_day_is_no_cause() -> None:
    """The busiest day has most of everything, which explains nothing."""
    rows = [
        (f"2026-11-{16 + n}", 200.0, 600.0 if n == 2 else 113.0, 84.0 if n == 2 else 15.8, 1.0)
        for n in range(7)
    ]
    shown = compose_reports(
        "summary", EXPORT, current=with_insights(by("day", *rows), load(), ages()), targets=SLA
    )
    assert "Wednesday" not in headline(shown)[0]
    assert not hints(shown)


def test_no_cause_when_export_counts_other_replies() -> None:
    other = summary(SUMMARY | {"broke_sla": 190.0})
    assert (
        "Wednesday"
        not in headline(compose_reports("summary", EXPORT, current={"summary": other}, targets=SLA))[0]
    )


def grown(now: Sequence[float], before: Sequence[float]) -> Edition:
    return compose_reports(
        "classifications",
        current={"classifications": topics(*now)},
        previous={"classifications": topics(*before)},
    )


def test_grown_topic() -> None:
    assert texts(grown((100.0, 60.0), (50.0, 60.0))) == [
        ("Find out why “topic 1” grew.", "Topic mentions: 100, 50 more than the week before.")
    ]


def test_new_topic() -> None:
    new = compose_reports(
        "classifications",
        current={"classifications": topics(60.0, 41.0)},
        previous={"classifications": topics(60.0)},
    )
    assert texts(new) == [("Find out why “topic 2” came up.", "Topic mentions: 41, none in the week before.")]


@pytest.mark.parametrize(("now", "before"), [(60.0, 50.0), (15.0, 1.0), (10_000.0, 9000.0)])
def test_growth_by_chance_is_no_hint(now: float, before: float) -> None:
    assert not hints(grown((now, 60.0), (before, 60.0)))


def test_topic_explains_half_of_growth() -> None:
    before = summary(SUMMARY | {"total_volume": 1100.0, "total_responded_to": 957.0})
    reports = ("summary", "classifications")
    given = {"summary": before, "classifications": topics(200.0, 300.0)}
    most = compose_reports(*reports, current={"classifications": topics(412.0, 301.0)}, previous=given)
    assert headline(most)[0] == (
        "1,469 messages came in, 369 more than the week before; "
        "most of the growth was about “topic 1”: 412, 212 more."
    )
    some = compose_reports(*reports, current={"classifications": topics(300.0, 301.0)}, previous=given)
    assert headline(some)[0] == "1,469 messages came in, 369 more than the week before."


def test_slow_case() -> None:
    slow = replace(
        CASE_INSIGHTS[0],
        table=replace(CASE_INSIGHTS[0].table, rows=((131.0, 12.0, 70_000.0, 7200.0),)),
    )
    shown = compose_reports(
        "case_details", current={"case_details": export("case_details", 131, (slow, CASE_INSIGHTS[1]))}
    )
    assert texts(shown) == [("Read case c-9.", "It took 9.3 days; on average a case took 19 h 27 min.")]
    assert not hints(compose_reports("case_details"))  # twice the average is no hint


def test_growth_needs_same_kind_of_window() -> None:
    from bot.model import Report, Window
    from tests.compose.data import edition
    from tests.compose.edition_walk import everything

    data = everything({"classifications": topics(100.0, 60.0)}, {"classifications": topics(50.0, 60.0)})
    three_days = Window(WEEK_BEFORE.start, WEEK_BEFORE.start.replace(day=12), WEEK_BEFORE.zone)
    assert not hints(edition(replace(data, previous_window=three_days), reports=(Report("classifications"),)))
