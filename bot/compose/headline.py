"""The opening: which sentences it is made of, and in which order."""

from collections.abc import Iterable, Sequence

from bot.compose.context import Context
from bot.compose.metrics import CASE_METRICS, MESSAGES, NPS, SUMMARY_METRICS, Metric
from bot.compose.sentences import (
    Tiles,
    busiest_sentence,
    cases_sentence,
    change_sentence,
    no_answers_sentence,
    nps_sentence,
    target_sentence,
    volume_sentence,
)
from bot.compose.summary import REPORT
from bot.compose.wording import window_noun
from bot.model import Empty, Headline, Kpi, Sentence, Unavailable, Unit

NOTABLE = 0.10
"""A relative change from here on may be named first; below it is everyday movement."""
NOTABLE_POINTS = 0.03
"""For shares: three points."""
NOTABLE_SCORE = 10.0
"""For a Net Promoter Score: ten points."""
MOST = 3


def compose_headline(context: Context, tiles: Tiles, incomplete: Sequence[str]) -> Headline:
    """One to three sentences: the worst missed target or biggest change, when it was most, the rest."""
    summed_up = _with_summary if MESSAGES.name in tiles else _without_summary
    told = dict.fromkeys(sentence for sentence in summed_up(context, tiles) if sentence is not None)
    return Headline(tuple(told)[:MOST] or (_without_figures(context, incomplete),))


def _with_summary(context: Context, tiles: Tiles) -> Iterable[Sentence | None]:
    """The volume or the score may lead and is then not told again."""
    nps = nps_sentence(tiles, context)
    if tiles[MESSAGES.name].figure.value == 0:
        return (Sentence("No messages in this window.", "plain", (tiles[MESSAGES.name].figure.id,)), nps)
    first = _missed(tiles, context) or _biggest(tiles, context) or _ordinary(tiles, context)
    return (first, volume_sentence(tiles, context), busiest_sentence(context), nps)


def _without_summary(context: Context, tiles: Tiles) -> Iterable[Sentence | None]:
    """The score first, then cases and what moved most of them, then when most messages came in."""
    return (
        _summary_missing(context),
        nps_sentence(tiles, context) or no_answers_sentence(context),
        cases_sentence(tiles, context),
        _biggest({name: kpi for name, kpi in tiles.items() if name != NPS.name}, context),
        busiest_sentence(context),
    )


def _summary_missing(context: Context) -> Sentence | None:
    slot = context.current(REPORT)
    if not context.asks(REPORT) or REPORT not in context.dataset.current:
        return None
    if isinstance(slot, Unavailable):
        return Sentence("The key figures could not be loaded.", "bad")
    return Sentence("No messages in this window.") if isinstance(slot, Empty) else None


def _without_figures(context: Context, incomplete: Sequence[str]) -> Sentence:
    if incomplete:
        return Sentence("Part of this edition could not be loaded.", "bad")
    return Sentence(f"{context.digest.title}: the figures of this window.", "plain")


def _ordinary(tiles: Tiles, context: Context) -> Sentence | None:
    """Ordinary is only what was compared."""
    if any(kpi.change.direction == "none" for kpi in tiles.values()):
        return None
    noun = window_noun(context.dataset.window)
    ids = tuple(kpi.figure.id for kpi in tiles.values())
    text = f"An ordinary {'stretch' if noun == 'period' else noun}: no key figure moved much."
    return Sentence(text, "plain", ids)


def _missed(tiles: Tiles, context: Context) -> Sentence | None:
    """The missed target that lies furthest beyond its limit, relative to it."""
    missed = [m for m in _shown(tiles) if (t := tiles[m.name].target) and t.verdict == "missed"]
    if not missed:
        return None
    metric = max(missed, key=lambda m: _beyond(tiles[m.name], context.target(m.name)))
    return target_sentence(metric, tiles[metric.name], context)


def _shown(tiles: Tiles) -> list[Metric]:
    return [metric for metric in (*SUMMARY_METRICS, NPS, *CASE_METRICS) if metric.name in tiles]


def _beyond(kpi: Kpi, limit: float | None) -> float:
    """How far a figure lies from its limit, as a share of the limit."""
    if kpi.figure.value is None or not limit:
        return 0.0
    return abs(kpi.figure.value - limit) / limit


def _biggest(tiles: Tiles, context: Context) -> Sentence | None:
    moved = [(size, m) for m in _shown(tiles) if (size := _size(tiles[m.name])) >= 1]
    if not moved:
        return None
    metric = max(moved, key=lambda pair: pair[0])[1]
    whole = {MESSAGES: volume_sentence, NPS: nps_sentence, CASE_METRICS[0]: cases_sentence}
    if metric in whole:
        return whole[metric](tiles, context)
    return change_sentence(metric, tiles[metric.name], context)


def _size(kpi: Kpi) -> float:
    """How notable a change is: 1.0 is just notable, 0 without a comparison or a score of few answers."""
    moved, before = kpi.change.figure, kpi.change.previous
    if moved is None or before is None or not moved.value or before.value is None:
        return 0.0
    if moved.unit is Unit.SCORE:
        return 0.0 if kpi.change.verdict == "neutral" else abs(moved.value) / NOTABLE_SCORE
    if moved.unit is Unit.SHARE:
        return abs(moved.value) / NOTABLE_POINTS
    if not before.value:
        return 1.0
    return abs(moved.value / before.value) / NOTABLE
