"""Look here: at most three actions, each with its evidence from the data; without any, no block.

The block stands directly below the key figures, so that a reader in a hurry finds it before the details.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.compose.figures import metrics
from bot.compose.figures.answers import export_of, insight_rows, number, string
from bot.compose.figures.context import Context
from bot.compose.figures.wording import counted, unsigned
from bot.compose.opening.causes import GrownTopic, Place, grown_topic, places
from bot.compose.opening.key_figures import Tiles
from bot.compose.opening.peaks import SlowHour, slow_hour
from bot.model import Figure, Hint, LookHere, Unit

MOST = 3
LONG_UNANSWERED = ("over 3 days", "1 to 3 days")
"""Ages of unanswered messages that are worth a hint, the oldest first."""
SLOW, LONG, FEWEST_CASES = 10.0, 2 * 86_400.0, 10
"""A slow case took over two days, and ten times the average of at least ten cases."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A hint with the figures that it states."""

    text: str
    evidence: str
    figures: tuple[Figure, ...]


def look_here(context: Context, tiles: Tiles) -> tuple[LookHere, ...]:
    """Return the block, or () where nothing in the data asks for action."""
    leads = [lead for lead in _leads(context, tiles) if lead is not None][:MOST]
    if not leads:
        return ()
    hints = tuple(Hint(lead.text, lead.evidence, tuple(f.id for f in lead.figures)) for lead in leads)
    figures = {figure.id: figure for lead in leads for figure in lead.figures}
    return (LookHere(hints, tuple(figures.values())),)


def _leads(context: Context, tiles: Tiles) -> Iterable[Lead | None]:
    """Yield in the order of urgency: unanswered messages, missed targets, staffing, growth, slow cases."""
    hour = slow_hour(context)
    place = _missed_place(context, tiles)
    yield _unanswered(context)
    # The slowest hour says more than its day.
    yield None if place is None or (hour and place.kind == "day") else _place_lead(place)
    yield _hour_lead(hour, context) if hour else None
    yield _topic_lead(grown_topic(metrics.CLASSIFICATIONS, context), "Topic mentions", context)
    yield _topic_lead(grown_topic(metrics.CASE_CLASSIFICATIONS, context), "Cases", context)
    yield _slow_case(context)


def _unanswered(context: Context) -> Lead | None:
    rows = insight_rows(export_of(context.asked(metrics.SLA_EXPORT)), "unanswered")
    counts = {string(row, "age"): number(row, "messages") or 0 for row in rows}
    ages = [age for age in LONG_UNANSWERED if counts.get(age, 0) > 0]
    waiting = {age: context.count(f"{metrics.SLA_EXPORT}.unanswered", counts[age], age) for age in ages}
    if not waiting:
        return None
    parts = " and ".join(f"{counted(figure, 'message')} had waited {age}" for age, figure in waiting.items())
    evidence = f"At the end of the {context.noun} {parts} for an answer."
    return Lead("Answer the oldest messages first.", evidence, tuple(waiting.values()))


def _missed_place(context: Context, tiles: Tiles) -> Place | None:
    kpi = tiles.get(metrics.OVER_SLA.name)
    if kpi is None or kpi.target is None or kpi.target.verdict != "missed":
        return None
    return next(iter(places(context)), None)


def _place_lead(place: Place) -> Lead:
    about = f"messages about “{place.name}”" if place.kind == "topic" else place.name
    counts = f"{place.over.text} of {place.all.text} replies over SLA {place.there}"
    evidence = f"{counts}, which had {place.share.text} of all replies."
    return Lead(f"Find out what held up {about}.", evidence, (place.over, place.all, place.share))


def _hour_lead(hour: SlowHour, context: Context) -> Lead:
    evidence = (
        f"{counted(hour.messages, 'message')} came in then, and customers waited {hour.wait.text} "
        f"on average, against {hour.average.text} over the whole {context.noun}."
    )
    return Lead(hour.advice, evidence, (hour.messages, hour.wait, hour.average))


def _topic_lead(topic: GrownTopic | None, noun: str, context: Context) -> Lead | None:
    if topic is None:
        return None
    if not topic.before:
        evidence = f"{noun}: {topic.now.text}, none in {context.before}."
        return Lead(f"Find out why “{topic.name}” came up.", evidence, (topic.now,))
    evidence = f"{noun}: {topic.now.text}, {unsigned(topic.more)} more than {context.before}."
    return Lead(f"Find out why “{topic.name}” grew.", evidence, (topic.now, topic.more))


def _slow_case(context: Context) -> Lead | None:
    file = export_of(context.asked(metrics.CASES_EXPORT))
    slow, totals = insight_rows(file, "slow_cases"), insight_rows(file, "totals")
    if file is None or file.rows < FEWEST_CASES or not slow or not totals:
        return None
    resolution, average = number(slow[0], "resolution"), number(totals[0], "resolution")
    if resolution is None or not average or average < 0 or resolution < max(LONG, SLOW * average):
        return None
    case = string(slow[0], "case")
    longest = context.figure(f"{metrics.CASES_EXPORT}.case_resolution", resolution, Unit.SECONDS, case)
    mean = context.figure(f"{metrics.CASES_EXPORT}.resolution", average, Unit.SECONDS)
    evidence = f"It took {longest.text}; on average a case took {mean.text}."
    return Lead(f"Read case {case}.", evidence, (longest, mean))
