"""The JSON of the Activity API as models: how strictly it is read, and the lists.

A number that is null, absent, not finite, a boolean or strange text is None: never 0. A key that an
answer cannot do without makes it unclear; keys that are not named here are ignored. The field names
are the API's own; the `*_min` doubles (minutes) are left out. Source: API document.
"""

import math
import re
from collections.abc import Hashable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, TypeVar, cast

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
from bot.lib.sanitize import one_line
from bot.model import Scalars, Unit

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
LONGEST_NUMBER = 64
T = TypeVar("T")


def finite(value: object) -> float | None:
    """Return a JSON number, or text that is exactly one, as a float; None for everything else."""
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
    """Replace halves of characters (lone surrogates), which cannot be written."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class OtherShape(SourceUnclear):
    """The answer is whole, but in another shape of the document's than a report needs: it is not damaged."""


def _id_text(value: object) -> object:
    """Return an id as text: the document has it as a number here and as text there."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _id_number(value: object) -> object:
    return int(value) if isinstance(value, str) and re.fullmatch(r"[1-9][0-9]{0,17}", value) else value


def _absent_is(default: object) -> BeforeValidator:
    return BeforeValidator(lambda value: default if value is None else value)


Number = Annotated[float | None, BeforeValidator(finite)]
Count = Annotated[Number, Unit.COUNT]
Seconds = Annotated[Number, Unit.SECONDS]
Share = Annotated[Number, Unit.SHARE]
Mean = Annotated[Number, Unit.MEAN]
Score = Annotated[Number, Unit.SCORE]
Name = Annotated[str, AfterValidator(whole)]
Text = Annotated[str, AfterValidator(whole), _absent_is("")]
DateText = Annotated[str, Field(max_length=40)]
Flag = Annotated[bool, _absent_is(False)]
IdText = Annotated[str, BeforeValidator(_id_text), Field(pattern=r"^[!-~]{1,64}$")]
IdNumber = Annotated[int, BeforeValidator(_id_number), Field(ge=0, lt=2**63)]
IdNumbers = Annotated[list[IdNumber], _absent_is([])]


class Wire(BaseModel):
    """Strict in types, tolerant of further keys."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class GroupWire(Wire):
    """A group of `/groups`."""

    id: IdNumber
    name: Name


class UserWire(Wire):
    """A user of `/users`, archived ones included."""

    id: IdNumber
    email: Text = ""
    first_name: Text = ""
    last_name: Text = ""
    archived: Flag = False
    groups: IdNumbers = []


class FormWire(Wire):
    """A form or survey of `/forms`, archived ones included; `groups` are those with access to it."""

    id: IdNumber
    name: Name
    title: Text = ""
    archived: Flag = False
    groups: IdNumbers = []
    nps: Flag = False
    form_url: Text = ""


def units(model: type[Wire]) -> dict[str, Unit]:
    """Return the numeric fields of a model in their order, each with its unit."""
    marks = {name: [m for m in f.metadata if isinstance(m, Unit)] for name, f in model.model_fields.items()}
    return {name: kinds[0] for name, kinds in marks.items() if kinds}


def scalars(wire: Wire) -> Scalars:
    """Return all numeric fields of an answer as named values."""
    kinds = units(type(wire))
    return Scalars({name: getattr(wire, name) for name in kinds}, kinds)


def whole_keys(answer: Mapping[str, T], what: str) -> dict[str, T]:
    """Return `answer` under keys that can be written. Raises SourceUnclear when two become the same."""
    items = {whole(key): value for key, value in answer.items()}
    if len(items) != len(answer):
        raise SourceUnclear(f"The answer to {what} has two names that cannot be told apart.")
    return items


def check_distinct(keys: Sequence[Hashable], thing: str, what: str) -> None:
    """Raise SourceUnclear when the same `thing` came twice: which of them counts is unknown."""
    if len(set(keys)) != len(keys):
        raise SourceUnclear(f"The answer to {what} has the same {thing} twice.")


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def parse(shape: type[T], answer: object, what: str) -> T:
    """Return the answer as `shape`. Raises SourceUnclear that names the first place, never a value."""
    try:
        return cast(T, _adapter(cast(Hashable, shape)).validate_python(answer))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the whole"
        reason = first["type"].replace("_", " ")
    raise SourceUnclear(
        f"The answer to {what} is not what the API document describes: {one_line(place, 80)} ({reason})."
    )
