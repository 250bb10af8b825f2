"""The nearest valid phrase to one that cannot be read."""

import difflib
import re

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WINDOWS = (
    "yesterday",
    "last week",
    "last month",
    "last quarter",
    "last 7 days",
    "last 4 weeks",
    "last 3 months",
    "week to date",
    "month to date",
    "since last run",
)
_SYNONYMS = {"daily": "every day", "working": "business", "weekly": "every monday", "1st": "first"}
_ORDINALS = ("first", "second", "third", "fourth", "last")
_USUAL_TIME = "09:00"


def _schedule_bodies() -> tuple[str, ...]:
    return (
        "every day",
        "weekdays",
        "monday, thursday",
        "last day of the month",
        "first business day of the month",
        "last business day of the month",
        *(f"every {day}" for day in WEEKDAYS),
        *(f"every 2 weeks on {day}" for day in WEEKDAYS),
        *(f"monthly on the {_ordinal(day)}" for day in range(1, 32)),
        *(f"{which} {day} of the month" for which in _ORDINALS for day in WEEKDAYS),
    )


def nearest_schedule(text: str) -> str:
    """A valid schedule phrase that looks most like `text`, keeping its time of day if it has one."""
    body = re.split(r"\bat\b|[0-9]{1,2}[:.][0-9]{2}", text[:100])[0].strip()
    body = " ".join(_SYNONYMS.get(word, word) for word in body.split())
    close = difflib.get_close_matches(body, _schedule_bodies(), n=1, cutoff=0.5)
    return f"{close[0] if close else 'every monday'} at {_time_meant(text[:100])}"


def nearest_window(text: str) -> str:
    """A valid window phrase that looks most like `text`, keeping its number if it has one."""
    close = difflib.get_close_matches(text[:100], WINDOWS, n=1, cutoff=0.4)
    best = close[0] if close else "last week"
    number = re.search(r"\b[1-9][0-9]{0,2}\b", text[:100])
    return re.sub(r"[0-9]+", number[0], best) if number else best


def _time_meant(text: str) -> str:
    match = re.search(r"(?P<hour>[0-9]{1,2})(?:[:.](?P<minute>[0-9]{2}))? ?(?P<half>am|pm)?\s*$", text)
    if not match:
        return _USUAL_TIME
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if match["half"]:
        hour = hour % 12 + (12 if match["half"] == "pm" else 0)
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else _USUAL_TIME


def _ordinal(day: int) -> str:
    if day in (11, 12, 13):
        return f"{day}th"
    return f"{day}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th') }"
