"""WHEN: phrases and cron to firings; windows; holidays. Pure: no file, no clock, no network.

A *firing* is one scheduled moment of a digest. Its *window* is computed from that moment, never from the
present, so that a retry tomorrow asks about the same days.
"""

from bot.timetable.firings import Firing, fires_ever, firing_at, firings, latest_firing, next_firing
from bot.timetable.holidays import known_region, nearest_region
from bot.timetable.moves import (
    days_about,
    days_of,
    dropped,
    is_repeat,
    is_repeat_after,
    latest_start,
    reach_of,
    timing_of,
)
from bot.timetable.phrases import (
    SCHEDULE_PATTERN,
    WINDOW_PATTERN,
    WindowSyntaxError,
    fixed_window,
    parse_schedule,
    parse_window,
)
from bot.timetable.recurrence import (
    ScheduleSyntaxError,
    fires_twice_a_day,
    longest_gap,
    schedule_from_cron,
    shortest_gap,
)
from bot.timetable.windows import compared_window, window_for, window_of

__all__ = [
    "SCHEDULE_PATTERN",
    "WINDOW_PATTERN",
    "Firing",
    "ScheduleSyntaxError",
    "WindowSyntaxError",
    "compared_window",
    "days_about",
    "days_of",
    "dropped",
    "fires_ever",
    "fires_twice_a_day",
    "firing_at",
    "firings",
    "fixed_window",
    "is_repeat",
    "is_repeat_after",
    "known_region",
    "latest_firing",
    "latest_start",
    "longest_gap",
    "nearest_region",
    "next_firing",
    "parse_schedule",
    "parse_window",
    "reach_of",
    "schedule_from_cron",
    "shortest_gap",
    "timing_of",
    "window_for",
    "window_of",
]
