"""Figures: one id has one value and one text, and sentences name their figures."""

import itertools

import pytest

from bot.compose import REPORTS
from bot.compose.figures.wording import Wording, as_shown
from bot.model import Agents, Edition, Figure, Headline, Kpis, Report, Target
from tests.compose.data import ZONE, edition
from tests.compose.edition_walk import compose_reports, everything, figures
from tests.compose.full_dataset import ALL

WORDS = Wording("en_AU", ZONE)


def mixes() -> list[tuple[str, ...]]:
    """Return all reports, each report alone, and every pair that opens differently."""
    openings = ("summary", "nps_summary", "case_summary", "states_volume", "mention_sla_export")
    return [tuple(REPORTS), *((name,) for name in REPORTS), *itertools.combinations(openings, 2)]


@pytest.mark.parametrize("reports", mixes(), ids=lambda names: "+".join(names)[:60])
def test_sentence_figures_are_in_edition(reports: tuple[str, ...]) -> None:
    shown = compose_reports(*reports)
    known = {figure.id: figure for figure in figures(shown)}
    opening = next(block for block in shown.blocks if isinstance(block, Headline))
    assert 1 <= len(opening.sentences) <= 3
    for sentence in opening.sentences:
        assert set(sentence.figures) <= set(known)
        for figure in (known[name] for name in sentence.figures):
            assert "ordinary" in sentence.text or figure.text.lstrip("+−") in sentence.text


@pytest.mark.parametrize("shown", [Agents.NAMES, Agents.NONE])
def test_figure_id_has_one_value(shown: Agents) -> None:
    told_once: dict[str, Figure] = {}
    for figure in figures(edition(everything({}, {}), shown=shown, reports=ALL)):
        assert told_once.setdefault(figure.id, figure) == figure


def test_figure_text_matches_value() -> None:
    for figure in figures(edition(everything({}, {}), reports=ALL)):
        if figure.window == "change":
            assert figure.value is not None
            assert figure.text == WORDS.difference(figure.value, figure.unit)
        else:
            assert figure.text == WORDS.value(figure.value, figure.unit)


def test_change_is_difference_of_shown_values() -> None:
    by_id = {figure.id: figure for figure in figures(edition(everything({}, {}), reports=ALL))}
    changes = [figure for figure in by_id.values() if figure.window == "change"]
    assert len(changes) >= 15
    for change in changes:
        now, before = (by_id.get(f"{change.metric}/{change.subject}/{w}") for w in ("current", "previous"))
        if now is not None and before is not None:
            assert now.value is not None
            assert before.value is not None
            assert change.value == as_shown(now.value, now.unit) - as_shown(before.value, before.unit)


def test_metric_names_start_with_report() -> None:
    names = {figure.metric.partition(".")[0] for figure in figures(edition(everything({}, {}), reports=ALL))}
    assert names == set(REPORTS)


def test_section_order() -> None:
    shown = edition(everything({}, {}), reports=ALL)
    order = [getattr(block, "report", "") for block in shown.blocks]
    sections = list(dict.fromkeys(name for name in order if name))
    assert sections == [name for name in REPORTS if name != "summary"]
    assert [block.kind for block in shown.blocks[:2]] == ["headline", "kpis"]
    assert sum(isinstance(block, Kpis) for block in shown.blocks) == 1
    pictures = [block.report for block in shown.blocks if block.kind == "chart"]
    assert len(pictures) == len(set(pictures))  # the picture's file is named by its report


def labels(shown: Edition) -> list[str]:
    return [kpi.label for block in shown.blocks if isinstance(block, Kpis) for kpi in block.items]


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        (("summary",), "Messages, Responded, Customer wait, Median wait, Handling time, Over SLA"),
        (
            ("summary", "case_summary"),
            "Messages, Responded, Customer wait, Median wait, Handling time, Over SLA",
        ),
        (("summary", "nps_summary"), "Messages, Responded, Customer wait, Handling time, Over SLA, NPS"),
        (("nps_summary",), "NPS, Answers, Response rate, Promoters, Passives, Detractors"),
        (
            ("case_summary",),
            "Cases closed, First reply, Median first reply, Resolution, Median resolution, Replies a case",
        ),
        (
            ("nps_summary", "case_summary"),
            "NPS, Response rate, Cases closed, First reply, Resolution, Replies a case",
        ),
        (("classifications",), ""),
    ],
)
def test_at_most_six_tiles(reports: tuple[str, ...], expected: str) -> None:
    assert ", ".join(labels(compose_reports(*reports))) == expected


def test_tile_with_target_is_kept() -> None:
    shown = compose_reports("summary", "nps_summary", targets=(Target("median_response_time", 60.0),))
    assert labels(shown) == ["Messages", "Responded", "Customer wait", "Median wait", "Over SLA", "NPS"]


def test_unrequested_answers_are_ignored() -> None:
    shown = edition(everything({}, {}), reports=(Report("classifications"),), targets=())
    assert {figure.metric for figure in figures(shown)} == {"classifications.volume"}
