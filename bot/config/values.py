"""Kinds of values in reports.yaml: what each accepts, what it becomes, and its JSON Schema.

A check takes what YAML holds and returns what the model holds, or raises a `refusal`. A pattern is written
once for both that read it, Python and the JavaScript of editors: no named groups, no look-behind, and in
brackets no escape that JavaScript does not know.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from babel import Locale as BabelLocale
from babel import UnknownLocaleError
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)

from bot.config.messages import nearest, one_of, quoted, refusal, unknown_word, wrong_type
from bot.model import Agents, Compare, OnHoliday
from bot.model.names import LONE, unknown_in

SUBJECT_NAMES = ("title", "window", "brand", "headline")
"""What may stand between braces in `subject:`."""

DRAFT = object()
"""The context of a validation in which a value that is refused becomes None instead of an error."""

MAX_REQUESTS = 10_000
_DAY_SECONDS = 86_400.0
_MAX_TEXT_LENGTH = 200
_UNITS = "s seconds, m minutes, h hours, d days"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

# Control characters, line and paragraph separators, bidirectional overrides.
_UNWANTED = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
_LINE = rf"^[^\s{_UNWANTED}]([^{_UNWANTED}]*[^\s{_UNWANTED}])?$"
_BRACES = r"\{\{|\}\}"
_COLOR = "^#[0-9A-Fa-f]{6}$"
# Babel leaves out what it does not understand: 'en_AU *x' would be en_AU.
_LOCALE = "^[A-Za-z]{2,3}([_-][A-Za-z0-9]+)*$"
_ZONE = "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$"
_DURATION = r"^([0-9]{1,9}(\.[0-9]{1,3})?[smhd] ?)*[0-9]{1,9}(\.[0-9]{1,3})?[smhd]$"
_SHARE = r"^(0?[0-9]{1,2}(\.[0-9]{1,4})?|100(\.0{1,4})?) ?%$"
_DATE = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
DIGEST_NAME = "^[a-z0-9][a-z0-9-]{0,62}$"
PATTERN_NAMES = {
    _COLOR: "a colour",
    _LOCALE: "a locale",
    _ZONE: "a time zone",
    _DURATION: "a duration",
    _SHARE: "a percentage",
    _DATE: "a date",
}
"""What text with a pattern is, for tables of keys."""
_ANY_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,4})?) ?%")
_ANY_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UNWANTED_IN_TEXT = re.compile(rf"[{_UNWANTED}\ud800-\udfff]")


def pattern_schema(pattern: str) -> dict[str, Any]:
    """Return the JSON Schema of text that has a pattern."""
    return {"type": "string", "pattern": pattern}


def text_schema(*patterns: str) -> dict[str, Any]:
    """Return the JSON Schema of one line of at most 200 characters that has each of these patterns."""
    line = {"type": "string", "minLength": 1, "maxLength": _MAX_TEXT_LENGTH, "pattern": _LINE}
    return line | ({"allOf": [{"pattern": pattern} for pattern in patterns]} if patterns else {})


def names_pattern(names: Sequence[str]) -> str:
    """Return the pattern of text with no other `{name}` in it than these."""
    return rf"^([^{{}}]|{_BRACES}|\{{({'|'.join(names)})\}})*$"


def mapping_schema(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the JSON Schema of a mapping with no other keys."""
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}


DATE_SCHEMA = pattern_schema(_DATE)
NAME_SCHEMA = {"anyOf": [text_schema(), {"type": "integer", "minimum": 1}]}


def text(value: object, expected: str) -> str:
    """Return `value` when it is one line of text that is not blank."""
    if not isinstance(value, str):
        raise refusal(wrong_type(value, expected))
    if not value.strip():
        raise refusal(f"this is blank; write {expected}")
    if _UNWANTED_IN_TEXT.search(value):
        raise refusal(f"a line break or control character is in this text; write {expected}")
    if len(value) > _MAX_TEXT_LENGTH:
        raise refusal(f"this text has {len(value)} characters; write at most {_MAX_TEXT_LENGTH}")
    if value != value.strip():
        # An API may not know a name with a blank after it.
        raise refusal("this text begins or ends with a blank; write it without")
    return value


def choice(kind: str, words: Sequence[str]) -> Callable[[object], str]:
    """Return a check for one word of several."""

    def check(value: object) -> str:
        word = text(value, one_of(words))
        if word not in words:
            raise refusal(unknown_word(kind, word, words))
        return word

    return check


def duration(example: str, shortest: float, longest: float) -> Callable[[object], float]:
    """Return a check for '2h', '45m', '90s', '1h 30m' or '30d' within bounds; it returns seconds."""

    def check(value: object) -> float:
        written = text(value, f"a duration, such as {example}")
        if not re.fullmatch(_DURATION, written):
            hint = f"write a number with its unit, such as {example} ({_UNITS})"
            raise refusal(f"{quoted(written)} is not a duration; {hint}")
        seconds = seconds_in(written)
        if not shortest <= seconds <= longest:
            bounds = f"from {short_duration(shortest)} to {short_duration(longest)}"
            raise refusal(f"{quoted(written)} is out of range; write {bounds} ({_UNITS})")
        return seconds

    return check


