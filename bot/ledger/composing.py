"""The sole right to fetch and compose an occurrence, and what it says, frozen."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, case, or_, select, update

from bot.ledger import journal
from bot.ledger.dialect import insert_missing
from bot.ledger.ending import FREE, end_waiting, finish
from bot.ledger.frozen import content_hash, freeze, thaw
from bot.ledger.handing_on import hand_on_days
from bot.ledger.instants import from_micros, to_micros
from bot.ledger.rules import WITHOUT_CONTENT, composed_words, storable
from bot.ledger.schema import deliveries, editions, occurrences
from bot.model import Agents, Claim, DeliveryState, Edition, EventKind, OccurrenceState


def not_before_is_past(table: Table, now: datetime) -> ColumnElement[bool]:
    """Whether a row of deliveries or occurrences may be tried now."""
    return or_(table.c.not_before.is_(None), table.c.not_before <= to_micros(now))


def claimable(now: datetime) -> ColumnElement[bool]:
    """Occurrences that wait for their content and that nobody works on."""
    free = or_(occurrences.c.owner.is_(None), occurrences.c.lease_until <= to_micros(now))
    return and_(occurrences.c.state.in_(WITHOUT_CONTENT), not_before_is_past(occurrences, now), free)


def claim_occurrence(
    connection: Connection, occurrence_id: str, owner: str, now: datetime, lease_micros: int
) -> Claim | None:
    """Take the right to fetch and compose, or one whose lease is over; None when it is not to be had."""
    until = to_micros(now) + lease_micros
    taken = (
        update(occurrences)
        .where(occurrences.c.id == occurrence_id, claimable(now))
        .values(
            owner=owner,
            lease_until=until,
            fence=occurrences.c.fence + 1,
            attempts=occurrences.c.attempts + 1,
        )
        .returning(occurrences.c.fence)
    )
    fence = connection.execute(taken).scalar()
    return None if fence is None else Claim(occurrence_id, owner, fence, from_micros(until))


def renew(connection: Connection, claim: Claim, now: datetime, lease_micros: int) -> Claim | None:
    """A longer lease. One that is over but was not taken by anybody is still the holder's."""
    until = to_micros(now) + lease_micros
    # An occurrence's id has an @, a delivery's key has none: at most one of the two rows is there.
    sending = update(deliveries).where(deliveries.c.key == claim.key, holds_delivery(claim))
    composing = update(occurrences).where(occurrences.c.id == claim.key, holds_occurrence(claim))
    for renewal in (sending, composing):
        if connection.execute(renewal.values(lease_until=until)).rowcount:
            return Claim(claim.key, claim.owner, claim.fence, from_micros(until))
    return None


def holds_delivery(claim: Claim) -> ColumnElement[bool]:
    """The guard of every write about a running attempt: still sending, and still by this claim."""
    return and_(
        deliveries.c.state == DeliveryState.SENDING,
        deliveries.c.fence == claim.fence,
        deliveries.c.owner == claim.owner,
    )


def holds_occurrence(claim: Claim) -> ColumnElement[bool]:
    """The guard of every write about content: still without it, and still by this claim."""
    return and_(
        occurrences.c.state.in_(WITHOUT_CONTENT),
        occurrences.c.fence == claim.fence,
        occurrences.c.owner == claim.owner,
    )


def keep(
    connection: Connection, claim: Claim, said: Mapping[Agents, Edition], now: datetime, held: str
) -> bool:
    """Freeze the editions and give the claim back; with a reason in `held` nothing is sent of them.

    Repeating it with equal content is True.
    """
    frozen = {agents: freeze(edition) for agents, edition in said.items()}
    kept = update(occurrences).where(occurrences.c.id == claim.key, holds_occurrence(claim))
    reason = case((occurrences.c.resting.is_(None), storable(held)), else_=occurrences.c.reason)
    state = OccurrenceState.HELD if held else OccurrenceState.RENDERED
    values = {"state": state, "not_before": None, "reason": reason, **FREE}
    if not connection.execute(kept.values(**values)).rowcount:
        return _already_kept(connection, claim, frozen)
    _insert(connection, claim.key, frozen, now)
    kind, words = (EventKind.HELD, held) if held else (EventKind.COMPOSED, composed_words(said))
    journal.write(connection, claim.key, kind, words, now)
    return True


