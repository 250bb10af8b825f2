"""Sections: the text of each report type."""

from datetime import date

import pytest

from bot.model import (
    Chart,
    Edition,
    Empty,
    Holidays,
    Insight,
    Kpi,
    Kpis,
    Report,
    TableBlock,
    Target,
    Unavailable,
)
from tests.compose.data import NOW, SUMMARY, WEEK_BEFORE, edition, states, summary
from tests.compose.edition_walk import compose_reports, everything, headline, notes, texts
from tests.compose.full_dataset import (
    CASES,
    COUNTED,
    EVERYTHING,
    NPS,
    case_topics,
    export,
    scalars,
    stand,
    topics,
    volumes,
)
from tests.compose.full_dataset import table as insight_table


def chart(shown: Edition, report: str) -> Chart:
    return next(b for b in shown.blocks if isinstance(b, Chart) and b.report == report)


def table(shown: Edition, title: str) -> TableBlock:
    return next(b for b in shown.blocks if isinstance(b, TableBlock) and b.title == title)


def rows(block: TableBlock) -> list[list[str]]:
    return [[cell.text for cell in row] for row in block.rows]


def tile(shown: Edition, label: str) -> Kpi:
    return next(k for b in shown.blocks if isinstance(b, Kpis) for k in b.items if k.label == label)


def test_busiest_day_is_compared_with_same_weekday() -> None:
    assert headline(compose_reports("states_volume")) == (
        "The busiest day was Wednesday, with 339 messages, 98 more than the Wednesday before.",
    )


def test_weekday_without_previous_messages_has_no_change() -> None:
    gap = states({"closed": (1, 2, None, 4, 5, 6, 7)}, WEEK_BEFORE)
    text = headline(compose_reports("states_volume", previous={"states_volume": gap}))[0]
    assert text == "The busiest day was Wednesday, with 339 messages."


def test_response_volume_labels_worst_point_and_target() -> None:
    shown = compose_reports("response_volume", targets=(Target("avg_response_time", 7200.0),))
    line = chart(shown, "response_volume")
    assert [(s.name, s.label) for s in line.series] == [
        ("current", "This week"),
        ("previous", "the week before"),
    ]
    assert line.series[0].values[3] is None  # a day without a reply is a gap
    assert line.series[1].values[4] is None
    assert line.callout is not None
    assert (line.callout.index, line.callout.text) == (2, "Wed: 1 h 36 min")
    assert line.reference is not None
    assert line.reference.label == "target 2 h"
    assert chart(compose_reports("response_volume"), "response_volume").reference is None


def test_workflow_states_order() -> None:
    assert rows(table(compose_reports("workflow_states"), "Where messages stand")) == [
        ["Assigned", "15", "+5, +50%"],
        ["In progress", "15", "+15"],
        ["Responded", "28", "+28"],
        ["Closed", "171", "no change"],
    ]


def test_workflow_states_without_comparison() -> None:
    block = table(compose_reports("workflow_states", compared=False), "Where messages stand")
    assert [column.label for column in block.columns] == ["State", "Messages"]


def test_workflow_states_without_number() -> None:
    odd = stand(assigned=None, closed=1.0)
    block = table(
        compose_reports("workflow_states", current={"workflow_states": odd}, compared=False),
        "Where messages stand",
    )
    assert rows(block) == [["Assigned", "–"], ["Closed", "1"]]


def test_user_volume_order() -> None:
    block = table(compose_reports("user_volume"), "Messages by agent and state")
    assert [c.label for c in block.columns] == [
        *("Agent", "All", "Assigned", "In progress", "Responded", "Escalated", "Closed", "Change of all")
    ]
    assert [row[0] for row in rows(block)] == ["Jane Pear", "Noor Haddad", "明 李"]
    assert rows(block)[1][-1] == "+4"  # no row before: no messages before


