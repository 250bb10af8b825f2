"""Digests for the timetable's tests, and an oracle that knows nothing of cron."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.model import Digest
from bot.timetable import parse_schedule, parse_window, schedule_from_cron


def digest(phrase: str = "", *, cron: str = "", window: str = "yesterday", **changes: Any) -> Digest:
    anchor = changes.pop("anchor", None)
    schedule = schedule_from_cron(cron) if cron else replace(parse_schedule(phrase), anchor=anchor)
    zone = changes.pop("zone", "Australia/Sydney")
    return Digest("d", "D", schedule, parse_window(window), (), (), zone, **changes)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: str = "Australia/Sydney") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def first_moment_at_or_after(day: date, at: time, zone: ZoneInfo) -> datetime | None:
    """By trying every minute: when the wall clock of `day` first shows `at` or later."""
    start = datetime.combine(day, time(), UTC) - timedelta(hours=16)
    for minute in range(52 * 60):
        moment = start + timedelta(minutes=minute)
        shown = moment.astimezone(zone)
        if shown.date() == day and shown.time() >= at:
            return moment
    return None
