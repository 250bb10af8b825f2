"""The kinds of values in reports.yaml: each with its check and its JSON Schema."""

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from bot.config import addresses, checks, conditions, mappings, patterns, placing, report_items, timing
from bot.config.shares import MOST_REQUESTS
from bot.config.tables import (
    AGENTS,
    CATCH_UP,
    COMPARISONS,
    DAY_LABELS,
    FOR_EACH,
    IF_INCOMPLETE,
    LEAVING_NAMES,
    MENTIONS,
    ON_HOLIDAY,
    ON_UNKNOWN,
    PAPERS,
    RESPONSE_UNITS,
    SUBJECT_NAMES,
    WHEN_EMPTY,
)
from bot.model import Attach, Holidays, Report, Schedule, SendWhen, WindowRule

_DAY_SECONDS = 86_400.0
_TEXT = patterns.text()
_MAIL = {"type": "string", "pattern": patterns.MAILBOX}
_LEAVING = patterns.text(patterns.LEAVING, patterns.with_names(LEAVING_NAMES))
_MENTION = {"anyOf": [{"enum": list(MENTIONS)}, {"type": "string", "pattern": "^[UW][A-Z0-9]{7,20}$"}, _MAIL]}
_NAME = {"anyOf": [_TEXT, {"type": "integer", "minimum": 1}]}


def _pattern(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


def _words(words: tuple[str, ...]) -> WithJsonSchema:
    return WithJsonSchema({"enum": list(words)})


def _choice(kind: str, words: tuple[str, ...]) -> PlainValidator:
    return PlainValidator(checks.choice(kind, words))


def _one_or_many(item: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]})


def _duration(example: str, shortest: float, longest: float) -> PlainValidator:
    return PlainValidator(checks.duration(example, shortest, longest))


def _whole(example: int, least: int, most: int) -> tuple[PlainValidator, WithJsonSchema]:
    shape = {"type": "integer", "minimum": least, "maximum": most}
    return PlainValidator(checks.whole_number(example, least, most)), WithJsonSchema(shape)


_DURATION = _pattern(patterns.DURATION)
_DATE = _pattern(patterns.DATE)
_LISTED = BeforeValidator(checks.listed)

Line = Annotated[
    str,
    PlainValidator(checks.line('a line of text (in quotes if it begins with "#" or is a number)')),
    WithJsonSchema(_TEXT),
]
Zone = Annotated[str, PlainValidator(checks.zone), _pattern("^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$")]
Locale = Annotated[str, PlainValidator(checks.locale), _pattern("^[A-Za-z]{2,3}([_-][A-Za-z0-9]+)*$")]
Paper = Annotated[str, _choice("paper", PAPERS), _words(PAPERS)]
Color = Annotated[str, PlainValidator(checks.color), _pattern("^#[0-9A-Fa-f]{6}$")]
Sender = Annotated[str, PlainValidator(addresses.sender), WithJsonSchema(patterns.text(patterns.SENDER))]
Subject = Annotated[
    str,
    PlainValidator(placing.subject),
    WithJsonSchema(patterns.text(patterns.with_names(SUBJECT_NAMES))),
]
Leaving = Annotated[
    list[Annotated[str, PlainValidator(placing.leaving)]],
    BeforeValidator(checks.listed),
    _one_or_many(_LEAVING),
]
Domain = Annotated[str, PlainValidator(addresses.domain), WithJsonSchema(patterns.text(patterns.DOMAIN))]

Usable = Annotated[int | None, *_whole(95, 1, MOST_REQUESTS)]
Reserve = Annotated[int | None, *_whole(5, 0, MOST_REQUESTS - 1)]
Per = Annotated[float, _duration("5m", 1, _DAY_SECONDS), _DURATION]
Grace = Annotated[float, _duration("24h", 60, 31 * _DAY_SECONDS), _DURATION]
Settle = Annotated[float, _duration("48h", 0, 31 * _DAY_SECONDS), _DURATION]
Kept = Annotated[float, _duration("400d", _DAY_SECONDS, 3660 * _DAY_SECONDS), _DURATION]
ResponseUnit = Annotated[str, _choice("unit", RESPONSE_UNITS), _words(RESPONSE_UNITS)]
DayLabel = Annotated[str, _choice("day label", DAY_LABELS), _words(DAY_LABELS)]
OnUnknown = Annotated[str, _choice("rule", ON_UNKNOWN), _words(ON_UNKNOWN)]
CatchUp = Annotated[str, _choice("way to catch up", CATCH_UP), _words(CATCH_UP)]
Condition = Annotated[
    SendWhen, PlainValidator(conditions.send_when), WithJsonSchema(conditions.SEND_WHEN_SCHEMA)
]
ForEach = Annotated[str, _choice("way to divide", FOR_EACH), _words(FOR_EACH)]
AtMost = Annotated[int, *_whole(200, 1, 2000)]
WhenEmpty = Annotated[str, _choice("rule", WHEN_EMPTY), _words(WHEN_EMPTY)]
IfIncomplete = Annotated[str, _choice("rule", IF_INCOMPLETE), _words(IF_INCOMPLETE)]
TimeGoal = Annotated[float | None, _duration("2h", 1, 366 * _DAY_SECONDS), _DURATION]
ShareGoal = Annotated[float | None, PlainValidator(checks.share), _pattern(patterns.SHARE)]
Day = Annotated[date | None, PlainValidator(checks.calendar_date), _DATE]

DigestName = Annotated[str, AfterValidator(checks.digest_name)]
WhenDue = Annotated[Schedule, PlainValidator(timing.schedule), WithJsonSchema(mappings.SCHEDULE_SCHEMA)]
WhichDays = Annotated[WindowRule, PlainValidator(timing.window), WithJsonSchema(mappings.WINDOW_SCHEMA)]
Comparison = Annotated[str, _choice("comparison", COMPARISONS), _words(COMPARISONS)]
HolidayCalendar = Annotated[
    Holidays, PlainValidator(mappings.holidays), WithJsonSchema(mappings.HOLIDAYS_SCHEMA)
]
HolidayRule = Annotated[str, _choice("holiday rule", ON_HOLIDAY), _words(ON_HOLIDAY)]
ReportItem = Annotated[
    Report, PlainValidator(report_items.report), WithJsonSchema(report_items.REPORT_SCHEMA)
]
Names = Annotated[
    list[Annotated[str, PlainValidator(checks.name_or_id)]],
    _LISTED,
    Field(min_length=1),
    _one_or_many(_NAME),
]

SlackAddresses = Annotated[
    list[Annotated[str, PlainValidator(addresses.slack_address)]],
    _LISTED,
    _one_or_many(patterns.text(patterns.SLACK)),
]
Mailboxes = Annotated[
    list[Annotated[str, PlainValidator(addresses.mailbox)]],
    _LISTED,
    _one_or_many(patterns.text(patterns.MAIL_TO)),
]
Folders = Annotated[
    list[Annotated[str, PlainValidator(addresses.folder)]],
    _LISTED,
    _one_or_many(patterns.text(patterns.FOLDER)),
]
Mentions = Annotated[list[Annotated[str, PlainValidator(addresses.mention)]], _LISTED, _one_or_many(_MENTION)]
Files = Annotated[Attach, PlainValidator(mappings.attach), WithJsonSchema(mappings.ATTACH_SCHEMA)]
ShownAgents = Annotated[str, _choice("way to show agents", AGENTS), _words(AGENTS)]
