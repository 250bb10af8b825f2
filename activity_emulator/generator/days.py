"""The contact centre's days: volume of messages, speed of answers, opening hours, public holidays.

Instants are microseconds since 1970 UTC; local time is Sydney's.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from holidays import country_holidays

from activity_emulator.generator.chance import Chance

SYDNEY = ZoneInfo("Australia/Sydney")
SECOND = 1_000_000
HOUR = 3600 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The API document's sample requests are about 2018 and 2019: a thin history answers them.
HISTORY_FROM = date(2018, 3, 1)
THIN_PER_DAY = 10.0
DENSE_MONTHS = 25

PER_DAY = 34_500 / 365.25
GROWTH = 0.08
GROWING_FROM = date(2024, 1, 1)
MOST_GROWTH = 1.6
BY_MONTH = (0.92, 0.95, 0.97, 0.97, 0.98, 1.0, 1.02, 0.98, 0.98, 1.0, 1.07, 1.16)
BY_WEEKDAY = (1.22, 1.18, 1.12, 1.10, 1.05, 0.68, 0.65)
HOLIDAY = 0.55

BAD_VOLUME, BAD_PACE = 1.4, 2.2

# Agents still work on the queue after closing time.
OVERTIME = 2 * HOUR


@dataclass(frozen=True, slots=True)
class Day:
    """One local day.

    `expected`: messages; `pace`: factor on waiting times; `replies`: added share of replies.
    """

    date: date
    noon: int
    opens_at: int
    closes_at: int
    expected: float
    pace: float
    replies: float
    is_quiet: bool


def microseconds(moment: datetime) -> int:
    """Convert an aware datetime to microseconds since 1970 UTC."""
    return (moment - EPOCH) // timedelta(microseconds=1)


# Days that the calendar of New South Wales has and the generated past has not: its figures must not change.
NOT_HOLIDAYS = frozenset({"ANZAC Day (observed)", "National Day of Mourning for Queen Elizabeth II"})


@cache
def holidays(year: int) -> frozenset[date]:
    """Return the public holidays of New South Wales, with the weekdays in place of ones on a weekend."""
    calendar = country_holidays("AU", subdiv="NSW", years=year)
    return frozenset(day for day, name in calendar.items() if name not in NOT_HOLIDAYS)


def days(seed: int, now: datetime) -> list[Day]:
    """Return all days of the log, and ten more in which open conversations end."""
    today = now.astimezone(SYDNEY).date()
    dense_from = _months_before(today.replace(day=1), DENSE_MONTHS)
    bad = set(_bad_tuesdays(seed, today))
    first = min(HISTORY_FROM, dense_from)
    count = (today - first).days + 11
    return [_day(seed, first + timedelta(days=n), dense_from, bad) for n in range(count)]


def _day(seed: int, day: date, dense_from: date, bad: set[date]) -> Day:
    is_holiday = day in holidays(day.year)
    is_quiet = is_holiday or day.weekday() >= 5
    year, week, _ = day.isocalendar()
    mood = Chance(seed, "week", year, week)
    volume, pace, replies = mood.between(0.9, 1.12), mood.between(0.82, 1.22), mood.between(-0.03, 0.03)
    per_day = PER_DAY * _growth(day) * BY_MONTH[day.month - 1] if day >= dense_from else THIN_PER_DAY
    expected = per_day * BY_WEEKDAY[day.weekday()] * volume * (HOLIDAY if is_holiday else 1.0)
    if day in bad:
        expected, pace = expected * BAD_VOLUME, pace * BAD_PACE
    opens, closes = (time(9), time(17)) if is_quiet else (time(8), time(20))
    return Day(day, _at(day, time(12)), _at(day, opens), _at(day, closes), expected, pace, replies, is_quiet)


def _at(day: date, clock: time) -> int:
    return microseconds(datetime.combine(day, clock, SYDNEY))


def _months_before(first_of_month: date, months: int) -> date:
    years, month = divmod(first_of_month.year * 12 + first_of_month.month - 1 - months, 12)
    return date(years, month + 1, 1)


def _growth(day: date) -> float:
    """Return the growth since the first year, without powers: those differ between machines."""
    years = max(0.0, (day - GROWING_FROM).days / 365.25)
    factor = 1.0
    while years >= 1.0 and factor < MOST_GROWTH:
        factor, years = factor * (1.0 + GROWTH), years - 1.0
    return min(MOST_GROWTH, factor * (1.0 + GROWTH * min(years, 1.0)))


def _bad_tuesdays(seed: int, today: date) -> Iterator[date]:
    """Yield one Tuesday in each quarter, and the one in the last full week, for demonstrations."""
    last = today - timedelta(days=today.weekday() + 6)
    while last in holidays(last.year):
        last -= timedelta(days=7)
    yield last
    for year in range(min(HISTORY_FROM.year, today.year - 3), today.year + 1):
        for month in (1, 4, 7, 10):
            first = date(year, month, 1)
            tuesday = first + timedelta(days=(1 - first.weekday()) % 7)
            yield tuesday + timedelta(days=7 * int(Chance(seed, "bad", first).between(0, 12)))


class Hours:
    """The opening hours of consecutive days; waiting time counts only within them."""

    def __init__(self, all_days: list[Day]) -> None:
        self._noons = [day.noon for day in all_days]
        self._opens = [day.opens_at for day in all_days]
        self._closes = [day.closes_at + OVERTIME for day in all_days]

    def day_of(self, at: int) -> int:
        """Return the number of the local day of an instant, or of the last day."""
        return min(bisect_right(self._noons, at + 12 * HOUR), len(self._noons)) - 1

    def after(self, day: int, start: int, wait: int) -> tuple[int, int]:
        """Return the instant `wait` microseconds of opening time after `start` on day `day`, and its day.

        An instant after the last day is far in the future, and not in the log.
        """
        for number in range(day, len(self._opens)):
            opens_at = max(start, self._opens[number])
            if opens_at + wait <= self._closes[number]:
                return opens_at + wait, number
            wait -= max(0, self._closes[number] - opens_at)
        return self._closes[-1] + wait, len(self._opens) - 1
