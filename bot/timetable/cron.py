"""Cron expressions: checked strictly, and turned into local wall-clock times.

CronSim understands more than we promise (a sixth field for seconds), so this module checks the shape
first. Times are computed on the plain calendar, without a zone; `bot.timetable.local_time`
places them on the real line, where clock changes live.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from itertools import takewhile

from cronsim import CronSim, CronSimError

from bot.model import Schedule

_MAX_LENGTH = 200
_FIELD = re.compile(r"[0-9A-Za-z*,/#-]+")
_EXAMPLE = 'write, for example, {cron: "0 9 * * MON"}, which is every Monday at 09:00'
_EPOCH = datetime(2024, 1, 1)
_LAST_YEAR = 9900


class ScheduleSyntaxError(ValueError):
    """A schedule that cannot be read; the message says what to write instead."""


def schedule_from_cron(expression: str) -> Schedule:
    """Return the schedule of a five-field cron expression (minute hour day month weekday).

    Raise ScheduleSyntaxError for anything else: six fields, `@daily`, values out of range,
    or days that no month has (30 February).
    """
    fields = expression.split()
    _refuse_wrong_shape(expression, fields)
    tidy = " ".join(fields).upper()
    try:
        CronSim(tidy, _EPOCH)
    except (CronSimError, ValueError, TypeError, AssertionError) as error:
        raise ScheduleSyntaxError(_complaint(tidy, error)) from None
    return Schedule(phrase=f"cron {tidy}", crons=(tidy,))


def _refuse_wrong_shape(expression: str, fields: list[str]) -> None:
    stripped = expression.strip()
    if len(expression) > _MAX_LENGTH:
        raise ScheduleSyntaxError(
            f"a cron expression of {len(expression)} characters is too long; {_EXAMPLE}"
        )
    if stripped.startswith("@"):
        raise ScheduleSyntaxError(f'"{stripped}" is not supported, only five fields are; {_EXAMPLE}')
    if len(fields) != 5:
        raise ScheduleSyntaxError(
            f'"{expression}" has {len(fields)} fields, but cron has five: '
            f"minute, hour, day of month, month, weekday (no seconds); {_EXAMPLE}"
        )
    for field in fields:
        if not _FIELD.fullmatch(field):
            raise ScheduleSyntaxError(f'"{field}" in "{expression}" is not a cron field; {_EXAMPLE}')


def _complaint(expression: str, error: Exception) -> str:
    if _is_impossible_day(expression):
        return f'"{expression}" never comes round: none of its months has that day; {_EXAMPLE}'
    part = str(error).removeprefix("Bad ") if str(error).startswith("Bad ") else "a field"
    return f'the {part} in "{expression}" cannot be read; {_EXAMPLE}'


def _is_impossible_day(expression: str) -> bool:
    minute, hour, day, month, weekday = expression.split()
    try:
        CronSim(f"{minute} {hour} {day} * {weekday}", _EPOCH)
        CronSim(f"{minute} {hour} * {month} {weekday}", _EPOCH)
    except (CronSimError, ValueError, TypeError, AssertionError):
        return False
    return True


def cron_times(expression: str, start: datetime) -> Iterator[datetime]:
    """Yield wall-clock times (naive, local) strictly after `start`, ascending; end if there are none.

    CronSim gives up after 50 years without a match, so this never loops for ever.
    """
    try:
        yield from takewhile(lambda moment: moment.year <= _LAST_YEAR, CronSim(expression, start))
    except (CronSimError, OverflowError, ValueError):
        return


@lru_cache(maxsize=4096)
def runs_every_hour(expression: str) -> bool:
    """Return whether it is an interval ('each hour') rather than named times of the day."""
    return len(CronSim(expression, _EPOCH).hours) == 24