def seconds_in(written: str) -> float:
    """Return how many seconds '1h 30m' is."""
    parts = re.findall(r"([0-9.]+)([smhd])", written)
    return float(sum(float(number) * _SECONDS[unit] for number, unit in parts))


def short_duration(seconds: float) -> str:
    """Return a number of seconds as '30d', '5m' or '90s'."""
    unit = next(unit for unit in "dhms" if seconds % _SECONDS[unit] == 0)
    return f"{int(seconds / _SECONDS[unit])}{unit}"


def whole_number(example: int, least: int, most: int) -> Callable[[object], int]:
    """Return a check for a whole number within bounds."""

    def check(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise refusal(wrong_type(value, f"a whole number, such as {example}"))
        if not least <= value <= most:
            side = f"at least {least}" if value < least else f"at most {most}"
            raise refusal(f"{value} is out of range; write {side}")
        return value

    return check


def share(value: object) -> float:
    """Return '10%' as 0.1."""
    written = text(value, "a percentage, such as 10%")
    match = _ANY_SHARE.fullmatch(written)
    if not match:
        raise refusal(f"{quoted(written)} is not a percentage; write a number with %, such as 10%")
    if float(match[1]) > 100:
        raise refusal(f"{quoted(written)} is out of range; write from 0% to 100%")
    return float(match[1]) / 100


def zone(value: object) -> str:
    """Return an IANA time zone, by its exact name."""
    name = text(value, "a time zone, such as Australia/Sydney")
    if name not in _zones():
        near = _nearest_zone(name)
        hint = f'did you mean "{near}"?' if near else "write an IANA name, such as Australia/Sydney"
        raise refusal(f"{quoted(name)} is not a time zone; {hint}")
    return name


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=256)
def _nearest_zone(name: str) -> str:
    by_city = {known.rpartition("/")[2].lower(): known for known in sorted(_zones(), reverse=True)}
    by_name = {known.lower(): known for known in _zones()}
    city = nearest(name.rpartition("/")[2], by_city, likeness=0.75)
    return by_name.get(nearest(name, by_name)) or by_city.get(city, "")


def locale(value: object) -> str:
    """Return a locale that Babel knows, as 'en_AU'."""
    written = text(value, "a locale, such as en_AU")
    known = _locale_name(written)
    if known is None:
        raise refusal(f"{quoted(written)} is not a locale; write a language and country, such as en_AU")
    return known


@lru_cache(maxsize=256)
def _locale_name(written: str) -> str | None:
    try:
        return str(BabelLocale.parse(written.replace("-", "_"))) if re.fullmatch(_LOCALE, written) else None
    except (UnknownLocaleError, ValueError, TypeError):
        return None


def color(value: object) -> str:
    """Return '#rrggbb' in lower case."""
    written = text(value, 'a colour in quotes, such as "#0f6f6b"')
    if not re.fullmatch(_COLOR, written):
        raise refusal(f'{quoted(written)} is not a colour; write six hex digits, such as "#0f6f6b"')
    return written.lower()


def calendar_date(value: object) -> date:
    """Return '2026-01-31' as a date."""
    written = text(value, "a date, such as 2026-01-31")
    if not _ANY_DATE.fullmatch(written):
        raise refusal(f"{quoted(written)} is not a date; write year-month-day, such as 2026-01-31")
    try:
        return date.fromisoformat(written)
    except ValueError:
        sentence = f"{quoted(written)} is not a day of the calendar; write one, such as 2026-01-31"
        raise refusal(sentence) from None


def digest_name(value: str) -> str:
    """Return a name that is safe as a folder and in an occurrence's id."""
    if not re.fullmatch(DIGEST_NAME, value):
        near = re.sub(r"[^a-z0-9]+", "-", value.lower())[:63].strip("-") or "care-weekly"
        raise refusal(
            f"{quoted(value)} cannot name a digest; write, for example, {near} "
            "(small letters a to z, 0 to 9 and hyphens, at most 63)"
        )
    return value


