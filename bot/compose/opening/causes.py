"""Probable causes in the data: the day, network or topic where most replies were over SLA, the grown topic.

A place is named only when it has clearly more than its share of the replies would bring by chance. Where the
data shows no cause, none is named.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from bot.compose.figures import metrics
from bot.compose.figures.answers import Row, export_of, insight_rows, number, rows_of, string
from bot.compose.figures.comparison import compare
from bot.compose.figures.context import Context
from bot.compose.figures.wording import clipped, iso_day, plural
from bot.compose.stats.chance import deviations, threshold
from bot.compose.stats.signal import same_kind
from bot.model import ExportFile, Figure, Unit

TOPIC_METRICS: Mapping[str, metrics.Metric] = {
    metrics.CLASSIFICATIONS: metrics.TOPIC_MENTIONS,
    metrics.CASE_CLASSIFICATIONS: metrics.TOPIC_CASES,
}
INSIGHTS: Mapping[str, str] = {"day": "sla_by_day", "network": "sla_by_network", "topic": "sla_by_topic"}
Kind = Literal["day", "network", "topic"]

FEWEST, A_THIRD, MUCH_MORE = 10, 1 / 3, 1.5
"""A place has at least ten replies over SLA, a third of all, and 1.5 times what its share would bring."""
FEWEST_MENTIONS, GROWTH = 20, 1.25
"""A grown topic has at least this many mentions, and a quarter more than before."""
LONGEST_NAME = 60
MOST_TOPICS = 8
"""The topics with a bar of their own; the others share one."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where replies over SLA concentrate: `over` of `all` are there; `share` is its share of all replies."""

    kind: Kind
    name: str
    over: Figure
    all: Figure
    share: Figure
    excess: float

    @property
    def there(self) -> str:
        """'were to messages from Wednesday', after a number of replies."""
        verb = plural(self.over.value or 0, "was", "were")
        preposition = {"day": "from", "network": "on", "topic": "about"}[self.kind]
        name = f"“{self.name}”" if self.kind == "topic" else self.name
        return f"{verb} to messages {preposition} {name}"

    def part(self, whole: str) -> str:
        """Return 'most of them, 98, were to messages from Wednesday'; `whole` is 'them'."""
        is_most = 2 * (self.over.value or 0) > (self.all.value or 0)
        some = f"most of {whole}, {self.over.text}," if is_most else f"{self.over.text} of {whole}"
        return f"{some} {self.there}"


def places(context: Context) -> tuple[Place, ...]:
    """Return at most one place per kind, the largest excess first; () where the data shows none."""
    file = export_of(context.asked(metrics.SLA_EXPORT))
    totals = insight_rows(file, "totals")
    if file is None or not totals:
        return ()
    candidates = [_place(kind, file, totals[0], context) for kind in ("day", "network", "topic")]
    return tuple(sorted(filter(None, candidates), key=lambda place: -place.excess))


def _place(kind: Kind, file: ExportFile, total: Row, context: Context) -> Place | None:
    rows = [row for row in insight_rows(file, INSIGHTS[kind]) if string(row, kind)]
    replies, over = number(total, "replies"), number(total, "over_sla")
    if len(rows) < (3 if kind == "day" else 2) or not replies or not over or replies < over:
        return None
    best = max(rows, key=lambda row: _excess(row, replies, over))
    if not _stands_out(best, replies, over, len(rows)):
        return None
    key = string(best, kind)
    subject, share = f"{kind}={key}", (number(best, "replies") or 0) / replies
    return Place(
        kind,
        context.day_name(day) if kind == "day" and (day := iso_day(key)) else key,
        context.count(f"{metrics.SLA_EXPORT}.over_sla", number(best, "over_sla"), subject),
        context.count(f"{metrics.SLA_EXPORT}.over_sla", over),
        context.figure(f"{metrics.SLA_EXPORT}.share_of_replies", share, Unit.SHARE, subject),
        _excess(best, replies, over),
    )