def decline(
    connection: Connection, claim: Claim, said: Mapping[Agents, Edition], reason: str, now: datetime
) -> bool:
    """End as skipped what was composed and goes to nobody; what it would have said is kept for trends."""
    held = select(occurrences).where(occurrences.c.id == claim.key, holds_occurrence(claim))
    row = connection.execute(held.with_for_update()).first()
    if row is None:
        return False
    if row.resting is None:
        mine = update(occurrences).where(occurrences.c.id == claim.key)
        connection.execute(mine.values(reason=storable(reason)))
    keep_editions(connection, claim.key, said, now)
    end_waiting(connection, claim.key, DeliveryState.CANCELLED, reason)
    journal.write(connection, claim.key, EventKind.SKIPPED, reason, now)
    finish(connection, claim.key, OccurrenceState(row.resting or OccurrenceState.SKIPPED), now)
    hand_on_days(connection, claim.key, now)
    return True


def keep_editions(
    connection: Connection, occurrence_id: str, said: Mapping[Agents, Edition], now: datetime
) -> None:
    """Freeze what an occurrence says that has nothing yet."""
    _insert(connection, occurrence_id, {agents: freeze(edition) for agents, edition in said.items()}, now)


def _insert(connection: Connection, occurrence_id: str, frozen: Mapping[Agents, str], now: datetime) -> None:
    for agents, content in frozen.items():
        row = {"occurrence": occurrence_id, "agents": agents, "content": content}
        hashed = {"content_hash": content_hash(content), "kept_at": to_micros(now)}
        insert_missing(connection, editions, row | hashed)


def _already_kept(connection: Connection, claim: Claim, frozen: Mapping[Agents, str]) -> bool:
    """Whether this very claim kept this very content before."""
    fence = connection.execute(select(occurrences.c.fence).where(occurrences.c.id == claim.key)).scalar()
    wanted = select(editions.c.agents, editions.c.content_hash).where(editions.c.occurrence == claim.key)
    kept = {row.agents: row.content_hash for row in connection.execute(wanted)}
    hashes = {agents.value: content_hash(content) for agents, content in frozen.items()}
    return fence == claim.fence and bool(kept) and kept == hashes


def kept_editions(connection: Connection, occurrence_id: str) -> dict[Agents, Edition]:
    """The frozen editions; empty when none were kept. Raises LedgerError when one is damaged."""
    wanted = select(editions).where(editions.c.occurrence == occurrence_id).order_by(editions.c.agents)
    return {Agents(row.agents): thaw(Edition, row.content) for row in connection.execute(wanted)}


def postpone(
    connection: Connection,
    claim: Claim,
    error: str,
    not_before: datetime | None,
    now: datetime,
    *,
    counted: bool = True,
) -> bool:
    """Give the claim back after a failure: again at `not_before`, or failed for good, duties included."""
    held = select(occurrences).where(occurrences.c.id == claim.key, holds_occurrence(claim))
    row = connection.execute(held.with_for_update()).first()
    if row is None:
        return False
    mine = update(occurrences).where(occurrences.c.id == claim.key)
    if not counted:
        connection.execute(mine.values(attempts=occurrences.c.attempts - 1))
    if row.resting is None:  # else the reason belongs to the real firing, and a test failed
        connection.execute(mine.values(reason=storable(error)))
    if not_before is not None:
        connection.execute(
            mine.values(state=OccurrenceState.PLANNED, not_before=to_micros(not_before), **FREE)
        )
        kind = EventKind.POSTPONED if counted else EventKind.WAITED
        journal.write(connection, claim.key, kind, error, now)
        return True
    journal.write(connection, claim.key, EventKind.GAVE_UP, error, now)
    end_waiting(connection, claim.key, DeliveryState.FAILED, error)
    finish(connection, claim.key, OccurrenceState(row.resting or OccurrenceState.FAILED), now)
    return True
