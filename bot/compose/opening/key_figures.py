"""Key figures: reports of single named values as tiles and tables, and the choice of the edition's tiles."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.compose.figures.answers import Values, values_of
from bot.compose.figures.comparison import compare_windows, judge_target
from bot.compose.figures.context import Context
from bot.compose.figures.metrics import (
    ANSWERS,
    CASE_METRICS,
    CASE_SUMMARY,
    CASES,
    DETRACTORS,
    FEW_ANSWERS,
    FEW_CASES,
    FEW_REPLIES,
    FIRST_REPLY,
    HANDLING,
    MEDIAN_FIRST_REPLY,
    MEDIAN_RESOLUTION,
    MEDIAN_WAIT,
    NPS,
    NPS_METRICS,
    NPS_SUMMARY,
    PASSIVES,
    PROMOTERS,
    REPLIES,
    REPLIES_A_CASE,
    RESOLUTION,
    RESPONDED,
    RESPONSE_RATE,
    SENT,
    SUMMARY,
    SUMMARY_METRICS,
    WAIT,
    Metric,
)
from bot.compose.figures.tables import change_cell, columns, table
from bot.compose.stats.signal import UNKNOWN, Signal, history, judged, signal
from bot.model import Cell, Figure, Kpi, Slot, TableBlock

TARGET = "target"
"""The subject of a figure that is a target."""
REPLACEABLE = (MEDIAN_WAIT, HANDLING, RESPONDED)
"""The summary's tiles that the NPS may replace: the first without a target of its own."""
NPS_ALONE = (NPS, ANSWERS, RESPONSE_RATE, PROMOTERS, PASSIVES, DETRACTORS)
CASES_ALONE = (CASES, FIRST_REPLY, MEDIAN_FIRST_REPLY, RESOLUTION, MEDIAN_RESOLUTION, REPLIES_A_CASE)
NPS_BESIDE_CASES = (NPS, RESPONSE_RATE)
CASES_BESIDE_NPS = (CASES, FIRST_REPLY, RESOLUTION, REPLIES_A_CASE)

Tiles = dict[str, Kpi]
"""Key figures by their metric's name."""
Signals = dict[str, Signal]


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """A report of named values: its metrics, the explanation of each, and the reader of its answer."""

    report: str
    metrics: tuple[Metric, ...]
    explain: Callable[[Metric, Values, Context], str]
    read: Callable[[Slot | None], Values | None] = values_of

    def tiles(self, context: Context) -> Tiles:
        """Return each metric's tile; {} without an answer."""
        values = self.read(context.current(self.report))
        if values is None:
            return {}
        before = self.read(context.previous(self.report))
        return {metric.name: self._tile(metric, values, before, context) for metric in self.metrics}

    def before(self, context: Context) -> dict[str, tuple[Metric, Figure]]:
        """Return every figure of the compared window by its full name, as it is fetched today."""
        values = self.read(context.previous(self.report))
        if values is None:
            return {}
        pairs = [(metric, self._figure(metric, values, context, previous=True)) for metric in self.metrics]
        return {figure.metric: (metric, figure) for metric, figure in pairs}

    def signal(self, metric: Metric, context: Context) -> Signal:
        """Return whether one of the metrics is news."""
        values = self.read(context.current(self.report))
        before = self.read(context.previous(self.report))
        return UNKNOWN if values is None else signal(metric, self.report, values, before, context)

    def _tile(self, metric: Metric, values: Values, before: Values | None, context: Context) -> Kpi:
        current = self._figure(metric, values, context)
        previous = None if before is None else self._figure(metric, before, context, previous=True)
        change = compare_windows(metric, current, previous, self.report, context)
        limit = context.target(metric.name)
        news = signal(metric, self.report, values, before, context)
        return Kpi(
            metric.label,
            current,
            judged(change, metric, news),
            None if limit is None else judge_target(metric, current.value, limit, context.wording),
            self.explain(metric, values, context),
            history(context, current.metric, current.value),
            (*self._evidence(metric, values, context), *(news.usual or ())),
        )

    def _evidence(self, metric: Metric, values: Values, context: Context) -> tuple[Figure, ...]:
        """Return the counts that a figure rests on, and its target: all that sentences about it may state."""
        names = (metric.part, metric.base, metric.sample)
        counts = [
            context.count(f"{self.report}.{name}", values[name])
            for name in names
            if values.get(name) is not None
        ]
        limit = context.target(metric.name)
        if limit is None:
            return tuple(counts)
        return (*counts, context.figure(f"{self.report}.{metric.name}", limit, metric.unit, TARGET))

    def _figure(self, metric: Metric, values: Values, context: Context, *, previous: bool = False) -> Figure:
        name = f"{self.report}.{metric.name}"
        return context.figure(name, metric.of(values), metric.unit, previous=previous)


