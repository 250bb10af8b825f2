"""The topic that grew most, where it grew beyond chance."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.compose.figures.comparison import compare
from bot.compose.figures.context import Context, figure
from bot.compose.figures.metrics import TOPIC_CASES, TOPIC_MENTIONS, Metric
from bot.compose.figures.reading import Row, rows_of
from bot.compose.figures.topics import SHOWN, Topic, topics
from bot.compose.reports.case_classifications import REPORT as CASES
from bot.compose.reports.classifications import REPORT as MESSAGES
from bot.compose.reports.classifications import all_states
from bot.compose.stats.chance import deviations, threshold
from bot.compose.stats.past import same_kind
from bot.model import Figure, Unit

FEWEST, GROWTH = 20, 1.25
"""A topic that grew has at least so many mentions, and a quarter more than before."""
LONGEST_NAME = 60

_ROWS: Mapping[str, tuple[Metric, Callable[[Iterable[Row]], tuple[Row, ...]]]] = {
    MESSAGES: (TOPIC_MENTIONS, all_states),
    CASES: (TOPIC_CASES, tuple),
}


@dataclass(frozen=True, slots=True)
class Grown:
    """A topic, how often it was chosen, and how much more often than in the compared window.

    `is_shown`: whether it has a bar of its own.
    """

    name: str
    now: Figure
    more: Figure
    before: float
    is_shown: bool


def grown(report: str, context: Context) -> Grown | None:
    """The topic of `report` that grew most among those that grew beyond chance; None without one."""
    window = context.dataset.previous_window
    if not context.asks(report) or not context.is_compared(report) or window is None:
        return None
    if not same_kind(context, window):
        return None
    metric, totals = _ROWS[report]
    found = topics(totals(rows_of(context.current(report))), totals(rows_of(context.previous(report))))
    longer = context.dataset.window.seconds / window.seconds
    beyond = [topic for topic in found if _is_beyond(topic, longer, len(found))]
    if not beyond:
        return None
    most = max(beyond, key=lambda topic: topic.volume - (topic.before or 0))
    return _told(most, most in found[:SHOWN], report, metric, context)


def _is_beyond(topic: Topic, longer: float, tests: int) -> bool:
    now, before = topic.volume, (topic.before or 0) * longer
    if now < max(FEWEST, GROWTH * before) or before < 0:
        return False
    spreads = (now**0.5, (topic.before or 0) ** 0.5 * longer)
    return deviations(now, before, spreads, Unit.COUNT) > threshold(tests)


def _told(topic: Topic, shown: bool, report: str, metric: Metric, context: Context) -> Grown | None:
    name = f"{report}.{metric.name}"
    now = figure(name, topic.volume, metric.unit, context.words, subject=topic.id)
    before = figure(name, topic.before, metric.unit, context.words, subject=topic.id, previous=True)
    more = compare(metric, now, before, context.words).figure
    short = topic.name if len(topic.name) <= LONGEST_NAME else f"{topic.name[: LONGEST_NAME - 1]}…"
    return Grown(short, now, more, topic.before or 0, shown) if more else None
