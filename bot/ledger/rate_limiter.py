"""The rate limit as a sliding log, shared by every process with this database.

The API allows so many requests in any span of so many seconds, as its server sees them arrive. A
counter that starts anew every five minutes would let almost twice as many through around its start;
so each request leaves a stamp. It arrives after it is sent and before it is released (its answer came,
or its attempt was given up). So a stamp counts from the sending until one span after the release: every
request arrives at least one span after the one whose place it took, however long either is in flight.
"""

import math
import secrets
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, bindparam, delete, func, insert, select, update

from bot.ledger.codec import MICROS_PER_SECOND, seconds_to_micros
from bot.ledger.database import Database, insert_missing, read_only, shared_now, transaction
from bot.ledger.schema import limits, stamps
from bot.model import Clock, Permit

USABLE_PERCENT = 95
MAX_BLOCK_SECONDS = 86_400.0

MAX_FLIGHT_SECONDS = 150.0
"""When a request of a dead process counts as released. Attempts are shorter."""

_MINE = select(limits).where(limits.c.token_hash == bindparam("key")).with_for_update()


class RateLimiter:
    """Allow at most `usable` (by default 95 in 100) of `requests` in any `seconds`. Never sleep.

    `reserved` of the usable ones are left to `urgent` callers. A request that nobody releases counts as
    released after `flight` seconds. `ledger` is an open ledger or its engine.
    Keys are hashes of tokens, never tokens. On PostgreSQL the database's clock counts, so that machines
    agree; on SQLite `clock` does. A clock that steps back delays by one span at most. Every method is
    one transaction and raises LedgerError.
    """

    def __init__(
        self,
        ledger: Database | Engine,
        *,
        requests: int,
        seconds: float,
        usable: int | None = None,
        reserved: int = 0,
        flight: float = MAX_FLIGHT_SECONDS,
        clock: Clock,
    ) -> None:
        self.engine = ledger.engine if isinstance(ledger, Database) else ledger
        allowed = requests * USABLE_PERCENT // 100 if usable is None else min(usable, requests)
        self._usable = max(1, allowed)
        self._unreserved = max(1, self._usable - reserved)
        self._span, self._flight = seconds_to_micros(seconds), seconds_to_micros(flight)
        self._clock = clock

    @transaction
    def acquire(self, connection: Connection, key: str, *, urgent: bool = False) -> Permit:
        """Return a permit for one request now (`release` its stamp), or the seconds to wait for one.

        The wait is exact unless another caller comes first. When it depends on requests in flight it is
        one span: that is how long they count even if they are released now.
        """
        allowed = self._usable if urgent else self._unreserved
        now, blocked = self._lock(connection, key)
        wait = blocked if blocked > 0 else self._wait(connection, key, now, allowed)
        if wait > 0:
            return Permit(wait=wait / MICROS_PER_SECOND)
        over = (stamps.c.token_hash == key) & (self._released_at() <= now - self._span)
        connection.execute(delete(stamps).where(over))
        # Random: SQLite would reuse the number of a deleted stamp, and its request may yet be released.
        stamp = secrets.randbits(62)
        connection.execute(insert(stamps).values(id=stamp, token_hash=key, at=now))
        return Permit(stamp=stamp)

    @transaction
    def release(self, connection: Connection, key: str, stamp: int) -> None:
        """End the attempt of that stamp: its request arrived before now, if ever. Once is enough."""
        now, _ = self._lock(connection, key)
        in_flight = update(stamps).where(
            stamps.c.id == stamp, stamps.c.token_hash == key, stamps.c.landed_at.is_(None)
        )
        connection.execute(in_flight.values(landed_at=now))

    @read_only
    def used(self, connection: Connection, key: str) -> int:
        """Return how many requests with this token count now."""
        counting = self._counting(key, shared_now(connection, self._clock.now()))
        return int(connection.execute(select(func.count()).select_from(stamps).where(counting)).scalar_one())

    @transaction
    def block(self, connection: Connection, key: str, seconds: float) -> None:
        """Allow no request with this token for `seconds`, a day at most; a longer block stays.

        Zero or an invalid number blocks for one span.
        """
        now, blocked = self._lock(connection, key)
        sane = min(max(seconds, 0.0), MAX_BLOCK_SECONDS) if math.isfinite(seconds) else 0.0
        asked = seconds_to_micros(sane) or self._span
        if asked > blocked:
            longer = update(limits).where(limits.c.token_hash == key)
            connection.execute(longer.values(blocked_at=now, blocked_for=asked))

    def _released_at(self) -> ColumnElement[int]:
        """Return when a request was released, or counts as released."""
        return func.coalesce(stamps.c.landed_at, stamps.c.at + self._flight)

    def _counting(self, key: str, now: int) -> ColumnElement[bool]:
        return (stamps.c.token_hash == key) & (self._released_at() > now - self._span)

    def _wait(self, connection: Connection, key: str, now: int, allowed: int) -> int:
        """Return the microseconds until one of `allowed` places is free."""
        counting = self._counting(key, now)
        last_to_go = (
            select(self._released_at())
            .where(counting)
            .order_by(self._released_at().desc())
            .offset(allowed - 1)
            .limit(1)
        )
        released = connection.execute(last_to_go).scalar()
        return 0 if released is None else min(int(released), now) + self._span - now

    def _lock(self, connection: Connection, key: str) -> tuple[int, int]:
        """Lock the token's row; return the time, and the microseconds until its block ends (0 or less: none).

        Move stamps of a later time to now. They appear when the clock stepped back, and would count for
        as long as the step was.
        """
        row = _locked_row(connection, key)
        now = shared_now(connection, self._clock.now())
        for column in (stamps.c.at, stamps.c.landed_at):
            early = update(stamps).where(stamps.c.token_hash == key, column > now)
            connection.execute(early.values({column: now}))
        if row.blocked_at is None:
            return now, 0
        if row.blocked_at > now:
            connection.execute(update(limits).where(limits.c.token_hash == key).values(blocked_at=now))
        return now, min(int(row.blocked_at), now) + int(row.blocked_for) - now


def _locked_row(connection: Connection, key: str) -> Row[Any]:
    """Return the token's row, locked until the transaction ends; insert it when it is missing."""
    row = connection.execute(_MINE, {"key": key}).first()
    if row is None:
        insert_missing(connection, limits, {"token_hash": key})
        row = connection.execute(_MINE, {"key": key}).one()
    return row
