"""Ten years of daily and weekly digests in one zone, and what is wrong with them, computed without the timetable."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.model import Digest, Window
from bot.timetable import Firing, firings, window_for
from tests.timetable.timetable_digests import digest

FIRST, LAST = date(2026, 1, 1), date(2035, 12, 31)
DAILY, WEEKLY = ("every day", "yesterday", 1), ("every sunday", "last week", 7)
"""Words, window, days from one to the next. Clocks change on Sundays, in most places."""

NIGHTS = (time(0), time(2, 30))
"""Midnight and half past two are missing or come twice where clocks change."""

LONGEST_GAP = timedelta(hours=2)
"""That of Antarctica/Troll."""

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


Fire = Callable[[Digest, datetime, datetime], Iterable[Firing]]


def faults(zone: str, first: date = FIRST, last: date = LAST, *, fire: Fire = firings) -> list[str]:
    """Every firing and every window between two local days that is not as it must be."""
    return [
        f"{zone}, {words} at {at:%H:%M}: {fault}"
        for words, window, step in (DAILY, WEEKLY)
        for at in NIGHTS
        for fault in _faults(fire, words, window, step, at, zone, first, last)
    ]


def _faults(
    fire: Fire, words: str, window: str, step: int, at: time, zone: str, first: date, last: date
) -> Iterator[str]:
    tz = ZoneInfo(zone)
    of = digest(f"{words} at {at:%H:%M}", window=window, zone=zone)
    start = datetime.combine(first, time(), tz).astimezone(UTC) - timedelta(seconds=1)
    until = datetime.combine(last + DAY, time(), tz).astimezone(UTC) - timedelta(seconds=1)
    fired = list(fire(of, start, until))
    if [firing.nominal for firing in fired] != list(_days(first, last, step, tz)):
        yield f"fires on {len(fired)} days, not once on each that it should"
    yield from (f"{firing} is at the wrong time" for firing in fired if not _is_at(firing, at, tz))
    windows = [window_for(of, firing) for firing in fired]
    for before, after in pairwise(windows):
        if _instants(before)[1] != _instants(after)[0]:
            yield f"{before} and {after} do not tile"
    yield from (
        f"{window} has no time in it" for window in windows if _instants(window)[0] >= _instants(window)[1]
    )


def _days(first: date, last: date, step: int, tz: ZoneInfo) -> Iterator[date]:
    """Every day, or every Sunday, that there is in the zone."""
    day = first if step == 1 else first + timedelta(days=6 - first.weekday())
    while day <= last:
        if _is_in_calendar(day, tz):
            yield day
        day += timedelta(days=step)


def _is_in_calendar(day: date, tz: ZoneInfo) -> bool:
    """Whether the zone's calendar ever shows this day: looked for hour by hour where noon does not show it."""
    noon = datetime.combine(day, time(12), tz)
    if noon.astimezone(UTC).astimezone(tz).date() == day:
        return True
    around = datetime.combine(day, time(), UTC) - timedelta(hours=16)
    return any((around + timedelta(hours=hour)).astimezone(tz).date() == day for hour in range(56))


def _is_at(firing: Firing, at: time, tz: ZoneInfo) -> bool:
    """On its own day, at its time the first time that the clock shows it; where it never does, right after."""
    shown = firing.due.astimezone(tz)
    wanted = datetime.combine(firing.nominal, at)
    if shown.date() != firing.nominal:
        return False
    if shown.replace(tzinfo=None, fold=0) == wanted:
        return shown.fold == 0
    before = (firing.due - MINUTE).astimezone(tz).replace(tzinfo=None)
    return before < wanted < shown.replace(tzinfo=None) <= before + MINUTE + LONGEST_GAP


def _instants(window: Window) -> tuple[datetime, datetime]:
    return window.start.astimezone(UTC), window.end.astimezone(UTC)
