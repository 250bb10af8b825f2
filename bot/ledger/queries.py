"""Read-only queries: work to do, history, trends, alerts and the status page."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    true,
    union,
    union_all,
)

from bot.ledger.channels import waits_for_circuit
from bot.ledger.codec import (
    attempt_record,
    delivery_record,
    event_record,
    from_micros,
    occurrence_record,
    thaw,
    thaw_window,
    to_micros,
)
from bot.ledger.database import Database, read_only
from bot.ledger.deliveries import deliveries_of, is_in_doubt
from bot.ledger.schema import attempts, deliveries, editions, events, occurrences
from bot.ledger.snapshots import is_claimable, snapshot
from bot.ledger.states import PUBLISHED, UNPUBLISHED
from bot.ledger.transitions import is_due
from bot.model import (
    ALERTS,
    COMPOSE,
    Agents,
    Attempt,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    Digest,
    Edition,
    Ended,
    Event,
    Job,
    Occurrence,
    OccurrenceKind,
    OccurrenceRecord,
    OccurrenceState,
    PastEdition,
    Tally,
)

History = tuple[tuple[OccurrenceRecord, tuple[DeliveryRecord, ...]], ...]

WAITS = (OccurrenceState.PLANNED, OccurrenceState.RENDERED)
ENDS = (OccurrenceState.DONE, OccurrenceState.FAILED)
DIGESTS = (OccurrenceKind.SCHEDULED, OccurrenceKind.MANUAL)
"""What readers get, apart from tests and corrections."""

LATEST_DUE = timedelta(days=32)
"""An alert is about what was due at most that long ago; a person who sends older ones needs none."""

_OLDEST_FIRST = (occurrences.c.due, occurrences.c.id)
_NEWEST_FIRST = (occurrences.c.due.desc(), occurrences.c.id)
_IS_NO_TEST = occurrences.c.kind != OccurrenceKind.TEST


_IS_ALERT = occurrences.c.kind == OccurrenceKind.ALERT
_order = (
    occurrences.c.id,
    occurrences.c.due,
    # What tells of an occurrence does not wait until that is over.
    case((_IS_ALERT, occurrences.c.id), else_=occurrences.c.digest + "/" + occurrences.c.slice).label(
        "order"
    ),
)


class Queries(Database):
    """The part of the ledger that only reads."""

    @read_only
    def occurrence(self, connection: Connection, occurrence_id: str) -> OccurrenceRecord | None:
        """Return the record of an occurrence, or None."""
        row = connection.execute(select(occurrences).where(occurrences.c.id == occurrence_id)).first()
        return None if row is None else occurrence_record(row)

    @read_only
    def deliveries(self, connection: Connection, occurrence_id: str) -> tuple[DeliveryRecord, ...]:
        """Return all deliveries of an occurrence, in the order they were planned."""
        return deliveries_of(connection, occurrence_id)

    @read_only
    def outstanding(self, connection: Connection, now: datetime) -> tuple[OccurrenceRecord, ...]:
        """Return occurrences that may be composed now, or have a delivery to send now; oldest due first."""
        to_send = exists().where(deliveries.c.occurrence == occurrences.c.id, _is_to_send(now))
        return _records(connection, or_(is_claimable(now), to_send))

    @read_only
    def waiting_since(self, connection: Connection, now: datetime) -> datetime | None:
        """Return since when (UTC) the oldest outstanding work could have been done; None for none."""
        waiting = union_all(
            _since(occurrences).where(is_claimable(now)),
            _since(deliveries).where(deliveries.c.occurrence == occurrences.c.id, _is_to_send(now)),
        ).subquery()
        since = connection.execute(select(func.min(waiting.c.since))).scalar()
        return None if since is None else from_micros(since)

    @read_only
    def jobs(self, connection: Connection, now: datetime, occurrence_id: str = "") -> tuple[Job, ...]:
        """Return what can be done now, oldest due first: compose, send, or look up what is unknown.

        One job for each occurrence and lane; with an id only those of that occurrence.
        """
        lanes = union(
            select(*_order, case((_IS_ALERT, ALERTS), else_=COMPOSE).label("lane")).where(is_claimable(now)),
            _lanes_of(_is_to_send(now)),
            _lanes_of(is_in_doubt(now)),
        ).subquery()
        mine = lanes.c.id == occurrence_id if occurrence_id else true()
        rows = connection.execute(select(lanes).where(mine).order_by(lanes.c.due, lanes.c.id, lanes.c.lane))
        return tuple(Job(row.id, row.lane, row.order) for row in rows)

    @read_only
    def held(self, connection: Connection) -> tuple[OccurrenceRecord, ...]:
        """Return every held occurrence, oldest due first."""
        return _records(connection, occurrences.c.state == OccurrenceState.HELD)

    @read_only
    def corrections(self, connection: Connection, occurrence: Occurrence) -> tuple[OccurrenceRecord, ...]:
        """Return the corrections of an occurrence that is none itself, oldest first."""
        return _corrections(connection, occurrence.id)

    @read_only
    def past(self, connection: Connection, occurrence: Occurrence, count: int) -> tuple[PastEdition, ...]:
        """Return what at most `count` earlier occurrences of the same digest and slice said, newest first.

        Of each its newest correction, and the edition with agents' names where it has one. What was
        suppressed or backfilled counts too; tests do not. If the ledger knows the occurrence, only those
        whose digest had the same groups and users then.
        """
        definition = connection.execute(
            select(occurrences.c.definition).where(occurrences.c.id == occurrence.id)
        ).scalar()
        earlier = select(occurrences).where(*_with_snapshot_before(occurrence))
        rows = connection.execute(earlier.order_by(occurrences.c.due.desc())).all()
        if definition is not None:
            scope = _scope(thaw(Digest, definition))
            rows = [row for row in rows if _scope(thaw(Digest, row.definition)) == scope]
        return tuple(
            PastEdition(
                thaw_window(row.window),
                _most_detailed(_newest_version(connection, row)),
                published=row.state not in UNPUBLISHED,
            )
            for row in rows[: max(0, count)]
        )

    @read_only
    def attempts(self, connection: Connection, delivery_key: str) -> tuple[Attempt, ...]:
        """Return every ended attempt at a delivery, in order."""
        rows = select(attempts).where(attempts.c.delivery == delivery_key).order_by(attempts.c.id)
        return tuple(map(attempt_record, connection.execute(rows)))

    @read_only
    def events(self, connection: Connection, occurrence_id: str) -> tuple[Event, ...]:
        """Return the events of an occurrence, in order; () for one that is not known."""
        rows = select(events).where(events.c.occurrence == occurrence_id).order_by(events.c.id)
        return tuple(map(event_record, connection.execute(rows)))

    @read_only
    def history(self, connection: Connection, digest: str | None) -> History:
        """Return every occurrence with its deliveries, newest due first; of one digest, or of all (None)."""
        of_digest = () if digest is None else (occurrences.c.digest == digest,)
        by_occurrence = _deliveries_by_occurrence(connection, of_digest)
        rows = connection.execute(select(occurrences).where(*of_digest).order_by(*_NEWEST_FIRST)).all()
        return tuple((occurrence_record(row), by_occurrence.get(row.id, ())) for row in rows)

    @read_only
    def recent(self, connection: Connection, count: int) -> History:
        """Return the `count` occurrences that were due last, with their deliveries, newest first."""
        return _newest(connection, count)

    @read_only
    def unserved(self, connection: Connection, count: int, now: datetime) -> History:
        """Return, as `recent`, those (tests apart) that failed or have a failed or unknown delivery.

        Of the last month, and none after which another one of the same digest and slice reached everybody.
        """
        unserved = exists().where(
            deliveries.c.occurrence == occurrences.c.id,
            deliveries.c.kind == DeliveryKind.REAL,
            deliveries.c.state.in_([state for state in DeliveryState if state.is_unserved]),
        )
        failed = occurrences.c.state == OccurrenceState.FAILED
        of, later = occurrences.c, occurrences.alias("later")
        reached = exists().where(
            later.c.digest == of.digest,
            later.c.slice == of.slice,
            later.c.due > of.due,
            later.c.kind.in_(DIGESTS),
            later.c.state == OccurrenceState.DONE,
        )
        recent = of.due >= to_micros(now - LATEST_DUE)
        return _newest(connection, count, _IS_NO_TEST, recent, or_(failed, unserved), ~reached)

    @read_only
    def due_between(self, connection: Connection, start: datetime, end: datetime) -> History:
        """Return every occurrence (tests apart) due from `start` to before `end` (UTC), oldest first."""
        in_time = (occurrences.c.due >= to_micros(start), occurrences.c.due < to_micros(end))
        rows = select(occurrences).where(_IS_NO_TEST, *in_time).order_by(*_OLDEST_FIRST)
        return _with_deliveries(connection, connection.execute(rows).all())

    @read_only
    def went_out(
        self, connection: Connection, digest: str, start: datetime, end: datetime
    ) -> tuple[OccurrenceRecord, ...]:
        """Return the occurrences (no slices) of a digest due from `start` to `end` (UTC) that somebody gets.

        Also those that wait, are held or failed to reach everybody; what was skipped or never divided is not.
        """
        of = occurrences.c
        nobody = and_(of.state == OccurrenceState.FAILED, ~exists().where(deliveries.c.occurrence == of.id))
        of_digest = and_(of.digest == digest, of.slice == "", of.kind == OccurrenceKind.SCHEDULED)
        near = of.due.between(to_micros(start), to_micros(end))
        return _records(connection, and_(of_digest, near, of.state.not_in(UNPUBLISHED), ~nobody))

    @read_only
    def tardy(
        self, connection: Connection, behind: timedelta, since: datetime, now: datetime
    ) -> tuple[OccurrenceRecord, ...]:
        """Return what was scheduled and is `behind`: not out so long after it was due, oldest first.

        Or it was, and ended since then (UTC). Nothing that was due more than a month before.
        """
        of, late = occurrences.c, to_micros(now) - to_micros(now - behind)
        was_late = and_(of.ended_at >= to_micros(since), of.ended_at - of.due >= late)
        which = and_(
            of.state.in_((*WAITS, *ENDS, OccurrenceState.SKIPPED)),  # with `due` the indexed condition
            of.due.between(to_micros(since - LATEST_DUE), to_micros(now - behind)),
            of.kind == OccurrenceKind.SCHEDULED,
            or_(of.state.in_(WAITS), was_late),
        )
        return _records(connection, which)

    @read_only
    def alerted(self, connection: Connection, ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return which topics operators were told of about each of these occurrences."""
        of = occurrences.c
        rows = select(of.about, of.topic).where(of.about.in_(ids), of.kind == OccurrenceKind.ALERT)
        topics: dict[str, frozenset[str]] = {}
        for about, topic in connection.execute(rows):
            topics[about] = topics.get(about, frozenset()) | {topic}
        return topics

    @read_only
    def tally(self, connection: Connection) -> Tally:
        """Return how many occurrences and deliveries there are in each state, tests apart."""
        number, real = func.count(), deliveries.c.kind == DeliveryKind.REAL
        by_state = select(occurrences.c.state, number).where(_IS_NO_TEST).group_by(occurrences.c.state)
        now = select(deliveries.c.channel, deliveries.c.state, number).where(real)
        tried = (
            select(deliveries.c.channel, attempts.c.state, number)
            .join(attempts, attempts.c.delivery == deliveries.c.key)
            .where(real)
        )
        by_channel = connection.execute(now.group_by(deliveries.c.channel, deliveries.c.state))
        tries = connection.execute(tried.group_by(deliveries.c.channel, attempts.c.state))
        return Tally(
            {OccurrenceState(state): count for state, count in connection.execute(by_state)},
            {(channel, DeliveryState(state)): count for channel, state, count in by_channel},
            {(channel, DeliveryState(state)): count for channel, state, count in tries},
        )

    @read_only
    def endings(self, connection: Connection, since: datetime, topic: str) -> tuple[Ended, ...]:
        """Return the occurrences that ended since then (UTC) and need an alert, in the order they ended.

        They failed; or they are done after one that had failed, or were the subject of an alert of this
        `topic`. Of each the one that ended before it. Only those due at most a month ago.
        """
        failing = _failing(connection)
        alerted = _alerted(connection, topic)
        ended = []
        for row in _ended(connection, since):
            certain = row.state == OccurrenceState.FAILED or row.id in alerted
            if certain or (row.digest, row.slice) in failing:
                before = _ended_before(connection, row)
                if certain or (before is not None and before.state is OccurrenceState.FAILED):
                    ended.append(Ended(_record(connection, row.id), before))
        return tuple(ended)


