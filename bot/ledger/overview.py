"""What a status page reads, on SQLite or PostgreSQL: the port `Overview`."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, Engine, and_, exists, func, or_, select

from bot.ledger.dialect import read
from bot.ledger.reading import History, deliveries_of
from bot.ledger.rows import occurrence_record
from bot.ledger.schema import attempts, deliveries, occurrences
from bot.model import DeliveryKind, DeliveryState, OccurrenceState, Tally

UNSERVED = (DeliveryState.FAILED, DeliveryState.UNKNOWN)


class SqlOverview:
    """A part of `SqlLedger`."""

    engine: Engine

    def recent(self, count: int) -> History:
        """The `count` occurrences that were due last, with their duties, newest first."""
        return read(self.engine, lambda c: _newest(c, count, ()))

    def unserved(self, count: int) -> History:
        """As `recent`, of those real ones that failed or have a real delivery that is failed or unknown."""
        return read(self.engine, lambda c: _newest(c, count, (_is_unserved(),)))

    def tally(self) -> Tally:
        """How many of each."""
        return read(self.engine, _tally)


def _newest(connection: Connection, count: int, which: Iterable[ColumnElement[bool]]) -> History:
    wanted = select(occurrences).where(*which).order_by(occurrences.c.due.desc(), occurrences.c.id)
    rows = connection.execute(wanted.limit(count)).all()
    return tuple((occurrence_record(row), deliveries_of(connection, row.id)) for row in rows)


def _is_unserved() -> ColumnElement[bool]:
    unserved = exists().where(
        deliveries.c.occurrence == occurrences.c.id,
        deliveries.c.kind == DeliveryKind.REAL,
        deliveries.c.state.in_(UNSERVED),
    )
    return and_(occurrences.c.real, or_(occurrences.c.state == OccurrenceState.FAILED, unserved))


def _tally(connection: Connection) -> Tally:
    number = func.count()
    by_state = select(occurrences.c.state, number).where(occurrences.c.real).group_by(occurrences.c.state)
    real = deliveries.c.kind == DeliveryKind.REAL
    standing = select(deliveries.c.channel, deliveries.c.state, number).where(real)
    tried = (
        select(deliveries.c.channel, attempts.c.state, number)
        .join(attempts, attempts.c.delivery == deliveries.c.key)
        .where(real)
    )
    stand = connection.execute(standing.group_by(deliveries.c.channel, deliveries.c.state))
    tries = connection.execute(tried.group_by(deliveries.c.channel, attempts.c.state))
    return Tally(
        {OccurrenceState(state): count for state, count in connection.execute(by_state)},
        {(channel, DeliveryState(state)): count for channel, state, count in stand},
        {(channel, DeliveryState(state)): count for channel, state, count in tries},
    )
