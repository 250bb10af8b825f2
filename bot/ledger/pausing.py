"""Digests that a person paused: their firings are skipped until the pause ends."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from bot.ledger.dialect import insert_missing
from bot.ledger.instants import from_micros, to_micros
from bot.ledger.schema_3 import pauses


def pause(connection: Connection, digest: str, now: datetime) -> bool:
    """Begin a pause. False when there was one: that one goes on."""
    return insert_missing(connection, pauses, {"digest": digest, "paused_at": to_micros(now)})


def resume(connection: Connection, digest: str) -> datetime | None:
    """End a pause; since when it was, None when there was none."""
    ended = delete(pauses).where(pauses.c.digest == digest).returning(pauses.c.paused_at)
    return from_micros(connection.execute(ended).scalar())


def paused(connection: Connection) -> dict[str, datetime]:
    """Each paused digest, and since when."""
    rows = connection.execute(select(pauses).order_by(pauses.c.digest))
    return {row.digest: from_micros(row.paused_at) for row in rows}
