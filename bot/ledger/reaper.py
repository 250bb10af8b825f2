"""The reaper: takes back what a process that is gone had claimed, and what this one left behind."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, and_, delete, exists, or_, select, update

from bot.ledger.crashes import count_crash
from bot.ledger.database import read, transact, transaction
from bot.ledger.presence import Presence
from bot.ledger.schema import answer_locks, deliveries, occurrences, work
from bot.ledger.states import OPEN_DELIVERIES, DeliveryCause
from bot.ledger.transitions import (
    CUT_OFF,
    CUT_OFF_FETCHING,
    finish_if_over,
    lock_occurrence,
    log_attempt,
    log_event,
    move_deliveries,
)
from bot.model import DeliveryState, EventKind, OccurrenceState, Outcome

Lost = Callable[[Column[Any], Column[Any]], ColumnElement[bool]]
"""Which rows nobody works on any more, from the columns of their owner and of what it works on."""


class Reaper(Presence):
    """The part of the ledger that survives the death of processes."""

    def reap(self, now: datetime) -> int:
        """Take back every claim of processes that are gone; return how many claims.

        A send that was cut off becomes `unknown`, an occurrence or an answer may be claimed again, and a
        crash is counted. Take back, too, claims of this process that no thread of it works on: their end
        could not be written. End occurrences that have nothing left to do.
        """
        dead = [owner for owner, beat in self.gone().items() if self._bury_and_count(owner, beat)]
        # Paused: what a thread began since would look as if it had been left behind.
        with self.asking.paused() as asking, self.working.paused() as working:
            return self._take_back(partial(self._lost, dead, working), partial(self._lost, dead, asking), now)

    @transaction
    def _bury_and_count(self, connection: Connection, owner: str, last_beat: int | None) -> bool:
        if not self.bury(connection, owner, last_beat):
            return False
        count_crash(connection, owner)
        return True

    def _lost(
        self, dead: Collection[str], active: Collection[str], owner: Column[Any], name: Column[Any]
    ) -> ColumnElement[bool]:
        return or_(owner.in_(dead), and_(owner == self.owner, name.not_in(active)))

    def _take_back(self, lost: Lost, unasked: Lost, now: datetime) -> int:
        # One transaction per occurrence: short ones, and locks always in the same order.
        ids = read(self.engine, lambda c: _unfinished(c, lost))
        ends = [partial(_cut_off, occurrence_id=id, lost=lost, now=now) for id in ids]
        count = sum(transact(self.engine, end) for end in ends)
        return count + transact(self.engine, lambda c: _free(c, lost, unasked, now))


def _unfinished(connection: Connection, lost: Lost) -> Sequence[str]:
    """Return the occurrences with a send that was cut off, or with nothing left to do but to end."""
    mine = deliveries.c.occurrence == occurrences.c.id
    sending = deliveries.c.state == DeliveryState.SENDING
    cut_off = exists().where(mine, sending, lost(deliveries.c.owner, deliveries.c.occurrence))
    busy = exists().where(mine, deliveries.c.state.in_(OPEN_DELIVERIES))
    over = and_(occurrences.c.state == OccurrenceState.RENDERED, ~busy)
    ids = select(occurrences.c.id).where(or_(cut_off, over)).order_by(occurrences.c.id)
    return connection.execute(ids).scalars().all()


def _cut_off(connection: Connection, occurrence_id: str, lost: Lost, now: datetime) -> int:
    """Make the cut-off sends of an occurrence `unknown`, and end it if it is over; return how many."""
    occurrence = lock_occurrence(connection, occurrence_id)
    unknown = Outcome(DeliveryState.UNKNOWN, error=CUT_OFF)
    rows = move_deliveries(
        connection,
        and_(deliveries.c.occurrence == occurrence_id, lost(deliveries.c.owner, deliveries.c.occurrence)),
        unknown.state,
        DeliveryCause.CUT_OFF,
        error=CUT_OFF,
    )
    for row in rows:
        log_attempt(connection, row, unknown, now)
    finish_if_over(connection, occurrence, now)
    return len(rows)


def _free(connection: Connection, lost: Lost, unasked: Lost, now: datetime) -> int:
    """Drop the lost claims on occurrences and answers: they may be claimed again; return how many."""
    connection.execute(delete(answer_locks).where(unasked(answer_locks.c.owner, answer_locks.c.key)))
    connection.execute(delete(work).where(lost(work.c.owner, work.c.occurrence)))
    claimed = update(occurrences).where(
        occurrences.c.state == OccurrenceState.PLANNED, lost(occurrences.c.owner, occurrences.c.id)
    )
    freed = connection.execute(claimed.values(owner=None).returning(occurrences.c.id)).scalars().all()
    for occurrence_id in freed:
        log_event(connection, occurrence_id, EventKind.TAKEN_BACK, CUT_OFF_FETCHING, now)
    return len(freed)
