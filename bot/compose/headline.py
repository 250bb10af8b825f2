"""The opening sentences and the one-line story, made from the key figures."""

from collections.abc import Sequence

from bot.compose.context import Context
from bot.compose.metrics import MESSAGES, OVER_SLA, RESPONDED, SUMMARY_METRICS, WAIT, Metric
from bot.compose.states_volume import busiest, is_hourly
from bot.compose.summary import REPORT, key_figures
from bot.compose.wording import plural, window_noun
from bot.model import Headline, Kpi, Sentence, Unavailable, Unit

NOTABLE = 0.10
"""A relative change from here on may be named first; below it is everyday movement."""
NOTABLE_POINTS = 0.03
"""For shares: three points."""

ByName = dict[str, Kpi]


def compose_headline(context: Context, incomplete: Sequence[str]) -> Headline:
    """One to three sentences: the worst missed target or biggest change, when it was most, the rest."""
    tiles = by_name(context)
    if not tiles:
        return Headline((_without_figures(context, incomplete),))
    if tiles[MESSAGES.name].figure.value == 0:
        return Headline((Sentence("No messages in this window.", "plain", (_id(tiles, MESSAGES),)),))
    first = _missed(tiles, context) or _biggest(tiles, context)
    rest = [_volume(tiles, context), _busiest(context)]
    if first is None and all(kpi.change.direction != "none" for kpi in tiles.values()):
        first = Sentence(f"An ordinary {_noun(context)}: no key figure moved much.", "plain", _ids(tiles))
    # The volume may lead and is then not told again.
    return Headline(tuple(dict.fromkeys(s for s in (first, *rest) if s is not None)))


def by_name(context: Context) -> ByName:
    """The key figures by metric name; empty when the summary is not there."""
    return {kpi.figure.metric.removeprefix(f"{REPORT}."): kpi for kpi in key_figures(context)}


def story(context: Context, headline: Headline) -> str:
    """The figures in at most 200 characters, for notifications and the mail's first line."""
    tiles = by_name(context)
    if not tiles or tiles[MESSAGES.name].figure.value == 0:
        return headline.sentences[0].text[:200]
    parts = [_tell(tiles[MESSAGES.name], "{value} " + _messages_noun(tiles))]
    parts += [_tell(tiles[RESPONDED.name], "{value} responded"), _tell(tiles[WAIT.name], "wait {value}")]
    parts.append(_tell(tiles[OVER_SLA.name], "{value} over SLA"))
    text = "; ".join(part for part in parts if part)
    return text if len(text) <= 200 else text[:199].rsplit(";", 1)[0]


def _messages_noun(tiles: ByName) -> str:
    return plural(tiles[MESSAGES.name].figure.value or 0, "message")


def _tell(kpi: Kpi, pattern: str) -> str:
    if kpi.figure.value is None:
        return ""
    text = pattern.format(value=kpi.figure.text)
    extra = [kpi.change.figure.text] if kpi.change.figure else []
    if kpi.target and kpi.target.verdict == "missed":
        extra.append(kpi.target.text)
    return f"{text} ({', '.join(extra)})" if extra else text


def _id(tiles: ByName, metric: Metric) -> str:
    return tiles[metric.name].figure.id


def _ids(tiles: ByName) -> tuple[str, ...]:
    return tuple(kpi.figure.id for kpi in tiles.values())


def _noun(context: Context) -> str:
    noun = window_noun(context.dataset.window)
    return "stretch" if noun == "period" else noun


def _without_figures(context: Context, incomplete: Sequence[str]) -> Sentence:
    if isinstance(context.current(REPORT), Unavailable) and REPORT in context.dataset.current:
        return Sentence("The key figures could not be loaded.", "bad")
    if incomplete:
        return Sentence("Part of this edition could not be loaded.", "bad")
    return Sentence(f"{context.digest.title}: the figures of this window.", "plain")


