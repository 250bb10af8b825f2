"""NPS surveys: their counts and score as a whole, and their counts by local day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.errors import SourceUnclear
from bot.model import ApiSettings, Point, Scalars, Series, Unit, Window
from bot.source.reports.series import DAY, midnight
from bot.source.reports.wire import Count, DateText, Number, Score, Wire, parse, scalars, units


class NpsCountsWire(Wire):
    """The counts of one day of `nps_volume`; its score is left to be computed from them."""

    total_sent: Count = None
    total_received: Count = None
    total_promoters: Count = None
    total_passives: Count = None
    total_detractors: Count = None


class NpsSummaryWire(NpsCountsWire):
    """`nps_summary`. Without answers the API's score is 0.0, which is not a score."""

    total_received: Count
    nps_score: Score = None


class NpsDayWire(Wire):
    """One day of `nps_volume`: `date` in UTC, `timestamp` the same moment in epoch seconds."""

    date: DateText
    timestamp: Number = None
    data: NpsCountsWire


HALF_A_DAY = timedelta(hours=12)
LARGEST_CHANGE = timedelta(hours=2)
"""The most that a zone turns its clock within a year (Antarctica/Troll)."""


def read_nps_summary(answer: object, window: Window, api: ApiSettings) -> Scalars:
    """Return counts, and the score from -100 to 100: None without answers, where the API says 0.0."""
    wire = parse(NpsSummaryWire, answer, "nps_summary")
    if not wire.total_received:
        wire = wire.model_copy(update={"nps_score": None})
    return scalars(wire)


def read_nps_volume(answer: object, window: Window, api: ApiSettings) -> Series | None:
    """Return counts by local day. No scores: the API has 0.0 for days without answers too.

    Raises SourceUnclear for points outside the window, two of one day, or moments that are no days.
    """
    days: dict[date, NpsCountsWire] = {}
    for point in parse(list[NpsDayWire], answer, "nps_volume"):
        day = _day(_moment(point), window, api)
        if day in days:
            raise SourceUnclear("The answer to nps_volume has two points for the same day.")
        days[day] = point.data
    zone = ZoneInfo(window.zone)
    points = {
        name: tuple(Point(midnight(day, zone), getattr(days[day], name)) for day in sorted(days))
        for name in units(NpsCountsWire)
    }
    return Series(points, DAY, Unit.COUNT) if days else None


def _moment(point: NpsDayWire) -> datetime:
    """Return the UTC moment of a point. Its date and its timestamp must agree."""
    try:
        moment = datetime.fromisoformat(point.date)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        problem = "has a date that cannot be read"
    else:
        if point.timestamp is None or abs(moment.timestamp() - point.timestamp) < 1:
            return moment
        problem = "has a point whose date and timestamp differ"
    raise SourceUnclear(f"The answer to nps_volume {problem}.")


def _day(moment: datetime, window: Window, api: ApiSettings) -> date:
    """Return the local day that begins (or ends, by the setting) at `moment`, a local midnight.

    The day is looked up at its middle, because over a clock change the API's days keep the offset of
    the query's `date_from`, and so begin an hour beside the local midnight.
    """
    to_middle = HALF_A_DAY if api.nps_day_label == "start" else -HALF_A_DAY
    try:
        day = (moment + to_middle).astimezone(ZoneInfo(window.zone)).date()
    except OverflowError:
        day = date.max
    if day not in window.days:
        raise SourceUnclear(
            "The answer to nps_volume has points outside the window that was asked for "
            f"(days are read by their {api.nps_day_label}: activity_api.nps_day_label)."
        )
    turn = midnight(day if api.nps_day_label == "start" else day + timedelta(1), ZoneInfo(window.zone))
    if abs(moment - turn.astimezone(UTC)) > LARGEST_CHANGE:
        raise SourceUnclear("The points of nps_volume are days that do not start at midnight.")
    return day
