"""The hour of a weekday in which customers waited longest, where it stands out: an hour to staff."""

import math
from dataclasses import dataclass
from datetime import date, timedelta

from bot.compose.figures.context import Context, figure
from bot.compose.figures.metrics import WAIT
from bot.compose.figures.reading import Row, export_of, number, table_rows, values_of, word
from bot.compose.stats.chance import spread_of_one, threshold
from bot.model import Figure, Unit

REPORT = "mention_sla_export"
A_MONDAY = date(2024, 1, 1)
FEWEST, FEWEST_EACH, MUCH_LONGER = 10, 5, 1.5
"""An hour is named from ten messages on, five for each of its days, with waits half again the average."""
SEVERAL = 3
"""From so many of its weekdays on an hour is a habit, and not one day's."""


@dataclass(frozen=True, slots=True)
class BusyHour:
    """What to do, how many messages came in then, the wait then and over the whole window."""

    advice: str
    messages: Figure
    wait: Figure
    usual: Figure


def cell(row: Row) -> tuple[int, int] | None:
    """The weekday (Monday is 0) and hour of a row of `load`; None for anything else."""
    day, hour = _whole(word(row, "weekday"), 7), _whole(word(row, "hour"), 24)
    return None if day is None or hour is None else (day, hour)


def _whole(text: str, limit: int) -> int | None:
    plain = text.isascii() and text.isdecimal() and len(text) <= 2
    return int(text) if plain and int(text) < limit else None


def weekday(day: int, context: Context) -> str:
    """A weekday's name; Monday is 0."""
    return context.words.day(A_MONDAY + timedelta(days=day))


def span(hour: int) -> str:
    """'11:00 to 12:00'."""
    return f"{hour:02}:00 to {hour + 1:02}:00"


def busy_hour(context: Context) -> BusyHour | None:
    """The hour with the longest wait beyond chance; None where the export shows none."""
    file = export_of(context.current(REPORT)) if context.asks(REPORT) else None
    totals = table_rows(file.insight("totals")) if file else ()
    average = number(totals[0], "wait") if totals else None
    if file is None or average is None or average <= 0:
        return None
    rows = [row for row in table_rows(file.insight("load")) if cell(row)]
    values = values_of(context.current("summary")) if context.asks("summary") else None
    beyond = threshold(len(rows)) * spread_of_one(WAIT, values or {}) * average
    found = [row for row in rows if _stands_out(row, average, beyond, context)]
    if not found:
        return None
    return _told(max(found, key=lambda row: number(row, "wait") or 0), average, context)


def _days(row: Row, context: Context) -> int:
    """How many days of the window are this weekday."""
    place = cell(row)
    return sum(place is not None and day.weekday() == place[0] for day in context.dataset.window.days)


def _stands_out(row: Row, average: float, beyond: float, context: Context) -> bool:
    """Whether an hour's wait is longer than single waits that are `beyond` chance by themselves explain.

    The mean of n waits varies by as much as single ones over the root of n.
    """
    messages, wait = number(row, "messages") or 0, number(row, "wait") or 0
    enough = messages >= max(FEWEST, FEWEST_EACH * _days(row, context))
    return enough and wait >= MUCH_LONGER * average and (wait - average) * math.sqrt(messages) > beyond


def _told(row: Row, average: float, context: Context) -> BusyHour:
    place = cell(row)
    assert place is not None  # noqa: S101 - only rows with a place are told
    day, hour = place
    days, name = _days(row, context), weekday(day, context)
    subject = f"weekday={day} hour={hour}"
    return BusyHour(
        f"{'Staff every' if days >= SEVERAL else 'Check who covered'} {name} from {span(hour)}.",
        figure(f"{REPORT}.messages", number(row, "messages"), Unit.COUNT, context.words, subject=subject),
        figure(f"{REPORT}.wait", number(row, "wait"), Unit.SECONDS, context.words, subject=subject),
        figure(f"{REPORT}.wait", average, Unit.SECONDS, context.words),
    )
