"""Sentences of the headline, built from clauses. Each clause carries the figures that it states."""

from dataclasses import dataclass
from typing import Literal

from bot.compose.figures import metrics
from bot.compose.figures.comparison import more_or_fewer
from bot.compose.figures.context import Context
from bot.compose.figures.wording import counted, unsigned
from bot.compose.opening.causes import grown_topic, places
from bot.compose.opening.key_figures import TARGET, answer_count, has_few_answers, nps_values
from bot.compose.opening.peaks import Busiest, busiest, longest_wait
from bot.compose.stats.signal import Signal
from bot.model import Figure, Kpi, Sentence

COUNTED = {
    metrics.MESSAGES.name: ("message came in", "messages came in"),
    metrics.CASES.name: ("case was closed", "cases were closed"),
    metrics.ANSWERS.name: ("answer came in", "answers came in"),
    metrics.SENT.name: ("survey was sent", "surveys were sent"),
    metrics.PROMOTERS.name: ("answer came from a promoter", "answers came from promoters"),
    metrics.PASSIVES.name: ("answer came from a passive", "answers came from passives"),
    metrics.DETRACTORS.name: ("answer came from a detractor", "answers came from detractors"),
}
SAMPLES = {
    metrics.RECEIVED: ("answer", "answers"),
    metrics.CLOSED_CASES: ("case", "cases"),
    metrics.REPLIES: ("reply", "replies"),
}
MARGINAL = 1 / 3
"""A change of less than this part of what would be news needs no remark about chance."""
HALF = 0.5
"""A topic explains a growth when it brought at least this part of it."""
Tone = Literal["good", "bad", "plain"]
TONES: dict[str, Tone] = {"better": "good", "worse": "bad"}


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence and the figures that it states."""

    text: str = ""
    figures: tuple[Figure, ...] = ()


def sentence(tone: Tone, *clauses: Clause) -> Sentence:
    """Return the sentence of these clauses, with the ids of their figures."""
    ids = dict.fromkeys(figure.id for clause in clauses for figure in clause.figures)
    return Sentence(f"{''.join(clause.text for clause in clauses)}.", tone, tuple(ids))


def missed_sentence(metric: metrics.Metric, kpi: Kpi, news: Signal, context: Context) -> Sentence:
    """Return a missed target, and its probable cause where the data shows one."""
    limit = _target(kpi)
    side = "short of" if metric.good == "up" else "beyond"
    target = Clause(f", {side} the target of {limit.text}", (limit,))
    usual = _missed_before(metric, kpi, news, context)
    return sentence("bad", statement(metric, kpi), target, usual, cause(metric, kpi, news, context))


def _missed_before(metric: metrics.Metric, kpi: Kpi, news: Signal, context: Context) -> Clause:
    """Return whether a missed target is new. The change itself stands in the figure's tile."""
    if news.usual is None:
        return than_before(metric, kpi, context) if news.is_news else Clause()
    if news.side == "usual":
        return Clause(f" but within the usual {between(*news.usual)}", news.usual)
    beyond = beyond_usual(kpi.figure, news.side, news.usual)
    conjunction = "but" if (news.side == "above") == (metric.good == "up") else "and"
    return Clause(f" {conjunction} {beyond.text}", beyond.figures)


def met_sentence(metric: metrics.Metric, kpi: Kpi) -> Sentence:
    """Return a target that was met."""
    limit = _target(kpi)
    met = Clause(f", which meets the target of {limit.text}", (limit,))
    return sentence("good", statement(metric, kpi), met)


def _target(kpi: Kpi) -> Figure:
    return next(figure for figure in kpi.figures if figure.subject == TARGET)


def figure_sentence(metric: metrics.Metric, kpi: Kpi, news: Signal, context: Context) -> Sentence | None:
    """Return 'Customers waited 52 min on average, 9 min longer than the week before'; None without a value.

    A figure that is no news says so: it is within its usual range, or its change may be chance.
    """
    if kpi.figure.value is None:
        return None
    if metric is metrics.CASES and kpi.figure.value == 0:
        return Sentence("No cases were closed in this window.", "plain", (kpi.figure.id,))
    tone = TONES.get(kpi.change.verdict, "plain") if news.is_news else "plain"
    reason = cause(metric, kpi, news, context) if news.is_news else Clause()
    return sentence(tone, statement(metric, kpi), movement(metric, kpi, news, context), reason)


def ordinary_sentence(
    noun: str, metric: metrics.Metric, kpi: Kpi, news: Signal, context: Context
) -> Sentence:
    """Return 'An ordinary week: 496 messages, within the usual range of 430 to 560'."""
    what = statement(metric, kpi)
    if metric is metrics.MESSAGES:
        what = Clause(counted(kpi.figure, "message"), what.figures)
    opening = Clause(f"An ordinary {'stretch' if noun == 'period' else noun}: ")
    if news.usual:
        within = Clause(f", within the usual range of {between(*news.usual)}", news.usual)
        return sentence("plain", opening, what, within)
    return sentence("plain", opening, what, movement(metric, kpi, news, context))


def no_answers_sentence(context: Context) -> Sentence | None:
    """Return that nobody answered a survey that was sent."""
    values = nps_values(context.asked(metrics.NPS_SUMMARY))
    if values is None or answer_count(values) != 0:
        return None
    figure_id = f"{metrics.NPS_SUMMARY}.{metrics.RECEIVED}//current"
    return Sentence("Nobody answered the survey in this window.", "plain", (figure_id,))


