"""The headline: one to three sentences and their order.

First the worst missed target; else the biggest news; else that it was an ordinary window. News is what lies
outside its usual range, or moved beyond chance (stats/signal.py). Then the volume, then one more sentence:
other news (good news first after a bad beginning), the busiest time, or a met target. An edition without key
figures opens with what its reports or files hold most of.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.compose.figures.answers import Row, export_of, insight_rows, number
from bot.compose.figures.context import Context
from bot.compose.figures.metrics import (
    CASE_CLASSIFICATIONS,
    CASE_SUMMARY,
    CASE_VOLUME,
    CASES,
    CASES_EXPORT,
    CLASSIFICATIONS,
    DETRACTORS,
    MESSAGES,
    METRICS,
    NPS,
    NPS_SUBMISSIONS,
    NPS_SUMMARY,
    OPEN_CASES,
    PASSIVES,
    PROMOTERS,
    RESPONSE_VOLUME,
    SENT,
    SLA_EXPORT,
    SUMMARY,
    WAIT,
    Metric,
)
from bot.compose.figures.wording import counted, plural, window_noun
from bot.compose.opening.causes import TOPIC_METRICS, topics
from bot.compose.opening.key_figures import Signals, Tiles
from bot.compose.opening.peaks import peak
from bot.compose.opening.sentences import (
    Clause,
    busiest_sentence,
    figure_sentence,
    met_sentence,
    missed_sentence,
    no_answers_sentence,
    ordinary_sentence,
    rests_on_few,
    sentence,
)
from bot.model import Empty, Headline, Kpi, Sentence, Unavailable

MOST = 3
PARTS = (PROMOTERS, PASSIVES, DETRACTORS, SENT)


@dataclass(frozen=True, slots=True)
class Material:
    """The key figures and their signals: what sentences are made from."""

    context: Context
    tiles: Tiles
    signals: Signals

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that have a tile."""
        return [metric for metric in METRICS if metric.name in self.tiles]

    def of(self, metric: Metric) -> Sentence | None:
        """Return the sentence about a figure; None without a tile or a value."""
        kpi = self.tiles.get(metric.name)
        return figure_sentence(metric, kpi, self.signals[metric.name], self.context) if kpi else None

    def news(self) -> list[Metric]:
        """Return the figures that are news, the strongest first; a score stands for its parts."""
        signals = {metric: self.signals[metric.name] for metric in METRICS if metric.name in self.tiles}
        news = [m for m, signal in signals.items() if signal.is_news and m not in PARTS]
        return sorted(news, key=lambda metric: -signals[metric].strength)

    def with_verdict(self, verdict: str) -> list[Metric]:
        """Return the figures whose target has this verdict."""
        targets = [(m, self.tiles[m.name].target) for m in METRICS if m.name in self.tiles]
        return [metric for metric, target in targets if target and target.verdict == verdict]

    def missed(self) -> Metric | None:
        """Return the missed target that is furthest beyond its limit, relative to it."""
        tiles, target, missed = self.tiles, self.context.target, self.with_verdict("missed")
        return max(missed, key=lambda m: _excess(tiles[m.name], target(m.name)), default=None)

    def missed_sentence(self, metric: Metric) -> Sentence:
        """Return the sentence about a missed target."""
        return missed_sentence(metric, self.tiles[metric.name], self.signals[metric.name], self.context)

    def met(self) -> list[Sentence]:
        """Return sentences about met targets, without those that rest on few replies."""
        pairs = [(metric, self.tiles[metric.name]) for metric in self.with_verdict("met")]
        return [met_sentence(metric, kpi) for metric, kpi in pairs if not rests_on_few(metric, kpi)]

    def ordinary(self) -> Sentence | None:
        """Return that it was an ordinary window; None if it was not."""
        by = ordinary_by(self.context, self.tiles, self.signals)
        if by is None:
            return None
        noun = window_noun(self.context.dataset.window)
        return ordinary_sentence(noun, by, self.tiles[by.name], self.signals[by.name], self.context)


def compose_headline(context: Context, tiles: Tiles, signals: Signals, incomplete: Sequence[str]) -> Headline:
    """Return one to three sentences."""
    compose = _with_messages if MESSAGES.name in tiles else _without_messages
    sentences = [sentence for sentence in compose(Material(context, tiles, signals)) if sentence is not None]
    if not sentences and not incomplete:
        sentences = fallback_sentences(context)
    if not sentences and incomplete:
        sentences = [Sentence("Part of this edition could not be loaded.", "bad")]
    last_resort = Sentence(f"{context.digest.title}: the figures of this window.", "plain")
    return Headline(tuple(dict.fromkeys(sentences))[:MOST] or (last_resort,))


def _with_messages(material: Material) -> Iterable[Sentence | None]:
    context, messages, nps = material.context, material.tiles[MESSAGES.name], material.of(NPS)
    if messages.figure.value == 0:
        return (Sentence("No messages in this window.", "plain", (messages.figure.id,)), nps)
    missed, news = material.missed(), material.news()
    if missed is None and not news:
        first = material.ordinary() or material.of(MESSAGES)
        return (first, busiest_sentence(context), nps, *material.met())
    lead = missed or news[0]
    opening = material.missed_sentence(lead) if missed else material.of(lead)
    if opening is not None and opening.tone == "bad":  # what went well comes before what else went wrong
        news = sorted(news, key=lambda metric: material.tiles[metric.name].change.verdict != "better")
    rest = [metric for metric in news if metric not in (lead, MESSAGES)]
    volume = [] if lead is MESSAGES else [material.of(MESSAGES)]
    return (opening, *volume, *map(material.of, rest), busiest_sentence(context), *material.met(), nps)


