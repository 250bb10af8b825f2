"""Reports over time: local labels without a zone become aware points of the window's zone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from bot.errors import SourceUnclear
from bot.model import ApiSettings, Point, Series, Unit, Window
from bot.source.reports.wire import Count, DateText, Wire, finite, parse, whole_keys

HOUR, DAY = 3600, 86400


@dataclass(frozen=True, slots=True)
class Hourly:
    """Windows of up to `certain` seconds come by the hour, longer ones than `possible` by the day."""

    certain: float
    possible: float


STATES_VOLUME_HOURLY = Hourly(4 * DAY - 2 * HOUR, 4 * DAY + HOUR)
"""Hourly for "less than 4 days" (API document). Whether four whole days are less is not said: they are
sent less a second, and less an hour where the clock changes."""

RESPONSE_VOLUME_HOURLY = Hourly(3 * DAY, 3 * DAY + HOUR)
"""Hourly for "3 days or less" (API document), so three whole days are hourly, but perhaps not where a
clock that goes back makes them longer."""

ALWAYS_DAILY = Hourly(0, 0)
"""The document knows no hours of this series."""

MIDNIGHT = time(0, 0)
SECONDS_PER_UNIT = {"seconds": 1.0, "minutes": 60.0}


class DateRangeWire(Wire):
    """`date_from` is the bucket's start, `2018-04-27 00:00`, local and without a zone."""

    date_from: DateText


class PointWire(Wire):
    """One bucket of a series."""

    value: Count = None
    date_range: DateRangeWire


class ResponseVolumeWire(Wire):
    """`response_volume`; the setting says in which unit, whatever the document's table says."""

    avg_response_time: list[PointWire]


class CaseVolumeWire(Wire):
    """`case_volume`: the cases that are open on each day."""

    open: list[PointWire]


def read_states_volume(answer: object, window: Window, api: ApiSettings) -> Series | None:
    """Return messages in each workflow state, by day or hour; states that we do not know are kept."""
    points = parse(dict[str, list[PointWire]], answer, "states_volume")
    return read_series(points, window, Unit.COUNT, STATES_VOLUME_HOURLY, "states_volume")


def read_response_volume(answer: object, window: Window, api: ApiSettings) -> Series | None:
    """Return `avg_response_time` in seconds, by day or hour; `api.response_volume_unit` is the API's."""
    wire = parse(ResponseVolumeWire, answer, "response_volume")
    points = {"avg_response_time": wire.avg_response_time}
    series = read_series(points, window, Unit.SECONDS, RESPONSE_VOLUME_HOURLY, "response_volume")
    if series is None:
        return None
    factor = SECONDS_PER_UNIT[api.response_volume_unit]
    mean_times = {
        name: tuple(Point(point.at, finite(point.value and point.value * factor)) for point in points)
        for name, points in series.points.items()
    }
    return replace(series, points=mean_times)


def read_case_volume(answer: object, window: Window, api: ApiSettings) -> Series | None:
    """Return the cases `open` on each day: not a sum over days, a long case is open on many."""
    points = {"open": parse(CaseVolumeWire, answer, "case_volume").open}
    return read_series(points, window, Unit.COUNT, ALWAYS_DAILY, "case_volume")


def read_series(
    answer: Mapping[str, Sequence[PointWire]], window: Window, unit: Unit, hourly: Hourly, what: str
) -> Series | None:
    """Return series by name from the API's local labels, or None when there is no point at all.

    For short windows the API answers by the hour, as `hourly` says; the labels have the last word.
    Labels carry no zone: hours are read in the offset that the query's `date_from`
    had, days are local dates. Raises SourceUnclear for points outside the window, twice the same
    point, or labels that are neither days nor hours.
    """
    placed = {
        name: [(_label(point.date_range.date_from, window, what), point.value) for point in points]
        for name, points in whole_keys(answer, what).items()
    }
    labels = {label for points in placed.values() for label, _ in points}
    if not labels:
        return None
    bucket = bucket_seconds(labels, window, hourly, what)
    at = _day(window) if bucket == DAY else _hour(window)
    series = {name: _points(points, at, what) for name, points in placed.items()}
    return Series(series, bucket, unit)


def bucket_seconds(labels: Iterable[datetime], window: Window, hourly: Hourly, what: str) -> int:
    """Return 3600 or 86400: by the window's length, then by what the labels show.

    A daily answer has midnights only; an hourly one has several times of day, or too few points to
    cover the days. Between `hourly.certain` and `hourly.possible` the labels decide alone.
    """
    labels = tuple(labels)
    hours = {label.time() for label in labels}
    if any(hour.replace(hour=0) != MIDNIGHT for hour in hours):
        raise SourceUnclear(f"The points of {what} are neither whole hours nor days.")
    if hours == {MIDNIGHT}:
        is_short = window.seconds <= hourly.certain
        covers_days = 1 < len(labels) == len(window.days)
        return HOUR if is_short and not covers_days else DAY
    if len(hours) == 1 and window.seconds > hourly.possible:
        raise SourceUnclear(f"The points of {what} are days that do not start at midnight.")
    return HOUR


def _label(text: str, window: Window, what: str) -> datetime:
    """Return a naive local label. Bring one that does carry an offset into the window's zone."""
    try:
        label = datetime.fromisoformat(text)
        return label if label.tzinfo is None else label.astimezone(_fixed(window)).replace(tzinfo=None)
    except (ValueError, OverflowError):
        problem = f"The points of {what} have a date that cannot be read."
    raise SourceUnclear(problem)


def _fixed(window: Window) -> timezone:
    """Return the offset that the query's `date_from` was sent with."""
    return timezone(window.start.utcoffset() or timedelta())


def _day(window: Window) -> Callable[[datetime], datetime | None]:
    days, zone = frozenset(window.days), ZoneInfo(window.zone)

    def at(label: datetime) -> datetime | None:
        return midnight(label.date(), zone) if label.date() in days else None

    return at


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the local start of a day."""
    return datetime.combine(day, MIDNIGHT, zone)


def _hour(window: Window) -> Callable[[datetime], datetime | None]:
    fixed, zone = _fixed(window), ZoneInfo(window.zone)
    start, end = window.start.astimezone(fixed), window.end.astimezone(fixed)
    first = start.replace(minute=0, second=0, microsecond=0)

    def at(label: datetime) -> datetime | None:
        moment = label.replace(tzinfo=fixed)
        return moment.astimezone(zone) if first <= moment < end else None

    return at


def _points(
    placed: Iterable[tuple[datetime, float | None]], at: Callable[[datetime], datetime | None], what: str
) -> tuple[Point, ...]:
    """Return the points at naive local labels, each with its value, in order."""
    points: dict[datetime, Point] = {}
    for label, value in sorted(placed, key=lambda item: item[0]):
        moment = at(label)
        if moment is None:
            raise SourceUnclear(f"The answer to {what} has points outside the window that was asked for.")
        if label in points:
            raise SourceUnclear(f"The answer to {what} has two points for the same time.")
        points[label] = Point(moment, value)
    return tuple(points.values())
