"""Forgetting: what names agents first, then what was said, then what was sent to whom.

What has not ended stays whole, whatever its age; it ends by itself within its digest's grace, or is held.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, delete, or_, select, update

from bot.ledger import holding, journal
from bot.ledger.dialect import read, transact
from bot.ledger.instants import to_micros
from bot.ledger.rules import ENDED, FORGOTTEN, TOO_LONG_HELD, pruned_words
from bot.ledger.schema import attempts, deliveries, editions, occurrences
from bot.ledger.schema_3 import crashes, events
from bot.model import Agents, Cutoffs, EventKind, OccurrenceState, Pruned
from bot.model.corrections import CORRECTED

MOST_AT_ONCE = 500
"""Occurrences that one transaction forgets: others must not wait long for theirs."""


def prune(engine: Engine, cutoffs: Cutoffs, now: datetime) -> Pruned:
    """Forget what is older than `cutoffs`, in several transactions. Raises LedgerError."""
    return Pruned(
        discarded=_discard_held(engine, cutoffs.artifacts, now),
        personal=transact(engine, lambda c: _forget_personal(c, cutoffs.artifacts, now)),
        figures=transact(engine, lambda c: _forget_figures(c, cutoffs.figures, now)),
        occurrences=_forget_occurrences(engine, cutoffs.ledger),
    )


def _discard_held(engine: Engine, before: datetime, now: datetime) -> int:
    """What nobody released in all that time: its content may not be kept, so it cannot be sent."""
    held = select(occurrences.c.id).where(
        occurrences.c.state == OccurrenceState.HELD,
        occurrences.c.id.in_(select(editions.c.occurrence).where(editions.c.kept_at < to_micros(before))),
    )
    ids = read(engine, lambda c: c.execute(held.order_by(occurrences.c.id)).scalars().all())
    ends = [partial(holding.discard, occurrence_id=one, reason=TOO_LONG_HELD, now=now) for one in ids]
    return sum(transact(engine, end) for end in ends)


def _forget_personal(connection: Connection, before: datetime, now: datetime) -> int:
    """Editions with agents in them, what operators were told, and why something was held: it names them."""
    to_operators = and_(
        occurrences.c.slice.startswith("_", autoescape=True),
        ~occurrences.c.slice.startswith(CORRECTED, autoescape=True),
    )
    told = select(occurrences.c.id).where(to_operators)
    may_name = or_(editions.c.agents != Agents.NONE, editions.c.occurrence.in_(told))
    wordy = update(events).where(
        events.c.at < to_micros(before),
        events.c.what == EventKind.HELD,
        events.c.detail != FORGOTTEN,
        events.c.occurrence.in_(_ended()),
    )
    connection.execute(wordy.values(detail=FORGOTTEN))
    return _forget_editions(connection, may_name, before, now)


def _forget_figures(connection: Connection, before: datetime, now: datetime) -> int:
    return _forget_editions(connection, editions.c.kept_at.is_not(None), before, now)


def _forget_editions(
    connection: Connection, which: ColumnElement[bool], before: datetime, now: datetime
) -> int:
    old = delete(editions).where(
        which, editions.c.kept_at < to_micros(before), editions.c.occurrence.in_(_ended())
    )
    rows = connection.execute(old.returning(editions.c.occurrence, editions.c.agents)).all()
    for occurrence_id in sorted({row.occurrence for row in rows}):
        gone = pruned_words(Agents(row.agents) for row in rows if row.occurrence == occurrence_id)
        journal.write(connection, occurrence_id, EventKind.PRUNED, gone, now)
    return len(rows)


def _ended() -> Select[tuple[str]]:
    return select(occurrences.c.id).where(occurrences.c.state.in_(ENDED))


def _forget_occurrences(engine: Engine, before: datetime) -> int:
    old = select(occurrences.c.id).where(
        occurrences.c.state.in_(ENDED), occurrences.c.ended_at < to_micros(before)
    )
    ids = read(engine, lambda c: c.execute(old.order_by(occurrences.c.id)).scalars().all())
    portions = [ids[start : start + MOST_AT_ONCE] for start in range(0, len(ids), MOST_AT_ONCE)]
    return sum(transact(engine, partial(_forget, ids=portion, before=before)) for portion in portions)


def _forget(connection: Connection, ids: Sequence[str], before: datetime) -> int:
    """These occurrences with everything about them, unless they were opened again meanwhile."""
    still = select(occurrences.c.id).where(
        occurrences.c.id.in_(ids),
        occurrences.c.state.in_(ENDED),
        occurrences.c.ended_at < to_micros(before),
    )
    gone = connection.execute(still.with_for_update()).scalars().all()
    duties = select(deliveries.c.key).where(deliveries.c.occurrence.in_(gone))
    connection.execute(delete(attempts).where(attempts.c.delivery.in_(duties)))
    for table, column in (
        (deliveries, deliveries.c.occurrence),
        (editions, editions.c.occurrence),
        (events, events.c.occurrence),
        (crashes, crashes.c.occurrence),
        (occurrences, occurrences.c.id),
    ):
        connection.execute(delete(table).where(column.in_(gone)))
    return len(gone)