def test_user_volume_shows_busiest_twelve() -> None:
    zeros = [0.0] * 7
    agents: list[tuple[str | float | None, ...]] = [
        (str(n), f"First{n:02}", "Last", float(n), *zeros) for n in range(30)
    ]
    many = volumes(*agents)
    shown = compose_reports("user_volume", current={"user_volume": many})
    block = table(shown, "Messages by agent and state")
    assert (len(block.rows), block.total) == (12, 30)
    assert block.rows[0][0].text == "First18 Last"
    assert len(shown.csvs[0].rows) == 30


def test_topics_are_ranked_with_change() -> None:
    bars = chart(compose_reports("classifications"), "classifications")
    assert dict(zip(bars.labels, bars.value_labels, strict=True)) == {
        "topic 1": "412, +37%",
        "topic 2": "301, 0%",
        "topic 3": "188, −6%",
        "topic 4": "120, 0%",
        "topic 5": "97, new",
        "topic 6": "60, 0%",
        "topic 7": "50, 0%",
        "topic 8": "40, 0%",
        "other (2 topics)": "50, new",
    }
    assert bars.series[1].values[4] is None  # no mark at the left edge for what was not there


def test_topics_alt_text() -> None:
    alt = chart(compose_reports("classifications"), "classifications").alt
    assert alt.startswith("Topic mentions, each with its change from the week before: ")
    assert ": topic 1: 412, +37% more; topic 2: 301, 0%; topic 3: 188, −6% fewer; " in alt
    assert "; topic 5: 97, new; " in alt
    assert alt.endswith("other (2 topics): 50, new.")


def test_gone_topics_count_among_others() -> None:
    before = topics(*(10.0,) * 12)
    now = topics(*(20.0,) * 9)
    bars = chart(
        compose_reports(
            "classifications", current={"classifications": now}, previous={"classifications": before}
        ),
        "classifications",
    )
    assert (bars.labels[-1], bars.value_labels[-1]) == ("other (1 topic)", "20, −50%")
    assert bars.series[1].values[-1] == 40  # one that is still there, three that are not


def test_no_topic_is_new_without_comparison() -> None:
    bars = chart(compose_reports("classifications", compared=False), "classifications")
    assert bars.value_labels[0] == "412"
    failed = compose_reports("classifications", previous={"classifications": Unavailable("it timed out")})
    assert chart(failed, "classifications").value_labels[0] == "412"
    assert (
        chart(
            compose_reports("classifications", previous={"classifications": Empty(NOW)}), "classifications"
        ).value_labels[0]
        == "412, new"
    )


def test_case_topics_count_cases() -> None:
    bars = chart(compose_reports("case_classifications"), "case_classifications")
    assert bars.value_labels == ("7, 0%", "5, new", "1, new")
    assert compose_reports("case_classifications").csvs[0].header == (
        "classification_id",
        "classification",
        "cases",
    )
    assert chart(
        compose_reports(
            "case_classifications", current={"case_classifications": case_topics(2.0, None, 0.0)}
        ),
        "case_classifications",
    ).labels == ("topic 1",)


def test_case_summary_shows_all_figures() -> None:
    assert rows(table(compose_reports("case_summary"), "Case figures")) == [
        ["Cases closed", "25", "20", "+5, +25%, could be chance"],
        ["First reply", "2 h", "2 h", "no change"],
        ["Median first reply", "50 min", "50 min", "no change"],
        ["Resolution", "4.9 days", "4.9 days", "no change"],
        ["Median resolution", "3.6 days", "3.6 days", "no change"],
        ["Replies a case", "2.4", "2.0", "+0.4, +20%, could be chance"],
        ["Agents a case", "1.0", "1.0", "no change"],
    ]


def test_few_cases_are_marked() -> None:
    shown = compose_reports("case_summary", current={"case_summary": scalars(CASES | {"total_cases": 6.0})})
    assert tile(shown, "First reply").explanation == "only 6 cases"
    assert tile(shown, "Cases closed").explanation == ""


