"""An edition from a dataset: figures, comparison, headline, and missing data."""

import re
from datetime import date, timedelta

import pytest

from bot.compose import REPORTS
from bot.config import load
from bot.model import (
    Agents,
    Chart,
    Dataset,
    Edition,
    Empty,
    Headline,
    Kpi,
    Kpis,
    Note,
    Point,
    Present,
    Report,
    Series,
    TableBlock,
    Unavailable,
    Unit,
    Window,
)
from tests.compose.data import (
    AGENT_ROWS,
    CURRENT,
    NOW,
    PREVIOUS,
    SUMMARY,
    ZONE,
    agents,
    dataset,
    edition,
    states,
    summary,
)
from tests.compose.edition_walk import figures


def tiles(shown: Edition) -> dict[str, Kpi]:
    return {kpi.label: kpi for block in shown.blocks if isinstance(block, Kpis) for kpi in block.items}


def headline(shown: Edition) -> list[str]:
    return [
        sentence.text for block in shown.blocks if isinstance(block, Headline) for sentence in block.sentences
    ]


def notes(shown: Edition) -> list[Note]:
    return [block for block in shown.blocks if isinstance(block, Note)]


def table(shown: Edition) -> TableBlock:
    return next(block for block in shown.blocks if isinstance(block, TableBlock))


def test_key_figures_have_change() -> None:
    shown = tiles(edition())
    assert {label: (kpi.figure.text, kpi.change.text, kpi.change.word) for label, kpi in shown.items()} == {
        "Messages": ("1,469", "+157, +12%", "could be chance"),
        "Responded": ("87%", "+3 pts", "could be chance"),
        "Customer wait": ("52 min", "+9 min, +21%", "could be chance"),
        "Median wait": ("21 min", "no change", ""),
        "Handling time": ("7.1 min", "no change", ""),
        "Over SLA": ("14%", "+4 pts", "worse"),
    }


def test_share_names_base() -> None:
    shown = tiles(edition())
    assert shown["Over SLA"].explanation == "179 of 1,278 replies"
    assert shown["Responded"].explanation == "1,278 of 1,469 messages"


def test_target_verdicts() -> None:
    shown = tiles(edition())
    assert shown["Over SLA"].target is not None
    assert shown["Over SLA"].target.text == "target 10% missed"
    assert shown["Customer wait"].target is not None
    assert shown["Customer wait"].target.text == "target 2 h met"
    assert shown["Messages"].target is None


def test_missed_target_leads() -> None:
    assert headline(edition()) == [
        "14% of replies were over SLA (179 of 1,278), beyond the target of 10%, 4 pts higher than the week before.",
        "1,469 messages came in, 157 more than the week before, which could be chance.",
        "The busiest day was Wednesday, with 339 messages.",
    ]


def test_strongest_news_leads_without_targets() -> None:
    assert headline(edition(targets=()))[0] == (
        "14% of replies were over SLA (179 of 1,278), 4 pts higher than the week before."
    )


def test_ordinary_week() -> None:
    same = dataset(previous={"summary": CURRENT["summary"]})
    assert headline(edition(same, targets=()))[:2] == [
        "An ordinary week: 1,469 messages, as many as the week before.",
        "The busiest day was Wednesday, with 339 messages.",
    ]


def test_story_fits_notification() -> None:
    text = edition().summary_text
    assert text == (
        "14% over SLA (+4 pts worse, target 10% missed); 1,469 messages; 87% responded; wait 52 min"
    )
    assert len(text) <= 200


def test_ordinary_needs_comparison() -> None:
    for data in (dataset(compared=False), dataset(previous={"summary": Unavailable("it timed out")})):
        assert "ordinary" not in " ".join(headline(edition(data, targets=())))


def test_doubled_messages_lead_once() -> None:
    half = summary(SUMMARY | {"total_volume": 700.0, "total_responded_to": 609.0, "broke_sla": 85.0})
    opening = headline(edition(dataset(previous={"summary": half}), targets=()))
    assert opening[0] == "1,469 messages came in, 769 more than the week before."
    assert len(opening) == 2


def test_share_can_grow_from_zero() -> None:
    none = summary(SUMMARY | {"broke_sla": 0.0})
    opening = headline(edition(dataset(previous={"summary": none}), targets=()))
    assert opening[0] == "14% of replies were over SLA (179 of 1,278), 14 pts higher than the week before."


def test_headline_figures_are_in_edition() -> None:
    shown = edition()
    known = {figure.id for figure in figures(shown)}
    opening = next(block for block in shown.blocks if isinstance(block, Headline))
    for sentence in opening.sentences:
        assert sentence.figures
        assert set(sentence.figures) <= known


def test_first_week_has_no_comparison() -> None:
    shown = edition(dataset(compared=False))
    assert {kpi.change.text for kpi in tiles(shown).values()} == {""}
    assert shown.compared_text == ""


def test_zero_messages_have_no_averages() -> None:
    quiet = summary(
        dict.fromkeys(SUMMARY, None) | {"total_volume": 0.0, "total_responded_to": 0.0, "broke_sla": 0.0}
    )
    shown = edition(dataset(CURRENT | {"summary": quiet}))
    assert headline(shown) == ["No messages in this window."]
    assert tiles(shown)["Messages"].figure.text == "0"
    assert tiles(shown)["Customer wait"].figure.text == "–"
    assert tiles(shown)["Over SLA"].figure.text == "–"
    target = tiles(shown)["Over SLA"].target
    assert target is not None
    assert target.verdict == "unknown"


def test_unavailable_report_is_reported_twice() -> None:
    broken = dataset(CURRENT | {"user_summary": Unavailable("the API answered 500 three times")})
    shown = edition(broken)
    sentence = "“Agents” could not be loaded: the API answered 500 three times."
    assert shown.incomplete == (sentence,)
    assert [note.text for note in notes(shown) if note.tone == "unavailable"] == [sentence]


