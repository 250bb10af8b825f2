"""Topics ranked by how often they were chosen. A message or case may carry several, or none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.compose.figures.comparison import compare
from bot.compose.figures.context import Context, figure
from bot.compose.figures.metrics import Metric
from bot.compose.figures.reading import Row, number, word
from bot.model import Chart, ChartSeries, Figure

SHOWN = 8
"""So many topics have a bar of their own; the others share one."""
OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic by its id; `before` is None where nothing is compared, 0 where it was absent before."""

    id: str
    name: str
    volume: float
    before: float | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a chart of topics is called and counts."""

    report: str
    title: str
    caption: str
    metric: Metric


def topics(rows: Iterable[Row], before: Iterable[Row] | None) -> tuple[Topic, ...]:
    """Topics that were chosen at all, most often first; names repeat, ids do not."""
    earlier = None if before is None else {_id(row): number(row, "volume") or 0 for row in before}
    found = [_topic(row, earlier) for row in rows]
    return tuple(sorted((t for t in found if t.volume), key=lambda t: (-t.volume, t.name.casefold(), t.id)))


def _topic(row: Row, earlier: dict[str, float] | None) -> Topic:
    before = None if earlier is None else earlier.get(_id(row), 0)
    return Topic(_id(row), word(row, "classification") or "(no name)", number(row, "volume") or 0, before)


def _id(row: Row) -> str:
    return word(row, "classification_id") or word(row, "classification")


def ranked(found: Sequence[Topic], gone: float, ranking: Ranking, context: Context) -> Chart:
    """Bars of the leading topics and one for all others; `gone` counts what only the window before had."""
    shown = _with_others(found, gone)
    told = [_told(topic, ranking, context) for topic in shown]
    series = [ChartSeries("current", context.now, tuple(topic.volume for topic in shown))]
    if shown[0].before is not None:
        # A new topic has no mark: at the very left it would look like a part of the bar.
        marks = tuple(topic.before or None for topic in shown)
        series.append(ChartSeries("previous", context.before, marks))
    compared = len(series) > 1
    facts = "; ".join(_spoken(topic, label, ranking) for topic, (label, _) in zip(shown, told, strict=True))
    return Chart(
        report=ranking.report,
        shape="bars",
        title=ranking.title,
        caption=_caption(ranking, compared, context),
        alt=f"{ranking.metric.label}{_against(compared, context)}: {facts}.",
        labels=tuple(topic.name for topic in shown),
        series=tuple(series),
        unit=ranking.metric.unit,
        value_labels=tuple(label for label, _ in told),
        figures=tuple(one for _, figures in told for one in figures),
    )


def _spoken(topic: Topic, label: str, ranking: Ranking) -> str:
    """'delivery: 83, +4% more': many signs are not read aloud, words are."""
    if not topic.before or topic.volume == topic.before:
        return f"{topic.name}: {label}"
    metric = ranking.metric
    return f"{topic.name}: {label} {metric.more if topic.volume > topic.before else metric.fewer}"


def _against(compared: bool, context: Context) -> str:
    return f", each with its change from {context.before}" if compared else ""


def _caption(ranking: Ranking, compared: bool, context: Context) -> str:
    text = f"{ranking.caption} Beside each number its change; the mark is {context.before}."
    return text if compared else ranking.caption


def _with_others(found: Sequence[Topic], gone: float) -> list[Topic]:
    leading, rest = list(found[:SHOWN]), found[SHOWN:]
    if not rest:
        return leading
    before = None if rest[0].before is None else sum(topic.before or 0 for topic in rest) + gone
    name = f"other ({len(rest)} topic{'' if len(rest) == 1 else 's'})"
    return [*leading, Topic(OTHERS, name, sum(topic.volume for topic in rest), before)]


def _told(topic: Topic, ranking: Ranking, context: Context) -> tuple[str, tuple[Figure, ...]]:
    """'412, +38%', '97, new', and the figures behind it."""
    metric, name = ranking.metric, f"{ranking.report}.{ranking.metric.name}"
    current = figure(name, topic.volume, metric.unit, context.words, subject=topic.id)
    if topic.before is None:
        return current.text, (current,)
    if topic.before <= 0:
        return f"{current.text}, new", (current,)
    before = figure(name, topic.before, metric.unit, context.words, subject=topic.id, previous=True)
    moved = compare(metric, current, before, context.words).figure
    relative = context.words.relative((topic.volume - topic.before) / topic.before)
    text = f"{current.text}, {relative if moved else context.words.share(0)}"
    return text, (current, before, moved) if moved else (current, before)


def gone_since(found: Sequence[Topic], before: Iterable[Row] | None) -> float:
    """How often topics were chosen in the window before that are not in this one."""
    ids = {topic.id for topic in found}
    return sum(number(row, "volume") or 0 for row in before or () if _id(row) not in ids)
