"""The rate limit as a sliding log: every process with this database counts in the same one.

The API allows so many requests in any span of so many seconds, as its server sees them arrive. A
counter that starts afresh every five minutes would let almost twice as many through around its
start; so each request leaves a stamp. When it arrived there nobody here knows, only that it was
after it was sent and before it landed (its answer came, or its attempt was given up). So a stamp
counts from the sending until one span after the landing: then every request arrives at least one
span after the one whose place it took, however long either was on its way.
"""

import math
import secrets
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, bindparam, delete, func, insert, select, update

from bot.ledger.dialect import insert_missing, read, shared_now, transact
from bot.ledger.instants import MICROS_PER_SECOND, seconds_to_micros
from bot.ledger.schema import limits
from bot.ledger.schema_2 import stamps
from bot.ledger.sql import SqlLedger
from bot.model import Clock, Turn

USABLE_PERCENT = 95
LONGEST_BLOCK_SECONDS = 86_400.0

LONGEST_FLIGHT_SECONDS = 150.0
"""When a request counts as landed of which nothing was heard, for its process died. Attempts are shorter."""

_MINE = select(limits).where(limits.c.token_hash == bindparam("key")).with_for_update()


class SqlLimiter:
    """At most `usable` (by default 95 in 100) of `requests` in any `seconds`; never sleeps, only answers.

    `reserved` of the usable ones are left to those who ask with `urgent`. `ledger` is an open
    SqlLedger or its engine. Keys are hashes of tokens, never tokens. On PostgreSQL the database's
    clock counts, so that machines agree; on SQLite `clock` does. A clock that steps back delays by
    one span at most. Every method is one transaction and raises LedgerError.
    """

    def __init__(
        self,
        ledger: SqlLedger | Engine,
        *,
        requests: int,
        seconds: float,
        usable: int | None = None,
        reserved: int = 0,
        clock: Clock,
    ) -> None:
        self._engine = ledger.engine if isinstance(ledger, SqlLedger) else ledger
        most = requests * USABLE_PERCENT // 100 if usable is None else min(usable, requests)
        self._usable = max(1, most)
        self._unreserved = max(1, self._usable - reserved)
        self._span = seconds_to_micros(seconds)
        self._clock = clock

    def take(self, key: str, *, urgent: bool = False) -> Turn:
        """Leave to send one request now, to be given back by `landed`; or the seconds to wait for it.

        The wait is exact, as long as nobody else comes first. When it depends on requests that are
        still on their way it is one span, for even if they land now, that is how long they count.
        """
        allowed = self._usable if urgent else self._unreserved
        return transact(self._engine, lambda connection: self._take(connection, key, allowed))

    def landed(self, key: str, stamp: int) -> None:
        """The attempt of that stamp is over: its request arrived before now, if ever. Once is enough."""
        transact(self._engine, lambda connection: self._landed(connection, key, stamp))

    def used(self, key: str) -> int:
        """How many requests with this token count now."""
        return read(self._engine, lambda connection: self._used(connection, key))

    def block(self, key: str, seconds: float) -> None:
        """Nobody sends with this token for `seconds`, a day at most; a longer block stays.

        Zero or rubbish blocks for one span.
        """
        transact(self._engine, lambda connection: self._block(connection, key, seconds))

    def _take(self, connection: Connection, key: str, allowed: int) -> Turn:
        now, blocked = self._enter(connection, key)
        wait = blocked if blocked > 0 else self._wait(connection, key, now, allowed)
        if wait > 0:
            return Turn(wait=wait / MICROS_PER_SECOND)
        _forget_before(connection, key, now - self._span)
        # By chance: SQLite would give a forgotten stamp's number again, and its request may yet land.
        stamp = secrets.randbits(62)
        connection.execute(insert(stamps).values(id=stamp, token_hash=key, at=now))
        return Turn(stamp=stamp)

    def _used(self, connection: Connection, key: str) -> int:
        now = shared_now(connection, self._clock.now())
        counting = (stamps.c.token_hash == key) & (_landing() > now - self._span)
        return int(connection.execute(select(func.count()).select_from(stamps).where(counting)).scalar_one())

    def _wait(self, connection: Connection, key: str, now: int, allowed: int) -> int:
        """Microseconds until so many stamps count no more that one of `allowed` places is free; 0 at once."""
        counting = (stamps.c.token_hash == key) & (_landing() > now - self._span)
        last_to_go = (
            select(_landing()).where(counting).order_by(_landing().desc()).offset(allowed - 1).limit(1)
        )
        landed = connection.execute(last_to_go).scalar()
        return 0 if landed is None else min(int(landed), now) + self._span - now

    def _landed(self, connection: Connection, key: str, stamp: int) -> None:
        now, _ = self._enter(connection, key)
        flying = update(stamps).where(
            stamps.c.id == stamp, stamps.c.token_hash == key, stamps.c.landed_at.is_(None)
        )
        connection.execute(flying.values(landed_at=now))

    def _block(self, connection: Connection, key: str, seconds: float) -> None:
        now, blocked = self._enter(connection, key)
        sane = min(max(seconds, 0.0), LONGEST_BLOCK_SECONDS) if math.isfinite(seconds) else 0.0
        asked = seconds_to_micros(sane) or self._span
        if asked > blocked:
            longer = update(limits).where(limits.c.token_hash == key)
            connection.execute(longer.values(blocked_at=now, blocked_for=asked))

    def _enter(self, connection: Connection, key: str) -> tuple[int, int]:
        """Take the token's row for this transaction alone; the time, and the microseconds until the token
        is free again (0 or less when it is).

        Stamps of a later time are moved to now. They appear when the clock stepped back, and left there
        they would count for as long as the step was.
        """
        row = _alone(connection, key)
        now = shared_now(connection, self._clock.now())
        for column in (stamps.c.at, stamps.c.landed_at):
            early = update(stamps).where(stamps.c.token_hash == key, column > now)
            connection.execute(early.values({column: now}))
        if row.blocked_at is None:
            return now, 0
        if row.blocked_at > now:
            connection.execute(update(limits).where(limits.c.token_hash == key).values(blocked_at=now))
        return now, min(int(row.blocked_at), now) + int(row.blocked_for) - now


def _alone(connection: Connection, key: str) -> Row[Any]:
    """The token's row, which nobody else has until this transaction ends; made when it is missing."""
    row = connection.execute(_MINE, {"key": key}).first()
    if row is None:
        insert_missing(connection, limits, {"token_hash": key})
        row = connection.execute(_MINE, {"key": key}).one()
    return row


def _landing() -> ColumnElement[int]:
    """When a request landed, or will be said to have."""
    return func.coalesce(stamps.c.landed_at, stamps.c.at + seconds_to_micros(LONGEST_FLIGHT_SECONDS))


def _forget_before(connection: Connection, key: str, moment: int) -> None:
    connection.execute(delete(stamps).where(stamps.c.token_hash == key, _landing() <= moment))
