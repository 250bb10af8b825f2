"""The opening: which sentences it is made of, and in which order.

First the worst missed target; else the biggest news; else that it was an ordinary week. Only what lies
outside its usual range, or moved beyond chance, is news (signal.py). Then how much came in, then one more:
what else is news (good news first, after a bad beginning), when it was busiest, or a target that was met.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.compose.figures.context import Context
from bot.compose.figures.metrics import (
    CASES,
    DETRACTORS,
    MESSAGES,
    METRICS,
    NPS,
    PASSIVES,
    PROMOTERS,
    SENT,
    Metric,
)
from bot.compose.figures.wording import window_noun
from bot.compose.opening.clauses import rests_on_few
from bot.compose.opening.fallbacks import fallback_sentences
from bot.compose.opening.sentences import (
    Signals,
    Tiles,
    busiest_sentence,
    figure_sentence,
    met_sentence,
    no_answers_sentence,
    ordinary_sentence,
    target_sentence,
)
from bot.compose.reports.case_summary import REPORT as CASES_REPORT
from bot.compose.reports.nps_summary import REPORT as NPS_REPORT
from bot.compose.reports.summary import REPORT as SUMMARY
from bot.model import Empty, Headline, Kpi, Sentence, Unavailable

MOST = 3
PARTS = (PROMOTERS, PASSIVES, DETRACTORS, SENT)


@dataclass(frozen=True, slots=True)
class Telling:
    """The key figures, which of them are news, and the rest of what sentences are made from."""

    context: Context
    tiles: Tiles
    signals: Signals

    def of(self, metric: Metric) -> Sentence | None:
        """The sentence about a figure; None when it is no tile or has no value."""
        kpi = self.tiles.get(metric.name)
        return figure_sentence(metric, kpi, self.signals[metric.name], self.context) if kpi else None

    @property
    def metrics(self) -> list[Metric]:
        """Those that have a tile."""
        return [metric for metric in METRICS if metric.name in self.tiles]

    def news(self) -> list[Metric]:
        """Figures that are news, the farthest from usual first; a score is told, not its parts."""
        found = [m for m in self.metrics if self.signals[m.name].is_news and m not in PARTS]
        return sorted(found, key=lambda metric: -self.signals[metric.name].strength)


def compose_headline(context: Context, tiles: Tiles, signals: Signals, incomplete: Sequence[str]) -> Headline:
    """One to three sentences."""
    telling = Telling(context, tiles, signals)
    summed_up = _with_summary if MESSAGES.name in tiles else _without_summary
    told = dict.fromkeys(sentence for sentence in summed_up(telling) if sentence is not None)
    if not told and not incomplete:
        told = dict.fromkeys(fallback_sentences(context))
    return Headline(tuple(told)[:MOST] or (_without_figures(context, incomplete),))


def _with_summary(telling: Telling) -> Iterable[Sentence | None]:
    messages, nps = telling.tiles[MESSAGES.name], telling.of(NPS)
    if messages.figure.value == 0:
        return (Sentence("No messages in this window.", "plain", (messages.figure.id,)), nps)
    missed, news = _missed(telling), telling.news()
    if missed is None and not news:
        ordinary = _ordinary(telling)
        first = (ordinary,) if ordinary else (telling.of(MESSAGES),)
        return (*first, busiest_sentence(telling.context), nps, *_met(telling))
    lead = missed or news[0]
    opening = _missed_sentence(lead, telling) if missed else telling.of(lead)
    rest = [metric for metric in _good_first(news, opening, telling) if metric not in (lead, MESSAGES)]
    others = [*map(telling.of, rest), busiest_sentence(telling.context), *_met(telling), nps]
    return (opening, *([telling.of(MESSAGES)] if lead is not MESSAGES else []), *others)


def _good_first(news: list[Metric], opening: Sentence | None, telling: Telling) -> list[Metric]:
    """After a bad beginning what went well comes before what else went wrong."""
    if opening is None or opening.tone != "bad":
        return news
    return sorted(news, key=lambda metric: telling.tiles[metric.name].change.verdict != "better")


def _without_summary(telling: Telling) -> Iterable[Sentence | None]:
    """News first; then the score, the cases, and when most messages came in."""
    missed, nobody = _missed(telling), no_answers_sentence(telling.context)
    news = [] if nobody else telling.news()[:1]
    if ordinary := _ordinary(telling):
        by = ordinary_by(telling.context, telling.tiles, telling.signals)
        cases = telling.of(CASES) if by is not CASES else None
        return (_summary_missing(telling.context), ordinary, cases, busiest_sentence(telling.context))
    return (
        _summary_missing(telling.context),
        _missed_sentence(missed, telling) if missed else None,
        *map(telling.of, news),
        nobody or telling.of(NPS),
        telling.of(CASES),
        busiest_sentence(telling.context),
    )


def _summary_missing(context: Context) -> Sentence | None:
    slot = context.current(SUMMARY)
    if not context.asks(SUMMARY) or SUMMARY not in context.dataset.current:
        return None
    if isinstance(slot, Unavailable):
        return Sentence("The key figures could not be loaded.", "bad")
    return Sentence("No messages in this window.") if isinstance(slot, Empty) else None


def _without_figures(context: Context, incomplete: Sequence[str]) -> Sentence:
    if incomplete:
        return Sentence("Part of this edition could not be loaded.", "bad")
    return Sentence(f"{context.digest.title}: the figures of this window.", "plain")


def ordinary_by(context: Context, tiles: Tiles, signals: Signals) -> Metric | None:
    """The figure by which the window is ordinary: messages, else the score, else cases.

    None unless it is usual, no figure is news, no target is missed, and every figure could be loaded and
    held against others.
    """
    by = next((metric for metric in (MESSAGES, NPS, CASES) if metric.name in tiles), None)
    if by is None or signals[by.name].side != "usual" or _is_incomplete(context, tiles):
        return None
    compared = [tiles[name].change.direction != "none" or signals[name].usual for name in tiles]
    missed = any(kpi.target and kpi.target.verdict == "missed" for kpi in tiles.values())
    news = any(found.is_news for found in signals.values())
    return by if all(compared) and not missed and not news else None


def _is_incomplete(context: Context, tiles: Tiles) -> bool:
    """Whether a report of key figures could not be loaded, or messages were asked for and there are none."""
    asked = [report for report in (SUMMARY, CASES_REPORT, NPS_REPORT) if context.asks(report)]
    lost = any(isinstance(context.current(report), Unavailable) for report in asked)
    return lost or (SUMMARY in asked and MESSAGES.name not in tiles)


def _ordinary(telling: Telling) -> Sentence | None:
    by = ordinary_by(telling.context, telling.tiles, telling.signals)
    if by is None:
        return None
    noun = window_noun(telling.context.dataset.window)
    return ordinary_sentence(noun, by, telling.tiles[by.name], telling.signals[by.name], telling.context)


def _missed(telling: Telling) -> Metric | None:
    """The missed target that lies furthest beyond its limit, relative to it."""
    context, tiles = telling.context, telling.tiles
    missed = [m for m in telling.metrics if (t := tiles[m.name].target) and t.verdict == "missed"]
    return max(missed, key=lambda m: _beyond(tiles[m.name], context.target(m.name)), default=None)


def _missed_sentence(metric: Metric, telling: Telling) -> Sentence:
    return target_sentence(metric, telling.tiles[metric.name], telling.signals[metric.name], telling.context)


def _met(telling: Telling) -> list[Sentence]:
    """Targets that were met; not by so few replies that it says nothing."""
    met = [m for m in telling.metrics if (t := telling.tiles[m.name].target) and t.verdict == "met"]
    return [met_sentence(m, telling.tiles[m.name]) for m in met if not rests_on_few(m, telling.tiles[m.name])]


def _beyond(kpi: Kpi, limit: float | None) -> float:
    """How far a figure lies from its limit, as a share of the limit."""
    if kpi.figure.value is None or not limit:
        return 0.0
    return abs(kpi.figure.value - limit) / limit
