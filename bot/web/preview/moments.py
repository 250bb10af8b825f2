"""When a digest fires: the list on the left, and the moments that a preview can be made as of."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.actions import upcoming
from bot.compose.figures.wording import Wording
from bot.model import Digest, Window, utc_text
from bot.timetable import Firing, firings, window_for

PAST, COMING = 8, 4
_LOOK_BACK_DAYS = (10, 70, 400, 1200)


def moments(digest: Digest, now: datetime) -> list[dict[str, Any]]:
    """Moments to choose from, newest first: those to come (`future`), then those that were due by `now`.

    To come are only those whose window has begun: nothing is known of another.
    """
    awake = replace(digest, paused=False, until=None)
    begun = [(firing, window) for firing, window in upcoming(awake, now, COMING) if window.start < now]
    ahead = [{**worded(awake, firing, window, now), "future": True} for firing, window in begun]
    past = [worded(awake, firing, window_for(awake, firing), now) for firing in _latest(awake, now)]
    return [*reversed(ahead), *({**moment, "future": False} for moment in past)]


def _latest(digest: Digest, now: datetime) -> Iterator[Firing]:
    found: deque[Firing] = deque(maxlen=PAST)
    for days in _LOOK_BACK_DAYS:
        found = deque(firings(digest, now - timedelta(days=days), now), maxlen=PAST)
        if len(found) == PAST:
            break
    return reversed(found)


def worded(digest: Digest, firing: Firing, window: Window, now: datetime) -> dict[str, str]:
    """A firing and its window in short words: the year only where it is another than now's."""
    words, zone = Wording(digest.locale, digest.zone), ZoneInfo(digest.zone)
    due, this_year = firing.due.astimezone(zone), now.astimezone(zone).year
    year = "" if due.year == this_year else f" {due.year}"
    return {
        "at": utc_text(firing.due),
        "when": f"{words.dated(due.date())}{year}, {words.time(due)}",
        "window": words.span(window, weekdays=False, year=window.last_day.year != this_year),
    }