def values_table(report: str, title: str, caption: str, tiles: Tiles, context: Context) -> TableBlock:
    """Return one row per figure: this window, the one before and the change; or this window alone."""
    compared = any(kpi.change.previous is not None for kpi in tiles.values())
    before = context.before[:1].upper() + context.before[1:]
    header = columns("Figure", numbers=(context.now, before, "Change") if compared else (context.now,))
    return table(report, title, caption, header, [_row(kpi, compared) for kpi in tiles.values()])


def _row(kpi: Kpi, compared: bool) -> tuple[Cell, ...]:
    label = f"{kpi.label} ({kpi.explanation})" if kpi.explanation else kpi.label
    missed = kpi.target is not None and kpi.target.verdict == "missed"
    cells = (Cell(label), Cell(kpi.figure.text, kpi.figure, "bad" if missed else "plain"))
    if not compared:
        return cells
    before = kpi.change.previous
    return (*cells, Cell(before.text if before else "–", before), change_cell(kpi.change))


def _explain_summary(metric: Metric, values: Values, context: Context) -> str:
    """Return a share's base ('179 of 1,278 replies'), or that an average rests on few replies."""
    if metric.part:
        return _share_base(metric, values, context)
    replies = values.get(REPLIES)
    if metric.name == WAIT.name and replies is not None and 0 < replies < FEW_REPLIES:
        return f"only {context.wording.counted(replies, 'reply', 'replies')}"
    return ""


def _share_base(metric: Metric, values: Values, context: Context) -> str:
    """Return the counts of a share: '12 of 16 sent'; '' without both, or of nothing."""
    part, base = values.get(metric.part), values.get(metric.base)
    if part is None or not base:
        return ""
    several = {"reply": "replies", "sent": "sent"}.get(metric.base_noun, "")
    return f"{context.wording.number(part)} of {context.wording.counted(base, metric.base_noun, several)}"


def _explain_cases(metric: Metric, values: Values, context: Context) -> str:
    """Return that an average rests on few cases; '' otherwise."""
    cases = values.get(CASES.name)
    if metric is CASES or values.get(metric.name) is None or cases is None or not 0 < cases < FEW_CASES:
        return ""
    return f"only {context.wording.counted(cases, 'case')}"


def _explain_nps(metric: Metric, values: Values, context: Context) -> str:
    """Return what a figure rests on: 'from 12 answers', 'only 6 answers', '12 of 16 sent'."""
    if metric.part:
        return _share_base(metric, values, context)
    count = answer_count(values)
    if count is None or metric in (ANSWERS, SENT):
        return ""
    text = context.wording.counted(count, "answer")
    if metric is not NPS:
        return f"of {text}" if count else ""
    if not count:
        return "no answers"
    return f"only {text}" if count < FEW_ANSWERS else f"from {text}"


