"""What the ledger knows of channels: open circuits, and the provider's ids of addresses.

A channel whose login or account is refused opens its circuit: one attempt an hour, until a delivery is sent.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, delete, exists, select, update

from bot.errors import LedgerError
from bot.ledger.codec import circuit_record, from_micros, storable, to_micros
from bot.ledger.database import Database, insert_missing, put, read, read_only, transact, transaction
from bot.ledger.schema import addresses, deliveries, open_circuits
from bot.model import HALF_OPEN_AFTER, OpenCircuit


class Circuits(Database):
    """The part of the ledger that is about circuit breakers."""

    @transaction
    def open_circuit(
        self,
        connection: Connection,
        channel: str,
        reason: str,
        credential: str,
        now: datetime,
        pause: timedelta = HALF_OPEN_AFTER,
    ) -> bool:
        """Send nothing through a channel for a `pause`. Return False when it was open before.

        `credential` is the hash of the secret that was refused, '' when it is not known.
        """
        row = {
            "channel": channel,
            "reason": storable(reason),
            "retry_at": to_micros(now + pause),
            "credential": credential,
        }
        if insert_missing(connection, open_circuits, row | {"since": to_micros(now)}):
            return True
        connection.execute(update(open_circuits).where(open_circuits.c.channel == channel).values(**row))
        return False

    @transaction
    def half_open(self, connection: Connection, channel: str, now: datetime) -> None:
        """Allow the next attempt now: a person asks, or the secret changed."""
        sooner = update(open_circuits).where(
            open_circuits.c.channel == channel, open_circuits.c.retry_at > to_micros(now)
        )
        connection.execute(sooner.values(retry_at=to_micros(now)))

    @read_only
    def open_circuits(self, connection: Connection) -> tuple[OpenCircuit, ...]:
        """Return every open circuit, by channel. A delivery that is sent closes its channel's."""
        return circuits(connection)


def circuits(connection: Connection) -> tuple[OpenCircuit, ...]:
    """Return every open circuit, by channel."""
    rows = connection.execute(select(open_circuits).order_by(open_circuits.c.channel))
    return tuple(map(circuit_record, rows))


def half_open_all_of(connection: Connection, occurrence_id: str, now: datetime) -> None:
    """Allow the next attempt now for every channel that an occurrence goes to."""
    channels = select(deliveries.c.channel).where(deliveries.c.occurrence == occurrence_id)
    sooner = update(open_circuits).where(open_circuits.c.channel.in_(channels))
    connection.execute(sooner.values(retry_at=to_micros(now)))


def is_blocked(connection: Connection, channel: str, now: datetime) -> bool:
    """Return whether a channel's circuit is open now; locks it until the transaction ends."""
    retry_at = select(open_circuits.c.retry_at).where(open_circuits.c.channel == channel).with_for_update()
    row = connection.execute(retry_at).first()
    return row is not None and row.retry_at > to_micros(now)


def use_half_open(connection: Connection, channel: str, now: datetime) -> None:
    """Take the one attempt of a half-open circuit: it is open for another hour unless this one succeeds."""
    mine = update(open_circuits).where(open_circuits.c.channel == channel)
    connection.execute(mine.values(retry_at=to_micros(now + HALF_OPEN_AFTER)))


def close_circuit(connection: Connection, channel: str) -> None:
    """Close the circuit of a channel that sent a delivery."""
    connection.execute(delete(open_circuits).where(open_circuits.c.channel == channel))


def waits_for_circuit(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a row of deliveries goes to a channel whose circuit is open now."""
    return exists().where(
        open_circuits.c.channel == deliveries.c.channel, open_circuits.c.retry_at > to_micros(now)
    )


class AddressBook:
    """The provider's ids of addresses as written, for one channel and workspace (`scope`).

    A cache: while the database is away it knows nothing, and no send fails for that.
    """

    def __init__(self, engine: Engine, scope: str) -> None:
        self._engine = engine
        self._scope = scope

    def get(self, written: str) -> tuple[str, datetime] | None:
        """Return the remembered id and when it was put (UTC), or None."""
        entry = select(addresses.c.address, addresses.c.at).where(
            addresses.c.channel == self._scope, addresses.c.written == written
        )
        with suppress(LedgerError):
            row = read(self._engine, lambda c: c.execute(entry).first())
            return row and (row.address, from_micros(row.at))
        return None

    def put(self, written: str, address: str, at: datetime) -> None:
        """Remember an id, in place of an earlier one."""
        row = {"channel": self._scope, "written": written, "address": address, "at": to_micros(at)}
        with suppress(LedgerError):
            transact(self._engine, lambda c: put(c, addresses, row))
