"""Which figures become the edition's six tiles.

The summary's six come first; an NPS then takes the place of one of them. Without a summary the tiles are
those of the survey and of the cases; whatever is no tile is told in its own section.
"""

from bot.compose.figures.context import Context
from bot.compose.figures.metrics import (
    ANSWERS,
    CASES,
    DETRACTORS,
    FIRST_REPLY,
    HANDLING,
    MEDIAN_FIRST_REPLY,
    MEDIAN_RESOLUTION,
    MEDIAN_WAIT,
    METRICS,
    NPS,
    PASSIVES,
    PROMOTERS,
    REPLIES_A_CASE,
    RESOLUTION,
    RESPONDED,
    RESPONSE_RATE,
    Metric,
)
from bot.compose.opening.sentences import Signals, Tiles
from bot.compose.reports.case_summary import CASE_FIGURES
from bot.compose.reports.nps_summary import NPS_FIGURES, nps_tiles
from bot.compose.reports.summary import SUMMARY
from bot.model import Kpi

MOST = 6
GIVES_WAY = (MEDIAN_WAIT, HANDLING, RESPONDED)
"""Which of the summary's tiles the NPS replaces: the first that has no target of its own."""

KINDS = (SUMMARY, NPS_FIGURES, CASE_FIGURES)
METRICS_BY_NAME = {metric.name: metric for metric in METRICS}

NPS_ALONE = (NPS, ANSWERS, RESPONSE_RATE, PROMOTERS, PASSIVES, DETRACTORS)
CASES_ALONE = (CASES, FIRST_REPLY, MEDIAN_FIRST_REPLY, RESOLUTION, MEDIAN_RESOLUTION, REPLIES_A_CASE)
NPS_BESIDE = (NPS, RESPONSE_RATE)
CASES_BESIDE = (CASES, FIRST_REPLY, RESOLUTION, REPLIES_A_CASE)


def tiles(context: Context) -> dict[str, Kpi]:
    """At most six key figures by their metric's name, in the order shown; {} when there are none."""
    nps = nps_tiles(context) if context.asks("nps_summary") else {}
    if summary := _summary(context):
        return _with_nps(summary, nps)
    cases = CASE_FIGURES.tiles(context) if context.asks("case_summary") else {}
    nps, cases = _unless_void(nps), _unless_void(cases)
    if nps and cases:
        return {**_pick(nps, NPS_BESIDE), **_pick(cases, CASES_BESIDE)}
    return {**_pick(nps, NPS_ALONE), **_pick(cases, CASES_ALONE)}


def signals(context: Context, shown: Tiles) -> Signals:
    """Which of the tiles are news, by the same names."""
    kinds = {metric.name: kind for kind in KINDS for metric in kind.metrics}
    return {name: kinds[name].signal(METRICS_BY_NAME[name], context) for name in shown}


def _summary(context: Context) -> dict[str, Kpi]:
    return SUMMARY.tiles(context) if context.asks(SUMMARY.report) else {}


def _with_nps(summary: dict[str, Kpi], nps: dict[str, Kpi]) -> dict[str, Kpi]:
    """The summary's tiles, the last of them the NPS where there is a score."""
    free = [metric.name for metric in GIVES_WAY if summary[metric.name].target is None]
    if not nps or nps[NPS.name].figure.value is None or not free:
        return summary
    return {name: kpi for name, kpi in summary.items() if name != free[0]} | _pick(nps, (NPS,))


def _unless_void(found: dict[str, Kpi]) -> dict[str, Kpi]:
    """{} where not one figure has a value: six dashes say nothing that a sentence does not."""
    return found if any(kpi.figure.value is not None for kpi in found.values()) else {}


def _pick(found: dict[str, Kpi], metrics: tuple[Metric, ...]) -> dict[str, Kpi]:
    return {metric.name: found[metric.name] for metric in metrics if found}
