"""Buckets over time: every day or hour of a window has its place, with or without a value.

The API chooses the granularity (API document, States Volume and Response Time): a window of a few days comes
by hours. Read it from the answer, never from the window's length.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from bot.compose.figures.answers import finite
from bot.compose.figures.context import Context
from bot.compose.figures.wording import Wording
from bot.model import Callout, CsvTable, Point, Series, Unit, Window

HOURLY = 3600
LONGEST_MONTH = 31
MOST_SHORT_DAYS = 7
"""In a window of at most this many days a weekday identifies its day."""
Curve = tuple[float | None, ...]
"""One value per moment of a timeline; None is a gap."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The moments (aware local starts of buckets) that a chart shows, and whether they are hours."""

    moments: tuple[datetime, ...]
    hourly: bool

    @staticmethod
    def of(series: Series, window: Window) -> "Timeline":
        """Return the timeline of a series."""
        return Timeline.over(buckets(series), series.bucket_seconds, window)

    @staticmethod
    def over(known: Iterable[datetime], bucket_seconds: int, window: Window) -> "Timeline":
        """Return every bucket of the window; a bucket with a known moment takes that moment."""
        if bucket_seconds == HOURLY:
            # In UTC: an hour that a clock change repeats is two hours.
            start, hours = instant(window.start), math.ceil(window.seconds / HOURLY)
            by_instant = {instant(at): at for at in known}
            moments = (start + timedelta(hours=hour) for hour in range(hours))
            local = tuple(by_instant.get(at, at.astimezone(window.start.tzinfo)) for at in moments)
            return Timeline(local, True)
        by_day, zone = {at.date(): at for at in known}, window.start.tzinfo
        days = tuple(by_day.get(day, datetime.combine(day, time.min, zone)) for day in window.days)
        return Timeline(days, False)

    def curve(self, points: Mapping[datetime, float | None]) -> Curve:
        """Return one value per moment from values by instant (UTC)."""
        return tuple(points.get(instant(at)) for at in self.moments)

    def values(self, series: Series, name: str) -> Curve:
        """Return the values of one name of a series."""
        return self.curve(by_moment(series.points.get(name, ())))

    def previous_values(self, series: Series | None, name: str, context: Context) -> Curve:
        """Return the compared window's values bucket by bucket, cut or padded with gaps to this length.

        () when the granularity differs: a window of three and a half days may come by hours, and the one
        before by days.
        """
        compared = context.dataset.previous_window
        if series is None or compared is None or (series.bucket_seconds == HOURLY) != self.hourly:
            return ()
        values, count = Timeline.of(series, compared).values(series, name), len(self.moments)
        return (values + (None,) * count)[:count]

    def labels(self, wording: Wording) -> tuple[str, ...]:
        """Return axis labels: '08:00' ('Wed 18' at midnight of several days), 'Wed 18' or '18 Nov'."""
        return tuple(self._label(at, wording) for at in self.moments)

    def _label(self, at: datetime, wording: Wording) -> str:
        if self.hourly and (at.hour or not self.spans_days):
            return wording.time(at)
        is_long = not self.hourly and len(self.moments) > LONGEST_MONTH
        return wording.short_date(at.date()) if is_long else wording.day_label(at.date())

    @property
    def bucket(self) -> str:
        """The noun of one point: 'hour' or 'day'."""
        return "hour" if self.hourly else "day"

    @property
    def spans_days(self) -> bool:
        """Whether there is more than one day."""
        return self.moments[0].date() != self.moments[-1].date()

    def short(self, at: datetime, wording: Wording) -> str:
        """Return a moment in few words: '14:00', 'Tue 14:00', 'Wed', 'Wed 18', '18 Nov'."""
        if not self.hourly:
            is_short = len(self.moments) <= MOST_SHORT_DAYS
            return wording.short_day(at.date()) if is_short else self._label(at, wording)
        return f"{wording.short_day(at.date())} {wording.time(at)}" if self.spans_days else wording.time(at)

    def when(self, at: datetime, wording: Wording) -> str:
        """Return a moment in a sentence: 'at 14:00', 'at 14:00 on Wed 18 November', 'on Wed 18 November'."""
        day = f"on {wording.dated(at.date())}"
        if not self.hourly:
            return day
        return f"at {wording.time(at)} {day}" if self.spans_days else f"at {wording.time(at)}"

    def callout(self, place: int, curve: Curve, unit: Unit, wording: Wording) -> Callout:
        """Return the label of one point: 'Wed 18: 52 min'."""
        moment = self.short(self.moments[place], wording)
        return Callout(place, f"{moment}: {wording.value(curve[place], unit)}")

    def extremes(self, curve: Curve, unit: Unit, wording: Wording) -> str:
        """Return 'highest on Wed 18 November, 52 min, lowest …'; at least one value must be known."""
        known = {n: value for n, value in enumerate(curve) if value is not None}
        high, low = max(known, key=lambda n: known[n]), min(known, key=lambda n: known[n])
        places = {"highest": high} | ({"lowest": low} if high != low else {})
        whens = [(name, self.when(self.moments[n], wording), known[n]) for name, n in places.items()]
        return ", ".join(f"{name} {when}, {wording.value(value, unit)}" for name, when, value in whens)

    def quiet(self, context: Context) -> tuple[int, ...]:
        """Return the indices of weekends and holidays; () by hours, which are not shaded."""
        if self.hourly:
            return ()
        return tuple(n for n, at in enumerate(self.moments) if context.is_quiet(at.date()))

    def shading_text(self, context: Context) -> str:
        """Return ' Weekend shaded.', ' Weekend and holiday shaded.'; '' where no day is."""
        weekdays = [self.moments[n].weekday() for n in self.quiet(context)]
        weekend, holiday = any(day >= 5 for day in weekdays), any(day < 5 for day in weekdays)
        if not weekdays:
            return ""
        return f" Weekend{' and holiday' if holiday else ''} shaded." if weekend else " Holiday shaded."


def buckets(series: Series) -> tuple[datetime, ...]:
    """Return every moment at which a name has a point, in order."""
    moments = {instant(point.at): point.at for points in series.points.values() for point in points}
    return tuple(moments[at] for at in sorted(moments))


def instant(at: datetime) -> datetime:
    """Return the moment in UTC: the two local hours of a clock change differ there."""
    return at.astimezone(UTC)


def by_moment(points: Iterable[Point]) -> dict[datetime, float | None]:
    """Return the values of one name by instant (UTC); non-finite values become None."""
    return {instant(point.at): finite(point.value) for point in points}


def stamp(at: datetime, hourly: bool) -> str:
    """Return a moment in a CSV: '2026-11-18' or '2026-11-18 14:00'."""
    return at.strftime("%Y-%m-%d %H:%M" if hourly else "%Y-%m-%d")


def subject(at: datetime) -> str:
    """Return a moment as a figure's subject."""
    return at.strftime("%Y-%m-%dT%H:%M")


def series_csv(report: str, series: Series, names: Mapping[str, str]) -> CsvTable:
    """Return all points, one row per bucket; `names` maps names of the series to headings with their unit."""
    hourly = series.bucket_seconds == HOURLY
    values = [by_moment(series.points.get(name, ())) for name in names]
    rows = [(stamp(at, hourly), *(column.get(instant(at)) for column in values)) for at in buckets(series)]
    return CsvTable(report, ("hour" if hourly else "day", *names.values()), tuple(rows))
