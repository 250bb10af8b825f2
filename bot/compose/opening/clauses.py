"""Halves of sentences: what a figure is, how it moved, and what is usual; each with the figures it states."""

from dataclasses import dataclass

from bot.compose.figures.comparison import more_or_fewer
from bot.compose.figures.context import Context
from bot.compose.figures.metrics import CASES, CLOSED_CASES, FEW, MESSAGES, NPS, RECEIVED, REPLIES, Metric
from bot.compose.figures.wording import plural
from bot.compose.reports.nps_summary import is_few
from bot.compose.stats.signal import Signal
from bot.model import Figure, Kpi

COUNTED = {
    MESSAGES.name: ("message came in", "messages came in"),
    CASES.name: ("case was closed", "cases were closed"),
    "total_received": ("answer came in", "answers came in"),
    "total_sent": ("survey was sent", "surveys were sent"),
    "total_promoters": ("answer came from a promoter", "answers came from promoters"),
    "total_passives": ("answer came from a passive", "answers came from passives"),
    "total_detractors": ("answer came from a detractor", "answers came from detractors"),
}
SAMPLES = {RECEIVED: ("answer", "answers"), CLOSED_CASES: ("case", "cases"), REPLIES: ("reply", "replies")}
HARDLY = 1 / 3
"""A change so far below what would be news needs no word about chance."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence and the figures that it states."""

    text: str = ""
    figures: tuple[Figure, ...] = ()


def rests_on_few(metric: Metric, kpi: Kpi) -> bool:
    """Whether a figure rests on so few replies, cases or answers that it says little."""
    name = metric.base or metric.sample
    size = next(
        (one.value for one in kpi.figures if one.metric.endswith(f".{name}") and not one.subject), None
    )
    return size is not None and 0 < size < FEW.get(name, 0)


def statement(metric: Metric, kpi: Kpi) -> Clause:
    """What the figure is: '14% of replies were over SLA (179 of 1,278)'."""
    value = kpi.figure
    if metric.name in COUNTED:
        return Clause(f"{value.text} {plural(value.value or 0, *COUNTED[metric.name])}", (value,))
    text = (metric.says or f"{metric.label} was {{}}").format(value.text)
    evidence = {one.metric.partition(".")[2]: one for one in kpi.figures if not one.subject}
    if metric.part:
        rests = [evidence[name] for name in (metric.part, metric.base) if name in evidence]
        if len(rests) == 2:
            return Clause(f"{text} ({rests[0].text} of {rests[1].text})", (value, *rests))
    size, few = evidence.get(metric.sample), rests_on_few(metric, kpi)
    if size is None or not (few or metric is NPS):
        return Clause(text, (value,))
    resting = f"{'only ' if few else ''}{size.text} {plural(size.value or 0, *SAMPLES[metric.sample])}"
    return Clause(f"{text} from {resting}" if metric is NPS else f"{text} ({resting})", (value, size))


def moved(metric: Metric, kpi: Kpi, found: Signal, context: Context) -> Clause:
    """How a figure moved, and what that means: news, usual, or perhaps chance."""
    if found.usual and found.side == "usual":
        return Clause(f", within the usual {between(*found.usual)}", found.usual)
    if metric is NPS and is_few(context):
        return Clause()
    change = than_before(metric, kpi, context)
    if found.usual:
        beyond = beyond_usual(kpi.figure, found.side, found.usual)
        text = f"{change.text} and {beyond.text}" if change.text else f", {beyond.text}"
        return Clause(text, (*change.figures, *beyond.figures))
    if found.side == "usual" and kpi.change.figure and found.strength > HARDLY:
        return Clause(f"{change.text}, which could be chance", change.figures)
    return change


def beyond_usual(value: Figure, side: str, usual: tuple[Figure, Figure]) -> Clause:
    """'above the usual 35 min to 48 min'; without the numbers where the edge reads like the figure."""
    low, high = usual
    if value.text in (low.text, high.text):
        return Clause(f"{side} the usual range")
    return Clause(f"{side} the usual {between(low, high)}", usual)


def between(low: Figure, high: Figure) -> str:
    """'35 to 50 min': a unit that both share is said once."""
    number, _, unit = low.text.rpartition(" ")
    shared = number and high.text.rpartition(" ")[2] == unit and " " not in number
    return f"{number if shared else low.text} to {high.text}"


def than_before(metric: Metric, kpi: Kpi, context: Context) -> Clause:
    """', 9 min longer than the week before'."""
    change = kpi.change
    if change.direction == "flat":
        same = "as many as" if metric.name in COUNTED else "the same as"
        return Clause(f", {same} {context.before}")
    if change.figure is None:
        return Clause()
    distance = change.figure.text.lstrip("+−")
    return Clause(f", {distance} {more_or_fewer(metric, change)} than {context.before}", (change.figure,))
