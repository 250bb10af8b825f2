"""What operators are to be told, read back: endings unlike the one before, and the duties of a month."""

from datetime import datetime

from sqlalchemy import Connection, Row, and_, or_, select

from bot.ledger.instants import to_micros
from bot.ledger.reading import History, deliveries_of
from bot.ledger.rows import occurrence_record
from bot.ledger.rules import LATEST_DUE
from bot.ledger.schema import occurrences
from bot.model import Ended, OccurrenceRecord, OccurrenceState

ENDS = (OccurrenceState.DONE, OccurrenceState.FAILED)
Group = tuple[str, str]


def endings(connection: Connection, since: datetime, told: str) -> tuple[Ended, ...]:
    """Those that failed, and those that are done after a failure (see `Troubles.endings`)."""
    failing, alerted = _failing(connection), _alerted(connection, since - LATEST_DUE, told)
    found = []
    for row in _ended(connection, since):
        failed, was_told = row.state == OccurrenceState.FAILED, (row.digest, row.due) in alerted
        if failed or was_told or (row.digest, row.slice) in failing:
            before = _before(connection, row)
            if failed or was_told or (before is not None and before.state is OccurrenceState.FAILED):
                found.append(Ended(_record(connection, row.id), before))
    return tuple(found)


def due_between(connection: Connection, start: datetime, end: datetime) -> History:
    """Every real occurrence due in that time with its duties, oldest first."""
    of_time = (occurrences.c.due >= to_micros(start), occurrences.c.due < to_micros(end))
    wanted = select(occurrences).where(occurrences.c.real, *of_time)
    rows = connection.execute(wanted.order_by(occurrences.c.due, occurrences.c.id)).all()
    return tuple((occurrence_record(row), deliveries_of(connection, row.id)) for row in rows)


def _ended(connection: Connection, since: datetime) -> list[Row[tuple[str, str, str, int, str, int]]]:
    """Without the long columns: most of them are no news. By the index of state and due."""
    of = occurrences.c
    wanted = select(of.id, of.digest, of.slice, of.due, of.state, of.ended_at).where(
        of.state.in_(ENDS),
        of.due >= to_micros(since - LATEST_DUE),
        of.real,
        of.ended_at >= to_micros(since),
    )
    return list(connection.execute(wanted.order_by(of.ended_at, of.due, of.id)))


def _failing(connection: Connection) -> set[Group]:
    wanted = select(occurrences.c.digest, occurrences.c.slice).where(
        occurrences.c.state == OccurrenceState.FAILED, occurrences.c.real
    )
    return {(row.digest, row.slice) for row in connection.execute(wanted.distinct())}


def _alerted(connection: Connection, since: datetime, told: str) -> set[tuple[str, int]]:
    wanted = select(occurrences.c.digest, occurrences.c.due).where(
        occurrences.c.state.in_(list(OccurrenceState)),
        occurrences.c.due >= to_micros(since),
        occurrences.c.slice.startswith(told, autoescape=True),
    )
    return {(row.digest, row.due) for row in connection.execute(wanted)}


def _record(connection: Connection, occurrence_id: str) -> OccurrenceRecord:
    return occurrence_record(
        connection.execute(select(occurrences).where(occurrences.c.id == occurrence_id)).one()
    )


def _before(connection: Connection, row: Row[tuple[str, str, str, int, str, int]]) -> OccurrenceRecord | None:
    of = occurrences.c
    earlier = or_(of.ended_at < row.ended_at, and_(of.ended_at == row.ended_at, of.due < row.due))
    wanted = select(occurrences).where(
        of.digest == row.digest, of.slice == row.slice, of.real, of.state.in_(ENDS), of.id != row.id, earlier
    )
    found = connection.execute(wanted.order_by(of.ended_at.desc(), of.due.desc()).limit(1)).first()
    return None if found is None else occurrence_record(found)