def _excess(row: Row, replies: float, over: float) -> float:
    """Return how many more are over SLA than the row's share of the replies would bring."""
    return (number(row, "over_sla") or 0) - over * (number(row, "replies") or 0) / replies


def _stands_out(row: Row, replies: float, over: float, rows: int) -> bool:
    here, share = number(row, "over_sla") or 0, (number(row, "replies") or 0) / replies
    if not 0 < share < 1 or here < max(FEWEST, over * A_THIRD, MUCH_MORE * over * share) or here > over:
        return False
    return (here - over * share) / math.sqrt(over * share * (1 - share)) > threshold(rows)


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic by its id; `before` is None where nothing is compared, 0 where it was absent before."""

    id: str
    name: str
    volume: float
    before: float | None


def topic_rows(report: str, rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return the rows that count a topic over all states. Only these may be added up.

    Classifications of messages come with a row for each state and one for `all_states`; those of cases do
    not.
    """
    by_state = report == metrics.CLASSIFICATIONS
    return tuple(row for row in rows if not by_state or string(row, "state") == metrics.ALL)


def topics(report: str, context: Context) -> tuple[Topic, ...]:
    """Return all topics with a volume, most frequent first. Names may repeat, ids do not."""
    earlier = None
    if context.is_compared(report):
        earlier = {topic_id(row): number(row, "volume") or 0 for row in previous_topic_rows(report, context)}
    rows = topic_rows(report, rows_of(context.current(report)))
    chosen = [topic for topic in (_topic(row, earlier) for row in rows) if topic.volume]
    return tuple(sorted(chosen, key=lambda topic: (-topic.volume, topic.name.casefold(), topic.id)))


def previous_topic_rows(report: str, context: Context) -> tuple[Row, ...]:
    """Return the topics' rows of the compared window."""
    return topic_rows(report, rows_of(context.previous(report)))


def _topic(row: Row, earlier: dict[str, float] | None) -> Topic:
    key, name = topic_id(row), string(row, "classification") or "(no name)"
    before = None if earlier is None else earlier.get(key, 0)
    return Topic(key, name, number(row, "volume") or 0, before)


def topic_id(row: Row) -> str:
    """Return a topic's id, or its name without one."""
    return string(row, "classification_id") or string(row, "classification")


@dataclass(frozen=True, slots=True)
class GrownTopic:
    """A topic with its volume and growth; `is_shown` says whether it has a bar of its own."""

    name: str
    now: Figure
    more: Figure
    before: float
    is_shown: bool


def grown_topic(report: str, context: Context) -> GrownTopic | None:
    """Return the topic of `report` that grew most among those that grew beyond chance; None without one."""
    window = context.dataset.previous_window
    if not context.asks(report) or not context.is_compared(report):
        return None
    if window is None or not same_kind(context, window):
        return None
    ranking = topics(report, context)
    longer = context.dataset.window.seconds / window.seconds
    grown = [topic for topic in ranking if _is_beyond_chance(topic, longer, len(ranking))]
    if not grown:
        return None
    most = max(grown, key=lambda topic: topic.volume - (topic.before or 0))
    return _grown_topic(most, most in ranking[:MOST_TOPICS], report, context)


def _is_beyond_chance(topic: Topic, longer: float, tests: int) -> bool:
    now, before = topic.volume, (topic.before or 0) * longer
    if now < max(FEWEST_MENTIONS, GROWTH * before) or before < 0:
        return False
    spreads = (now**0.5, (topic.before or 0) ** 0.5 * longer)
    return deviations(now, before, spreads, Unit.COUNT) > threshold(tests)


def _grown_topic(topic: Topic, is_shown: bool, report: str, context: Context) -> GrownTopic | None:
    metric = TOPIC_METRICS[report]
    name = f"{report}.{metric.name}"
    now = context.count(name, topic.volume, topic.id)
    before = context.count(name, topic.before, topic.id, previous=True)
    more = compare(metric, now, before, context.wording).figure
    title = clipped(topic.name, LONGEST_NAME)
    return GrownTopic(title, now, more, topic.before or 0, is_shown) if more else None
