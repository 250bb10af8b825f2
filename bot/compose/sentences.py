"""The sentences that a headline is made of; each names the figures that it rests on."""

from bot.compose.busiest import Busiest, busiest
from bot.compose.context import Context
from bot.compose.mention_sla_export import fullest_day
from bot.compose.metrics import CASES, MESSAGES, NPS, OVER_SLA, Metric
from bot.compose.nps_summary import answers, is_few, nps_values, rests_on
from bot.compose.wording import plural
from bot.model import Kpi, Sentence, Unit

Tiles = dict[str, Kpi]
TONES = {"better": "good", "worse": "bad"}


def target_sentence(metric: Metric, kpi: Kpi, context: Context) -> Sentence:
    """A missed target, with the day that most of it fell on where the data holds that."""
    evidence = f" ({kpi.explanation})" if kpi.explanation else ""
    limit = context.words.value(context.target(metric.name), metric.unit)
    text = f"{kpi.label} was {kpi.figure.text}{evidence}; the target is {limit}"
    figures = [kpi.figure.id]
    stands_out = fullest_day(context) if metric is OVER_SLA else None
    if stands_out:
        day, most = stands_out
        text += f", and {most.text} of those were written on {day}"
        figures.append(most.id)
    return Sentence(f"{text}.", "bad", tuple(figures))


def change_sentence(metric: Metric, kpi: Kpi, context: Context) -> Sentence:
    """'Customer wait was 52 min, 9 min longer than the week before.'"""
    assert kpi.change.figure is not None  # noqa: S101 - only changes with a size are told
    distance = kpi.change.figure.text.lstrip("+−")
    text = f"{kpi.label} was {kpi.figure.text}, {distance} {_comparative(metric, kpi)} than {context.before}."
    tone = TONES.get(kpi.change.verdict, "plain")
    return Sentence(text, tone, (kpi.figure.id, kpi.change.figure.id))  # type: ignore[arg-type]


def _comparative(metric: Metric, kpi: Kpi) -> str:
    if metric.unit is Unit.SHARE:
        return "higher" if kpi.change.direction == "up" else "lower"
    return metric.more if kpi.change.direction == "up" else metric.fewer


def volume_sentence(tiles: Tiles, context: Context) -> Sentence | None:
    """How many messages came in."""
    return _counted(tiles.get(MESSAGES.name), "message", "messages", "came in", context)


def cases_sentence(tiles: Tiles, context: Context) -> Sentence | None:
    """How many cases were closed."""
    kpi = tiles.get(CASES.name)
    if kpi is not None and kpi.figure.value == 0:
        return Sentence("No cases were closed in this window.", "plain", (kpi.figure.id,))
    verb = "was closed" if kpi is not None and kpi.figure.value == 1 else "were closed"
    return _counted(kpi, "case", "cases", verb, context)


def _counted(kpi: Kpi | None, one: str, several: str, verb: str, context: Context) -> Sentence | None:
    if kpi is None or kpi.figure.value is None:
        return None
    base = f"{kpi.figure.text} {plural(kpi.figure.value, one, several)} {verb}"
    change = kpi.change
    if change.direction == "flat":
        return Sentence(f"{base}, as many as {context.before}.", "plain", (kpi.figure.id,))
    if change.figure is None:
        return Sentence(f"{base}.", "plain", (kpi.figure.id,))
    distance = change.figure.text.lstrip("+−")
    text = f"{base}, {distance} {change.word} than {context.before}."
    return Sentence(text, "plain", (kpi.figure.id, change.figure.id))


def nps_sentence(tiles: Tiles, context: Context) -> Sentence | None:
    """The score with its number of answers; few answers are not compared, none are no score."""
    kpi = tiles.get(NPS.name)
    if kpi is None or kpi.figure.value is None:
        return None
    text = f"NPS was {kpi.figure.text}"
    if resting := rests_on(context):
        text += f" {resting}"
    change = kpi.change
    if is_few(context) or change.direction == "none":
        return Sentence(f"{text}.", "plain", (kpi.figure.id,))
    if change.figure is None:
        return Sentence(f"{text}, the same as {context.before}.", "plain", (kpi.figure.id,))
    distance = change.figure.text.lstrip("+−")
    word = NPS.more if change.direction == "up" else NPS.fewer
    tone = TONES.get(change.verdict, "plain")
    text = f"{text}, {distance} {word} than {context.before}."
    return Sentence(text, tone, (kpi.figure.id, change.figure.id))  # type: ignore[arg-type]


def no_answers_sentence(context: Context) -> Sentence | None:
    """That a survey was sent and nobody answered it."""
    values = nps_values(context.current("nps_summary")) if context.asks("nps_summary") else None
    if values is None or answers(values) != 0:
        return None
    figure_id = "nps_summary.total_received//current"
    return Sentence("Nobody answered the survey in this window.", "plain", (figure_id,))


def busiest_sentence(context: Context) -> Sentence | None:
    """When most messages came in, and how many more than on that weekday before."""
    found = busiest(context)
    if found is None:
        return None
    text = f"{_when(found, context)}, with {found.figure.text} {plural(found.figure.value or 0, 'message')}"
    if found.change and found.change.figure:
        distance = found.change.figure.text.lstrip("+−")
        text += f", {distance} {found.change.word} than {found.compared}"
    return Sentence(f"{text}.", "plain", tuple(one.id for one in found.figures))


def _when(found: Busiest, context: Context) -> str:
    days = len(context.dataset.window.days)
    if found.shown.hourly:
        when = f"The busiest hour began at {context.words.time(found.at)}"
        return f"{when} on {context.words.day(found.at.date())}" if days > 1 else when
    day = found.at.date()
    return f"The busiest day was {context.words.day(day) if days <= 7 else context.words.dated(day)}"
