"""One check per kind of value: from what YAML holds to what the model holds, or a sentence why not."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from pydantic_core import PydanticCustomError

from bot.config.problems import nearest, one_of, quoted, unknown_word
from bot.timetable import known_region, nearest_region

_LONGEST_TEXT = 200
# Control characters, line and paragraph separators, bidirectional overrides, lone surrogates.
_UNWANTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNITS = "s seconds, m minutes, h hours, d days"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,3})?[smhd] ?)+(?<! )")
_PERCENT = re.compile(r"(?P<number>[0-9]{1,3}(?:\.[0-9]{1,4})?) ?%")
_DIGEST_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[_-][A-Za-z0-9]+)*")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BEGINS_WITH_HASH = re.compile(r'^[^\[{]*"#\w')


def refusal(sentence: str, *path: str | int, at_key: bool = False) -> PydanticCustomError:
    """The error that a check raises; `path` leads from the checked value to the guilty part of it.

    With `at_key` the guilty part is the last key of `path`, not the value under it.
    """
    context = {"sentence": sentence, "path": path, "at_key": at_key}
    return PydanticCustomError("refused", "{sentence}", context)


def wrong_type(value: object, expected: str) -> str:
    """'a list stands here; write …': what was found and what is expected."""
    if value is None:
        return f"nothing is written here; write {expected}{_comment_hint(expected)}"
    if isinstance(value, dict):
        return f"keys with values stand here; write {expected}"
    return f"{_kind(value)} stands here; write {expected}"


def require_keys(value: dict[str, object], keys: tuple[str, ...], expected: str) -> None:
    """Refuses a mapping that has other keys than `keys`, or not all of them."""
    for key in value:
        if key not in keys:
            raise refusal(unknown_word("key", key, keys), key, at_key=True)
    for key in keys:
        if key not in value:
            raise refusal(f'"{key}" is missing; write {expected}')


def _comment_hint(expected: str) -> str:
    """The usual reason for an empty value where a colour or channel is expected."""
    return " (without quotes, # begins a comment)" if _BEGINS_WITH_HASH.search(expected) else ""


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return "a list" if isinstance(value, (list, tuple)) else f"the text {quoted(value)}"


def text(value: object, expected: str) -> str:
    """`value` when it is one line of text that is not blank."""
    if not isinstance(value, str):
        raise refusal(wrong_type(value, expected))
    if not value.strip():
        raise refusal(f"this is blank; write {expected}")
    if _UNWANTED.search(value):
        raise refusal(f"a line break or control character is in this text; write {expected}")
    if len(value) > _LONGEST_TEXT:
        raise refusal(f"this text has {len(value)} characters; write at most {_LONGEST_TEXT}")
    if value != value.strip():
        # An editor's schema would refuse it too, and an API may not know a name with a blank after it.
        raise refusal("this text begins or ends with a blank; write it without")
    return value


def line(expected: str) -> Callable[[object], str]:
    """A check for one line of text."""
    return lambda value: text(value, expected)


def choice(kind: str, words: Sequence[str]) -> Callable[[object], str]:
    """A check for one word of a table."""

    def check(value: object) -> str:
        word = text(value, one_of(words))
        if word not in words:
            raise refusal(unknown_word(kind, word, words))
        return word

    return check


def duration(example: str, shortest: float, longest: float) -> Callable[[object], float]:
    """A check for '2h', '45m', '90s', '1h 30m' or '30d' within bounds; gives seconds."""

    def check(value: object) -> float:
        written = text(value, f"a duration, such as {example}")
        if not _DURATION.fullmatch(written):
            raise refusal(
                f"{quoted(written)} is not a duration; "
                f"write a number with its unit, such as {example} ({_UNITS})"
            )
        parts = re.findall(r"([0-9.]+)([smhd])", written)
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
        if not shortest <= seconds <= longest:
            bounds = f"from {_short(shortest)} to {_short(longest)}"
            raise refusal(f"{quoted(written)} is out of range; write {bounds} ({_UNITS})")
        return float(seconds)

    return check


def _short(seconds: float) -> str:
    unit = next(unit for unit in "dhms" if seconds % _SECONDS[unit] == 0)
    return f"{int(seconds / _SECONDS[unit])}{unit}"


def share(value: object) -> float:
    """'10%' as 0.1."""
    written = text(value, "a percentage, such as 10%")
    match = _PERCENT.fullmatch(written)
    if not match:
        raise refusal(f"{quoted(written)} is not a percentage; write a number with %, such as 10%")
    if float(match["number"]) > 100:
        raise refusal(f"{quoted(written)} is out of range; write from 0% to 100%")
    return float(match["number"]) / 100


def zone(value: object) -> str:
    """An IANA time zone, by its exact name."""
    name = text(value, "a time zone, such as Australia/Sydney")
    if name not in _zones():
        hint = _nearest_zone(name)
        raise refusal(
            f'{quoted(name)} is not a time zone; did you mean "{hint}"?'
            if hint
            else f"{quoted(name)} is not a time zone; write an IANA name, such as Australia/Sydney"
        )
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


@lru_cache(maxsize=256)
def _locale_name(written: str) -> str | None:
    if not _LOCALE.fullmatch(written):
        return None  # Babel leaves out what it does not understand: 'en_AU *x' would be en_AU.
    try:
        return str(Locale.parse(written.replace("-", "_")))
    except (UnknownLocaleError, ValueError, TypeError):
        return None


def locale(value: object) -> str:
    """A locale that Babel knows, as 'en_AU'."""
    written = text(value, "a locale, such as en_AU")
    known = _locale_name(written)
    if known is None:
        raise refusal(f"{quoted(written)} is not a locale; write a language and country, such as en_AU")
    return known


def color(value: object) -> str:
    """'#rrggbb'."""
    written = text(value, 'a colour in quotes, such as "#0f6f6b"')
    if not _COLOR.fullmatch(written):
        raise refusal(f'{quoted(written)} is not a colour; write six hex digits, such as "#0f6f6b"')
    return written.lower()


def calendar_date(value: object) -> date:
    """'2026-01-31'."""
    written = text(value, "a date, such as 2026-01-31")
    try:
        if _DATE.fullmatch(written):
            return date.fromisoformat(written)
    except ValueError:
        raise refusal(
            f"{quoted(written)} is not a day of the calendar; write one, such as 2026-01-31"
        ) from None
    raise refusal(f"{quoted(written)} is not a date; write year-month-day, such as 2026-01-31")


def digest_name(value: str) -> str:
    """A name that is safe as a folder and in an occurrence's id."""
    if not _DIGEST_NAME.fullmatch(value):
        near = re.sub(r"[^a-z0-9]+", "-", value.lower())[:63].strip("-") or "care-weekly"
        raise refusal(
            f"{quoted(value)} cannot name a digest; write, for example, {near} "
            "(small letters a to z, 0 to 9 and hyphens, at most 63)"
        )
    return value


def name_or_id(value: object) -> str:
    """A group's or user's name, or its id as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 1:
            raise refusal(f"{value} is not an id; write a whole number from 1, or a name")
        return str(value)
    return text(value, "a name or an id")


def region(value: object) -> str:
    """'AU' or 'AU-NSW'."""
    written = text(value, "a country or country and part, such as AU or AU-NSW")
    if not known_region(written):
        hint = nearest_region(written)
        meant = (
            f'did you mean "{hint}"?' if hint else "write a country, such as AU, or a part, such as AU-NSW"
        )
        raise refusal(f"no holidays are known for {quoted(written)}; {meant}")
    return written


def listed(value: Any) -> Any:
    """A single value stands for a list of one; nothing stays nothing."""
    return value if isinstance(value, (list, dict)) or value is None else [value]


def whole_number(example: int, least: int, most: int) -> Callable[[object], int]:
    """A check for a whole number within bounds."""

    def check(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise refusal(wrong_type(value, f"a whole number, such as {example}"))
        if not least <= value <= most:
            side = f"at least {least}" if value < least else f"at most {most}"
            raise refusal(f"{value} is out of range; write {side}")
        return value

    return check