def test_zero_cases() -> None:
    none = scalars(dict.fromkeys(CASES) | {"total_cases": 0.0})
    shown = compose_reports("case_summary", current={"case_summary": none})
    assert headline(shown) == ("No cases were closed in this window.",)
    assert tile(shown, "Cases closed").figure.text == "0"
    assert tile(shown, "Resolution").figure.text == "–"


def test_open_cases() -> None:
    line = chart(compose_reports("case_volume"), "case_volume")
    assert line.callout is not None
    assert line.callout.text == "Wed: 12"
    assert line.series[0].values[-1] == 0  # a day with 0 open cases is no gap
    assert line.alt == "Open cases by day: highest on Wed 18 November, 12, lowest on Sun 22 November, 0."


def test_case_details_totals_and_slowest() -> None:
    shown = compose_reports("case_details")
    assert notes(shown)[0].text == (
        "131 cases were worked on in this window. 12 are still open. "
        "On average resolution took 4.9 days and the first reply took 2 h."
    )
    assert rows(table(shown, "Slowest cases")) == [
        ["c-9", "Acme", "Facebook", "Mon 16 November 08:15", "9.3 days", "1 h", "3"]
    ]
    assert "Last Agent" not in texts(shown)


def test_nps_shows_answer_count() -> None:
    shown = compose_reports("nps_summary")
    assert (tile(shown, "NPS").figure.text, tile(shown, "NPS").explanation) == ("+58", "from 36 answers")
    assert (tile(shown, "NPS").change.text, tile(shown, "NPS").change.word) == (
        "+5 points",
        "could be chance",
    )
    assert tile(shown, "Response rate").explanation == "36 of 48 sent"
    assert "Survey: Acme NPS Survey, https://forms.example.com/55." in texts(shown)
    assert headline(shown) == (
        "An ordinary week: NPS was +58 from 36 answers, 5 points higher than the week before.",
    )
    assert shown.summary_text == "Ordinary week: NPS +58 from 36 answers"


def test_few_answers_are_no_trend() -> None:
    few = scalars(
        NPS
        | {
            "total_received": 6.0,
            "total_promoters": 4.0,
            "total_passives": 1.0,
            "total_detractors": 1.0,
            "nps_score": 50.0,
        }
    )
    shown = compose_reports("nps_summary", current={"nps_summary": few})
    assert tile(shown, "NPS").explanation == "only 6 answers"
    assert (tile(shown, "NPS").change.verdict, tile(shown, "NPS").change.word) == ("neutral", "")
    assert headline(shown) == (
        "12% of surveys were answered (6 of 48), 62 pts lower than the week before.",
        "NPS was +50 from only 6 answers.",
    )
    assert shown.summary_text == "NPS +50 from only 6 answers"


def test_survey_is_named_once() -> None:
    shown = compose_reports("nps_summary", "nps_volume", "nps_submissions")
    assert sum(text.startswith("Survey: ") for text in texts(shown)) == 1


def test_category_score_needs_ten_answers() -> None:
    block = table(compose_reports("nps_submissions"), "Answers by category")
    assert rows(block)[:2] == [
        ["Network", "Facebook", "30", "24", "2", "4", "+67"],
        ["Network", "X", "6", "3", "1", "2", "–"],
    ]


def test_daily_score_from_export() -> None:
    columns = chart(compose_reports("nps_submissions"), "nps_submissions")
    assert [(item.name, item.values[0]) for item in columns.series] == [
        *(("detractors", 2), ("passives", 1), ("promoters", 9))
    ]
    assert columns.overlay is not None
    expected: tuple[object, ...] = (pytest.approx(58.33, abs=0.01), *[None] * 6)
    assert columns.overlay.values == expected
    both = compose_reports("nps_volume", "nps_submissions")
    assert [b.report for b in both.blocks if isinstance(b, Chart)] == ["nps_volume"]


