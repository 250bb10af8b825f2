"""Columns of an export by name, and readers for each kind of cell.

Names are the vendor's, compared without case, outer spaces and the remark in brackets at their end:
`Date Opened (UTC)` and `date opened` are one column. The remark of a duration is its unit.
"""

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from zoneinfo import ZoneInfo

Row = Sequence[str]

LONGEST_NAME = 120
"""Characters of a name that are kept: five hundred names of 10 MB would fill the memory."""

LONGEST_DURATION = 3_200_000_000.0
"""Seconds in a hundred years; more is no duration."""

_SUFFIX = re.compile(r"(.*?)\s*\(([^()]*)\)")
_CLOCK = re.compile(r"(\d{1,6}):([0-5]?\d):([0-5]?\d(?:\.\d{1,9})?)", re.ASCII)
_BLANK = frozenset({"", "-", "–", "n/a", "none", "null"})
_SECONDS = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "min": 60.0, "mins": 60.0, "minutes": 60.0}


class Columns:
    """The columns of one header; of several with the same name the first counts."""

    def __init__(self, header: Sequence[str]) -> None:
        self._places: dict[str, list[tuple[int, str]]] = {}
        for place, written in enumerate(header):
            name, remark = split_name(written)
            self._places.setdefault(name, []).append((place, remark))

    def place(self, *names: str) -> int | None:
        """Return the place of the first of these names (lower case, without remark) that exists."""
        return next((self._places[name][0][0] for name in names if name in self._places), None)

    def text(self, *names: str) -> Callable[[Row], str] | None:
        """Return a reader of a column's text as it is; None without such a column."""
        place = self.place(*names)
        return None if place is None else itemgetter(place)

    def moment(self, zone: ZoneInfo, *names: str) -> Callable[[Row], datetime | None] | None:
        """Return a reader of instants, UTC unless a value has its own offset, as local time in `zone`."""
        place = self.place(*names)
        return None if place is None else lambda row: local_moment(row[place], zone)

    def seconds(self, *names: str) -> Callable[[Row], float | None] | None:
        """Return a reader of durations: H:MM:SS, or a number in the unit of its remark, `(s)` or `(min)`.

        A number without a unit is not read. Of two columns that differ in their unit, the one in seconds is
        used.
        """
        columns = next((self._places[name] for name in names if name in self._places), None)
        if columns is None:
            return None
        place, remark = min(columns, key=lambda column: _SECONDS.get(column[1], math.inf))
        unit = _SECONDS.get(remark)
        return lambda row: duration(row[place], unit)


def split_name(written: str) -> tuple[str, str]:
    """Split `Resolution Time (s)` into ('resolution time', 's'): lower case, single spaces."""
    plain = " ".join(written.casefold().split())
    match = _SUFFIX.fullmatch(plain)
    return (match[1], match[2]) if match and match[1] else (plain, "")


def is_blank(text: str) -> bool:
    """Return whether a cell says that there is nothing."""
    return not text or text.strip().lower() in _BLANK


def name(text: str) -> str:
    """Return a name on one line, at most 120 characters."""
    return " ".join(text[: 4 * LONGEST_NAME].split())[:LONGEST_NAME]


def local_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Return an ISO 8601 instant (UTC without an offset) in `zone`; None for anything else."""
    try:
        moment = datetime.fromisoformat(text.strip().removesuffix(" UTC"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone)
    except (ValueError, OverflowError):
        return None


def minutes_of(moment: datetime | None) -> str:
    """Return local date and time to the minute, `2018-05-01T20:04`; '' for None."""
    return moment.replace(tzinfo=None).isoformat(timespec="minutes") if moment else ""


def number(text: str) -> float | None:
    """Return a finite number, or None."""
    if is_blank(text):
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def duration(text: str, unit: float | None) -> float | None:
    """Return seconds, from H:MM:SS or from a number of units of `unit` seconds; None for what is neither."""
    if match := _CLOCK.fullmatch(text.strip()) if ":" in text else None:
        return int(match[1]) * 3600.0 + int(match[2]) * 60.0 + float(match[3])
    value = None if unit is None else number(text)
    if value is None or unit is None:
        return None
    return value * unit if 0.0 <= value * unit < LONGEST_DURATION else None
