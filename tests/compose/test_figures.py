"""Every number is a figure: one wording, one value, and sentences that rest on them."""

import itertools

import pytest

from bot.compose import REPORTS
from bot.compose.figures.wording import Wording, as_shown
from bot.model import Agents, Edition, Figure, Headline, Kpis, Report, Target
from tests.compose.data import ZONE, edition
from tests.compose.everything import ALL
from tests.compose.walk import everything, figures, told

WORDS = Wording("en_AU", ZONE)


def mixes() -> list[tuple[str, ...]]:
    """Everything, each report alone, and every pair that opens differently."""
    openings = ("summary", "nps_summary", "case_summary", "states_volume", "mention_sla_export")
    return [tuple(REPORTS), *((name,) for name in REPORTS), *itertools.combinations(openings, 2)]


@pytest.mark.parametrize("reports", mixes(), ids=lambda names: "+".join(names)[:60])
def test_sentences_rest_on_figures_of_the_edition(reports: tuple[str, ...]) -> None:
    shown = told(*reports)
    known = {figure.id: figure for figure in figures(shown)}
    opening = next(block for block in shown.blocks if isinstance(block, Headline))
    assert 1 <= len(opening.sentences) <= 3
    for sentence in opening.sentences:
        assert set(sentence.figures) <= set(known)
        for figure in (known[name] for name in sentence.figures):
            assert "ordinary" in sentence.text or figure.text.lstrip("+−") in sentence.text


@pytest.mark.parametrize("shown", [Agents.NAMES, Agents.NONE])
def test_one_figure_has_one_value_and_one_wording(shown: Agents) -> None:
    told_once: dict[str, Figure] = {}
    for figure in figures(edition(everything({}, {}), shown=shown, reports=ALL)):
        assert told_once.setdefault(figure.id, figure) == figure


def test_every_wording_is_that_of_its_value() -> None:
    for figure in figures(edition(everything({}, {}), reports=ALL)):
        if figure.window == "change":
            assert figure.value is not None
            assert figure.text == WORDS.difference(figure.value, figure.unit)
        else:
            assert figure.text == WORDS.value(figure.value, figure.unit)


def test_a_change_is_the_difference_of_the_two_that_are_shown() -> None:
    found = {figure.id: figure for figure in figures(edition(everything({}, {}), reports=ALL))}
    changes = [figure for figure in found.values() if figure.window == "change"]
    assert len(changes) >= 15
    for change in changes:
        now, before = (found.get(f"{change.metric}/{change.subject}/{w}") for w in ("current", "previous"))
        if now is not None and before is not None:
            assert now.value is not None
            assert before.value is not None
            assert change.value == as_shown(now.value, now.unit) - as_shown(before.value, before.unit)


def test_metrics_are_named_by_report() -> None:
    names = {figure.metric.partition(".")[0] for figure in figures(edition(everything({}, {}), reports=ALL))}
    assert names == set(REPORTS)


def test_order_of_an_edition() -> None:
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
def test_at_most_six_tiles_in_one_block(reports: tuple[str, ...], expected: str) -> None:
    assert ", ".join(labels(told(*reports))) == expected


def test_a_tile_with_a_target_does_not_give_way() -> None:
    shown = told("summary", "nps_summary", targets=(Target("median_response_time", 60.0),))
    assert labels(shown) == ["Messages", "Responded", "Customer wait", "Median wait", "Over SLA", "NPS"]


def test_answers_that_nobody_asked_for_are_not_told() -> None:
    shown = edition(everything({}, {}), reports=(Report("classifications"),), targets=())
    assert {figure.metric for figure in figures(shown)} == {"classifications.volume"}
