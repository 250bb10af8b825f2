"""Holidays and business days: public holidays of a region and a digest's own dates.

Schedules and charts both ask here, so they cannot disagree about a day. A business day is Monday to Friday
and not a holiday.
"""

import difflib
from datetime import date, timedelta
from functools import lru_cache

import holidays as holiday_library
from holidays.registry import COUNTRIES

from bot.model import Holidays

_LONGEST_CLOSURE_DAYS = 366
_DAY = timedelta(days=1)


@lru_cache(maxsize=1)
def _regions() -> frozenset[str]:
    countries = holiday_library.list_supported_countries(include_aliases=True)
    parts = {f"{country}-{part}" for country, parts in countries.items() for part in parts}
    return frozenset(countries) | parts


def known_region(region: str) -> bool:
    """Return whether the calendar of 'AU' or 'AU-NSW' is known."""
    return region in _regions()


def nearest_region(region: str) -> str:
    """Return the known region that `region` names ('Australia' is 'AU') or is spelled most like, or ''."""
    named = COUNTRIES.get(region.lower().replace(" ", "_").replace("-", "_"))
    if named:
        return named[1]
    close = difflib.get_close_matches(region.upper(), sorted(_regions()), n=1, cutoff=0.7)
    return close[0] if close else ""


@lru_cache(maxsize=1024)
def _public_holidays(region: str, year: int) -> frozenset[date]:
    country, _, part = region.partition("-")
    # One year at a time and frozen: the library's own growing calendar is not safe between threads.
    calendar = holiday_library.country_holidays(country, subdiv=part or None, years=year, expand=False)
    return frozenset(day for day in calendar if day.year == year)


def is_holiday(day: date, holidays: Holidays) -> bool:
    """Return whether `day` is a holiday of the region or one of the own dates."""
    if day in holidays.dates:
        return True
    return bool(holidays.region) and day in _public_holidays(holidays.region, day.year)


def is_business_day(day: date, holidays: Holidays) -> bool:
    """Return whether `day` is Monday to Friday and not a holiday."""
    return day.weekday() < 5 and not is_holiday(day, holidays)


def next_business_day(day: date, holidays: Holidays) -> date:
    """Return the first business day after `day`; `day` itself when a whole year has none."""
    return _nearest_business_day(day, holidays, _DAY)


def closure_start(day: date, holidays: Holidays) -> date:
    """Return the first of the closed days before `day` (`day` itself when the day before is open)."""
    first = day
    while (day - first).days < _LONGEST_CLOSURE_DAYS and not is_business_day(first - _DAY, holidays):
        first -= _DAY
    return first


def business_day_of_month(year: int, month: int, which: str, holidays: Holidays) -> date:
    """Return the 'first' or 'last' business day of a month."""
    first = date(year, month, 1)
    if which == "first":
        return _nearest_business_day(first - _DAY, holidays, _DAY)
    return _nearest_business_day((first + timedelta(days=32)).replace(day=1), holidays, -_DAY)


def _nearest_business_day(day: date, holidays: Holidays, step: timedelta) -> date:
    days = (day + count * step for count in range(1, _LONGEST_CLOSURE_DAYS))
    return next((near for near in days if is_business_day(near, holidays)), day)
