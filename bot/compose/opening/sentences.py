"""The sentences that a headline is made of; each names the figures that it rests on."""

from typing import Literal

from bot.compose.figures.context import Context
from bot.compose.figures.metrics import (
    CASES,
    MESSAGES,
    Metric,
)
from bot.compose.figures.wording import plural
from bot.compose.opening.busiest import Busiest, busiest
from bot.compose.opening.clauses import Clause, between, beyond_usual, moved, statement, than_before
from bot.compose.opening.where import where
from bot.compose.reports.nps_summary import answers, nps_values
from bot.compose.stats.signal import Signal
from bot.model import Kpi, Sentence

Tiles = dict[str, Kpi]
Signals = dict[str, Signal]
TONES: dict[str, Literal["good", "bad", "plain"]] = {"better": "good", "worse": "bad"}


def target_sentence(metric: Metric, kpi: Kpi, found: Signal, context: Context) -> Sentence:
    """A missed target, and where most of it was where the data holds that."""
    missed = "short of" if metric.good == "up" else "beyond"
    limit = next(one for one in kpi.figures if one.subject == "target")
    target = Clause(f", {missed} the target of {limit.text}", (limit,))
    usual = _target_or_usual(metric, kpi, found, context)
    return _sentence("bad", statement(metric, kpi), target, usual, where(metric, kpi, found, context))


def _target_or_usual(metric: Metric, kpi: Kpi, found: Signal, context: Context) -> Clause:
    """Whether a missed target is something new; the change itself stands in the figure's tile."""
    if found.usual is None:
        return than_before(metric, kpi, context) if found.is_news else Clause()
    if found.side == "usual":
        return Clause(f" but within the usual {between(*found.usual)}", found.usual)
    beyond = beyond_usual(kpi.figure, found.side, found.usual)
    joined = "but" if (found.side == "above") == (metric.good == "up") else "and"
    return Clause(f" {joined} {beyond.text}", beyond.figures)


def met_sentence(metric: Metric, kpi: Kpi) -> Sentence:
    """A target that was met."""
    limit = next(one for one in kpi.figures if one.subject == "target")
    return _sentence(
        "good", statement(metric, kpi), Clause(f", which meets the target of {limit.text}", (limit,))
    )


def figure_sentence(metric: Metric, kpi: Kpi, found: Signal, context: Context) -> Sentence | None:
    """'Customers waited 52 min on average, 9 min longer than the week before.' None without a value.

    A figure that is no news says so: it lies in its usual range, or its change may be chance.
    """
    if kpi.figure.value is None:
        return None
    if metric is CASES and kpi.figure.value == 0:
        return Sentence("No cases were closed in this window.", "plain", (kpi.figure.id,))
    tone = TONES.get(kpi.change.verdict, "plain") if found.is_news else "plain"
    why = where(metric, kpi, found, context) if found.is_news else Clause()
    return _sentence(tone, statement(metric, kpi), moved(metric, kpi, found, context), why)


def ordinary_sentence(noun: str, metric: Metric, kpi: Kpi, found: Signal, context: Context) -> Sentence:
    """'An ordinary week: 496 messages, within the usual range of 430 to 560.'"""
    what = statement(metric, kpi)
    if metric is MESSAGES:
        what = Clause(f"{kpi.figure.text} {plural(kpi.figure.value or 0, 'message')}", what.figures)
    opening = Clause(f"An ordinary {'stretch' if noun == 'period' else noun}: ")
    if found.usual:
        within = Clause(f", within the usual range of {between(*found.usual)}", found.usual)
        return _sentence("plain", opening, what, within)
    return _sentence("plain", opening, what, moved(metric, kpi, found, context))


def _sentence(tone: Literal["good", "bad", "plain"], *clauses: Clause) -> Sentence:
    ids = dict.fromkeys(one.id for clause in clauses for one in clause.figures)
    return Sentence(f"{''.join(clause.text for clause in clauses)}.", tone, tuple(ids))


def no_answers_sentence(context: Context) -> Sentence | None:
    """That a survey was sent and nobody answered it."""
    values = nps_values(context.current("nps_summary")) if context.asks("nps_summary") else None
    if values is None or answers(values) != 0:
        return None
    figure_id = "nps_summary.total_received//current"
    return Sentence("Nobody answered the survey in this window.", "plain", (figure_id,))


def busiest_sentence(context: Context) -> Sentence | None:
    """When most messages came in; and how many more than on that weekday before, if that is beyond chance."""
    found = busiest(context)
    if found is None:
        return None
    text = f"{_when(found, context)}, with {found.figure.text} {plural(found.figure.value or 0, 'message')}"
    opening, more = Clause(text, (found.figure,)), found.more
    if more is None:
        return _sentence("plain", opening)
    distance, word = more.text.lstrip("+−"), "more" if (more.value or 0) > 0 else "fewer"
    return _sentence("plain", opening, Clause(f", {distance} {word} than {found.compared}", (more,)))


def _when(found: Busiest, context: Context) -> str:
    days = len(context.dataset.window.days)
    if found.shown.hourly:
        when = f"The busiest hour began at {context.words.time(found.at)}"
        return f"{when} on {context.words.day(found.at.date())}" if days > 1 else when
    day = found.at.date()
    return f"The busiest day was {context.words.day(day) if days <= 7 else context.words.dated(day)}"