def test_missing_summary_is_not_ordinary() -> None:
    shown = edition(dataset(CURRENT | {"summary": Unavailable("the API answered 500")}))
    assert headline(shown)[0].startswith("The key figures could not be loaded")
    assert not tiles(shown)


def test_unavailable_comparison_is_not_empty() -> None:
    shown = edition(dataset(previous=PREVIOUS | {"summary": Unavailable("it timed out")}))
    assert tiles(shown)["Messages"].change.text == "the week before: not loaded"
    assert (
        "“Key figures” of the week before could not be loaded: it timed out. Nothing is compared."
        in shown.incomplete
    )


def test_empty_report_is_empty_note() -> None:
    shown = edition(dataset(CURRENT | {"user_summary": Empty(NOW), "states_volume": Empty(NOW)}))
    assert [(note.report, note.tone) for note in notes(shown)] == [
        ("states_volume", "empty"),
        ("case_details", "info"),
        ("user_summary", "empty"),
    ]


def chart(shown: Edition, report: str) -> Chart:
    return next(block for block in shown.blocks if isinstance(block, Chart) and block.report == report)


def test_missing_day_is_gap_missing_state_is_zero() -> None:
    gap = states({"closed": (1, None, 3, 4, 5, 6, 7), "assigned": (None, None, 1, None, None, None, None)})
    drawn = chart(edition(dataset(CURRENT | {"states_volume": gap})), "states_volume")
    assert drawn.labels == ("Mon 16", "Tue 17", "Wed 18", "Thu 19", "Fri 20", "Sat 21", "Sun 22")
    assert {series.name: series.values for series in drawn.series} == {
        "closed": (1, None, 3, 4, 5, 6, 7),
        "assigned": (0, None, 1, 0, 0, 0, 0),
    }
    assert drawn.shaded == (5, 6)


def test_missing_hours_keep_their_place() -> None:
    day = Window.of_dates(date(2026, 11, 16), date(2026, 11, 16), ZONE)
    hours = {hour: Point(day.start + timedelta(hours=hour), 2.0) for hour in (8, 14)}
    answer = Present(Series({"closed": tuple(hours.values())}, 3600, Unit.COUNT), NOW)
    data = Dataset(day, {"states_volume": answer}, None, {})
    drawn = chart(edition(data, reports=(Report("states_volume"),)), "states_volume")
    assert len(drawn.labels) == 24
    assert drawn.labels[8] == "08:00"
    assert [index for index, value in enumerate(drawn.series[0].values) if value is not None] == [8, 14]


def test_agents_by_name_and_small_samples_as_counts() -> None:
    rows = table(edition()).rows
    assert [row[0].text for row in rows] == ["Jane Pear", "Noor Haddad", "Åsa Öberg", "明 李"]
    over = {row[0].text: (row[-1].text, row[-1].tone) for row in rows}
    assert over == {
        "Jane Pear": ("8.9%", "plain"),
        "Noor Haddad": ("2 of 6", "plain"),
        "Åsa Öberg": ("–", "plain"),
        "明 李": ("21%", "bad"),
    }


def test_agents_none_removes_names() -> None:
    shown = edition(shown=Agents.NONE)
    for row in AGENT_ROWS:
        for name in (str(row[1]), str(row[2])):
            assert not re.search(rf"\b{name}\b", repr(shown))
    assert [csv.report for csv in shown.csvs] == ["states_volume"]


def test_agents_initials_remove_names() -> None:
    shown = edition(shown=Agents.INITIALS)
    # The initial of a name of one letter is the whole name.
    assert [row[0].text for row in table(shown).rows] == ["Agent 7", "J. P.", "N. H.", "Å. Ö."]
    csv = next(csv for csv in shown.csvs if csv.report == "user_summary")
    assert csv.header[0] == "agent"
    assert not {"user_id", "first_name", "last_name"} & set(csv.header)
    for name in ("Jane", "Pear", "Noor", "Haddad", "明", "李"):
        assert name not in repr(shown)


def test_long_list_is_cut_but_csv_is_complete() -> None:
    many = agents(
        *((str(n), f"First{n:03}", "Last", float(n), 30.0, 1.0, 60.0, 60.0, 0.5) for n in range(51))
    )
    shown = edition(dataset(CURRENT | {"user_summary": many}))
    assert (len(table(shown).rows), table(shown).total, table(shown).more) == (20, 51, 31)
    assert len(next(csv for csv in shown.csvs if csv.report == "user_summary").rows) == 51


def test_edition_carries_export() -> None:
    shown = edition()
    assert [(export.report, export.rows) for export in shown.exports] == [("case_details", 131)]
    assert notes(shown)[-1].text == "131 cases were worked on in this window."


def test_late_edition_names_due_time() -> None:
    from bot.compose import compose
    from bot.model import Occurrence
    from tests.compose.data import WEEK, digest

    occurrence = Occurrence("care-weekly", NOW, WEEK)
    late = compose(digest(), occurrence, dataset(), agents=Agents.NONE, fetched_at=NOW, late=True)
    assert late.late_text == "Late: it was due Mon 23 November 2026 at 09:00, Sydney time."


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_composers_match_report_types(name: str) -> None:
    from bot.model.report_types import REPORT_TYPES

    assert name in REPORT_TYPES
    assert len(REPORT_TYPES) == len(REPORTS)


def test_sample_file_uses_every_report() -> None:
    from pathlib import Path

    sample = load(Path(__file__).parents[2] / "reports.yaml")
    assert {report.type for digest in sample.digests for report in digest.reports} == set(REPORTS)