def test_service_levels() -> None:
    shown = compose_reports("mention_sla_export", targets=(Target("broke_sla_share", 0.10),))
    by_day = table(shown, "Service levels by day")
    assert rows(by_day)[2] == ["Wed 18 Nov", "200", "180", "54%", "40 min"]
    assert [row[3].tone for row in by_day.rows][:3] == ["plain", "plain", "bad"]
    assert rows(table(shown, "Service levels by network")) == [
        ["Facebook", "900", "800", "12%", "50 min"],
        ["X", "9", "6", "6 of 6", "–"],
    ]
    assert table(shown, "Service levels by network").rows[1][3].tone == "plain"  # six replies are few
    assert "do not add up to messages" in table(shown, "Service levels by topic").caption


def test_load_waits_and_unanswered() -> None:
    shown = compose_reports("mention_sla_export")
    assert rows(table(shown, "Busiest hour by weekday")) == [
        ["Monday", "14:00 to 15:00", "71", "41", "–"],
        ["Wednesday", "11:00 to 12:00", "80", "80", "1 h 36 min"],
    ]
    assert rows(table(shown, "Longest waits"))[0] == [
        *("Wed 18 November 09:30", "Facebook", "Responded", "Jane Pear", "2 h 30 min")
    ]
    assert rows(table(shown, "Unanswered")) == [["under 2 hours", "3"], ["over 3 days", "1"]]


def test_export_without_columns_has_fewer_tables() -> None:
    bare = compose_reports(
        "mention_sla_export", current={"mention_sla_export": export("mention_sla_export", 1480)}
    )
    assert [block.kind for block in bare.blocks] == ["headline", "note"]
    assert notes(bare)[0].text == "The responses export has 1,480 rows."
    assert [item.report for item in bare.exports] == ["mention_sla_export"]


def test_export_mismatch_names_both_numbers() -> None:
    shown = compose_reports("summary", "mention_sla_export")
    assert (
        "The responses export and the key figures do not agree: "
        "1,480 messages in the export, 1,469 in the key figures."
    ) in texts(shown)
    same = summary(SUMMARY | {"total_volume": 1480.0})
    agreeing = compose_reports("summary", "mention_sla_export", current={"summary": same})
    assert "do not agree" not in repr(agreeing)


def test_missed_target_sentence_names_day() -> None:
    targets = (Target("broke_sla_share", 0.10),)
    assert headline(compose_reports("summary", "mention_sla_export", targets=targets))[0] == (
        "14% of replies were over SLA (179 of 1,278), beyond the target of 10%, "
        "4 pts higher than the week before; most of them, 98, were to messages from Wednesday."
    )
    assert headline(compose_reports("summary", targets=targets))[0].endswith(
        "4 pts higher than the week before."
    )


def test_headline_without_summary() -> None:
    shown = compose_reports("nps_summary", "case_summary")
    assert headline(shown)[:2] == (
        "An ordinary week: NPS was +58 from 36 answers, 5 points higher than the week before.",
        "25 cases were closed, 5 more than the week before.",
    )
    assert shown.summary_text == (
        "Ordinary week: NPS +58 from 36 answers; 25 cases closed; resolution 4.9 days"
    )
    assert (
        compose_reports("case_summary").summary_text == "Ordinary week: 25 cases closed; resolution 4.9 days"
    )


def test_failed_summary_comes_first() -> None:
    shown = compose_reports("summary", "nps_summary", current={"summary": Unavailable("it timed out")})
    assert headline(shown) == (
        "The key figures could not be loaded.",
        "NPS was +58 from 36 answers, 5 points higher than the week before.",
    )


def test_fallen_score_leads() -> None:
    high = scalars(
        NPS | {"total_promoters": 36.0, "total_passives": 0.0, "total_detractors": 0.0, "nps_score": 100.0}
    )
    calm = {"summary": EVERYTHING["summary"], "nps_summary": high}
    assert headline(compose_reports("summary", "nps_summary", previous=calm))[0] == (
        "NPS was +58 from 36 answers, 42 points lower than the week before."
    )


