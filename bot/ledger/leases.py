"""Leases: renewed while their process lives, taken back when it is gone; and the processes that crashed."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, or_, select, update

from bot.ledger.channels import circuits
from bot.ledger.codec import from_micros, occurrence_record, to_micros
from bot.ledger.database import Database, insert_missing, read, transact, transaction
from bot.ledger.deliveries import deliveries_of
from bot.ledger.scheduler_lock import owner_may_live
from bot.ledger.schema import crashes, deliveries, occurrences
from bot.ledger.snapshots import snapshot
from bot.ledger.states import OPEN_DELIVERIES, DeliveryCause
from bot.ledger.transitions import (
    CUT_OFF,
    CUT_OFF_FETCHING,
    UNCLAIMED,
    finish_if_over,
    lock_occurrence,
    log_attempt,
    log_event,
    move_deliveries,
    owns_delivery,
    owns_occurrence,
)
from bot.model import Claim, DeliveryState, EventKind, OccurrenceState, Outcome, Work

Expired = Callable[[Table], ColumnElement[bool]]
"""Which leases in the table of deliveries or occurrences are over."""

NOBODY = ""


class Leases(Database):
    """The part of the ledger that survives the death of processes."""

    @transaction
    def renew(self, connection: Connection, claim: Claim, now: datetime) -> Claim | None:
        """Return a claim with a longer lease, from `now` on; None when it was lost.

        A lease that is over and was not taken by another process is still its holder's.
        """
        until = to_micros(now) + self.lease_micros
        # The id of an occurrence has an @, the key of a delivery has none: at most one row matches.
        sending = update(deliveries).where(deliveries.c.key == claim.key, owns_delivery(claim))
        composing = update(occurrences).where(occurrences.c.id == claim.key, owns_occurrence(claim))
        for renewal in (sending, composing):
            if connection.execute(renewal.values(lease_until=until)).rowcount:
                return Claim(claim.key, claim.owner, claim.fence, from_micros(until))
        return None

    def rescue_expired(self, now: datetime) -> int:
        """Take back every claim whose lease is over; return how many.

        An occurrence may be claimed again; a send that was cut off becomes `unknown`. End occurrences
        that have nothing left to do.
        """
        micros = to_micros(now)

        def expired(table: Table) -> ColumnElement[bool]:
            return table.c.lease_until <= micros

        transact(self.engine, lambda c: _count_lost(c, expired, self.owner))
        return self._take_back(expired, now)

    def rescue_dead(self, now: datetime, alive: Callable[[str], bool] = lambda owner: False) -> int:
        """Take back, at once, every claim of another owner that is not `alive`; return how many.

        `alive` names the owners to spare: `owner_is_running` for the holder of the SchedulerLock, which
        proves that the scheduler before it is dead; `owner_may_live` for a command beside it.
        """
        owners = read(self.engine, _owners)
        dead = [owner for owner in owners if owner != self.owner and not alive(owner)]
        transact(self.engine, lambda c: _count_crashes(c, crashes.c.owner.in_(dead)))
        return self._take_back(lambda table: table.c.owner.in_(dead), now)

    @transaction
    def start_work(self, connection: Connection, occurrence_id: str) -> Work | None:
        """Register this process as working on an occurrence; return everything that the work needs.

        A registration that a dead process left behind counts as a crash. None for an unknown occurrence.
        """
        row = connection.execute(select(occurrences).where(occurrences.c.id == occurrence_id)).first()
        if row is None:
            return None
        return Work(
            record=occurrence_record(row),
            crash_count=_register(connection, occurrence_id, self.owner),
            editions=snapshot(connection, occurrence_id),
            deliveries=deliveries_of(connection, occurrence_id),
            open_circuits=circuits(connection),
        )

    @transaction
    def end_work(self, connection: Connection, occurrence_id: str) -> None:
        """Unregister this process: it is alive after its work on an occurrence."""
        _unregister(connection, (crashes.c.occurrence == occurrence_id) & (crashes.c.owner == self.owner))

    @transaction
    def end_all_work(self, connection: Connection) -> None:
        """Unregister this process everywhere: it shuts down cleanly, so a kill from now on is no crash."""
        _unregister(connection, crashes.c.owner == self.owner)

    def _take_back(self, expired: Expired, now: datetime) -> int:
        # One transaction per occurrence: short ones, and locks always in the same order.
        ids = read(self.engine, lambda c: _unfinished(c, expired))
        ends = [partial(_cut_off, occurrence_id=id, expired=expired, now=now) for id in ids]
        count = sum(transact(self.engine, end) for end in ends)
        return count + transact(self.engine, lambda c: _free_occurrences(c, expired, now))


def _owners(connection: Connection) -> Sequence[str]:
    """Return every owner of a claim or a registration."""
    sending = select(deliveries.c.owner).where(deliveries.c.state == DeliveryState.SENDING)
    composing = select(occurrences.c.owner).where(occurrences.c.owner.is_not(None))
    working = select(crashes.c.owner).where(crashes.c.owner != NOBODY)
    return connection.execute(sending.union(composing, working)).scalars().all()


def _unfinished(connection: Connection, expired: Expired) -> Sequence[str]:
    """Return the occurrences with a send that was cut off, or with nothing left to do but to end."""
    mine = deliveries.c.occurrence == occurrences.c.id
    cut_off = exists().where(mine, deliveries.c.state == DeliveryState.SENDING, expired(deliveries))
    busy = exists().where(mine, deliveries.c.state.in_(OPEN_DELIVERIES))
    over = and_(occurrences.c.state == OccurrenceState.RENDERED, ~busy)
    ids = select(occurrences.c.id).where(or_(cut_off, over)).order_by(occurrences.c.id)
    return connection.execute(ids).scalars().all()


def _cut_off(connection: Connection, occurrence_id: str, expired: Expired, now: datetime) -> int:
    """Make the cut-off sends of an occurrence `unknown`, and end it if it is over; return how many."""
    occurrence = lock_occurrence(connection, occurrence_id)
    unknown = Outcome(DeliveryState.UNKNOWN, error=CUT_OFF)
    rows = move_deliveries(
        connection,
        and_(deliveries.c.occurrence == occurrence_id, expired(deliveries)),
        unknown.state,
        DeliveryCause.CUT_OFF,
        error=CUT_OFF,
        lease_until=None,
    )
    for row in rows:
        log_attempt(connection, row, unknown, now)
    finish_if_over(connection, occurrence, now)
    return len(rows)


def _free_occurrences(connection: Connection, expired: Expired, now: datetime) -> int:
    """Drop the lost claims on occurrences: they may be claimed again; return how many."""
    claimed = update(occurrences).where(
        occurrences.c.state == OccurrenceState.PLANNED, occurrences.c.owner.is_not(None), expired(occurrences)
    )
    freed = connection.execute(claimed.values(**UNCLAIMED).returning(occurrences.c.id)).scalars().all()
    for occurrence_id in freed:
        log_event(connection, occurrence_id, EventKind.TAKEN_BACK, CUT_OFF_FETCHING, now)
    return len(freed)


def _register(connection: Connection, occurrence_id: str, owner: str) -> int:
    """Write the owner's name; return how many processes crashed before."""
    if insert_missing(connection, crashes, {"occurrence": occurrence_id, "owner": owner, "count": 0}):
        return 0
    mine = crashes.c.occurrence == occurrence_id
    row = connection.execute(select(crashes).where(mine).with_for_update()).first()
    if row is None:  # unregistered between the two statements (PostgreSQL)
        return 0
    crashed = row.owner not in (NOBODY, owner) and not owner_may_live(row.owner)
    count = int(row._mapping[crashes.c.count]) + crashed
    connection.execute(update(crashes).where(mine).values(owner=owner, count=count))
    return count


def _unregister(connection: Connection, mine: ColumnElement[bool]) -> None:
    connection.execute(delete(crashes).where(mine, crashes.c.count == 0))
    connection.execute(update(crashes).where(mine).values(owner=NOBODY))


def _count_crashes(connection: Connection, mine: ColumnElement[bool]) -> None:
    """Count one crash more for registrations of dead processes."""
    crashed = update(crashes).where(mine)
    connection.execute(crashed.values(owner=NOBODY, count=crashes.c.count + 1))


def _count_lost(connection: Connection, expired: Expired, me: str) -> None:
    """Count a crash for each other process whose claim to compose expired."""
    claimed = exists().where(
        occurrences.c.id == crashes.c.occurrence,
        occurrences.c.owner == crashes.c.owner,
        occurrences.c.state == OccurrenceState.PLANNED,
        expired(occurrences),
    )
    _count_crashes(connection, and_(crashes.c.owner.not_in([NOBODY, me]), claimed))
