"""What goes wrong, on SQLite or PostgreSQL: the port `Troubles`."""

from datetime import datetime

from sqlalchemy import Engine

from bot.ledger import crashing, ending, news, stopping
from bot.ledger.dialect import read, transact
from bot.ledger.reading import History
from bot.model import ChannelStop, Delivery, Ended


class SqlTroubles:
    """A part of `SqlLedger`. Every method is one transaction."""

    engine: Engine
    owner: str

    def stop_channel(self, channel: str, reason: str, credential: str, now: datetime) -> bool:
        """Nothing is sent through this channel for an hour. False when it was stopped before."""
        return transact(self.engine, lambda c: stopping.stop(c, channel, reason, credential, now))

    def try_channel(self, channel: str, now: datetime) -> None:
        """The next try with a stopped channel may be now: a person asks, or its secret changed."""
        transact(self.engine, lambda c: stopping.try_at_once(c, channel, now))

    def channel_stops(self) -> tuple[ChannelStop, ...]:
        """Every stopped channel; a delivery that is sent ends the stop of its channel."""
        return read(self.engine, stopping.stops)

    def expire(self, delivery: Delivery, reason: str, now: datetime) -> bool:
        """End a duty that waits as `failed`: it was surely not sent, and nobody tries again."""
        return transact(self.engine, lambda c: ending.expire(c, delivery, reason, now))

    def enter(self, occurrence_id: str) -> int:
        """This process begins to work on it; how many processes died at that before."""
        return transact(self.engine, lambda c: crashing.enter(c, occurrence_id, self.owner))

    def leave(self, occurrence_id: str) -> None:
        """This process is alive after its work on it."""
        transact(self.engine, lambda c: crashing.leave(c, occurrence_id, self.owner))

    def leave_all(self) -> None:
        """This process ends in order: what it may be killed at now is no death."""
        transact(self.engine, lambda c: crashing.leave_all(c, self.owner))

    def give_up(self, occurrence_id: str, reason: str, now: datetime) -> bool:
        """End what waits of an occurrence as `failed`, and the occurrence with it.

        False once it ended, and while somebody works on it.
        """
        return transact(self.engine, lambda c: ending.give_up(c, occurrence_id, reason, now))

    def endings(self, since: datetime, told: str) -> tuple[Ended, ...]:
        """Real occurrences that ended since then (UTC) and are news, in the order they ended.

        They failed; or they are done after one that had failed, or beside an occurrence of the same
        digest and due whose slice begins with `told`. Only those due at most a month before.
        """
        return read(self.engine, lambda c: news.endings(c, since, told))

    def due_between(self, start: datetime, end: datetime) -> History:
        """Every real occurrence due from `start` to before `end` (UTC), with its duties, oldest first."""
        return read(self.engine, lambda c: news.due_between(c, start, end))
