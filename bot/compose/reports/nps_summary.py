"""The Net Promoter Score of a survey with what it rests on (API document, NPS Summary).

The score is promoters less detractors in per cent of the answers. Without an answer the API says 0.0:
no answers are not a score of 0.
"""

from dataclasses import replace

from bot.compose.figures.context import Context, Section, answer_of, figure, previous_missing
from bot.compose.figures.key_figures import KeyFigures, values_table
from bot.compose.figures.metrics import (
    ANSWERS,
    DETRACTORS,
    FEW_ANSWERS,
    NPS,
    NPS_METRICS,
    PASSIVES,
    PROMOTERS,
    SENT,
    Metric,
)
from bot.compose.figures.reading import Values, values_of
from bot.compose.figures.wording import plural
from bot.compose.reports.summary import share_base
from bot.compose.reports.survey import survey_note
from bot.model import Block, Kpi, Note, Scalars, Slot, Unit

REPORT = "nps_summary"
TITLE = "How customers felt"
NOTHING = "No answers in this window."
CAPTION = "NPS is the share of promoters (9 or 10) less the share of detractors (0 to 6), in points."


def compose_nps_summary(context: Context) -> Section:
    """The survey's name and address, and a table of its figures; or that nobody answered."""
    found = answer_of(context, REPORT, TITLE, Scalars, NOTHING)
    if isinstance(found, Section):
        return replace(found, blocks=(*found.blocks, *survey_note(REPORT, context)))
    missing = previous_missing(REPORT, TITLE, context)
    return Section((*_blocks(context), *survey_note(REPORT, context)), incomplete=missing)


def _blocks(context: Context) -> tuple[Block, ...]:
    tiles = nps_tiles(context)
    values = nps_values(context.current(REPORT)) or {}
    if all(kpi.figure.value is None for kpi in tiles.values()):
        return (Note("The API gave no figures of this survey for this window.", "empty", REPORT, TITLE),)
    if answers(values) == 0:
        return (_nobody(values, context),)
    return (values_table(REPORT, TITLE, CAPTION, tiles, context),)


def _nobody(values: Values, context: Context) -> Note:
    """No answers, of how many surveys."""
    received = figure(f"{REPORT}.{ANSWERS.name}", 0, Unit.COUNT, context.words)
    sent = values.get(SENT.name)
    if sent is None:
        return Note(NOTHING, "empty", REPORT, TITLE, (received,))
    asked = figure(f"{REPORT}.{SENT.name}", sent, Unit.COUNT, context.words)
    text = f"{NOTHING} {asked.text} {plural(sent, 'survey was', 'surveys were')} sent."
    return Note(text, "empty", REPORT, TITLE, (received, asked))


def answers(values: Values) -> float | None:
    """How many answers a score rests on; None where the API does not say."""
    received = values.get(ANSWERS.name)
    if received is not None:
        return received
    parts = [values.get(metric.name) for metric in (PROMOTERS, PASSIVES, DETRACTORS)]
    return None if None in parts else sum(part for part in parts if part is not None)


def nps_values(slot: Slot | None) -> Values | None:
    """The values of an answer, without a score where there was no answer to score."""
    values = values_of(slot)
    if values is None:
        return None
    known = answers(values)
    if known == 0 or (known is None and values.get(NPS.name) == 0):
        return {**values, NPS.name: None}
    return values


def nps_tiles(context: Context) -> dict[str, Kpi]:
    """Each figure's tile; the change of a score of few answers has no word, for it is no trend."""
    tiles = NPS_FIGURES.tiles(context)
    if not tiles or not is_few(context) or tiles[NPS.name].change.figure is None:
        return tiles
    score = tiles[NPS.name]
    return tiles | {NPS.name: replace(score, change=replace(score.change, verdict="neutral", word=""))}


def is_few(context: Context) -> bool:
    """Whether either window has too few answers for a trend."""
    windows = (nps_values(context.current(REPORT)), nps_values(context.previous(REPORT)))
    counts = [answers(values) for values in windows if values is not None]
    return any(count is not None and count < FEW_ANSWERS for count in counts)


def explanation(metric: Metric, values: Values, context: Context) -> str:
    """What a figure rests on: 'from 12 answers', 'only 6 answers', '12 of 16 sent'."""
    if metric.part:
        return share_base(metric, values, context)
    count = answers(values)
    if count is None or metric in (ANSWERS, SENT):
        return ""
    text = f"{context.words.number(count)} {plural(count, 'answer')}"
    if metric is not NPS:
        return f"of {text}" if count else ""
    if not count:
        return "no answers"
    return f"only {text}" if count < FEW_ANSWERS else f"from {text}"


def rests_on(context: Context) -> str:
    """How many answers a score rests on, as a sentence goes on: 'from only 6 answers'; '' if unknown."""
    text = explanation(NPS, nps_values(context.current(REPORT)) or {}, context)
    return f"from {text}" if text.startswith("only") else text


NPS_FIGURES = KeyFigures(REPORT, NPS_METRICS, explanation, nps_values)