def name_or_id(value: object) -> str:
    """Return a group's or user's name, or its id as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 1:
            raise refusal(f"{value} is not an id; write a whole number from 1, or a name")
        return str(value)
    return text(value, "a name or an id")


def require_placeholders(written: str, names: Sequence[str]) -> None:
    """Refuse text that has another `{name}` in it than these, or a brace that stands alone."""
    unknown = unknown_in(written, names)
    if unknown is None:
        return
    if unknown in LONE:
        raise refusal(f"a brace stands alone in {quoted(written)}; write it twice if it is meant as one")
    close = nearest(unknown, names)
    hint = f'did you mean "{{{close}}}"?' if close else f"write {one_of(f'{{{name}}}' for name in names)}"
    raise refusal(f"unknown placeholder {quoted(f'{{{unknown}}}')}; {hint}")


def subject(value: object) -> str:
    """Return one line, perhaps with `{title}`, `{window}`, `{brand}` or `{headline}` in it."""
    written = text(value, "a subject, such as Social care, {window}")
    require_placeholders(written, SUBJECT_NAMES)
    return written


def listed(value: Any) -> Any:
    """Return a single value as a list of one; None stays None."""
    return value if isinstance(value, (list, dict)) or value is None else [value]


def none_in_draft(value: Any, validate: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    """Validate `value`; in a draft return None where it is refused."""
    try:
        return validate(value)
    except ValidationError:
        if info.context is not DRAFT:
            raise
        return None


def _as_written_in_draft(value: str, validate: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    return value if info.context is DRAFT else validate(value)


ITEM = WrapValidator(none_in_draft)
"""Marks the items of a list or mapping: in a draft each is None on its own."""


def kind(check: Callable[[Any], Any], schema: dict[str, Any]) -> tuple[PlainValidator, WithJsonSchema]:
    """Return the metadata of a value with its check and JSON Schema."""
    return PlainValidator(check), WithJsonSchema(schema)


def item(check: Callable[[Any], Any]) -> tuple[PlainValidator, WrapValidator]:
    """Return the metadata of an item of `one_or_many`."""
    return PlainValidator(check), ITEM


def one_or_many(schema: dict[str, Any]) -> tuple[BeforeValidator, WithJsonSchema]:
    """Return the metadata of a list whose only item may stand without brackets."""
    many = {"type": "array", "items": schema, "minItems": 1}
    return BeforeValidator(listed), WithJsonSchema({"anyOf": [schema, many]})


def word(name: str, *words: str) -> tuple[PlainValidator, WithJsonSchema]:
    """Return the metadata of one word of several."""
    return kind(choice(name, words), {"enum": list(words)})


def _member(name: str, words: type[StrEnum]) -> tuple[PlainValidator, WithJsonSchema]:
    check = choice(name, tuple(words))
    return kind(lambda value: words(check(value)), {"enum": list(map(str, words))})


def _seconds(example: str, shortest: float, longest: float) -> tuple[Any, ...]:
    return kind(duration(example, shortest, longest), pattern_schema(_DURATION))


def _whole(example: int, least: int, most: int) -> tuple[Any, ...]:
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return kind(whole_number(example, least, most), schema)


def _line(value: object) -> str:
    return text(value, 'a line of text (in quotes if it begins with "#" or is a number)')


Line = Annotated[str, *kind(_line, text_schema())]
Zone = Annotated[str, *kind(zone, pattern_schema(_ZONE))]
Locale = Annotated[str, *kind(locale, pattern_schema(_LOCALE))]
Color = Annotated[str, *kind(color, pattern_schema(_COLOR))]
Day = Annotated[date | None, *kind(calendar_date, DATE_SCHEMA)]
Subject = Annotated[str, *kind(subject, text_schema(names_pattern(SUBJECT_NAMES)))]
Names = Annotated[list[Annotated[str, *item(name_or_id)]], Field(min_length=1), *one_or_many(NAME_SCHEMA)]
DigestName = Annotated[str, AfterValidator(digest_name), WrapValidator(_as_written_in_draft)]

Usable = Annotated[int | None, *_whole(95, 1, MAX_REQUESTS)]
Reserve = Annotated[int | None, *_whole(5, 0, MAX_REQUESTS - 1)]
AtMost = Annotated[int, *_whole(200, 1, 2000)]
Per = Annotated[float, *_seconds("5m", 1, _DAY_SECONDS)]
Grace = Annotated[float, *_seconds("24h", 60, 31 * _DAY_SECONDS)]
LateAfter = Annotated[float | None, *_seconds("15m", 60, 31 * _DAY_SECONDS)]
Settle = Annotated[float, *_seconds("48h", 0, 31 * _DAY_SECONDS)]
Retained = Annotated[float, *_seconds("400d", _DAY_SECONDS, 3660 * _DAY_SECONDS)]
TimeGoal = Annotated[float | None, *_seconds("2h", 1, 366 * _DAY_SECONDS)]
ShareGoal = Annotated[float | None, *kind(share, pattern_schema(_SHARE))]

Paper = Annotated[str, *word("paper", "A4", "Letter")]
ResponseUnit = Annotated[str, *word("unit", "seconds", "minutes")]
DayLabel = Annotated[str, *word("day label", "start", "end")]
OnUnknown = Annotated[str, *word("rule", "resend", "hold")]
CatchUp = Annotated[str, *word("way to catch up", "latest", "all", "none")]
ForEach = Annotated[str, *word("way to divide", "group", "agent")]
WhenEmpty = Annotated[str, *word("rule", "send", "note", "skip")]
IfIncomplete = Annotated[str, *word("rule", "mark", "hold")]
Comparison = Annotated[Compare, *_member("comparison", Compare)]
HolidayRule = Annotated[OnHoliday, *_member("holiday rule", OnHoliday)]
ShownAgents = Annotated[str, *word("way to show agents", *Agents)]
