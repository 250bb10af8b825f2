"""Answers to a survey by day, as columns of promoters, passives and detractors with the score above them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.compose.figures.context import Context, figure
from bot.compose.figures.metrics import ANSWERS, DETRACTORS, NPS, PASSIVES, PROMOTERS
from bot.compose.figures.timeline import Timeline, quiet, shaded_words, subject
from bot.compose.figures.wording import plural
from bot.compose.reports.survey import score
from bot.model import Callout, Chart, ChartSeries, Figure, Unit

KINDS = (DETRACTORS, PASSIVES, PROMOTERS)
Counts = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Days:
    """What was answered on each day shown, by metric name; and how many answered."""

    shown: Timeline
    counts: Mapping[str, Counts]

    @property
    def scores(self) -> tuple[float | None, ...]:
        """The score of each day; None without answers."""
        names = (PROMOTERS.name, DETRACTORS.name, ANSWERS.name)
        return tuple(score(*day) for day in zip(*(self.counts[name] for name in names), strict=True))

    @property
    def total(self) -> float:
        """All answers."""
        return sum(count for count in self.counts[ANSWERS.name] if count is not None)


def nps_columns(report: str, title: str, days: Days, context: Context) -> Chart:
    """The chart. A day without answers is empty: neither a column nor a point of the line."""
    scores = days.scores
    known = [n for n, value in enumerate(scores) if value is not None]
    worst = min(known, key=lambda n: scores[n] or 0.0) if len(known) > 1 else None
    answers = f"{context.words.number(days.total)} {plural(days.total, 'answer')} in all"
    caption = f"{answers}; days without are empty.{shaded_words(days.shown, context)}"
    return Chart(
        report=report,
        shape="columns",
        title=title,
        caption=caption,
        alt=_alt(days, known, context),
        labels=days.shown.labels(context.words),
        series=tuple(_series(metric.name, metric.label, days) for metric in KINDS),
        unit=Unit.COUNT,
        shaded=quiet(days.shown, context),
        callout=None if worst is None else _callout(worst, days, context),
        overlay=ChartSeries(NPS.name, NPS.label, scores),
        overlay_unit=NPS.unit,
        figures=() if worst is None else (_figure(report, worst, days, context),),
    )


def _series(name: str, label: str, days: Days) -> ChartSeries:
    """A day without a score has no column, whatever else is in it."""
    pairs = zip(days.counts[name], days.scores, strict=True)
    return ChartSeries(
        name.removeprefix("total_"), label, tuple(n if s is not None else None for n, s in pairs)
    )


def _callout(place: int, days: Days, context: Context) -> Callout:
    when = days.shown.short(days.shown.moments[place], context.words)
    return Callout(place, f"{when}: {context.words.value(days.scores[place], NPS.unit)}")


def _figure(report: str, place: int, days: Days, context: Context) -> Figure:
    at = subject(days.shown.moments[place])
    return figure(f"{report}.{NPS.name}", days.scores[place], NPS.unit, context.words, subject=at)


def _alt(days: Days, known: Sequence[int], context: Context) -> str:
    start = f"NPS and answers by {days.shown.bucket}"
    if not known:
        return f"{start}: no answers in this window."
    low = min(known, key=lambda n: days.scores[n] or 0.0)
    high = max(known, key=lambda n: days.scores[n] or 0.0)
    text = f"{start}: highest {_told(days, high, context)}"
    text += f", lowest {_told(days, low, context)}" if high != low else ""
    gaps = len(days.scores) - len(known)
    without = f"; {gaps} of {len(days.scores)} {plural(len(days.scores), days.shown.bucket)} without answers"
    return f"{text}{without if gaps else ''}."


def _told(days: Days, place: int, context: Context) -> str:
    value = context.words.value(days.scores[place], NPS.unit)
    return f"{days.shown.when(days.shown.moments[place], context.words)}, {value}"
