"""When most messages came in, and how many more than on the same day before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.compose.figures.comparison import compare
from bot.compose.figures.context import Context, figure
from bot.compose.figures.metrics import VOLUME
from bot.compose.figures.reading import series_of
from bot.compose.figures.timeline import Timeline, along, by_moment, subject, timeline_of
from bot.compose.stats.chance import deviations, threshold
from bot.model import Change, Figure, Series, Unit

REPORT = "states_volume"
WEEK = 7
FEWEST_AN_HOUR = 10
"""With fewer messages no hour was busy."""


@dataclass(frozen=True, slots=True)
class Busiest:
    """The fullest bucket: its moment, its messages, how it moved, and what that is compared with."""

    at: datetime
    shown: Timeline
    figure: Figure
    change: Change | None
    compared: str

    @property
    def more(self) -> Figure | None:
        """By how much it moved, where that is more than chance."""
        if self.change is None or self.change.previous is None or self.change.figure is None:
            return None
        now, then = self.figure.value or 0.0, self.change.previous.value or 0.0
        far = deviations(now, then, (max(now, 0.0) ** 0.5, max(then, 0.0) ** 0.5), Unit.COUNT)
        return self.change.figure if abs(far) > threshold(len(self.shown.moments)) else None

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every number that a sentence about it states."""
        moved = self.change.figure if self.change else None
        return (self.figure, moved) if moved else (self.figure,)


def busiest(context: Context) -> Busiest | None:
    """The bucket with most messages; None without at least two filled buckets, or without messages."""
    series = series_of(context.current(REPORT)) if context.asks(REPORT) else None
    if series is None:
        return None
    shown = timeline_of(series, context.dataset.window)
    known = _known(series, shown)
    if len(known) < 2 or max(known.values()) <= 0:
        return None
    if shown.hourly and max(known.values()) < FEWEST_AN_HOUR:
        return None
    place = max(known, key=lambda n: (known[n], -n))
    at = shown.moments[place]
    most = figure(f"{REPORT}.total", known[place], Unit.COUNT, context.words, subject=subject(at))
    change, compared = _change(place, most, shown, context)
    return Busiest(at, shown, most, change, compared)


def totals_along(series: Series, shown: Timeline) -> tuple[float | None, ...]:
    """Messages a bucket over all states; None where no state has a value."""
    states = [along(shown, by_moment(points)) for points in series.points.values()]
    return tuple(_sum([values[n] for values in states]) for n in range(len(shown.moments)))


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _known(series: Series, shown: Timeline) -> dict[int, float]:
    return {n: total for n, total in enumerate(totals_along(series, shown)) if total is not None}


def _change(place: int, most: Figure, shown: Timeline, context: Context) -> tuple[Change | None, str]:
    """Against the day of the compared window that is the same weekday; a day of a month has none."""
    window, before = context.dataset.previous_window, series_of(context.previous(REPORT))
    if window is None or before is None or shown.hourly or before.bucket_seconds == 3600:
        return None, ""
    day, days = shown.moments[place].date(), window.days
    if place >= len(days) or days[place].weekday() != day.weekday():
        return None, ""
    known = _known(before, timeline_of(before, window))
    if place not in known:
        return None, ""
    name = f"{REPORT}.total"
    then = figure(name, known[place], Unit.COUNT, context.words, subject=most.subject, previous=True)
    return compare(VOLUME, most, then, context.words), _called(day, days[place], context)


def _called(day: date, before: date, context: Context) -> str:
    weekday = context.words.day(before)
    if (day - before).days == WEEK:
        return f"the {weekday} before"
    return (
        f"{context.words.dated(before)} {before.year}"
        if before.year != day.year
        else context.words.dated(before)
    )