def answer_count(values: Values) -> float | None:
    """Return how many answers an NPS rests on; None where the API does not say."""
    received = values.get(ANSWERS.name)
    if received is not None:
        return received
    parts = [values.get(metric.name) for metric in (PROMOTERS, PASSIVES, DETRACTORS)]
    return None if None in parts else sum(part for part in parts if part is not None)


def nps_values(slot: Slot | None) -> Values | None:
    """Return the values of an answer; the API's score of 0.0 without answers becomes None."""
    values = values_of(slot)
    if values is None:
        return None
    count = answer_count(values)
    if count == 0 or (count is None and values.get(NPS.name) == 0):
        return {**values, NPS.name: None}
    return values


def nps_tiles(context: Context) -> Tiles:
    """Return each figure's tile; the change of a score of few answers is no trend and gets no word."""
    tiles = NPS_FIGURES.tiles(context)
    if not tiles or not has_few_answers(context) or tiles[NPS.name].change.figure is None:
        return tiles
    score = tiles[NPS.name]
    return tiles | {NPS.name: replace(score, change=replace(score.change, verdict="neutral", word=""))}


def has_few_answers(context: Context) -> bool:
    """Return whether either window has too few answers for a trend."""
    windows = (nps_values(context.current(NPS_SUMMARY)), nps_values(context.previous(NPS_SUMMARY)))
    counts = [answer_count(values) for values in windows if values is not None]
    return any(count is not None and count < FEW_ANSWERS for count in counts)


def nps_basis(context: Context) -> str:
    """Return the basis of the score within a sentence: 'from only 6 answers'; '' if unknown."""
    text = _explain_nps(NPS, nps_values(context.current(NPS_SUMMARY)) or {}, context)
    return f"from {text}" if text.startswith("only") else text


SUMMARY_FIGURES = KeyFigures(SUMMARY, SUMMARY_METRICS, _explain_summary)
CASE_FIGURES = KeyFigures(CASE_SUMMARY, CASE_METRICS, _explain_cases)
NPS_FIGURES = KeyFigures(NPS_SUMMARY, NPS_METRICS, _explain_nps, nps_values)
KEY_FIGURES = (SUMMARY_FIGURES, CASE_FIGURES, NPS_FIGURES)


def key_figure_tiles(context: Context) -> Tiles:
    """Return at most six key figures in the order shown; {} when there are none.

    The summary's six come first, and an NPS replaces one of them. Without a summary the tiles are those of
    the survey and of the cases. Every other figure stands in its own section.
    """
    nps = nps_tiles(context) if context.asks(NPS_SUMMARY) else {}
    summary = SUMMARY_FIGURES.tiles(context) if context.asks(SUMMARY) else {}
    if summary:
        free = [metric.name for metric in REPLACEABLE if summary[metric.name].target is None]
        if not nps or nps[NPS.name].figure.value is None or not free:
            return summary
        return {name: kpi for name, kpi in summary.items() if name != free[0]} | _pick(nps, (NPS,))
    cases = CASE_FIGURES.tiles(context) if context.asks(CASE_SUMMARY) else {}
    nps, cases = ({} if are_void(tiles) else tiles for tiles in (nps, cases))
    if nps and cases:
        return {**_pick(nps, NPS_BESIDE_CASES), **_pick(cases, CASES_BESIDE_NPS)}
    return {**_pick(nps, NPS_ALONE), **_pick(cases, CASES_ALONE)}


def signals(context: Context, tiles: Tiles) -> Signals:
    """Return which tiles are news, by the same names."""
    return {
        metric.name: report.signal(metric, context)
        for report in KEY_FIGURES
        for metric in report.metrics
        if metric.name in tiles
    }


def are_void(tiles: Tiles) -> bool:
    """Return whether no figure has a value: a sentence says that better than six dashes."""
    return all(kpi.figure.value is None for kpi in tiles.values())


def _pick(tiles: Tiles, metrics: Sequence[Metric]) -> Tiles:
    return {metric.name: tiles[metric.name] for metric in metrics if tiles}
