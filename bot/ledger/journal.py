"""What happened to an occurrence, written with the change itself and never changed: what `explain` tells."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from bot.ledger.instants import from_micros, to_micros
from bot.ledger.rules import storable
from bot.ledger.schema_3 import events
from bot.model import Event, EventKind

REPEATED = frozenset({EventKind.WAITED})
"""What may happen again and again without anything between: one row, counted."""


def write(connection: Connection, occurrence_id: str, kind: EventKind, detail: str, now: datetime) -> None:
    """Append what happened, or count it once more."""
    at, words = to_micros(now), storable(detail)
    if kind in REPEATED and _counted(connection, occurrence_id, kind, words, at):
        return
    row = {"occurrence": occurrence_id, "at": at, "what": kind, "detail": words, "times": 1, "last_at": at}
    connection.execute(insert(events).values(**row))


def _counted(connection: Connection, occurrence_id: str, kind: EventKind, words: str, at: int) -> bool:
    """Whether this was the last thing that happened; then it is counted."""
    newest = select(events.c.id, events.c.what).where(events.c.occurrence == occurrence_id)
    last = connection.execute(newest.order_by(events.c.id.desc()).limit(1)).first()
    if last is None or last.what != kind:
        return False
    again = update(events).where(events.c.id == last.id)
    connection.execute(again.values(times=events.c.times + 1, last_at=at, detail=words))
    return True


def read_events(connection: Connection, occurrence_id: str) -> tuple[Event, ...]:
    """Everything that happened, in order."""
    wanted = select(events).where(events.c.occurrence == occurrence_id).order_by(events.c.id)
    return tuple(
        Event(EventKind(row.what), from_micros(row.at), row.detail, row.times, from_micros(row.last_at))
        for row in connection.execute(wanted)
    )
