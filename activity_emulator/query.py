"""A report request: its JSON body, checked in the order in which errors are answered."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from activity_emulator.errors import Reason, Refused

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)")
NUMBER = re.compile(r"[0-9]{1,18}")

DAY = timedelta(days=1)

# Reports about one survey: they need its `form`, and a category of answers.
SURVEY_TYPES = {"nps_summary", "nps_volume", "nps_submissions"}
NPS_CATEGORIES = {"all", "promoters", "passives", "detractors"}

# Matches no row: the id in place of one too large for the log's columns.
NO_ID = -1


@dataclass(frozen=True)
class ReportQuery:
    """A valid report request.

    `date_from` and `date_to` are aware, each with the offset it was sent with; `date_to`'s second counts.
    `groups` and `users` are None when absent, which means all agents; empty ones match nothing. `form` and
    `nps_category` (one of `NPS_CATEGORIES`) are those of a survey's report, None for any other.
    """

    type: str
    date_from: datetime
    date_to: datetime
    groups: tuple[int, ...] | None = None
    users: tuple[int, ...] | None = None
    form: int | None = None
    nps_category: str | None = None

    @property
    def since(self) -> datetime:
        """The first instant of the window, naive UTC as in the log."""
        return self.date_from.astimezone(UTC).replace(tzinfo=None)

    @property
    def until(self) -> datetime:
        """The first instant after the window, naive UTC: the end of `date_to`'s second."""
        return self._end.astimezone(UTC).replace(tzinfo=None)

    @property
    def offset_seconds(self) -> int:
        """The seconds that `date_from`'s wall clock is ahead of UTC; points without a zone are in it."""
        return _offset(self.date_from)

    @property
    def last_day(self) -> datetime:
        """Midnight of the window's last local day, naive, in `date_to`'s own offset."""
        return self.date_to.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)

    @property
    def span(self) -> timedelta:
        """The window's length on the wall clock, so that a clock change makes no day shorter."""
        return self._end.replace(tzinfo=None) - self.date_from.replace(tzinfo=None)

    @property
    def _end(self) -> datetime:
        return self.date_to.replace(microsecond=0) + timedelta(seconds=1)


def read_query(body: bytes, *, types: Collection[str], now: datetime) -> ReportQuery:
    """Read the query in a request body.

    Raises Refused (API document, Errors), for the first fault in this order: no JSON object with a `type`
    (not found), unknown type, malformed dates, ids, survey or order of dates (not found), a start that is
    not in the past, a range over 12 months. `Selection.of` checks that the survey exists.
    """
    fields = _fields(body)
    kind = fields.get("type")
    if not isinstance(kind, str):
        raise Refused(Reason.NOT_FOUND)
    if kind not in types:
        raise Refused(Reason.INVALID_TYPE)
    date_from, date_to = _moment(fields.get("date_from")), _moment(fields.get("date_to"))
    agents = _ids(fields, "groups"), _ids(fields, "users")
    survey = (_id(fields.get("form")), _category(fields)) if kind in SURVEY_TYPES else (None, None)
    query = ReportQuery(kind, date_from, date_to, *agents, *survey)
    _check_range(query, now)
    return query


def _fields(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(Reason.NOT_FOUND) from None
    if not isinstance(fields, dict):
        raise Refused(Reason.NOT_FOUND)
    return fields


def _moment(text: object) -> datetime:
    """Read an ISO 8601 date with time and offset."""
    if not isinstance(text, str) or not MOMENT.fullmatch(text):
        raise Refused(Reason.NOT_FOUND)
    try:
        moment = datetime.fromisoformat(text)
        (moment.astimezone(UTC) + DAY, moment + DAY)  # overflows at the ends of the calendar
    except (ValueError, OverflowError):
        raise Refused(Reason.NOT_FOUND) from None
    return moment


def _check_range(query: ReportQuery, now: datetime) -> None:
    if query.date_to < query.date_from:
        raise Refused(Reason.NOT_FOUND)
    if query.date_from >= now:
        raise Refused(Reason.STARTS_IN_FUTURE)
    if query.date_to.replace(tzinfo=None) > _year_after(query.date_from.replace(tzinfo=None)):
        raise Refused(Reason.RANGE_TOO_LONG)


def _year_after(moment: datetime) -> datetime:
    try:
        return moment.replace(year=moment.year + 1)
    except ValueError:  # 29 February
        return moment.replace(year=moment.year + 1, month=3, day=1)


def _ids(fields: dict[str, Any], name: str) -> tuple[int, ...] | None:
    if name not in fields:
        return None
    ids = fields[name]
    if not isinstance(ids, list):
        raise Refused(Reason.NOT_FOUND)
    return tuple(_id(value) for value in ids)


def _id(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value) if NUMBER.fullmatch(value) else NO_ID
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(Reason.NOT_FOUND)
    return value if NUMBER.fullmatch(str(value)) else NO_ID


def _category(fields: dict[str, Any]) -> str:
    category = fields.get("nps_category")
    if not isinstance(category, str) or category not in NPS_CATEGORIES:
        raise Refused(Reason.NOT_FOUND)
    return category


def _offset(moment: datetime) -> int:
    offset = moment.utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
