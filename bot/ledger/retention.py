"""Retention: delete what names agents first, then snapshots, then what was sent to whom.

What has not ended stays whole, whatever its age; it ends within the grace of its digest, or is held.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, or_, select, update

from bot.ledger.codec import from_micros, to_micros
from bot.ledger.database import Database, read, transact, transaction, vacuum
from bot.ledger.schema import attempts, crashes, deliveries, digests, editions, events, occurrences
from bot.ledger.snapshots import discard
from bot.ledger.states import ENDED
from bot.ledger.transitions import FORGOTTEN, TOO_LONG_HELD, log_event, pruned_detail
from bot.model import Agents, Cutoffs, EventKind, OccurrenceKind, OccurrenceState, Pruned

SKEW = timedelta(minutes=1)
"""Clocks that differ by less are right."""

BATCH = 500
"""Occurrences that one transaction deletes: others must not wait long for theirs."""


class Retention(Database):
    """The part of the ledger that forgets."""

    def prune(self, cutoffs: Cutoffs, now: datetime) -> Pruned:
        """Delete what is older than `cutoffs`, in several transactions. What has not ended stays.

        What is held since before `cutoffs.artifacts` is discarded first: its snapshot may not be kept,
        so it cannot be sent. Raise LedgerError.
        """
        engine = self.engine
        return Pruned(
            discarded=self._discard_held(cutoffs.artifacts, now),
            personal=transact(engine, lambda c: _delete_personal(c, cutoffs.artifacts, now)),
            figures=transact(engine, lambda c: _delete_figures(c, cutoffs.figures, now)),
            occurrences=self._delete_occurrences(cutoffs.ledger),
        )

    def compact(self) -> bool:
        """Rewrite the files of the database without deleted rows. Return False when others prevented that."""
        return vacuum(self.engine)

    @transaction
    def set_back(self, connection: Connection, now: datetime) -> dict[str, tuple[datetime, int]]:
        """Let digests fire again that a clock that was ahead of `now` (UTC) decided until later.

        Delete what it planned or skipped, unless an attempt to send it was made: it is decided anew. Return,
        by digest, until when it was decided (UTC) and how many occurrences were deleted. Raise LedgerError.
        """
        limit = to_micros(now + SKEW)
        ahead = select(digests).where(digests.c.planned_through > limit).order_by(digests.c.name)
        until = {row.name: row.planned_through for row in connection.execute(ahead.with_for_update())}
        deleted = {name: _delete_ahead(connection, name, limit) for name in until}
        for name, dues in deleted.items():
            mine = update(digests).where(digests.c.name == name)
            connection.execute(mine.values(planned_through=min((to_micros(now), *(due - 1 for due in dues)))))
        return {name: (from_micros(until[name]), len(dues)) for name, dues in deleted.items()}

    def _discard_held(self, before: datetime, now: datetime) -> int:
        held = select(occurrences.c.id).where(
            occurrences.c.state == OccurrenceState.HELD,
            occurrences.c.id.in_(select(editions.c.occurrence).where(editions.c.kept_at < to_micros(before))),
        )
        ids = read(self.engine, lambda c: c.execute(held.order_by(occurrences.c.id)).scalars().all())
        ends = [partial(discard, occurrence_id=id, reason=TOO_LONG_HELD, now=now) for id in ids]
        return sum(transact(self.engine, end) for end in ends)

    def _delete_occurrences(self, before: datetime) -> int:
        old = _old_occurrences(before).order_by(occurrences.c.id)
        ids = read(self.engine, lambda c: c.execute(old).scalars().all())
        batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
        return sum(transact(self.engine, partial(_delete, ids=batch, before=before)) for batch in batches)


def _delete_personal(connection: Connection, before: datetime, now: datetime) -> int:
    """Delete editions with agents, alerts, and the reasons of holds, which name agents."""
    alerts = select(occurrences.c.id).where(occurrences.c.kind == OccurrenceKind.ALERT)
    reasons = update(events).where(
        events.c.at < to_micros(before),
        events.c.what == EventKind.HELD,
        events.c.detail != FORGOTTEN,
        events.c.occurrence.in_(_ended_ids()),
    )
    connection.execute(reasons.values(detail=FORGOTTEN))
    personal = or_(editions.c.agents != Agents.NONE, editions.c.occurrence.in_(alerts))
    return _delete_editions(connection, personal, before, now)


def _delete_figures(connection: Connection, before: datetime, now: datetime) -> int:
    return _delete_editions(connection, editions.c.kept_at.is_not(None), before, now)


def _delete_editions(
    connection: Connection, which: ColumnElement[bool], before: datetime, now: datetime
) -> int:
    old = delete(editions).where(
        which, editions.c.kept_at < to_micros(before), editions.c.occurrence.in_(_ended_ids())
    )
    rows = connection.execute(old.returning(editions.c.occurrence, editions.c.agents)).all()
    for occurrence_id in sorted({row.occurrence for row in rows}):
        detail = pruned_detail(Agents(row.agents) for row in rows if row.occurrence == occurrence_id)
        log_event(connection, occurrence_id, EventKind.PRUNED, detail, now)
    return len(rows)


def _ended_ids() -> Select[Any]:
    return select(occurrences.c.id).where(occurrences.c.state.in_(ENDED))


def _old_occurrences(before: datetime) -> Select[Any]:
    return _ended_ids().where(occurrences.c.ended_at < to_micros(before))


def _delete(connection: Connection, ids: Sequence[str], before: datetime) -> int:
    """Delete occurrences with everything about them, unless they were reopened meanwhile."""
    old = _old_occurrences(before).where(occurrences.c.id.in_(ids)).with_for_update()
    return _delete_whole(connection, connection.execute(old).scalars().all())


def _delete_ahead(connection: Connection, digest: str, now: int) -> Sequence[int]:
    """Delete what a clock ahead of `now` planned for a digest, and the alerts about it; return the dues."""
    tried = exists().where(deliveries.c.occurrence == occurrences.c.id, deliveries.c.attempts > 0)
    of = occurrences.c
    untried = select(of.id, of.due).where(~tried, of.owner.is_(None)).with_for_update()
    ahead = and_(of.digest == digest, of.kind == OccurrenceKind.SCHEDULED, of.planned_at > now)
    gone = connection.execute(untried.where(ahead)).all()
    ids = [row.id for row in gone]
    _delete_whole(connection, connection.execute(untried.where(of.about.in_(ids))).scalars().all())
    _delete_whole(connection, ids)
    return [row.due for row in gone]


def _delete_whole(connection: Connection, gone: Sequence[str]) -> int:
    """Delete occurrences with everything about them; return how many."""
    keys = select(deliveries.c.key).where(deliveries.c.occurrence.in_(gone))
    connection.execute(delete(attempts).where(attempts.c.delivery.in_(keys)))
    for table, column in (
        (deliveries, deliveries.c.occurrence),
        (editions, editions.c.occurrence),
        (events, events.c.occurrence),
        (crashes, crashes.c.occurrence),
        (occurrences, occurrences.c.id),
    ):
        connection.execute(delete(table).where(column.in_(gone)))
    return len(gone)
