"""How the API labels its points: what its document leaves open, read off real labels. Pure.

Source: API document, samples of `states_volume` (`2018-04-27 00:00`, no zone) and `nps_volume` (UTC).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.model import Window

DAY_SECONDS = 86_400
Labels = Sequence[Sequence[datetime]]
"""The labels of each series, naive where the API gave no zone."""


class Reading(StrEnum):
    """How labels without a zone are meant over a clock change."""

    FIXED = "the offset of date_from"
    LOCAL = "the local clock"
    ZONED = "a zone of their own"
    UNCLEAR = "unclear"


def latest_clock_change(zone: str, today: date, days: int = 365) -> date | None:
    """The latest local day before `today` in which the clock of `zone` changed; None within `days`."""
    tz = ZoneInfo(zone)
    for back in range(1, days + 1):
        day = today - timedelta(days=back)
        if _offset(day, tz) != _offset(day + timedelta(days=1), tz):
            return day
    return None


def _offset(day: date, tz: ZoneInfo) -> timedelta | None:
    return datetime(day.year, day.month, day.day, tzinfo=tz).utcoffset()


def hours_of(window: Window) -> Iterator[datetime]:
    """The starts of all hours of a window, in its zone."""
    moment, end = window.start.astimezone(UTC), window.end.astimezone(UTC)
    while moment < end:
        yield moment.astimezone(ZoneInfo(window.zone))
        moment += timedelta(hours=1)


def days_of(window: Window) -> Iterator[datetime]:
    """The local midnights of a window, in its zone."""
    for day in window.days:
        yield datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(window.zone))


def reading(labels: Labels, starts: Iterable[datetime], window: Window) -> Reading:
    """Which clock the labels of buckets that start at `starts` were written with.

    Only labels that one of the clocks cannot show tell anything: the hour that a change leaves out or
    repeats, and what comes after it. The same label twice in a series is the local clock's repeated hour.
    """
    seen = {label for series in labels for label in series}
    if any(label.tzinfo is not None for label in seen):
        return Reading.ZONED
    fixed_zone = timezone(window.start.utcoffset() or timedelta())
    moments = tuple(starts)
    local = {moment.replace(tzinfo=None) for moment in moments}
    fixed = {moment.astimezone(fixed_zone).replace(tzinfo=None) for moment in moments}
    is_fixed = bool(seen & (fixed - local))
    is_local = bool(seen & (local - fixed)) or any(len(set(series)) < len(series) for series in labels)
    if is_fixed == is_local:
        return Reading.UNCLEAR
    return Reading.FIXED if is_fixed else Reading.LOCAL


def series_labels(answer: object) -> list[list[datetime]]:
    """The labels of a raw series answer, as far as they can be read."""
    series = answer.values() if isinstance(answer, Mapping) else ()
    return [list(_labels(points)) for points in series if isinstance(points, list)]


def _labels(points: Iterable[object]) -> Iterator[datetime]:
    for point in points:
        within = point.get("date_range") if isinstance(point, Mapping) else None
        label = _moment(within.get("date_from") if isinstance(within, Mapping) else None)
        if label is not None:
            yield label


def day_label(answer: object, window: Window) -> str:
    """'start' or 'end': what labels a day of a raw `nps_volume` answer; '' where that does not show.

    A first day that is labelled by the window's start shows the one, a last day labelled by its end the
    other. Days are counted from the window's start and rounded: a clock change moves them by an hour.
    """
    points = answer if isinstance(answer, list) else []
    moments = [_moment(point.get("date")) for point in points if isinstance(point, Mapping)]
    days = {_days_after(window.start, moment) for moment in moments if moment is not None and moment.tzinfo}
    shows_start, shows_end = 0 in days, len(window.days) in days
    if shows_start == shows_end:
        return ""
    return "start" if shows_start else "end"


def _days_after(start: datetime, moment: datetime) -> int:
    return round((moment.astimezone(UTC) - start.astimezone(UTC)).total_seconds() / DAY_SECONDS)


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