def test_impossible_share_shows_base() -> None:
    odd = summary(SUMMARY | {"total_responded_to": 1600.0})
    shown = compose_reports("summary", current={"summary": odd})
    assert tile(shown, "Responded").figure.text == "109%"
    assert "The API gave 109% for Responded (1,600 of 1,469 messages); it is shown as it came." in texts(
        shown
    )


@pytest.mark.parametrize(
    ("report", "opening"),
    [
        ("response_volume", "Customers waited longest on Wednesday: 1 h 36 min."),
        ("classifications", "The most frequent topic was “topic 1”, with 412 mentions."),
        ("mention_sla_export", "1,480 messages came in, and 179 of 1,278 replies were over SLA."),
        ("case_volume", "Most cases were open on Wednesday: 12."),
        ("case_classifications", "The most frequent topic was “topic 1”, with 7 cases."),
        ("case_details", "131 cases were worked on, and 12 are still open."),
        ("nps_submissions", "36 answers came in."),
        ("user_volume", "Social care, weekly: the figures of this window."),
    ],
)
def test_headline_without_key_figures(report: str, opening: str) -> None:
    assert headline(compose_reports(report)) == (opening,)


def test_holidays_are_shaded() -> None:
    tuesday = Holidays(dates=(date(2026, 11, 17),))
    wanted = tuple(Report(name) for name in ("states_volume", "response_volume", "nps_volume"))
    shown = edition(everything({}, {}), reports=wanted, holidays=tuesday)
    assert {chart(shown, report.type).shaded for report in wanted} == {(1, 5, 6)}
    assert chart(shown, "states_volume").caption.endswith(" Weekend and holiday shaded.")
    sydney = edition(everything({}, {}), reports=wanted, holidays=Holidays("AU-NSW"))
    assert chart(sydney, "states_volume").shaded == (5, 6)


def test_load_grid() -> None:
    grid = chart(compose_reports("mention_sla_export"), "mention_sla_export")
    assert (grid.shape, len(grid.series), len(grid.labels)) == ("grid", 7, 24)
    assert [item.label for item in grid.series][:2] == ["Monday", "Tuesday"]
    assert (grid.series[0].values[9], grid.series[0].values[10], grid.series[2].values[11]) == (30, 0, 80)
    assert grid.callout is not None
    assert divmod(grid.callout.index, 24) == (2, 11)
    assert grid.alt == "Messages by weekday and hour: most on Wednesday, 11:00 to 12:00, 80 messages."


def test_nps_columns_with_score() -> None:
    columns = chart(compose_reports("nps_volume"), "nps_volume")
    assert (columns.shape, [item.name for item in columns.series]) == (
        *("columns", ["detractors", "passives", "promoters"]),
    )
    assert columns.overlay is not None
    assert columns.overlay.values[0] == pytest.approx(58.33, abs=0.01)
    assert columns.overlay.values[1] is None
    assert columns.callout is not None
    assert columns.callout.text == "Wed: +17"
    assert columns.alt == (
        "NPS and answers by day: highest on Fri 20 November, +80, lowest on Wed 18 November, +17; "
        "3 of 7 days without answers."
    )


def test_busiest_topics_of_export() -> None:
    many = [(f"topic {n:02}", float(n), 1.0, 0.0, 60.0) for n in range(45)]
    insight = Insight("sla_by_topic", insight_table({"topic": None, **COUNTED}, many))
    given = {"mention_sla_export": export("mention_sla_export", 1480, (insight,))}
    block = table(compose_reports("mention_sla_export", current=given), "Service levels by topic")
    assert (len(block.rows), block.more) == (31, 0)  # no CSV has the others: none is promised
    assert block.caption.endswith(" Shown are the 31 of 45 with most messages.")


def test_few_messages_of_agent_are_counts() -> None:
    block = table(compose_reports("user_summary"), "Agents")
    assert [row[2].text for row in block.rows] == ["90%", "6 of 8", "0 of 5", "85%"]
    assert block.caption.endswith("Shares of fewer than 20 are given as counts: they say little.")