def _record(connection: Connection, occurrence_id: str) -> OccurrenceRecord:
    row = connection.execute(select(occurrences).where(occurrences.c.id == occurrence_id)).one()
    return occurrence_record(row)


def _is_to_send(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a delivery of an occurrence may be sent now."""
    return and_(
        occurrences.c.state == OccurrenceState.RENDERED,
        deliveries.c.state == DeliveryState.READY,
        is_due(deliveries, now),
        ~waits_for_circuit(now),
    )


def _since(table: Table) -> Select[Any]:
    """Return from when on the rows of occurrences or deliveries may be tried."""
    return select(
        func.coalesce(table.c.not_before, occurrences.c.asked_at, occurrences.c.planned_at).label("since")
    )


def _lanes_of(which: ColumnElement[bool]) -> Select[Any]:
    """Return the occurrences with such deliveries, once for each channel."""
    pairs = select(*_order, deliveries.c.channel.label("lane")).where(which)
    return pairs.where(deliveries.c.occurrence == occurrences.c.id)


def _records(connection: Connection, which: ColumnElement[bool]) -> tuple[OccurrenceRecord, ...]:
    rows = connection.execute(select(occurrences).where(which).order_by(*_OLDEST_FIRST))
    return tuple(map(occurrence_record, rows))


def _newest(connection: Connection, count: int, *which: ColumnElement[bool]) -> History:
    rows = select(occurrences).where(*which).order_by(*_NEWEST_FIRST).limit(count)
    return _with_deliveries(connection, connection.execute(rows).all())


def _with_deliveries(connection: Connection, rows: Iterable[Row[Any]]) -> History:
    return tuple((occurrence_record(row), deliveries_of(connection, row.id)) for row in rows)


def _deliveries_by_occurrence(
    connection: Connection, of_digest: tuple[ColumnElement[bool], ...]
) -> dict[str, tuple[DeliveryRecord, ...]]:
    rows = (
        select(deliveries)
        .join(occurrences, occurrences.c.id == deliveries.c.occurrence)
        .where(*of_digest)
        .order_by(deliveries.c.occurrence, deliveries.c.position, deliveries.c.key)
    )
    grouped = groupby(connection.execute(rows), key=lambda row: row.occurrence)
    return {name: tuple(map(delivery_record, group)) for name, group in grouped}


def _corrections(connection: Connection, occurrence_id: str) -> tuple[OccurrenceRecord, ...]:
    rows = select(occurrences).where(
        occurrences.c.about == occurrence_id, occurrences.c.kind == OccurrenceKind.CORRECTION
    )
    return tuple(map(occurrence_record, connection.execute(rows.order_by(occurrences.c.number))))


def _with_snapshot_before(occurrence: Occurrence) -> tuple[ColumnElement[bool], ...]:
    return (
        occurrences.c.digest == occurrence.digest,
        occurrences.c.slice == occurrence.slice,
        occurrences.c.kind.in_(DIGESTS),
        occurrences.c.due < to_micros(occurrence.due),
        occurrences.c.state.in_((*PUBLISHED, *UNPUBLISHED)),
        exists().where(editions.c.occurrence == occurrences.c.id),
    )


def _newest_version(connection: Connection, row: Row[Any]) -> Mapping[Agents, Edition]:
    """Return the newest published correction of an occurrence, else its own snapshot."""
    for correction in reversed(_corrections(connection, row.id)):
        if correction.state in PUBLISHED and (frozen := snapshot(connection, correction.occurrence.id)):
            return frozen
    return snapshot(connection, row.id)


def _most_detailed(editions: Mapping[Agents, Edition]) -> Edition:
    """Return the edition with agents' names, where there is one."""
    return editions.get(Agents.NAMES) or editions[min(editions)]


def _scope(definition: Digest) -> tuple[frozenset[str], frozenset[str]]:
    """Return the groups and users that a digest is about. Only figures about the same are compared."""
    return frozenset(definition.groups), frozenset(definition.users)


def _ended(connection: Connection, since: datetime) -> list[Row[Any]]:
    """Return ended occurrences without their long columns, for most need no alert."""
    of = occurrences.c
    rows = select(of.id, of.digest, of.slice, of.due, of.state, of.ended_at).where(
        of.state.in_(ENDS),  # with `due` the condition that has an index
        of.due >= to_micros(since - LATEST_DUE),
        of.kind.in_(DIGESTS),
        of.ended_at >= to_micros(since),
    )
    return list(connection.execute(rows.order_by(of.ended_at, of.due, of.id)))


def _failing(connection: Connection) -> set[tuple[str, str]]:
    rows = select(occurrences.c.digest, occurrences.c.slice).where(
        occurrences.c.state == OccurrenceState.FAILED, occurrences.c.kind.in_(DIGESTS)
    )
    return {(row.digest, row.slice) for row in connection.execute(rows.distinct())}


def _alerted(connection: Connection, topic: str) -> set[str]:
    rows = select(occurrences.c.about).where(
        occurrences.c.about != "",
        occurrences.c.kind == OccurrenceKind.ALERT,
        occurrences.c.topic == topic,
    )
    return set(connection.execute(rows).scalars())


def _ended_before(connection: Connection, row: Row[Any]) -> OccurrenceRecord | None:
    """Return the occurrence of the same digest and slice that ended before."""
    of = occurrences.c
    earlier = or_(of.ended_at < row.ended_at, and_(of.ended_at == row.ended_at, of.due < row.due))
    rows = select(occurrences).where(
        of.digest == row.digest,
        of.slice == row.slice,
        of.kind.in_(DIGESTS),
        of.state.in_(ENDS),
        of.id != row.id,
        earlier,
    )
    before = connection.execute(rows.order_by(of.ended_at.desc(), of.due.desc()).limit(1)).first()
    return None if before is None else occurrence_record(before)