def busiest_sentence(context: Context) -> Sentence | None:
    """Return when most messages came in, and its change from that weekday before where beyond chance."""
    most = busiest(context)
    if most is None:
        return None
    text = f"{_busiest_when(most, context)}, with {counted(most.figure, 'message')}"
    opening = Clause(text, (most.figure,))
    if most.more is None:
        return sentence("plain", opening)
    direction = "more" if (most.more.value or 0) > 0 else "fewer"
    change = Clause(f", {unsigned(most.more)} {direction} than {most.compared}", (most.more,))
    return sentence("plain", opening, change)


def _busiest_when(most: Busiest, context: Context) -> str:
    day = most.at.date()
    if not most.timeline.hourly:
        return f"The busiest day was {context.day_name(day)}"
    when = f"The busiest hour began at {context.wording.time(most.at)}"
    return f"{when} on {context.wording.day(day)}" if len(context.dataset.window.days) > 1 else when


def rests_on_few(metric: metrics.Metric, kpi: Kpi) -> bool:
    """Return whether the sample of a figure is too small to say much."""
    name = metric.base or metric.sample
    evidence = (figure for figure in kpi.figures if not figure.subject)
    size = next((figure.value for figure in evidence if figure.metric.endswith(f".{name}")), None)
    return size is not None and 0 < size < metrics.FEW.get(name, 0)


def statement(metric: metrics.Metric, kpi: Kpi) -> Clause:
    """Return what the figure is: '14% of replies were over SLA (179 of 1,278)'."""
    value = kpi.figure
    if metric.name in COUNTED:
        return Clause(counted(value, *COUNTED[metric.name]), (value,))
    text = (metric.says or f"{metric.label} was {{}}").format(value.text)
    evidence = {figure.metric.partition(".")[2]: figure for figure in kpi.figures if not figure.subject}
    if metric.part:
        counts = [evidence[name] for name in (metric.part, metric.base) if name in evidence]
        if len(counts) == 2:
            return Clause(f"{text} ({counts[0].text} of {counts[1].text})", (value, *counts))
    size, few = evidence.get(metric.sample), rests_on_few(metric, kpi)
    if size is None or not (few or metric is metrics.NPS):
        return Clause(text, (value,))
    sample = f"{'only ' if few else ''}{counted(size, *SAMPLES[metric.sample])}"
    return Clause(f"{text} from {sample}" if metric is metrics.NPS else f"{text} ({sample})", (value, size))


def movement(metric: metrics.Metric, kpi: Kpi, news: Signal, context: Context) -> Clause:
    """Return how a figure moved, and whether that is news, usual, or perhaps chance."""
    if news.usual and news.side == "usual":
        return Clause(f", within the usual {between(*news.usual)}", news.usual)
    if metric is metrics.NPS and has_few_answers(context):
        return Clause()
    change = than_before(metric, kpi, context)
    if news.usual:
        beyond = beyond_usual(kpi.figure, news.side, news.usual)
        text = f"{change.text} and {beyond.text}" if change.text else f", {beyond.text}"
        return Clause(text, (*change.figures, *beyond.figures))
    if news.side == "usual" and kpi.change.figure and news.strength > MARGINAL:
        return Clause(f"{change.text}, which could be chance", change.figures)
    return change


def beyond_usual(value: Figure, side: str, usual: tuple[Figure, Figure]) -> Clause:
    """Return 'above the usual 35 min to 48 min'; no range where one of its ends reads like the figure."""
    low, high = usual
    if value.text in (low.text, high.text):
        return Clause(f"{side} the usual range")
    return Clause(f"{side} the usual {between(low, high)}", usual)


def between(low: Figure, high: Figure) -> str:
    """Return '35 to 50 min': a shared unit stands once."""
    number, _, unit = low.text.rpartition(" ")
    shared = number and high.text.rpartition(" ")[2] == unit and " " not in number
    return f"{number if shared else low.text} to {high.text}"


def than_before(metric: metrics.Metric, kpi: Kpi, context: Context) -> Clause:
    """Return ', 9 min longer than the week before'."""
    change = kpi.change
    if change.direction == "flat":
        same = "as many as" if metric.name in COUNTED else "the same as"
        return Clause(f", {same} {context.before}")
    if change.figure is None:
        return Clause()
    text = f", {unsigned(change.figure)} {more_or_fewer(metric, change)} than {context.before}"
    return Clause(text, (change.figure,))


def cause(metric: metrics.Metric, kpi: Kpi, news: Signal, context: Context) -> Clause:
    """Return the probable cause; empty where the data shows none.

    For replies over SLA it is a day, network or topic; for waits a day or hour; for growth a topic.
    """
    if metric is metrics.OVER_SLA and news.side != "below":
        counts = [
            figure.value for figure in kpi.figures if figure.metric.endswith(f".{metrics.OVER_SLA.part}")
        ]
        place = next((place for place in places(context) if place.all.value in counts), None)
        return Clause(f"; {place.part('them')}", (place.over, place.all)) if place else Clause()
    if metric is metrics.WAIT and news.side != "below":
        longest = longest_wait(kpi.figure.value, context)
        text = f"; it was longest {longest.when(context)} ({longest.figure.text})" if longest else ""
        return Clause(text, (longest.figure,) if longest else ())
    if metric is metrics.MESSAGES and news.side == "above":
        return _growth_cause(kpi, context)
    return Clause()


def _growth_cause(kpi: Kpi, context: Context) -> Clause:
    """Return the topic behind at least half of the growth."""
    topic, more = grown_topic(metrics.CLASSIFICATIONS, context), kpi.change.figure
    growth = more.value or 0.0 if more else 0.0
    if topic is None or not topic.is_shown or growth <= 0 or (topic.more.value or 0.0) < HALF * growth:
        return Clause()
    text = f"; most of the growth was about “{topic.name}”: {topic.now.text}, {unsigned(topic.more)} more"
    return Clause(text, (topic.now, topic.more))
