"""Schedules and windows of reports.yaml. Equal phrases are worked out once per process."""

from datetime import date, timedelta
from functools import lru_cache

from bot.config.checks import calendar_date, refusal, require_keys, text, wrong_type
from bot.config.problems import quoted
from bot.model import Schedule, WindowRule
from bot.timetable import (
    ScheduleSyntaxError,
    WindowSyntaxError,
    fixed_window,
    parse_schedule,
    parse_window,
    schedule_from_cron,
    shortest_gap,
)

_SHORTEST_GAP = timedelta(minutes=5)
# The Activity API refuses ranges of more than 12 months.
_MOST = {"day": 366, "week": 52, "month": 12, "quarter": 4}
_SCHEDULE = 'a phrase, such as "every monday at 09:00", or {cron: "0 9 * * MON"}'
_WINDOW = 'a phrase, such as "last week", or {from: 2026-01-01, to: 2026-01-31}'


def schedule(value: object) -> Schedule:
    """The schedule that a phrase or `{cron: …}` means; refused when it never fires or too often."""
    if not isinstance(value, dict):
        return _read(text(value, _SCHEDULE), False)
    require_keys(value, ("cron",), _SCHEDULE)
    cron = value["cron"]
    if not isinstance(cron, str):
        raise refusal(wrong_type(cron, 'five fields, such as "0 9 * * MON"'), "cron")
    return _read(cron, True, "cron")


def _read(written: str, is_cron: bool, *path: str) -> Schedule:
    found = _schedule_or_sentence(written, is_cron)
    if isinstance(found, str):
        raise refusal(found, *path)
    return found


@lru_cache(maxsize=4096)
def _schedule_or_sentence(written: str, is_cron: bool) -> Schedule | str:
    try:
        found = schedule_from_cron(written) if is_cron else parse_schedule(written, anchor=None)
    except ScheduleSyntaxError as error:
        return str(error)
    return _complaint(written, found) or found


def _complaint(written: str, found: Schedule) -> str:
    gap = shortest_gap(found)
    if gap is not None and gap < _SHORTEST_GAP:
        minutes = int(gap.total_seconds() // 60)
        often = "every minute" if minutes == 1 else f"every {minutes} minutes"
        return (
            f"{quoted(written)} would send it {often}, but at most every 5 minutes is allowed; "
            'write, for example, "*/5 * * * *"'
        )
    return ""


def window(value: object) -> WindowRule:
    """The window that a phrase or `{from: DATE, to: DATE}` means; at most 12 months."""
    if isinstance(value, dict):
        return _fixed(value)
    found = _window_or_sentence(text(value, _WINDOW))
    if isinstance(found, str):
        raise refusal(found)
    return found


@lru_cache(maxsize=4096)
def _window_or_sentence(written: str) -> WindowRule | str:
    try:
        found = parse_window(written)
    except WindowSyntaxError as error:
        return str(error)
    if found.kind == "last" and found.count > _MOST[found.unit]:
        most = f'"last {_MOST[found.unit]} {found.unit}s"'
        return f"{quoted(written)} is longer than the 12 months that the API allows; write at most {most}"
    return found


def _fixed(value: dict[str, object]) -> WindowRule:
    require_keys(value, ("from", "to"), _WINDOW)
    first, last = calendar_date_at(value, "from"), calendar_date_at(value, "to")
    try:
        rule = fixed_window(first, last)
    except WindowSyntaxError as error:
        raise refusal(str(error), "to") from None
    if last >= _a_year_on(first):
        most = (_a_year_on(first) - timedelta(days=1)).isoformat()
        raise refusal(
            f"from {first} to {last} is longer than the 12 months that the API allows; "
            f"write to: {most} or an earlier day",
            "to",
        )
    return rule


def calendar_date_at(value: dict[str, object], key: str) -> date:
    """The date under `key`; a refusal points at it."""
    try:
        return calendar_date(value[key])
    except Exception as error:
        raise refusal(f"{key}: {error}", key) from None


def _a_year_on(day: date) -> date:
    if day.year == date.max.year:
        return date.max
    if (day.month, day.day) == (2, 29):
        return date(day.year + 1, 3, 1)
    return day.replace(year=day.year + 1)
