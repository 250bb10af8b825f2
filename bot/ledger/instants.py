"""Instants in the database: whole microseconds since 1970 UTC, which sort as they should."""

from datetime import UTC, datetime, timedelta
from typing import overload

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MICROS_PER_SECOND = 1_000_000


def to_micros(moment: datetime) -> int:
    """An aware datetime as microseconds since 1970 UTC, exactly. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return (moment - EPOCH) // MICROSECOND


@overload
def from_micros(micros: int) -> datetime: ...


@overload
def from_micros(micros: int | None) -> datetime | None: ...


def from_micros(micros: int | None) -> datetime | None:
    """The aware UTC datetime behind `to_micros`; None stays None."""
    return None if micros is None else EPOCH + micros * MICROSECOND


def seconds_to_micros(seconds: float) -> int:
    """A duration in whole microseconds."""
    return round(seconds * MICROS_PER_SECOND)
