"""Pitfalls of the API document that wording can fall into."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.model import (
    Chart,
    Dataset,
    Edition,
    Filtering,
    FilterState,
    Kpis,
    Point,
    Present,
    Report,
    Scalars,
    Series,
    TableBlock,
    Unit,
    Window,
)
from tests.compose.data import NOW, SUMMARY, WEEK_BEFORE, agents, edition, summary
from tests.compose.edition_walk import compose_reports, everything, figures, headline, notes, texts
from tests.compose.full_dataset import (
    NPS,
    daily,
    scalars,
    stand,
    table,
)


def charts(shown: Edition, report: str) -> list[Chart]:
    return [b for b in shown.blocks if isinstance(b, Chart) and b.report == report]


def tables(shown: Edition, report: str) -> list[TableBlock]:
    return [b for b in shown.blocks if isinstance(b, TableBlock) and b.report == report]


def test_hours_are_not_days() -> None:
    day = Window.of_dates(date(2026, 11, 18), date(2026, 11, 18), "Australia/Sydney")
    points = tuple(Point(day.start + timedelta(hours=hour), 600.0 + hour) for hour in range(24))
    answer = Present(Series({"avg_response_time": points}, 3600, Unit.SECONDS), NOW)
    before = daily({"avg_response_time": (600.0,)}, WEEK_BEFORE, Unit.SECONDS)
    data = Dataset(day, {"response_volume": answer}, WEEK_BEFORE, {"response_volume": before})
    (chart,) = charts(edition(data, reports=(Report("response_volume"),)), "response_volume")
    assert len(chart.labels) == 24
    assert chart.labels[9] == "09:00"
    # Days of the window before cannot be drawn over hours of this one.
    assert [series.name for series in chart.series] == ["current"]


def test_no_answers_have_no_score() -> None:
    nobody = scalars(dict.fromkeys(NPS, 0.0) | {"total_sent": 16.0})
    shown = compose_reports("nps_summary", "nps_volume", current={"nps_summary": nobody})
    assert "No answers in this window. 16 surveys were sent." in texts(shown)
    assert headline(shown)[0] == "Nobody answered the survey in this window."
    scores = [f for f in figures(shown) if f.metric == "nps_summary.nps_score" and f.window == "current"]
    assert {(f.value, f.text) for f in scores} == {(None, "–")}


def test_days_without_answers_are_gaps() -> None:
    shown = compose_reports("nps_volume")
    (chart,) = charts(shown, "nps_volume")
    assert {band.values[1] for band in chart.series} == {None}  # not a column of no height
    assert chart.overlay is not None
    expected: tuple[object, ...] = (
        pytest.approx(58.33, abs=0.01),
        None,
        pytest.approx(16.67, abs=0.01),
        62.5,
        80.0,
        None,
        None,
    )
    assert chart.overlay.values == expected
    (csv,) = shown.csvs
    assert csv.rows[1] == ("2026-11-17", 8.0, 0.0, 0.0, 0.0, 0.0, None)


def test_score_of_zero_with_answers() -> None:
    even = scalars(NPS | {"total_promoters": 15.0, "total_detractors": 15.0, "nps_score": 0.0})
    assert headline(compose_reports("nps_summary", current={"nps_summary": even}))[0].startswith(
        "NPS was 0 from 36 answers"
    )


def test_shares_have_own_base() -> None:
    """Over SLA is of the replies, responded of the messages: 11 of 29 and 29 of 81 in the document."""
    sample = summary(SUMMARY | {"total_volume": 81.0, "total_responded_to": 29.0, "broke_sla": 11.0})
    shares = {
        f.metric: f.value
        for f in figures(compose_reports("summary", current={"summary": sample}))
        if f.window == "current"
    }
    assert shares["summary.broke_sla_share"] == 11 / 29
    assert shares["summary.responded_share"] == 29 / 81


def test_over_sla_of_export_is_share_of_replies() -> None:
    (by_day, *_) = tables(compose_reports("mention_sla_export"), "mention_sla_export")
    assert by_day.rows[2][3].text == "54%"  # 98 of 180 replies, not of 200 messages


def test_shares_follow_samples() -> None:
    """A response rate is a share of surveys sent; an agent's share is the API's own value."""
    row = ("123", "Jane", "Pear", 36.0, 27.0, 3.0, 60.0, 60.0, 0.75)
    shown = compose_reports("user_summary", "nps_summary", current={"user_summary": agents(row)})
    by_metric = {(f.metric, f.window): f for f in figures(shown)}
    assert by_metric["user_summary.fraction_responded_to", "current"].value == 0.75
    assert by_metric["nps_summary.response_rate", "current"].value == 36 / 48


def test_all_states_is_not_added() -> None:
    (chart,) = charts(compose_reports("classifications"), "classifications")
    assert chart.series[0].values[0] == 412  # not 415 with its single states
    assert chart.labels[-1] == "other (2 topics)"
    assert chart.series[0].values[-1] == 50


def test_topics_are_not_messages() -> None:
    (chart,) = charts(compose_reports("classifications"), "classifications")
    assert "Topic mentions" in chart.caption
    assert chart.caption.count("messages") == 1
    assert "do not add up to messages" in chart.caption
    assert "message" not in chart.alt
    assert compose_reports("classifications").csvs[0].header[-1] == "topic_mentions"


def test_topics_csv_has_every_row() -> None:
    (csv,) = compose_reports("classifications").csvs
    assert len(csv.rows) == 30
    assert ("1", "topic 1", "all_states", 412.0) in csv.rows


def test_workflow_states_are_assigned_messages() -> None:
    (block,) = tables(compose_reports("workflow_states"), "workflow_states")
    assert block.caption.startswith("Assigned messages, summed over agents")
    assert compose_reports("workflow_states").csvs[0].header == ("state", "assigned_messages")


def test_agents_do_not_add_up() -> None:
    (block,) = tables(compose_reports("user_summary"), "user_summary")
    assert "do not add up" in block.caption


def test_filter_state_is_noted_on_top() -> None:
    data = replace(
        everything({}, {}),
        filtering=Filtering(FilterState.UNVERIFIED, notes=("An agent has left the group.",)),
    )
    shown = edition(data)
    assert [block.kind for block in shown.blocks[:4]] == ["headline", "note", "note", "kpis"]
    assert [note.text for note in notes(shown)[:2]] == [
        "An agent has left the group.",
        "Whether the API limited these figures to group Social Customer Care is not verified.",
    ]
    assert shown.unverified


def test_honoured_filter_has_no_note() -> None:
    data = replace(everything({}, {}), filtering=Filtering(FilterState.HONOURED))
    assert not edition(data).unverified
    assert "verified" not in repr(edition(data).blocks)


@pytest.mark.covers("null, text or nothing instead of a number")
def test_missing_number_is_a_dash() -> None:
    nothing = Present(Scalars(dict.fromkeys(SUMMARY), {}), NOW)
    shown = compose_reports("summary", current={"summary": nothing})
    (block,) = [b for b in shown.blocks if isinstance(b, Kpis)]
    assert {kpi.figure.text for kpi in block.items} == {"–"}


@pytest.mark.covers("an unknown state")
def test_unknown_states_are_shown() -> None:
    odd = stand(assigned=1.0, on_the_moon=3.0)
    (block,) = tables(compose_reports("workflow_states", current={"workflow_states": odd}), "workflow_states")
    assert block.rows[0][0].text == "On the moon"


def test_topics_of_same_name_stay_separate() -> None:
    rows = [("1", "refund", "all_states", 3.0), ("2", "refund", "all_states", 2.0)]
    twice = Present(
        table({"classification_id": None, "classification": None, "state": None, "volume": Unit.COUNT}, rows),
        NOW,
    )
    (chart,) = charts(
        compose_reports("classifications", current={"classifications": twice}, compared=False),
        "classifications",
    )
    assert chart.labels == ("refund", "refund")
    assert chart.value_labels == ("3", "2")
