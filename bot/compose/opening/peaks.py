"""Peaks over time: the busiest bucket, the longest wait, the maximum of any series, and the slow hour."""

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.compose.figures import metrics
from bot.compose.figures.answers import Row, export_of, insight_rows, number, series_of, string, values_of
from bot.compose.figures.comparison import compare
from bot.compose.figures.context import Context
from bot.compose.figures.timeline import HOURLY, Curve, Timeline, subject
from bot.compose.stats.chance import deviations, spread_of_one, threshold
from bot.model import Change, Figure, Series, Unit

WEEK = 7
FEWEST_AN_HOUR = 10
"""With fewer messages no hour was busy."""
LONGER = 1.5
"""The longest wait is named from this multiple of the average on."""
A_MONDAY = date(2024, 1, 1)
FEWEST, FEWEST_EACH, MUCH_LONGER = 10, 5, 1.5
"""A slow hour has at least ten messages, five per day, and waits 1.5 times the average."""
SEVERAL_DAYS = 3
"""From this many of its weekdays on an hour is a habit, not a single day's event."""


@dataclass(frozen=True, slots=True)
class Peak:
    """The moment of a maximum on its timeline, and the figure."""

    at: datetime
    timeline: Timeline
    figure: Figure

    def when(self, context: Context) -> str:
        """Return 'on Wednesday', or 'at 14:00 on Wednesday' (without the day in a window of one)."""
        day = f"on {context.day_name(self.at.date())}"
        if not self.timeline.hourly:
            return day
        time = f"at {context.wording.time(self.at)}"
        return f"{time} {day}" if len(context.dataset.window.days) > 1 else time


def peak(report: str, metric: metrics.Metric, context: Context, *, zeros: bool) -> Peak | None:
    """Return the maximum of a series; None with fewer than two values. `zeros` count as values or not."""
    series = series_of(context.asked(report))
    if series is None:
        return None
    timeline = Timeline.of(series, context.dataset.window)
    values = timeline.values(series, metric.name)
    known = {n: value for n, value in enumerate(values) if value is not None and (value or zeros)}
    if len(known) < 2:
        return None
    place = max(known, key=lambda n: known[n])
    at, name = timeline.moments[place], f"{report}.{metric.name}"
    return Peak(at, timeline, context.figure(name, known[place], metric.unit, subject(at)))


def longest_wait(average: float | None, context: Context) -> Peak | None:
    """Return the longest wait of a day or hour; None where none stands out from the average."""
    longest = peak(metrics.RESPONSE_VOLUME, metrics.WAIT, context, zeros=True) if average else None
    if longest is None or not average or (longest.figure.value or 0.0) < LONGER * average:
        return None
    return longest


