"""Wall-clock times as instants: the hour that is missing in spring, the hour that repeats in autumn."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.errors import UsageError

FIRST_YEAR, LAST_YEAR = 2000, 2100
_MINUTE = timedelta(minutes=1)


def instants(local: datetime, zone: ZoneInfo, *, each_repeat: bool = False) -> tuple[datetime, ...]:
    """Return when the naive wall-clock time `local` happens in `zone`, as UTC.

    A time inside a spring gap happens at the next valid time. A time that comes twice in
    autumn counts once (the first), or each time with `each_repeat`.
    """
    first = _valid(local, zone).astimezone(UTC)
    if not each_repeat:
        return (first,)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return (first, second) if second > first else (first,)


def _valid(local: datetime, zone: ZoneInfo) -> datetime:
    moment = local.replace(tzinfo=zone, fold=0)
    while not _exists(moment):
        local += _MINUTE
        moment = local.replace(tzinfo=zone, fold=0)
    return moment


def _exists(moment: datetime) -> bool:
    back = moment.astimezone(UTC).astimezone(moment.tzinfo)
    return back.replace(tzinfo=None) == moment.replace(tzinfo=None)


def repeated_span(local: datetime, zone: ZoneInfo) -> timedelta:
    """Return how much of the clock around `local` runs twice in autumn; zero at any other time."""
    first, second = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return max((first or timedelta()) - (second or timedelta()), timedelta())


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Return local midnight of `day`, aware; where midnight is skipped, the instant of the change."""
    return datetime.combine(day, time(), zone)


def is_real_day(day: date, zone: ZoneInfo) -> bool:
    """Return whether any moment of `day` exists (Pacific/Apia had no 30 December 2011)."""
    tomorrow = day_start(day + timedelta(days=1), zone)
    return day_start(day, zone).astimezone(UTC) < tomorrow.astimezone(UTC)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the calendar day in `zone` of an aware instant."""
    return moment.astimezone(zone).date()


def parse_instant(text: str, zone: str) -> datetime:
    """Return an ISO 8601 instant as UTC, in `zone` where it has no offset. Raise UsageError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a moment. Write it as 2018-05-07T09:00.") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise UsageError(f"{text!r} is not a moment between {FIRST_YEAR} and {LAST_YEAR}.")
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
