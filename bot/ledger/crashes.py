"""Who works on which occurrence, and how often that ended its process.

Only a process that died while it worked on one occurrence alone accuses it. Where several were worked on, all
become suspects: each runs alone in its process until it ended without a crash.
"""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from bot.ledger.channels import circuits
from bot.ledger.codec import from_micros, occurrence_record, storable, to_micros
from bot.ledger.database import insert_missing, read_only, transaction
from bot.ledger.deliveries import deliveries_of
from bot.ledger.presence import Presence
from bot.ledger.schema import crashes, deliveries, occurrences, work
from bot.ledger.snapshots import snapshot
from bot.ledger.states import RUNNING
from bot.ledger.transitions import lock_occurrence, log_event
from bot.model import DeliveryState, EventKind, OccurrenceRecord, Work


class Crashes(Presence):
    """The part of the ledger that finds what crashes processes."""

    def start_work(self, occurrence_id: str) -> Work | None:
        """Register this process as working on an occurrence; return everything that the work needs.

        None for an unknown occurrence. Follow it by `end_work`, also then.
        """
        self.working.begin(occurrence_id)
        try:
            return self._start_work(occurrence_id)
        except BaseException:
            self.working.end(occurrence_id)
            raise

    def end_work(self, occurrence_id: str) -> None:
        """Unregister this thread: its process lived through the work, which clears the occurrence."""
        if self.working.end(occurrence_id):
            self._end_work(occurrence_id)

    @transaction
    def end_all_work(self, connection: Connection) -> None:
        """Unregister this process everywhere: it shuts down cleanly, so a kill from now on is no crash."""
        connection.execute(delete(work).where(work.c.owner == self.owner))

    @transaction
    def set_aside(
        self, connection: Connection, occurrence_id: str, reason: str, until: datetime, now: datetime
    ) -> bool:
        """Leave a suspect alone until then (UTC), and log why; it is tried once more. Raise LedgerError.

        Return False when it has ended, and while another process composes it.
        """
        row = lock_occurrence(connection, occurrence_id)
        if row.owner is not None or row.state not in RUNNING:
            return False
        later = to_micros(until)
        waiting = (deliveries.c.occurrence == occurrence_id) & (deliveries.c.state == DeliveryState.READY)
        connection.execute(update(deliveries).where(waiting).values(not_before=later))
        mine = update(occurrences).where(occurrences.c.id == occurrence_id)
        connection.execute(mine.values(not_before=later, reason=storable(reason)))
        suspect = update(crashes).where(crashes.c.occurrence == occurrence_id)
        connection.execute(suspect.values(aside_until=later))
        connection.execute(delete(work).where(work.c.occurrence == occurrence_id, work.c.owner == self.owner))
        log_event(connection, occurrence_id, EventKind.SET_ASIDE, reason, now)
        return True

    @read_only
    def aside(self, connection: Connection) -> tuple[tuple[OccurrenceRecord, datetime], ...]:
        """Return what is set aside, and until when (UTC), oldest due first."""
        rows = select(occurrences, crashes.c.aside_until).where(
            crashes.c.occurrence == occurrences.c.id,
            crashes.c.aside_until.is_not(None),
            occurrences.c.state.in_(RUNNING),
        )
        ordered = connection.execute(rows.order_by(occurrences.c.due, occurrences.c.id))
        return tuple((occurrence_record(row), from_micros(row.aside_until)) for row in ordered)

    @read_only
    def suspects(self, connection: Connection) -> frozenset[str]:
        """Return the occurrences that may have ended a process: each is to run alone in its own."""
        return frozenset(connection.execute(select(crashes.c.occurrence)).scalars())

    @transaction
    def _start_work(self, connection: Connection, occurrence_id: str) -> Work | None:
        row = connection.execute(select(occurrences).where(occurrences.c.id == occurrence_id)).first()
        if row is None:
            return None
        insert_missing(connection, work, {"occurrence": occurrence_id, "owner": self.owner})
        crashed = connection.execute(select(crashes).where(crashes.c.occurrence == occurrence_id)).first()
        return Work(
            record=occurrence_record(row),
            crash_count=0 if crashed is None else crashed._mapping[crashes.c.count],
            was_set_aside=crashed is not None and crashed.aside_until is not None,
            editions=snapshot(connection, occurrence_id),
            deliveries=deliveries_of(connection, occurrence_id),
            open_circuits=circuits(connection),
        )

    @transaction
    def _end_work(self, connection: Connection, occurrence_id: str) -> None:
        mine = (work.c.occurrence == occurrence_id) & (work.c.owner == self.owner)
        # What was set aside meanwhile was not worked on: it stays a suspect.
        if connection.execute(delete(work).where(mine)).rowcount:
            connection.execute(delete(crashes).where(crashes.c.occurrence == occurrence_id))


def count_crash(connection: Connection, owner: str) -> None:
    """Count the crash of a dead process against what it worked on; several are suspects alike."""
    ended = delete(work).where(work.c.owner == owner).returning(work.c.occurrence)
    ids = connection.execute(ended).scalars().all()
    for occurrence_id in sorted(ids):
        insert_missing(connection, crashes, {"occurrence": occurrence_id, "count": 0})
    if len(ids) == 1:
        accused = update(crashes).where(crashes.c.occurrence.in_(ids))
        connection.execute(accused.values(count=crashes.c.count + 1))
