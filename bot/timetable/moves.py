"""What a change of the schedule does to windows: which fall out, and which would come a second time.

Two firings are about the same days when their windows have the same local days, in whatever zone and up to
whatever hour. A schedule may be about the same days several times (twice a day about yesterday), so firings
are counted: a firing repeats when more editions about its days went out than firings come before it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model import ON_TIME, Digest, OnHoliday, Window, WindowRule
from bot.timetable.firings import Firing, firings
from bot.timetable.recurrence import local_day
from bot.timetable.windows import window_of

Days = tuple[date, ...]
"""What tells windows apart that are about different days."""

_UNITS = {"day": 1, "week": 7, "month": 31, "quarter": 92}
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
_LONGEST_SHIFT = timedelta(days=14)


def timing_of(digest: Digest) -> Digest:
    """Return a digest without what has no influence on when it fires."""
    return Digest(
        digest.name,
        "",
        digest.schedule,
        WindowRule("", "last"),
        (),
        (),
        digest.zone,
        holidays=digest.holidays,
        on_holiday=digest.on_holiday,
        paused=digest.paused,
        until=digest.until,
    )


def days_of(rule: WindowRule, window: Window, day: date) -> Days:
    """Return what a window is about for a digest with that rule; `day` is the local day of its firing.

    `since last run` ends the day before and begins anywhere. Fixed days are about themselves on every day.
    """
    if rule.kind == "since last run":
        return (window.last_day,)
    days = (window.first_day, window.last_day)
    return (*days, day) if rule.kind == "fixed" else days


def days_about(digest: Digest, firing: Firing) -> Days:
    """Return which days a firing is about."""
    window = window_of(digest.window, digest.zone, firing.due, firing.nominal)
    return days_of(digest.window, window, local_day(firing.due, ZoneInfo(digest.zone)))


def reach_of(digest: Digest) -> timedelta:
    """Return how far apart two firings may be that are about the same days."""
    shift = _LONGEST_SHIFT if digest.on_holiday is OnHoliday.NEXT_BUSINESS_DAY else timedelta()
    return (_UNITS[digest.window.unit] + 1) * _DAY + shift


def is_repeat(digest: Digest, firing: Firing, went_out: int) -> bool:
    """Return whether `went_out` editions about its days leave nothing for a firing."""
    if not went_out:
        return False
    about = days_about(digest, firing)
    earlier = firings(digest, firing.due - reach_of(digest), firing.due - _SECOND)
    return sum(days_about(digest, one) == about for one in earlier) < went_out


def dropped(old: Digest, new: Digest, now: datetime) -> tuple[Firing, ...]:
    """Return the firings of `new` before `now` (aware) that stand for one of `old` which does not come now.

    Their days were still to be sent, and `new` is about them only at moments that have passed.
    """
    if timing_of(old) == timing_of(new):
        return ()
    reach = reach_of(new)
    ahead = Counter(_days_between(replace(old, window=new.window), now, now + reach))
    ahead.subtract(_days_between(new, now, now + reach))
    passed = {days_about(new, one): one for one in firings(new, now - reach, now)}
    return tuple(sorted(one for days, one in passed.items() if ahead[days] > 0))


def is_repeat_after(old: Digest, new: Digest, firing: Firing, now: datetime) -> bool:
    """Return whether what `old` fired until `now` (aware) leaves nothing for a firing of `new`."""
    about = days_about(new, firing)
    past = firings(old, now - reach_of(old), now)
    windows = ((one.nominal, window_of(old.window, old.zone, one.due, one.nominal)) for one in past)
    went_out = sum(days_of(new.window, window, day) == about for day, window in windows)
    return timing_of(old) != timing_of(new) and is_repeat(new, firing, went_out)


def latest_start(digest: Digest) -> timedelta:
    """Return how long after its due time an occurrence may begin."""
    grace = timedelta(seconds=digest.grace_seconds)
    return min(ON_TIME, grace) if digest.catch_up == "none" else grace


def _days_between(digest: Digest, after: datetime, until: datetime) -> Iterator[Days]:
    return (days_about(digest, firing) for firing in firings(digest, after, until))
