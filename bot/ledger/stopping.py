"""Channels that do not let us in: one try an hour, and the first delivery that is sent ends it."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, select, update

from bot.ledger.dialect import insert_missing
from bot.ledger.instants import from_micros, to_micros
from bot.ledger.rules import AGAIN_AFTER, storable
from bot.ledger.schema import deliveries
from bot.ledger.schema_4 import channel_stops
from bot.model import ChannelStop


def stop(connection: Connection, channel: str, reason: str, credential: str, now: datetime) -> bool:
    """Write the stop, or that it was tried again in vain. Whether it is a new one."""
    again = to_micros(now + AGAIN_AFTER)
    row = {"channel": channel, "reason": storable(reason), "again_at": again, "credential": credential}
    if insert_missing(connection, channel_stops, row | {"since": to_micros(now)}):
        return True
    connection.execute(update(channel_stops).where(channel_stops.c.channel == channel).values(**row))
    return False


def try_at_once(connection: Connection, channel: str, now: datetime) -> None:
    """Let the next try be now."""
    sooner = update(channel_stops).where(
        channel_stops.c.channel == channel, channel_stops.c.again_at > to_micros(now)
    )
    connection.execute(sooner.values(again_at=to_micros(now)))


def try_at_once_for(connection: Connection, occurrence_id: str, now: datetime) -> None:
    """The same for every channel that an occurrence goes to."""
    mine = select(deliveries.c.channel).where(deliveries.c.occurrence == occurrence_id)
    sooner = update(channel_stops).where(channel_stops.c.channel.in_(mine))
    connection.execute(sooner.values(again_at=to_micros(now)))


def is_closed(connection: Connection, channel: str, now: datetime) -> bool:
    """Whether the channel is stopped and its next turn has not come; nobody else takes it meanwhile."""
    wanted = select(channel_stops.c.again_at).where(channel_stops.c.channel == channel).with_for_update()
    row = connection.execute(wanted).first()
    return row is not None and (row.again_at or 0) > to_micros(now)


def take_turn(connection: Connection, channel: str, now: datetime) -> None:
    """This is the one try of a stopped channel: the next turn is an hour later, unless this one succeeds."""
    mine = update(channel_stops).where(channel_stops.c.channel == channel)
    connection.execute(mine.values(again_at=to_micros(now + AGAIN_AFTER)))


def end_stop(connection: Connection, delivery_key: str) -> None:
    """The delivery was sent, so its channel is open."""
    its_channel = select(deliveries.c.channel).where(deliveries.c.key == delivery_key)
    connection.execute(delete(channel_stops).where(channel_stops.c.channel == its_channel.scalar_subquery()))


def is_stopped(now: datetime) -> ColumnElement[bool]:
    """Whether a row of deliveries goes to a channel whose next turn has not come."""
    return exists().where(
        channel_stops.c.channel == deliveries.c.channel, channel_stops.c.again_at > to_micros(now)
    )


def stops(connection: Connection) -> tuple[ChannelStop, ...]:
    """Every stopped channel, by name."""
    rows = connection.execute(select(channel_stops).order_by(channel_stops.c.channel))
    return tuple(
        ChannelStop(
            row.channel,
            row.reason,
            from_micros(row.since),
            from_micros(row.again_at or row.since),
            row.credential or "",
        )
        for row in rows
    )
