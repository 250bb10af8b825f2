"""Look here: at most three things to do, each with its evidence from the data; without any, no block.

It stands directly below the key figures, so that a reader in a hurry finds what to do before the details.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.compose.figures.context import Context, figure
from bot.compose.figures.export_parts import counts
from bot.compose.figures.metrics import OVER_SLA
from bot.compose.figures.reading import Row, export_of, number, table_rows, word
from bot.compose.figures.wording import window_noun
from bot.compose.opening.busy_hour import busy_hour
from bot.compose.opening.grown import Grown, grown
from bot.compose.opening.places import Place, places
from bot.compose.opening.sentences import Tiles
from bot.model import Figure, Hint, LookHere, Unit

MOST = 3
SLA_EXPORT, CASES_EXPORT = "mention_sla_export", "case_details"
LONG_UNANSWERED = ("over 3 days", "1 to 3 days")
"""Ages of messages without an answer that are worth a hint, the oldest first."""
SLOW, LONG, FEWEST_CASES = 10.0, 2 * 86_400.0, 10
"""A case is worth reading when it took over two days, and ten times the average of at least ten cases."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A hint with the figures it states."""

    text: str
    evidence: str
    figures: tuple[Figure, ...]


def look_here(context: Context, tiles: Tiles) -> tuple[LookHere, ...]:
    """The block, or () where nothing in the data asks for somebody."""
    leads = [lead for lead in _leads(context, tiles) if lead is not None][:MOST]
    if not leads:
        return ()
    hints = tuple(Hint(one.text, one.evidence, tuple(f.id for f in one.figures)) for one in leads)
    known = {f.id: f for one in leads for f in one.figures}
    return (LookHere(hints, tuple(known.values())),)


def _leads(context: Context, tiles: Tiles) -> Iterable[Lead | None]:
    """In the order of urgency: who waits now, where a target was missed, whom to staff, what grew."""
    hour = _hour(context)
    place = _missed_place(context, tiles)
    yield _unanswered(context)
    # The day's worst hour says more than the day.
    yield None if place and hour and place.kind == "day" else _place(place)
    yield hour
    yield _topic(grown("classifications", context), "Topic mentions", context)
    yield _topic(grown("case_classifications", context), "Cases", context)
    yield _slow_case(context)


def _unanswered(context: Context) -> Lead | None:
    file = export_of(context.current(SLA_EXPORT)) if context.asks(SLA_EXPORT) else None
    rows = {word(row, "age"): row for row in table_rows(file.insight("unanswered"))} if file else {}
    waiting = [
        (
            age,
            figure(
                f"{SLA_EXPORT}.unanswered",
                number(rows[age], "messages"),
                Unit.COUNT,
                context.words,
                subject=age,
            ),
        )
        for age in LONG_UNANSWERED
        if age in rows and (number(rows[age], "messages") or 0) > 0
    ]
    if not waiting:
        return None
    told = " and ".join(f"{counts(one, 'message')} had waited {age}" for age, one in waiting)
    evidence = f"At the end of the {_window(context)} {told} for an answer."
    return Lead("Answer the oldest messages first.", evidence, tuple(one for _, one in waiting))


def _window(context: Context) -> str:
    noun = window_noun(context.dataset.window)
    return noun if noun != "period" else "window"


def _missed_place(context: Context, tiles: Tiles) -> Place | None:
    kpi = tiles.get(OVER_SLA.name)
    if kpi is None or kpi.target is None or kpi.target.verdict != "missed":
        return None
    return next(iter(places(context)), None)


def _place(place: Place | None) -> Lead | None:
    if place is None:
        return None
    about = f"messages about “{place.name}”" if place.kind == "topic" else place.name
    evidence = (
        f"{place.over.text} of {place.all.text} replies over SLA {place.there}, "
        f"which had {place.share.text} of all replies."
    )
    return Lead(f"Find out what held up {about}.", evidence, (place.over, place.all, place.share))


def _hour(context: Context) -> Lead | None:
    found = busy_hour(context)
    if found is None:
        return None
    evidence = (
        f"{counts(found.messages, 'message')} came in then, and customers waited {found.wait.text} "
        f"on average, against {found.usual.text} over the whole {_window(context)}."
    )
    return Lead(found.advice, evidence, (found.messages, found.wait, found.usual))


def _topic(found: Grown | None, noun: str, context: Context) -> Lead | None:
    if found is None:
        return None
    if not found.before:
        evidence = f"{noun}: {found.now.text}, none in {context.before}."
        return Lead(f"Find out why “{found.name}” came up.", evidence, (found.now,))
    distance = found.more.text.lstrip("+−")
    evidence = f"{noun}: {found.now.text}, {distance} more than {context.before}."
    return Lead(f"Find out why “{found.name}” grew.", evidence, (found.now, found.more))


def _slow_case(context: Context) -> Lead | None:
    file = export_of(context.current(CASES_EXPORT)) if context.asks(CASES_EXPORT) else None
    slow = table_rows(file.insight("slow_cases")) if file else ()
    totals = table_rows(file.insight("totals")) if file else ()
    if file is None or file.rows < FEWEST_CASES or not slow or not totals:
        return None
    return _slowest(slow[0], totals[0], context)


def _slowest(row: Row, totals: Row, context: Context) -> Lead | None:
    took, usually, case = number(row, "resolution"), number(totals, "resolution"), word(row, "case")
    if took is None or not usually or usually < 0 or took < max(LONG, SLOW * usually):
        return None
    longest = figure(f"{CASES_EXPORT}.case_resolution", took, Unit.SECONDS, context.words, subject=case)
    mean = figure(f"{CASES_EXPORT}.resolution", usually, Unit.SECONDS, context.words)
    evidence = f"It took {longest.text}; on average a case took {mean.text}."
    return Lead(f"Read case {case}.", evidence, (longest, mean))
