"""The codec: dataclasses of the model as JSON, instants as integers, rows as records.

Freezing is exact: a snapshot that is sent tomorrow says what it says today. One walk over the type hints
instead of a validating library: a validator would turn the count 5 into 5.0 where the hint says float,
and a CSV would change between today and the retry tomorrow. Unknown fields are ignored and missing ones
take their defaults, so rows outlive the model's growth.
"""

import dataclasses
import functools
import hashlib
import json
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, overload
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from bot.errors import LedgerError
from bot.model import (
    Attempt,
    Delivery,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    Digest,
    Event,
    EventKind,
    Occurrence,
    OccurrenceKind,
    OccurrenceRecord,
    OccurrenceState,
    OpenCircuit,
    Recipient,
    Window,
)

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MICROS_PER_SECOND = 1_000_000
MAX_TEXT = 2_000
"""Characters of an error, a reason or an event's detail."""


def to_micros(moment: datetime) -> int:
    """Return an aware datetime as microseconds since 1970 UTC, exactly. Raise ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return (moment - EPOCH) // MICROSECOND


@overload
def from_micros(micros: int) -> datetime: ...


@overload
def from_micros(micros: int | None) -> datetime | None: ...


def from_micros(micros: int | None) -> datetime | None:
    """Return the aware UTC datetime behind `to_micros`; None stays None."""
    return None if micros is None else EPOCH + micros * MICROSECOND


def seconds_to_micros(seconds: float) -> int:
    """Return a duration in whole microseconds."""
    return round(seconds * MICROS_PER_SECOND)


def storable(text: str) -> str:
    """Return text cut to 2,000 characters, without what databases refuse (NUL, surrogates)."""
    clean = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return clean[:MAX_TEXT]


def occurrence_columns(occurrence: Occurrence, definition: Digest) -> dict[str, Any]:
    """Return an occurrence and its digest as columns; later only the window may grow."""
    return {
        "id": occurrence.id,
        "digest": occurrence.digest,
        "due": to_micros(occurrence.due),
        "slice": occurrence.slice,
        "kind": occurrence.kind,
        "topic": occurrence.topic,
        "number": occurrence.number,
        "about": occurrence.about,
        "window": freeze_window(occurrence.window),
        "definition": freeze(definition),
    }


def delivery_columns(delivery: Delivery, position: int) -> dict[str, Any]:
    """Return a new delivery, ready to be sent, as columns."""
    return {
        "key": delivery.key,
        "occurrence": delivery.occurrence,
        "position": position,
        "channel": delivery.recipient.channel,
        "address": delivery.recipient.address,
        "kind": delivery.kind,
        "recipient": freeze(delivery.recipient),
        "state": DeliveryState.READY,
        "attempts": 0,
        "fence": 0,
        "provider_id": "",
        "error": "",
    }


def occurrence_record(row: Row[Any]) -> OccurrenceRecord:
    """Return a row of `occurrences` as a record. Raise LedgerError when it is damaged."""
    return OccurrenceRecord(
        occurrence=Occurrence(
            row.digest,
            from_micros(row.due),
            thaw_window(row.window),
            row.slice,
            OccurrenceKind(row.kind),
            row.topic,
            row.number,
            row.about,
        ),
        definition=thaw(Digest, row.definition),
        state=OccurrenceState(row.state),
        late=row.late,
        reason=row.reason,
        attempts=row.attempts,
        not_before=from_micros(row.not_before),
        planned_at=from_micros(row.planned_at),
        ended_at=from_micros(row.ended_at),
        payload=json.loads(row.payload),
        asked_at=from_micros(row.asked_at),
    )


def delivery_record(row: Row[Any]) -> DeliveryRecord:
    """Return a row of `deliveries` as a record. Raise LedgerError when it is damaged."""
    return DeliveryRecord(
        delivery=Delivery(row.occurrence, thaw(Recipient, row.recipient), DeliveryKind(row.kind)),
        state=DeliveryState(row.state),
        attempts=row.attempts,
        sent_at=from_micros(row.sent_at),
        provider_id=row.provider_id,
        error=row.error,
        not_before=from_micros(row.not_before),
        started_at=from_micros(row.started_at),
    )


def attempt_record(row: Row[Any]) -> Attempt:
    """Return a row of `attempts` as an attempt."""
    return Attempt(
        number=row.number,
        owner=row.owner,
        started_at=from_micros(row.started_at),
        ended_at=from_micros(row.ended_at),
        state=DeliveryState(row.state),
        provider_id=row.provider_id,
        detail=row.detail,
    )


def event_record(row: Row[Any]) -> Event:
    """Return a row of `events` as an event."""
    return Event(EventKind(row.what), from_micros(row.at), row.detail, row.times, from_micros(row.last_at))


def circuit_record(row: Row[Any]) -> OpenCircuit:
    """Return a row of `open_circuits` as an open circuit."""
    return OpenCircuit(
        row.channel, row.reason, from_micros(row.since), from_micros(row.retry_at), row.credential
    )


def freeze(thing: Any) -> str:
    """Return a dataclass of the model as JSON text: pure ASCII, keys in the order of the fields."""
    return json.dumps(dataclasses.asdict(thing), default=_text, separators=(",", ":"))


def thaw(kind: type[T], text: str) -> T:
    """Return the dataclass of type `kind` behind `freeze`. Raise LedgerError when the text is damaged."""
    try:
        return typing.cast(T, _thawed(kind, json.loads(text)))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise LedgerError(
            f"The database holds a damaged {kind.__name__}; restore it from a backup."
        ) from error


def content_hash(text: str) -> str:
    """Return the SHA-256 of frozen text, to compare two snapshots."""
    return hashlib.sha256(text.encode()).hexdigest()


def freeze_window(window: Window) -> str:
    """Return a window as JSON: wall clock times, folds and zone.

    Not instants: midnight does not exist on some days of clock change, and the way back from the
    instant would end at one o'clock.
    """
    start, end = (moment.replace(tzinfo=None).isoformat() for moment in (window.start, window.end))
    folds = [window.start.fold, window.end.fold]
    return json.dumps({"start": start, "end": end, "folds": folds, "zone": window.zone})


def thaw_window(text: str) -> Window:
    """Return the window behind `freeze_window`. Raise LedgerError when the text is damaged."""
    try:
        fields = json.loads(text)
        zone = ZoneInfo(fields["zone"])
        walls = (datetime.fromisoformat(fields[end]) for end in ("start", "end"))
        start, end = (
            wall.replace(tzinfo=zone, fold=fold) for wall, fold in zip(walls, fields["folds"], strict=True)
        )
        return Window(start, end, fields["zone"])
    except (KeyError, TypeError, ValueError) as error:
        raise LedgerError("The database holds a damaged window; restore it from a backup.") from error


def _text(value: object) -> str:
    if isinstance(value, (date, time)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be stored")


def _thawed(kind: Any, value: Any) -> Any:
    origin = get_origin(kind)
    if origin in (typing.Union, UnionType):
        return _thawed(_member(get_args(kind), value), value)
    if origin is typing.Literal:
        return _one_of(get_args(kind), value)
    if origin is tuple:
        return tuple(_thawed(get_args(kind)[0], item) for item in _expect(list, value))
    if dataclasses.is_dataclass(kind):
        return _object(kind, _expect(dict, value))
    return _scalar(kind, value)


def _object(kind: Any, fields: Mapping[str, Any]) -> Any:
    hints = _hints(kind)
    return kind(**{name: _thawed(hint, fields[name]) for name, hint in hints.items() if name in fields})


def _scalar(kind: Any, value: Any) -> Any:
    if issubclass(kind, Enum):
        return kind(value)
    if kind in (date, time):
        return kind.fromisoformat(value)
    # A count may stand where the hint says float, as in Python itself; it stays a count.
    return _expect((int, float) if kind is float else kind, value)


def _member(members: tuple[Any, ...], value: Any) -> Any:
    """Return the member of a union that fits the value: by `kind` for blocks, else by JSON type."""
    for member in members:
        if not isinstance(value, _json_type(member)):
            continue
        if "kind" not in _hints_of(member) or value["kind"] in get_args(_hints(member)["kind"]):
            return member
    raise ValueError("of none of the types that belong here")


def _hints_of(member: Any) -> dict[str, Any]:
    return _hints(typing.cast(Any, member)) if dataclasses.is_dataclass(member) else {}


def _json_type(member: Any) -> Any:
    if member is NoneType:
        return NoneType
    if get_origin(member) is tuple:
        return list
    if dataclasses.is_dataclass(member):
        return dict
    if member is float:
        return (int, float)
    return str if get_origin(member) is typing.Literal or issubclass(member, (Enum, date, time)) else member


def _one_of(choices: tuple[Any, ...], value: Any) -> Any:
    if value not in choices:
        raise ValueError("not one of the choices")
    return value


def _expect(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind}")
    return value


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(kind) if field.init}
    return {name: hint for name, hint in typing.get_type_hints(kind).items() if name in names}