@dataclass(frozen=True, slots=True)
class Busiest(Peak):
    """The bucket with most messages, its change, and the name of the day that it is compared with."""

    change: Change | None
    compared: str

    @property
    def more(self) -> Figure | None:
        """The change, where it is beyond chance."""
        if self.change is None or self.change.previous is None or self.change.figure is None:
            return None
        now, then = self.figure.value or 0.0, self.change.previous.value or 0.0
        distance = deviations(now, then, (max(now, 0.0) ** 0.5, max(then, 0.0) ** 0.5), Unit.COUNT)
        return self.change.figure if abs(distance) > threshold(len(self.timeline.moments)) else None

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every figure that a sentence about it states."""
        difference = self.change.figure if self.change else None
        return (self.figure, difference) if difference else (self.figure,)


def busiest(context: Context) -> Busiest | None:
    """Return the bucket with most messages; None without messages or with fewer than two filled buckets."""
    series = series_of(context.asked(metrics.STATES_VOLUME))
    if series is None:
        return None
    timeline = Timeline.of(series, context.dataset.window)
    known = _known(series, timeline)
    top = max(known.values(), default=0)
    if len(known) < 2 or top <= 0 or (timeline.hourly and top < FEWEST_AN_HOUR):
        return None
    place = max(known, key=lambda n: (known[n], -n))
    at = timeline.moments[place]
    most = context.count(f"{metrics.STATES_VOLUME}.total", known[place], subject(at))
    change, compared = _change(place, most, timeline, context)
    return Busiest(at, timeline, most, change, compared)


def totals(series: Series, timeline: Timeline) -> Curve:
    """Return the messages per bucket over all states; None where no state has a value."""
    states = [timeline.values(series, name) for name in series.points]
    buckets = [[values[n] for values in states] for n in range(len(timeline.moments))]
    known = [[value for value in bucket if value is not None] for bucket in buckets]
    return tuple(sum(values) if values else None for values in known)


def _known(series: Series, timeline: Timeline) -> dict[int, float]:
    return {n: total for n, total in enumerate(totals(series, timeline)) if total is not None}


def _change(place: int, most: Figure, timeline: Timeline, context: Context) -> tuple[Change | None, str]:
    """Compare with the same weekday of the compared window; a day of a month has none."""
    window, before = context.dataset.previous_window, series_of(context.previous(metrics.STATES_VOLUME))
    if window is None or before is None or timeline.hourly or before.bucket_seconds == HOURLY:
        return None, ""
    day, days = timeline.moments[place].date(), window.days
    if place >= len(days) or days[place].weekday() != day.weekday():
        return None, ""
    known = _known(before, Timeline.of(before, window))
    if place not in known:
        return None, ""
    then = context.count(most.metric, known[place], most.subject, previous=True)
    return compare(metrics.VOLUME, most, then, context.wording), _compared_day(day, days[place], context)


def _compared_day(day: date, before: date, context: Context) -> str:
    if (day - before).days == WEEK:
        return f"the {context.wording.day(before)} before"
    dated = context.wording.dated(before)
    return f"{dated} {before.year}" if before.year != day.year else dated


@dataclass(frozen=True, slots=True)
class SlowHour:
    """Advice about an hour of a weekday, its messages, its wait, and the wait over the whole window."""

    advice: str
    messages: Figure
    wait: Figure
    average: Figure


def hour_of_week(row: Row) -> tuple[int, int] | None:
    """Return the weekday (Monday is 0) and hour of a row of the insight `load`; None for anything else."""
    day, hour = _below(7, string(row, "weekday")), _below(24, string(row, "hour"))
    return None if day is None or hour is None else (day, hour)


def _below(limit: int, text: str) -> int | None:
    is_number = text.isascii() and text.isdecimal() and len(text) <= 2
    return int(text) if is_number and int(text) < limit else None


def weekday_name(day: int, context: Context) -> str:
    """Return a weekday's name; Monday is 0."""
    return context.wording.day(A_MONDAY + timedelta(days=day))


def hour_span(hour: int) -> str:
    """Return '11:00 to 12:00'."""
    return f"{hour:02}:00 to {hour + 1:02}:00"


def slow_hour(context: Context) -> SlowHour | None:
    """Return the hour of a weekday with the longest wait beyond chance; None where the export shows none."""
    file = export_of(context.asked(metrics.SLA_EXPORT))
    totals = insight_rows(file, "totals")
    average = number(totals[0], "wait") if totals else None
    if average is None or average <= 0:
        return None
    rows = [(row, hour) for row in insight_rows(file, "load") if (hour := hour_of_week(row))]
    spread = spread_of_one(metrics.WAIT, values_of(context.asked(metrics.SUMMARY)) or {})
    margin = threshold(len(rows)) * spread * average
    slow = [pair for pair in rows if _is_slow(*pair, average, margin, context)]
    if not slow:
        return None
    return _slow_hour(*max(slow, key=lambda pair: number(pair[0], "wait") or 0), average, context)


def _days(weekday: int, context: Context) -> int:
    return sum(day.weekday() == weekday for day in context.dataset.window.days)


def _is_slow(row: Row, hour: tuple[int, int], average: float, margin: float, context: Context) -> bool:
    """Return whether an hour's wait exceeds the average by more than chance; `margin` is that of one wait.

    The mean of n waits varies by the deviation of a single wait over the root of n.
    """
    messages, wait = number(row, "messages") or 0, number(row, "wait") or 0
    enough = messages >= max(FEWEST, FEWEST_EACH * _days(hour[0], context))
    return enough and wait >= MUCH_LONGER * average and (wait - average) * math.sqrt(messages) > margin


def _slow_hour(row: Row, place: tuple[int, int], average: float, context: Context) -> SlowHour:
    day, hour = place
    action = "Staff every" if _days(day, context) >= SEVERAL_DAYS else "Check who covered"
    subject, wait = f"weekday={day} hour={hour}", f"{metrics.SLA_EXPORT}.wait"
    return SlowHour(
        f"{action} {weekday_name(day, context)} from {hour_span(hour)}.",
        context.count(f"{metrics.SLA_EXPORT}.messages", number(row, "messages"), subject),
        context.figure(wait, number(row, "wait"), Unit.SECONDS, subject),
        context.figure(wait, average, Unit.SECONDS),
    )
