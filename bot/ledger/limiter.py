"""The rate limit as a sliding log: every process with this database counts in the same one.

The API allows so many requests in any span of so many seconds. A counter that starts afresh every
five minutes would let almost twice as many through around its start; so each request leaves a
stamp, and a request may go when few enough stamps are younger than the span.
"""

import math

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from bot.ledger.dialect import insert_missing, shared_now, transact
from bot.ledger.instants import MICROS_PER_SECOND, seconds_to_micros
from bot.ledger.schema import limits, stamps
from bot.ledger.sql import SqlLedger
from bot.model import Clock

LONGEST_BLOCK_SECONDS = 86_400.0


class SqlLimiter:
    """At most `usable` (a share, 0.95) of `requests` in any `seconds`; never sleeps, only answers.

    `ledger` is an open SqlLedger or its engine. Keys are hashes of tokens, never tokens. On
    PostgreSQL the database's clock counts, so that machines agree; on SQLite `clock` does.
    A clock that steps back delays by one span at most.
    """

    def __init__(
        self,
        ledger: SqlLedger | Engine,
        *,
        requests: int,
        seconds: float,
        usable: float = 0.95,
        clock: Clock,
    ) -> None:
        self._engine = ledger.engine if isinstance(ledger, SqlLedger) else ledger
        # The small part more keeps 0.29 x 100 = 28.999… a 29.
        self._usable = max(1, math.floor(requests * usable + 1e-9))
        self._span = seconds_to_micros(seconds)
        self._clock = clock

    def take(self, key: str) -> float:
        """0.0 and the request is counted, or the seconds to wait. Raises LedgerError."""
        return transact(self._engine, lambda connection: self._take(connection, key)) / MICROS_PER_SECOND

    def block(self, key: str, seconds: float) -> None:
        """Nobody sends with this token for `seconds`, a day at most; a longer block stays.

        Zero or rubbish blocks for one span. Raises LedgerError.
        """
        transact(self._engine, lambda connection: self._block(connection, key, seconds))

    def _take(self, connection: Connection, key: str) -> int:
        now = self._enter(connection, key)
        blocked = _blocked_for(connection, key, now)
        if blocked > 0:
            return blocked
        mine = stamps.c.token_hash == key
        connection.execute(delete(stamps).where(mine, stamps.c.at <= now - self._span))
        counted = connection.execute(select(func.count()).select_from(stamps).where(mine)).scalar_one()
        if counted < self._usable:
            connection.execute(insert(stamps).values(token_hash=key, at=now))
            return 0
        oldest = select(stamps.c.at).where(mine).order_by(stamps.c.at).offset(counted - self._usable).limit(1)
        return int(connection.execute(oldest).scalar_one()) + self._span - now

    def _block(self, connection: Connection, key: str, seconds: float) -> None:
        now = self._enter(connection, key)
        sane = min(max(seconds, 0.0), LONGEST_BLOCK_SECONDS) if math.isfinite(seconds) else 0.0
        asked = seconds_to_micros(sane) or self._span
        if asked > _blocked_for(connection, key, now):
            blocked = update(limits).where(limits.c.token_hash == key)
            connection.execute(blocked.values(blocked_at=now, blocked_for=asked))

    def _enter(self, connection: Connection, key: str) -> int:
        """Take the token's row for this transaction alone; the time, with stamps of a later one moved to it.

        Stamps from the future appear when the clock stepped back. Left there they would count for
        as long as the step was.
        """
        insert_missing(connection, limits, {"token_hash": key})
        connection.execute(select(limits.c.token_hash).where(limits.c.token_hash == key).with_for_update())
        now = shared_now(connection, self._clock.now())
        early = update(stamps).where(stamps.c.token_hash == key, stamps.c.at > now)
        connection.execute(early.values(at=now))
        unborn = update(limits).where(limits.c.token_hash == key, limits.c.blocked_at > now)
        connection.execute(unborn.values(blocked_at=now))
        return now


def _blocked_for(connection: Connection, key: str, now: int) -> int:
    """Microseconds until the token is free again; 0 or less when it is."""
    row = connection.execute(select(limits).where(limits.c.token_hash == key)).one()
    return 0 if row.blocked_at is None else int(row.blocked_at) + int(row.blocked_for) - now
