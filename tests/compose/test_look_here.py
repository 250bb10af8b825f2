"""Where to look: only with evidence, at most three, directly below the key figures."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.model import Edition, ExportFile, Hint, Insight, LookHere, Present, Slot, Target, Unit
from tests.compose.data import NOW, SUMMARY, WEEK_BEFORE, summary
from tests.compose.everything import (
    CASE_INSIGHTS,
    COUNTED,
    EVERYTHING,
    SLA_INSIGHTS,
    export,
    table,
    topics,
)
from tests.compose.walk import figures, headline, told

SLA = (Target("broke_sla_share", 0.10),)
EXPORT = "mention_sla_export"


def hints(shown: Edition) -> tuple[Hint, ...]:
    return tuple(hint for block in shown.blocks if isinstance(block, LookHere) for hint in block.items)


def texts(shown: Edition) -> list[tuple[str, str]]:
    return [(hint.text, hint.evidence) for hint in hints(shown)]


def with_insights(*given: Insight) -> dict[str, Slot]:
    """The responses export with some of what was counted in it replaced."""
    named = {one.name: one for one in (*SLA_INSIGHTS, *given)}
    return {EXPORT: Present(ExportFile("/x.csv", 1480, 1, (), tuple(named.values())), NOW)}


def load(*cells: tuple[str, str, float, float | None]) -> Insight:
    columns = {"weekday": None, "hour": None, "messages": Unit.COUNT, "wait": Unit.SECONDS}
    return Insight("load", table(columns, list(cells)))


def ages(*counts: tuple[str, float]) -> Insight:
    return Insight("unanswered", table({"age": None, "messages": Unit.COUNT}, list(counts)))


def by(kind: str, *rows: tuple[str, float, float, float, float]) -> Insight:
    return Insight(f"sla_by_{kind}", table({kind: None} | COUNTED, list(rows)))


CALM = with_insights(
    load(("0", "9", 30.0, 3120.0), ("1", "9", 30.0, 3120.0)),
    ages(("under 2 hours", 3.0), ("over 3 days", 0.0)),
    by("day"),
)


def test_nothing_to_say_is_no_block() -> None:
    calm = told(
        "summary",
        EXPORT,
        "classifications",
        current=CALM,
        previous={"classifications": EVERYTHING["classifications"]},
    )
    assert not [block for block in calm.blocks if isinstance(block, LookHere)]


def test_it_stands_below_the_key_figures() -> None:
    shown = told("summary", EXPORT, "states_volume", targets=SLA)
    assert [block.kind for block in shown.blocks[:4]] == ["headline", "kpis", "look", "chart"]


def test_at_most_three_and_every_figure_is_in_the_edition() -> None:
    shown = told(*EVERYTHING, targets=SLA)
    known = {figure.id for figure in figures(shown)}
    assert 1 <= len(hints(shown)) <= 3
    for hint in hints(shown):
        assert hint.figures
        assert set(hint.figures) <= known


def test_messages_that_wait_for_an_answer() -> None:
    waiting = with_insights(
        ages(("8 to 24 hours", 9.0), ("1 to 3 days", 4.0), ("over 3 days", 1.0)), load(), by("day")
    )
    assert texts(told(EXPORT, current=waiting)) == [
        (
            "Answer the oldest messages first.",
            "At the end of the week 1 message had waited over 3 days "
            "and 4 messages had waited 1 to 3 days for an answer.",
        )
    ]


def test_a_day_is_no_long_wait() -> None:
    assert not hints(told(EXPORT, current=with_insights(ages(("8 to 24 hours", 90.0)), load())))


def test_an_hour_of_long_waits_in_one_week_is_a_question() -> None:
    busy = with_insights(load(("2", "11", 80.0, 9000.0), ("0", "9", 30.0, 3000.0)), ages())
    assert texts(told(EXPORT, current=busy)) == [
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
def test_no_hour_without_enough_behind_it(messages: float, wait: float) -> None:
    assert not hints(told(EXPORT, current=with_insights(load(("2", "11", messages, wait)), ages())))


def test_a_missed_target_points_to_the_day_that_held_most() -> None:
    shown = told("summary", EXPORT, current=with_insights(load(), ages()), targets=SLA)
    assert texts(shown) == [
        (
            "Find out what held up Wednesday.",
            "98 of 179 replies over SLA were to messages from Wednesday, which had 14% of all replies.",
        )
    ]
    assert not hints(told("summary", EXPORT, current=with_insights(load(), ages())))  # no target, no fault


def test_the_hour_says_more_than_its_day() -> None:
    busy = with_insights(load(("2", "11", 80.0, 9000.0)), ages())
    assert [hint.text for hint in hints(told("summary", EXPORT, current=busy, targets=SLA))] == [
        "Check who covered Wednesday from 11:00 to 12:00."
    ]


def test_a_network_or_a_topic_is_named_where_it_holds_most() -> None:
    network = with_insights(
        by("day"),
        by("network", ("Facebook", 700.0, 900.0, 40.0, 1.0), ("X", 500.0, 378.0, 139.0, 1.0)),
    )
    assert (
        "most of them, 139, were to messages on X."
        in headline(told("summary", EXPORT, current=network, targets=SLA))[0]
    )
    topic = with_insights(
        by("day"),
        by("topic", ("refund", 500.0, 378.0, 139.0, 1.0), ("praise", 500.0, 378.0, 20.0, 1.0)),
    )
    assert (
        "were to messages about “refund”." in headline(told("summary", EXPORT, current=topic, targets=SLA))[0]
    )


def test_a_day_with_its_share_is_no_cause() -> None:
    """The busiest day has most of everything: that alone explains nothing."""
    rows = [
        (f"2026-11-{16 + n}", 200.0, 600.0 if n == 2 else 113.0, 84.0 if n == 2 else 15.8, 1.0)
        for n in range(7)
    ]
    shown = told("summary", EXPORT, current=with_insights(by("day", *rows), load(), ages()), targets=SLA)
    assert "Wednesday" not in headline(shown)[0]
    assert not hints(shown)


def test_no_cause_where_the_export_speaks_of_other_replies_than_the_key_figures() -> None:
    other = summary(SUMMARY | {"broke_sla": 190.0})
    assert "Wednesday" not in headline(told("summary", EXPORT, current={"summary": other}, targets=SLA))[0]


def grown(now: Sequence[float], before: Sequence[float]) -> Edition:
    return told(
        "classifications",
        current={"classifications": topics(*now)},
        previous={"classifications": topics(*before)},
    )


def test_a_topic_that_grew() -> None:
    assert texts(grown((100.0, 60.0), (50.0, 60.0))) == [
        ("Find out why “topic 1” grew.", "Topic mentions: 100, 50 more than the week before.")
    ]


def test_a_topic_that_was_not_there_before() -> None:
    new = told(
        "classifications",
        current={"classifications": topics(60.0, 41.0)},
        previous={"classifications": topics(60.0)},
    )
    assert texts(new) == [("Find out why “topic 2” came up.", "Topic mentions: 41, none in the week before.")]


@pytest.mark.parametrize(("now", "before"), [(60.0, 50.0), (15.0, 1.0), (10_000.0, 9000.0)])
def test_a_topic_that_may_have_grown_by_chance_is_small_or_hardly_grew(now: float, before: float) -> None:
    assert not hints(grown((now, 60.0), (before, 60.0)))


def test_growth_is_explained_by_a_topic_only_where_it_brought_half_of_it() -> None:
    before = summary(SUMMARY | {"total_volume": 1100.0, "total_responded_to": 957.0})
    reports = ("summary", "classifications")
    given = {"summary": before, "classifications": topics(200.0, 300.0)}
    most = told(*reports, current={"classifications": topics(412.0, 301.0)}, previous=given)
    assert headline(most)[0] == (
        "1,469 messages came in, 369 more than the week before; "
        "most of the growth was about “topic 1”: 412, 212 more."
    )
    some = told(*reports, current={"classifications": topics(300.0, 301.0)}, previous=given)
    assert headline(some)[0] == "1,469 messages came in, 369 more than the week before."


def test_a_case_that_took_very_long() -> None:
    slow = replace(
        CASE_INSIGHTS[0],
        table=replace(CASE_INSIGHTS[0].table, rows=((131.0, 12.0, 70_000.0, 7200.0),)),
    )
    shown = told(
        "case_details", current={"case_details": export("case_details", 131, (slow, CASE_INSIGHTS[1]))}
    )
    assert texts(shown) == [("Read case c-9.", "It took 9.3 days; on average a case took 19 h 27 min.")]
    assert not hints(told("case_details"))  # twice the average is no hint


def test_the_week_before_must_be_like_this_one() -> None:
    from bot.model import Report, Window
    from tests.compose.data import edition
    from tests.compose.walk import everything

    data = everything({"classifications": topics(100.0, 60.0)}, {"classifications": topics(50.0, 60.0)})
    three_days = Window(WEEK_BEFORE.start, WEEK_BEFORE.start.replace(day=12), WEEK_BEFORE.zone)
    assert not hints(edition(replace(data, previous_window=three_days), reports=(Report("classifications"),)))
