"""The JSON of the Activity API as models: what is read of each answer, and how strictly.

A number that is null, absent, not finite, a boolean or strange text is None: never 0. A key that an
answer cannot do without makes it unclear; keys that are not named here are ignored. The field names
are the API's own; the `*_min` doubles (minutes) are left out. Source: API document.
"""

import math
import re
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from bot.errors import SourceUnclear
from bot.model import Unit
from bot.source.wording import plain_words

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
LONGEST_NUMBER = 64
T = TypeVar("T")


def finite(value: object) -> float | None:
    """A JSON number, or text that is exactly one, as a float; None for everything else."""
    if isinstance(value, str) and len(value) <= LONGEST_NUMBER and NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def whole(text: str) -> str:
    """Text in which halves of characters (lone surrogates) are replaced: they cannot be written."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _id_text(value: object) -> object:
    """An id as text: the document has it as a number here and as text there."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _id_number(value: object) -> object:
    return int(value) if isinstance(value, str) and re.fullmatch(r"[1-9][0-9]{0,17}", value) else value


def _absent_is(default: object) -> BeforeValidator:
    return BeforeValidator(lambda value: default if value is None else value)


Count = Annotated[float | None, BeforeValidator(finite), Unit.COUNT]
Seconds = Annotated[float | None, BeforeValidator(finite), Unit.SECONDS]
Share = Annotated[float | None, BeforeValidator(finite), Unit.SHARE]
Words = Annotated[str, AfterValidator(whole), _absent_is("")]
Flag = Annotated[bool, _absent_is(False)]
IdText = Annotated[str, BeforeValidator(_id_text), Field(pattern=r"^[!-~]{1,64}$")]
IdNumber = Annotated[int, BeforeValidator(_id_number), Field(ge=0, lt=2**63)]
IdNumbers = Annotated[list[IdNumber], _absent_is([])]


class Wire(BaseModel):
    """Strict in types, tolerant of further keys."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class SummaryWire(Wire):
    """`summary`. Averages are absent or null when nothing was responded to."""

    total_volume: Count
    total_responded_to: Count = None
    broke_sla: Count = None
    broke_action_sla: Count = None
    avg_response_time: Seconds = None
    median_response_time: Seconds = None
    min_response_time: Seconds = None
    max_response_time: Seconds = None
    avg_action_response_time: Seconds = None
    median_action_response_time: Seconds = None
    min_action_response_time: Seconds = None
    max_action_response_time: Seconds = None


class AgentSummaryWire(Wire):
    """One agent of `user_summary`. Shares are as sent; `responded_to` is the base of the private
    and SLA shares, `mentions_assigned` that of `fraction_responded_to` (the samples show it)."""

    user_id: IdText
    first_name: Words = ""
    last_name: Words = ""
    mentions_assigned: Count = None
    responded_to: Count = None
    responded_to_in_private: Count = None
    total_responded_to: Count = None
    broke_sla: Count = None
    broke_action_sla: Count = None
    avg_response_time: Seconds = None
    min_response_time: Seconds = None
    max_response_time: Seconds = None
    avg_action_response_time: Seconds = None
    min_action_response_time: Seconds = None
    max_action_response_time: Seconds = None
    fraction_responded_to: Share = None
    fraction_responded_to_in_private: Share = None
    fraction_broke_sla: Share = None
    fraction_broke_action_sla: Share = None


class DateRangeWire(Wire):
    """`date_from` is the bucket's start, `2018-04-27 00:00`, local and without a zone."""

    date_from: Annotated[str, Field(max_length=40)]


class PointWire(Wire):
    """One bucket of a series."""

    value: Count = None
    date_range: DateRangeWire


class GroupWire(Wire):
    """A group of `/groups`."""

    id: IdNumber
    name: Annotated[str, AfterValidator(whole)]


class UserWire(Wire):
    """A user of `/users`, archived ones included."""

    id: IdNumber
    email: Words = ""
    first_name: Words = ""
    last_name: Words = ""
    archived: Flag = False
    groups: IdNumbers = []


class ExportJobWire(Wire):
    """The start of an export, and each answer about its status. `url` is a secret."""

    status: Annotated[str, Field(max_length=100)]
    url: str | None = None
    token: Annotated[str, Field(pattern=r"^[!-~]{1,512}$")] | None = None


SUMMARY = TypeAdapter(SummaryWire)
AGENTS = TypeAdapter(list[AgentSummaryWire])
SERIES = TypeAdapter(dict[str, list[PointWire]])
GROUPS = TypeAdapter(list[GroupWire])
USERS = TypeAdapter(list[UserWire])
EXPORT_JOB = TypeAdapter(ExportJobWire)


def units(model: type[Wire]) -> dict[str, Unit]:
    """The numeric fields of a model in their order, each with its unit."""
    marks = {name: [m for m in f.metadata if isinstance(m, Unit)] for name, f in model.model_fields.items()}
    return {name: found[0] for name, found in marks.items() if found}


def parse(adapter: TypeAdapter[T], answer: object, what: str) -> T:
    """The answer as its model. Raises SourceUnclear that names the first place, never a value."""
    try:
        return adapter.validate_python(answer)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the whole"
        reason = first["type"].replace("_", " ")
    raise SourceUnclear(
        f"The answer to {what} is not what the API document describes: {plain_words(place, 80)} ({reason})."
    )
