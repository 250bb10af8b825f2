"""Schedules, windows and holidays of reports.yaml. Equal phrases are parsed once per process."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from bot import timetable
from bot.config.messages import below, quoted, refusal, require_keys, require_list, wrong_type
from bot.config.values import DATE_SCHEMA, calendar_date, kind, mapping_schema, text, text_schema
from bot.model import Holidays, Schedule, WindowRule

_T = TypeVar("_T", Schedule, WindowRule)
_SHORTEST_GAP = timedelta(minutes=5)
# The Activity API refuses ranges of more than 12 months.
_MAX_COUNT = {"day": 366, "week": 52, "month": 12, "quarter": 4}
_SCHEDULE = 'a phrase, such as "every monday at 09:00", or {cron: "0 9 * * MON"}'
_WINDOW = 'a phrase, such as "last week", or {from: 2026-01-01, to: 2026-01-31}'
_HOLIDAYS = "a country or region, such as AU-NSW, or {region: AU-NSW, dates: [2026-12-24]}"
_CRON_FIELD = "[0-9A-Za-z*,/#-]+"
# A phrase's pattern is made of: a group's opening, a class, an optional blank, a blank, a letter.
_PIECE = re.compile(r"\(\?P<\w+>|\[[^\]]*\]| \?| |[a-z]")


def schedule(value: object) -> Schedule:
    """Return the schedule of a phrase or `{cron: …}`; refuse one that never fires or too often."""
    if not isinstance(value, dict):
        return _accepted(_parsed_schedule(text(value, _SCHEDULE), timetable.parse_schedule))
    require_keys(value, ("cron",), ("cron",), _SCHEDULE)
    cron = value["cron"]
    if not isinstance(cron, str):
        raise refusal(wrong_type(cron, 'five fields, such as "0 9 * * MON"'), "cron")
    return _accepted(_parsed_schedule(cron, timetable.schedule_from_cron), "cron")


def _accepted(parsed: _T | str, *path: str) -> _T:
    if isinstance(parsed, str):
        raise refusal(parsed, *path)
    return parsed


@lru_cache(maxsize=4096)
def _parsed_schedule(written: str, parse: Callable[[str], Schedule]) -> Schedule | str:
    try:
        parsed = parse(written)
    except timetable.ScheduleSyntaxError as error:
        return str(error)
    gap = timetable.shortest_gap(parsed)
    if gap is None or gap >= _SHORTEST_GAP:
        return parsed
    minutes = int(gap.total_seconds() // 60)
    interval = "every minute" if minutes == 1 else f"every {minutes} minutes"
    return (
        f"{quoted(written)} would send it {interval}, but at most every 5 minutes is allowed; "
        'write, for example, "*/5 * * * *"'
    )


def window(value: object) -> WindowRule:
    """Return the window of a phrase or `{from: DATE, to: DATE}`; refuse more than 12 months."""
    if isinstance(value, dict):
        return _fixed_window(value)
    return _accepted(_parsed_window(text(value, _WINDOW)))


@lru_cache(maxsize=4096)
def _parsed_window(written: str) -> WindowRule | str:
    try:
        rule = timetable.parse_window(written)
    except timetable.WindowSyntaxError as error:
        return str(error)
    if rule.kind == "last" and rule.count > _MAX_COUNT[rule.unit]:
        most = f'"last {_MAX_COUNT[rule.unit]} {rule.unit}s"'
        return f"{quoted(written)} is longer than the 12 months that the API allows; write at most {most}"
    return rule


def _fixed_window(value: dict[str, object]) -> WindowRule:
    require_keys(value, ("from", "to"), ("from", "to"), _WINDOW)
    first, last = (below((key,), calendar_date, value[key], f"{key}: ") for key in ("from", "to"))
    try:
        rule = timetable.fixed_window(first, last)
    except timetable.WindowSyntaxError as error:
        raise refusal(str(error), "to") from None
    if last >= _year_later(first):
        most = (_year_later(first) - timedelta(days=1)).isoformat()
        sentence = (
            f"from {first} to {last} is longer than the 12 months that the API allows; "
            f"write to: {most} or an earlier day"
        )
        raise refusal(sentence, "to")
    return rule


def _year_later(day: date) -> date:
    if day.year == date.max.year:
        return date.max
    if (day.month, day.day) == (2, 29):
        return date(day.year + 1, 3, 1)
    return day.replace(year=day.year + 1)


def holidays(value: object) -> Holidays:
    """Return the calendar of `AU-NSW`, or of `{region: AU-NSW, dates: [2026-12-24]}`."""
    if isinstance(value, str):
        return Holidays(region(value))
    if not isinstance(value, dict):
        raise refusal(wrong_type(value, _HOLIDAYS))
    require_keys(value, ("region", "dates"))
    if not value:
        raise refusal(f"this is empty; write {_HOLIDAYS}")
    name = below(("region",), region, value["region"]) if "region" in value else ""
    return Holidays(name, below(("dates",), _dates, value["dates"]) if "dates" in value else ())


def region(value: object) -> str:
    """Return 'AU' or 'AU-NSW'."""
    written = text(value, "a country or country and part, such as AU or AU-NSW")
    if not timetable.known_region(written):
        near = timetable.nearest_region(written)
        hint = f'did you mean "{near}"?' if near else "write a country, such as AU, or a part, such as AU-NSW"
        raise refusal(f"no holidays are known for {quoted(written)}; {hint}")
    return written


def _dates(value: object) -> tuple[date, ...]:
    days = require_list(value, "a list of dates, such as [2026-12-24]")
    return tuple(below((index,), calendar_date, day) for index, day in enumerate(days))


def _phrase_schema(pattern: str, *examples: str) -> dict[str, Any]:
    """Return the JSON Schema of a phrase in letters of either size, with any blanks between its words.

    `patternErrorMessage` is what editors show instead of the pattern.
    """
    shape = {
        "pattern": f"^(?:{_PIECE.sub(_of_either_size, pattern)})$",
        "patternErrorMessage": f"Write a phrase such as: {examples[0]}",
    }
    return text_schema() | {"examples": list(examples), "allOf": [shape]}


def _of_either_size(match: re.Match[str]) -> str:
    piece = match[0]
    if piece.startswith("(?P"):
        return "("
    if piece.startswith("["):
        return piece
    return {" ?": r"\s*", " ": r"\s+"}.get(piece, f"[{piece.upper()}{piece}]")


_SCHEDULE_SCHEMA = {
    "anyOf": [
        _phrase_schema(
            timetable.SCHEDULE_PATTERN,
            "every monday at 09:00",
            "weekdays at 09:00",
            "every day at 08:30",
            "first business day of the month at 08:00",
            "monthly on the 1st at 08:00",
        ),
        mapping_schema(
            {
                "cron": {
                    "description": "Five fields: minute, hour, day of month, month, weekday",
                    "examples": ["0 9 * * MON"],
                    "type": "string",
                    "maxLength": 200,
                    "pattern": rf"^\s*{_CRON_FIELD}(\s+{_CRON_FIELD}){{4}}\s*$",
                }
            },
            required=["cron"],
        ),
    ]
}
_WINDOW_EXAMPLES = "last week", "yesterday", "last month", "last 7 days", "month to date", "since last run"
_WINDOW_SCHEMA = {
    "anyOf": [
        _phrase_schema(timetable.WINDOW_PATTERN, *_WINDOW_EXAMPLES),
        mapping_schema(
            {
                "from": {"description": "The first day", "examples": ["2026-01-01"], **DATE_SCHEMA},
                "to": {"description": "The last day, included", "examples": ["2026-01-31"], **DATE_SCHEMA},
            },
            required=["from", "to"],
        ),
    ]
}
_REGION_SCHEMA = {
    "description": "A country, or a country and its part",
    "examples": ["AU-NSW"],
    "type": "string",
    "pattern": "^[A-Z]{2,3}(-.+)?$",
    "patternErrorMessage": "Write a country such as AU, or a part such as AU-NSW",
}
_DATES_SCHEMA = {
    "description": "Days of your own, beside those of the region",
    "examples": [["2026-12-24"]],
    "type": "array",
    "minItems": 1,
    "items": DATE_SCHEMA,
}
_HOLIDAYS_SCHEMA = {
    "anyOf": [
        _REGION_SCHEMA,
        mapping_schema({"region": _REGION_SCHEMA, "dates": _DATES_SCHEMA}, minProperties=1),
    ]
}

WhenDue = Annotated[Schedule, *kind(schedule, _SCHEDULE_SCHEMA)]
WhichDays = Annotated[WindowRule, *kind(window, _WINDOW_SCHEMA)]
HolidayCalendar = Annotated[Holidays, *kind(holidays, _HOLIDAYS_SCHEMA)]
