"""Which days are holidays: public ones of a region, and a digest's own dates. Pure: no file, no network.

Schedules (bot/timetable) and charts (bot/compose) ask here, so they cannot disagree about a day.
"""

import difflib
from datetime import date
from functools import lru_cache

import holidays as holiday_library
from holidays.registry import COUNTRIES

from bot.model import Holidays


@lru_cache(maxsize=1)
def _regions() -> frozenset[str]:
    countries = holiday_library.list_supported_countries(include_aliases=True)
    parts = {f"{country}-{part}" for country, parts in countries.items() for part in parts}
    return frozenset(countries) | parts


def known_region(region: str) -> bool:
    """Whether the calendar of 'AU' or 'AU-NSW' is known."""
    return region in _regions()


def nearest_region(region: str) -> str:
    """The known region that `region` names ('Australia' is 'AU') or is spelled most like, or ''."""
    named = COUNTRIES.get(region.lower().replace(" ", "_").replace("-", "_"))
    if named:
        return named[1]
    close = difflib.get_close_matches(region.upper(), sorted(_regions()), n=1, cutoff=0.7)
    return close[0] if close else ""


@lru_cache(maxsize=1024)
def _public_holidays(region: str, year: int) -> frozenset[date]:
    country, _, part = region.partition("-")
    # One year at a time and frozen: the library's own growing calendar is not safe between threads.
    found = holiday_library.country_holidays(country, subdiv=part or None, years=year, expand=False)
    return frozenset(day for day in found if day.year == year)


def is_holiday(day: date, holidays: Holidays) -> bool:
    """Whether `day` is a holiday of the region or one of the own dates."""
    if day in holidays.dates:
        return True
    return bool(holidays.region) and day in _public_holidays(holidays.region, day.year)