def _missed(tiles: ByName, context: Context) -> Sentence | None:
    """The missed target that lies furthest beyond its limit, relative to it."""
    missed = [m for m in SUMMARY_METRICS if (t := tiles[m.name].target) and t.verdict == "missed"]
    if not missed:
        return None
    metric = max(missed, key=lambda m: _beyond(tiles[m.name], context.target(m.name)))
    kpi = tiles[metric.name]
    evidence = f" ({kpi.explanation})" if kpi.explanation else ""
    limit = context.words.value(context.target(metric.name), metric.unit)
    subject = f"{kpi.label} was {kpi.figure.text}{evidence}"
    return Sentence(f"{subject}; the target is {limit}.", "bad", (kpi.figure.id,))


def _beyond(kpi: Kpi, limit: float | None) -> float:
    """How far a figure lies from its limit, as a share of the limit."""
    if kpi.figure.value is None or not limit:
        return 0.0
    return abs(kpi.figure.value - limit) / limit


def _biggest(tiles: ByName, context: Context) -> Sentence | None:
    moved = [(size, m) for m in SUMMARY_METRICS if (size := _size(tiles[m.name])) >= 1]
    if not moved:
        return None
    metric = max(moved, key=lambda pair: pair[0])[1]
    if metric is MESSAGES:
        return _volume(tiles, context)
    kpi = tiles[metric.name]
    assert kpi.change.figure is not None  # noqa: S101 - _size is 0 without a change
    distance = kpi.change.figure.text.lstrip("+−")
    word = _comparative(metric, kpi)
    tone = {"better": "good", "worse": "bad"}.get(kpi.change.verdict, "plain")
    text = f"{kpi.label} was {kpi.figure.text}, {distance} {word} than {context.before}."
    return Sentence(text, tone, (kpi.figure.id, kpi.change.figure.id))  # type: ignore[arg-type]


def _comparative(metric: Metric, kpi: Kpi) -> str:
    if metric.unit is Unit.SHARE:
        return "higher" if kpi.change.direction == "up" else "lower"
    return metric.more if kpi.change.direction == "up" else metric.fewer


def _size(kpi: Kpi) -> float:
    """How notable a change is: 1.0 is just notable, 0 without a comparison."""
    moved, before = kpi.change.figure, kpi.change.previous
    if moved is None or before is None or not moved.value or before.value is None:
        return 0.0
    if moved.unit is Unit.SHARE:
        return abs(moved.value) / NOTABLE_POINTS
    if not before.value:
        return 1.0
    return abs(moved.value / before.value) / NOTABLE


def _volume(tiles: ByName, context: Context) -> Sentence | None:
    kpi = tiles[MESSAGES.name]
    if kpi.figure.value is None:
        return None
    base = f"{kpi.figure.text} {_messages_noun(tiles)} came in"
    change = kpi.change
    if change.direction == "flat":
        return Sentence(f"{base}, as many as {context.before}.", "plain", (kpi.figure.id,))
    if change.figure is None:
        return Sentence(f"{base}.", "plain", (kpi.figure.id,))
    distance = change.figure.text.lstrip("+−")
    text = f"{base}, {distance} {change.word} than {context.before}."
    return Sentence(text, "plain", (kpi.figure.id, change.figure.id))


def _busiest(context: Context) -> Sentence | None:
    found = busiest(context)
    if found is None:
        return None
    at, most = found
    if is_hourly(context):
        when = f"The busiest hour began at {context.words.time(at)}"
        if len(context.dataset.window.days) > 1:
            when += f" on {context.words.day(at.date())}"
    elif len(context.dataset.window.days) <= 7:
        when = f"The busiest day was {context.words.day(at.date())}"
    else:
        when = f"The busiest day was {context.words.dated(at.date())}"
    return Sentence(f"{when}, with {most.text} {plural(most.value or 0, 'message')}.", "plain", (most.id,))
