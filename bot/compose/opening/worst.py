"""When customers waited longest, where one day or hour stands out."""

from dataclasses import dataclass
from datetime import datetime

from bot.compose.figures.context import Context, figure
from bot.compose.figures.metrics import WAIT
from bot.compose.figures.reading import series_of
from bot.compose.figures.timeline import Timeline, along, by_moment, subject, timeline_of
from bot.compose.opening.places import day_in
from bot.compose.reports.response_volume import REPORT
from bot.model import Figure

STANDS_OUT = 1.5
"""The longest wait is named from so many times the average on."""


@dataclass(frozen=True, slots=True)
class Worst:
    """When it was ('on Wednesday', 'at 14:00'), and the wait."""

    when: str
    figure: Figure


def worst_wait(average: float | None, context: Context) -> Worst | None:
    """The longest wait of a day or hour, from the response times; None where none stands out."""
    series = series_of(context.current(REPORT)) if context.asks(REPORT) else None
    if series is None or not average:
        return None
    shown = timeline_of(series, context.dataset.window)
    values = along(shown, by_moment(series.points.get(WAIT.name, ())))
    known = {n: value for n, value in enumerate(values) if value is not None}
    if len(known) < 2:
        return None
    place = max(known, key=lambda n: known[n])
    if known[place] < STANDS_OUT * average:
        return None
    at = shown.moments[place]
    told = figure(f"{REPORT}.{WAIT.name}", known[place], WAIT.unit, context.words, subject=subject(at))
    return Worst(_when(at, shown, context), told)


def _when(at: datetime, shown: Timeline, context: Context) -> str:
    if not shown.hourly:
        return f"on {day_in(at.date(), context)}"
    day = f" on {day_in(at.date(), context)}" if len(context.dataset.window.days) > 1 else ""
    return f"at {context.words.time(at)}{day}"