def _without_messages(material: Material) -> Iterable[Sentence | None]:
    """News first; then the score, the cases, and the busiest time."""
    context, missed, nobody = material.context, material.missed(), no_answers_sentence(material.context)
    start, end = _summary_missing(context), busiest_sentence(context)
    if ordinary := material.ordinary():
        by = ordinary_by(context, material.tiles, material.signals)
        return (start, ordinary, material.of(CASES) if by is not CASES else None, end)
    lead = material.missed_sentence(missed) if missed else None
    news = [] if nobody else material.news()[:1]
    return (start, lead, *map(material.of, news), nobody or material.of(NPS), material.of(CASES), end)


def _summary_missing(context: Context) -> Sentence | None:
    slot = context.asked(SUMMARY) if SUMMARY in context.dataset.current else None
    if isinstance(slot, Unavailable):
        return Sentence("The key figures could not be loaded.", "bad")
    return Sentence("No messages in this window.") if isinstance(slot, Empty) else None


def ordinary_by(context: Context, tiles: Tiles, signals: Signals) -> Metric | None:
    """Return the figure by which the window is ordinary: messages, else the score, else cases.

    None unless it is usual, no figure is news, no target is missed, and every figure could be loaded and
    compared.
    """
    by = next((metric for metric in (MESSAGES, NPS, CASES) if metric.name in tiles), None)
    lost = any(isinstance(context.asked(name), Unavailable) for name in (SUMMARY, CASE_SUMMARY, NPS_SUMMARY))
    if by is None or signals[by.name].side != "usual" or lost:
        return None
    if context.asks(SUMMARY) and MESSAGES.name not in tiles:
        return None
    compared = all(tiles[name].change.direction != "none" or signals[name].usual for name in tiles)
    missed = any(kpi.target and kpi.target.verdict == "missed" for kpi in tiles.values())
    news = any(signal.is_news for signal in signals.values())
    return by if compared and not missed and not news else None


def _excess(kpi: Kpi, limit: float | None) -> float:
    if kpi.figure.value is None or not limit:
        return 0.0
    return abs(kpi.figure.value - limit) / limit


def fallback_sentences(context: Context) -> list[Sentence]:
    """Return a sentence for each report that has one, in the order of an edition."""
    clauses = [compose(context) for report, compose in FALLBACKS.items() if context.asks(report)]
    return [sentence("plain", clause) for clause in filter(None, clauses)]


def _totals(report: str, context: Context) -> Row:
    file = export_of(context.current(report))
    return next(iter(insight_rows(file, "totals")), {}) if file and file.rows else {}


def _responses(context: Context) -> Clause | None:
    row = _totals(SLA_EXPORT, context)
    names = ("messages", "replies", "over_sla")
    messages, replies, over = (context.count(f"{SLA_EXPORT}.{name}", number(row, name)) for name in names)
    if messages.value is None:
        return None
    text = f"{counted(messages, 'message')} came in"
    if over.value is None or not replies.value:
        return Clause(text, (messages,))
    nouns = f"{plural(replies.value, 'reply', 'replies')} {plural(over.value, 'was', 'were')}"
    return Clause(f"{text}, and {over.text} of {replies.text} {nouns} over SLA", (messages, over, replies))


def _cases(context: Context) -> Clause | None:
    file = export_of(context.current(CASES_EXPORT))
    if file is None or not file.rows:
        return None
    cases = context.count(f"{CASES_EXPORT}.cases", file.rows)
    text = f"{counted(cases, 'case was', 'cases were')} worked on"
    still_open = context.count(f"{CASES_EXPORT}.open", number(_totals(CASES_EXPORT, context), "open"))
    if still_open.value is None:
        return Clause(text, (cases,))
    return Clause(f"{text}, and {counted(still_open, 'is', 'are')} still open", (cases, still_open))


def _answers(context: Context) -> Clause | None:
    file = export_of(context.current(NPS_SUBMISSIONS))
    if file is None or not file.rows or context.asks(NPS_SUMMARY):
        return None
    answers = context.count(f"{NPS_SUBMISSIONS}.answers", file.rows)
    return Clause(f"{counted(answers, 'answer')} came in", (answers,))


def _topic(report: str, noun: str) -> Callable[[Context], Clause | None]:
    def clause(context: Context) -> Clause | None:
        for top in topics(report, context)[:1]:
            most = context.count(f"{report}.{TOPIC_METRICS[report].name}", top.volume, top.id)
            text = f"The most frequent topic was “{top.name}”, with {counted(most, noun)}"
            return Clause(text, (most,))
        return None

    return clause


def _peak(report: str, metric: Metric, start: str) -> Callable[[Context], Clause | None]:
    def clause(context: Context) -> Clause | None:
        most = peak(report, metric, context, zeros=False)
        if most is None:
            return None
        hourly = most.timeline.hourly
        when = most.timeline.when(most.at, context.wording) if hourly else most.when(context)
        return Clause(f"{start} {when}: {most.figure.text}", (most.figure,))

    return clause


FALLBACKS: Mapping[str, Callable[[Context], Clause | None]] = {
    SLA_EXPORT: _responses,
    RESPONSE_VOLUME: _peak(RESPONSE_VOLUME, WAIT, "Customers waited longest"),
    CLASSIFICATIONS: _topic(CLASSIFICATIONS, "mention"),
    CASES_EXPORT: _cases,
    CASE_VOLUME: _peak(CASE_VOLUME, OPEN_CASES, "Most cases were open"),
    CASE_CLASSIFICATIONS: _topic(CASE_CLASSIFICATIONS, "case"),
    NPS_SUBMISSIONS: _answers,
}
