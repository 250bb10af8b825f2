"""Public holidays of New South Wales as the contact centre keeps them."""

from datetime import date, timedelta
from functools import cache
from itertools import islice


@cache
def holidays(year: int) -> frozenset[date]:
    """The year's public holidays, with the weekdays that stand in for ones on a weekend."""
    easter = _easter(year)
    moving = {easter + timedelta(days=days) for days in (-2, -1, 0, 1)}
    kings_birthday = _monday(date(year, 6, 1), 2)
    labour_day = _monday(date(year, 10, 1), 1)
    fixed = {date(year, 1, 1), _observed(date(year, 1, 1)), _observed(date(year, 1, 26)), date(year, 4, 25)}
    return frozenset(moving | fixed | _christmas(year) | {kings_birthday, labour_day})


def _christmas(year: int) -> set[date]:
    """Christmas and Boxing Day, and as many weekdays after them as they take from a weekend."""
    both = [date(year, 12, 25), date(year, 12, 26)]
    lost = sum(day.weekday() >= 5 for day in both)
    after = (date(year, 12, day) for day in range(27, 32))
    return {*both, *islice((day for day in after if day.weekday() < 5), lost)}


def _observed(day: date) -> date:
    return day + timedelta(days=(7 - day.weekday()) % 7) if day.weekday() >= 5 else day


def _monday(first: date, number: int) -> date:
    """The month's first, second, … Monday."""
    return first + timedelta(days=(7 - first.weekday()) % 7 + 7 * (number - 1))


def _easter(year: int) -> date:
    """Easter Sunday by the anonymous Gregorian computus."""
    golden, century, of_century = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    shift = (golden + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * shift + 114, 31)
    return date(year, month, day + 1)
