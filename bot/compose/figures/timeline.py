"""Buckets over time: every day or hour of a window has its place, whether there is a value or not.

The API changes granularity by itself (API document, States Volume and Response Time): a window of a few
days comes by hours. Which one it is stands in the answer, never in the window's length.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from bot.compose.figures.context import Context
from bot.compose.figures.reading import finite
from bot.compose.figures.wording import Wording
from bot.model import CsvTable, Point, Series, Window

HOURLY = 3600
LONGEST_MONTH = 31
MOST_SHORT_DAYS = 7
"""In a window of so many days a weekday names its day."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The moments (aware, local starts of buckets) that a chart shows, and whether they are hours."""

    moments: tuple[datetime, ...]
    hourly: bool

    def labels(self, words: Wording) -> tuple[str, ...]:
        """For an axis: '08:00' ('Wed 18' at midnight, where there are several days), 'Wed 18' or '18 Nov'."""
        return tuple(self._label(at, words) for at in self.moments)

    def _label(self, at: datetime, words: Wording) -> str:
        if self.hourly and (at.hour or not self.spans_days):
            return words.time(at)
        return words.short_date(at.date()) if self.is_long else words.day_label(at.date())

    @property
    def bucket(self) -> str:
        """What one point is: 'hour' or 'day'."""
        return "hour" if self.hourly else "day"

    def short(self, at: datetime, words: Wording) -> str:
        """A moment in few words: '14:00', 'Tue 14:00', 'Wed', 'Wed 18', '18 Nov'."""
        if self.hourly:
            return f"{words.short_day(at.date())} {words.time(at)}" if self.spans_days else words.time(at)
        return words.short_day(at.date()) if self.is_short else self._label(at, words)

    def when(self, at: datetime, words: Wording) -> str:
        """A moment in a sentence: 'at 14:00', 'at 14:00 on Wed 18 November', 'on Wed 18 November'."""
        day = f"on {words.dated(at.date())}"
        if not self.hourly:
            return day
        return f"at {words.time(at)} {day}" if self.spans_days else f"at {words.time(at)}"

    @property
    def is_short(self) -> bool:
        """Whether each day's weekday names it."""
        return len(self.moments) <= MOST_SHORT_DAYS

    @property
    def is_long(self) -> bool:
        """Whether days need their month: 'Wed 1' may be of three."""
        return not self.hourly and len(self.moments) > LONGEST_MONTH

    @property
    def spans_days(self) -> bool:
        """Whether there is more than one day."""
        return self.moments[0].date() != self.moments[-1].date()


def timeline(known: Iterable[datetime], bucket_seconds: int, window: Window) -> Timeline:
    """Every bucket of the window; where the answer has a point, at that point's moment."""
    if bucket_seconds == HOURLY:
        # In UTC: an hour that a clock change repeats is two hours.
        start, hours = instant(window.start), math.ceil(window.seconds / HOURLY)
        by_instant = {instant(at): at for at in known}
        moments = (start + timedelta(hours=hour) for hour in range(hours))
        local = tuple(by_instant.get(at, at.astimezone(window.start.tzinfo)) for at in moments)
        return Timeline(local, True)
    by_day = {at.date(): at for at in known}
    midnight, tz = time.min, window.start.tzinfo
    return Timeline(tuple(by_day.get(day, datetime.combine(day, midnight, tz)) for day in window.days), False)


def timeline_of(series: Series, window: Window) -> Timeline:
    """The timeline of all points of a series."""
    return timeline(buckets(series), series.bucket_seconds, window)


def buckets(series: Series) -> tuple[datetime, ...]:
    """Every moment at which some name has a point, in order."""
    moments = {instant(point.at): point.at for points in series.points.values() for point in points}
    return tuple(moments[at] for at in sorted(moments))


def instant(at: datetime) -> datetime:
    """The moment in UTC: two local hours that a clock change makes alike are equal, and are not one."""
    return at.astimezone(UTC)


def by_moment(points: Sequence[Point]) -> dict[datetime, float | None]:
    """The values of one name by instant (UTC); what is no number is None."""
    return {instant(point.at): finite(point.value) for point in points}


def along(shown: Timeline, values: Mapping[datetime, float | None]) -> tuple[float | None, ...]:
    """One value for each moment shown; None is a gap."""
    return tuple(values.get(instant(at)) for at in shown.moments)


def before_along(
    shown: Timeline, series: Series | None, name: str, context: Context
) -> tuple[float | None, ...]:
    """The compared window's values laid over this one, bucket by bucket; () when they cannot be.

    A window of three and a half days may come by hours while the one before came by days.
    """
    compared = context.dataset.previous_window
    if series is None or compared is None or (series.bucket_seconds == HOURLY) != shown.hourly:
        return ()
    earlier = timeline_of(series, compared)
    values = along(earlier, by_moment(series.points.get(name, ())))
    return fitted(values, len(shown.moments))


def fitted(values: tuple[float | None, ...], count: int) -> tuple[float | None, ...]:
    """Exactly `count` values: a longer window before is cut, a shorter one ends in gaps."""
    return (values + (None,) * count)[:count]


def quiet(shown: Timeline, context: Context) -> tuple[int, ...]:
    """Indices of days on a weekend or a holiday of the digest's calendar; hours are not shaded."""
    if shown.hourly:
        return ()
    return tuple(n for n, at in enumerate(shown.moments) if context.is_quiet(at.date()))


def shaded_words(shown: Timeline, context: Context) -> str:
    """' Weekend shaded.', ' Weekend and holiday shaded.'; '' where no day is."""
    days = [shown.moments[n].date() for n in quiet(shown, context)]
    kinds = (
        ("Weekend", any(day.weekday() >= 5 for day in days)),
        ("holiday", any(d.weekday() < 5 for d in days)),
    )
    told = " and ".join(word for word, there in kinds if there)
    return f" {told[:1].upper()}{told[1:]} shaded." if told else ""


def stamp(at: datetime, hourly: bool) -> str:
    """A moment in a CSV: '2026-11-18' or '2026-11-18 14:00'."""
    return at.strftime("%Y-%m-%d %H:%M" if hourly else "%Y-%m-%d")


def subject(at: datetime) -> str:
    """A moment as a figure's subject."""
    return at.strftime("%Y-%m-%dT%H:%M")


def series_csv(report: str, series: Series, columns: Mapping[str, str]) -> CsvTable:
    """All points, one row a bucket; `columns` maps names of the series to headings with their unit."""
    hourly = series.bucket_seconds == HOURLY
    by_name = {name: by_moment(series.points.get(name, ())) for name in columns}
    rows = [
        (stamp(at, hourly), *(by_name[name].get(instant(at)) for name in columns)) for at in buckets(series)
    ]
    return CsvTable(report, ("hour" if hourly else "day", *columns.values()), tuple(rows))
