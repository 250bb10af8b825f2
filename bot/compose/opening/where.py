"""Where it was most, as half a sentence: only what the data holds is said, nothing where it holds none."""

from bot.compose.figures.context import Context
from bot.compose.figures.metrics import MESSAGES, OVER_SLA, WAIT, Metric
from bot.compose.opening.clauses import Clause
from bot.compose.opening.grown import grown
from bot.compose.opening.places import places
from bot.compose.opening.worst import worst_wait
from bot.compose.stats.signal import Signal
from bot.model import Kpi

HALF = 0.5
"""A topic stands behind a growth when it brought half of it."""


def where(metric: Metric, kpi: Kpi, found: Signal, context: Context) -> Clause:
    """For replies over SLA a day, network or topic; for waits a day or hour; for growth a topic."""
    if metric is OVER_SLA and found.side != "below":
        return _where_over_sla(kpi, context)
    if metric is WAIT and found.side != "below":
        worst = worst_wait(kpi.figure.value, context)
        text = f"; it was longest {worst.when} ({worst.figure.text})" if worst else ""
        return Clause(text, (worst.figure,) if worst else ())
    if metric is MESSAGES and found.side == "above":
        return _mostly_about(kpi, context)
    return Clause()


def _where_over_sla(kpi: Kpi, context: Context) -> Clause:
    """Only where the export and the key figures speak of the same replies."""
    counted = [one.value for one in kpi.figures if one.metric.endswith(f".{OVER_SLA.part}")]
    found = [place for place in places(context) if place.all.value in counted]
    return Clause(f"; {found[0].part('them')}", (found[0].over, found[0].all)) if found else Clause()


def _mostly_about(kpi: Kpi, context: Context) -> Clause:
    """The topic behind at least half of the growth."""
    topic, more = grown("classifications", context), kpi.change.figure
    growth = more.value or 0.0 if more else 0.0
    if topic is None or not topic.is_shown or growth <= 0 or (topic.more.value or 0.0) < HALF * growth:
        return Clause()
    distance = topic.more.text.lstrip("+−")
    text = f"; most of the growth was about “{topic.name}”: {topic.now.text}, {distance} more"
    return Clause(text, (topic.now, topic.more))
