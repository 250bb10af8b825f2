"""Presence: which processes share this ledger, which of them are gone, and whose turn it is to plan.

On SQLite each process holds a file lock beside the database: the kernel frees it when the process dies, and
only then. No clock, host name or process id is asked, so a process that was stopped, or whose clock was set,
is alive. On PostgreSQL each renews a heartbeat by the database's clock. One that was silent for 30 s is gone;
only who was heard regularly for as long may say so, for when the database was away everybody was silent.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, case, delete, exists, or_, select, update

from bot import __version__
from bot.errors import LedgerError
from bot.ledger.codec import MICROS_PER_SECOND, from_micros, seconds_to_micros
from bot.ledger.database import Database, insert_missing, read_only, shared_now, sqlite_path, transaction
from bot.ledger.file_lock import FileLock
from bot.ledger.schema import answer_locks, deliveries, files, occurrences, processes, turns, work
from bot.model import DeliveryState, Process, ProcessKind

log = logging.getLogger("bot.ledger.presence")

BEAT_SECONDS = 5.0
GONE_AFTER = seconds_to_micros(30.0)
"""A process that was silent for so long is gone (PostgreSQL)."""

GAP = seconds_to_micros(15.0)
"""A process with such a gap between its own heartbeats was silent itself, and judges nobody for a while."""

TURN = seconds_to_micros(15.0)
PLANNING = "planning"


class Activity:
    """The names of what the threads of this process work on now.

    What the ledger says beyond it this process left behind: its end could not be written.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: Counter[str] = Counter()

    def begin(self, name: str) -> bool:
        """Add a name; return whether no other thread works on it."""
        with self._lock:
            self._names[name] += 1
            return self._names[name] == 1

    def end(self, name: str) -> bool:
        """Take a name off; return whether it was there for the last time."""
        with self._lock:
            count = self._names[name]
            self._names -= Counter([name])
            return count == 1

    @contextmanager
    def paused(self) -> Iterator[tuple[str, ...]]:
        """Let no thread begin or end anything; yield the names."""
        with self._lock:
            yield tuple(self._names)


class Presence(Database):
    """The part of the ledger that knows processes.

    `kind` is this one's; None does not join, and claims nothing. `working` names the occurrences that its
    threads work on, `asking` the keys of the answers that they request.
    """

    def __init__(self, engine: Engine, *, owner: str, kind: ProcessKind | None) -> None:
        super().__init__(engine, owner=owner)
        self.kind = kind
        self.working, self.asking = Activity(), Activity()
        database = sqlite_path(engine.url)
        self._locks = None if database is None else database.with_name(database.name + ".processes")
        self._lock = None if self._locks is None or kind is None else lock_of(self._locks, owner)
        self._file = ""
        self._ahead: float | None = None
        self._left = threading.Event()
        self._heart = threading.Thread(target=self._beat_until_left, name="heartbeat", daemon=True)

    def join(self) -> None:
        """Be known as alive from now on, until `close`. Raise LedgerError."""
        if self.kind is None:
            return
        if self._lock is not None:
            self._lock.take()
        self.heartbeat()
        if self._lock is None:
            self._heart.start()

    def close(self) -> None:
        """Leave: what this process still has claimed may be taken back at once. Close all connections."""
        self._left.set()
        if self._heart.ident is not None:
            self._heart.join(BEAT_SECONDS)
        if self.kind is not None:
            with suppress(LedgerError):  # then it is gone after its silence
                self._leave()
        if self._lock is not None:
            self._lock.free()
            self._lock.remove()
        super().close()

    @transaction
    def heartbeat(self, connection: Connection) -> None:
        """Say that this process lives. One that others took for gone joins anew."""
        now = shared_now(connection)
        if self._lock is None:
            self._ahead = now / MICROS_PER_SECOND - time.monotonic()
        row = {
            "owner": self.owner,
            "kind": self.kind,
            "host": self.owner.partition(":")[0],
            "file": self._file,
        }
        times = {"joined_at": now, "beat_at": now, "steady_since": now}
        if insert_missing(connection, processes, row | times | {"version": __version__}):
            return
        steady = case((processes.c.beat_at < now - GAP, now), else_=processes.c.steady_since)
        mine = update(processes).where(processes.c.owner == self.owner)
        connection.execute(mine.values(beat_at=now, steady_since=steady))

    def now(self) -> datetime | None:
        """Return PostgreSQL's clock (UTC), read with each heartbeat and carried on since; None on SQLite."""
        if self._ahead is None:
            return None
        return datetime.fromtimestamp(self._ahead + time.monotonic(), UTC)

    @read_only
    def processes(self, connection: Connection) -> tuple[Process, ...]:
        """Return every process that joined and did not leave, the oldest first."""
        rows = connection.execute(select(processes).order_by(processes.c.joined_at, processes.c.owner)).all()
        now = shared_now(connection)
        silent, is_sqlite = {owner for owner, _ in self._silent(rows, now)}, self._locks is not None
        holder = select(turns.c.owner).where(turns.c.name == PLANNING, turns.c.until > now)
        turn = connection.execute(holder).scalar()
        return tuple(
            Process(
                owner=row.owner,
                kind=ProcessKind(row.kind),
                host=row.host,
                version=row.version,
                file=row.file,
                joined_at=from_micros(row.joined_at),
                silent_seconds=0.0
                if self._locks is not None
                else max(0, now - row.beat_at) / MICROS_PER_SECOND,
                is_alive=row.owner not in silent,
                has_turn=row.kind == ProcessKind.RUN if is_sqlite else row.owner == turn,
            )
            for row in rows
        )

    def take_turn(self) -> bool:
        """Return whether this process plans now: it has the turn, or took it for 15 s.

        On SQLite always, for there the SchedulerLock allows one process that plans.
        """
        return self._locks is not None or self._take_turn()

    @transaction
    def note_file(self, connection: Connection, content: str) -> None:
        """Write which configuration this process works with, by its hash."""
        self._file = content
        insert_missing(connection, files, {"hash": content, "first_loaded": shared_now(connection)})
        connection.execute(update(processes).where(processes.c.owner == self.owner).values(file=content))

    @read_only
    def is_file_in_force(
        self, connection: Connection, kinds: Collection[ProcessKind] = (ProcessKind.RUN,)
    ) -> bool:
        """Return whether no living process of these kinds has a configuration that was loaded first later.

        So a rolling update ends with the new file, and one that is rolled back with the old.
        """
        rows = connection.execute(select(processes).where(processes.c.kind.in_(kinds))).all()
        silent = {owner for owner, _ in self._silent(rows, shared_now(connection))}
        living = {row.file for row in rows if row.owner not in silent and row.file} | {self._file}
        youngest = select(files.c.hash).where(files.c.hash.in_(living))
        first = connection.execute(youngest.order_by(files.c.first_loaded.desc(), files.c.hash).limit(1))
        return first.scalar() in (None, self._file)

    @read_only
    def gone(self, connection: Connection) -> Mapping[str, int | None]:
        """Return the owners that are gone for certain, each with its last heartbeat; None for one that left.

        Nobody is guessed: whoever cannot tell leaves the silent ones to others.
        """
        rows = connection.execute(select(processes)).all()
        present = {row.owner for row in rows}
        absent = {owner: None for owner in _claimants(connection) if owner not in present | {self.owner}}
        now = shared_now(connection)
        mine = next((row for row in rows if row.owner == self.owner), None)
        if self._locks is None and (mine is None or not _is_steady(mine, now)):
            return absent
        return absent | dict(self._silent(rows, now))

    @read_only
    def unsure_seconds(self, connection: Connection) -> float:
        """Return how long this process has to be heard until it may judge the silent ones; 0 without any."""
        rows, now = connection.execute(select(processes)).all(), shared_now(connection)
        if self._locks is not None or not any(self._silent(rows, now)):
            return 0.0
        since = next((row.steady_since for row in rows if row.owner == self.owner), now)
        return max(0, GONE_AFTER - (now - since)) / MICROS_PER_SECOND

    def bury(self, connection: Connection, owner: str, last_beat: int | None) -> bool:
        """Delete a process that is gone; return False when it was heard since."""
        same = delete(processes).where(processes.c.owner == owner, processes.c.beat_at == last_beat)
        connection.execute(same)
        is_back = connection.execute(select(exists().where(processes.c.owner == owner))).scalar()
        if not is_back and self._locks is not None:
            lock_of(self._locks, owner).remove()
        return not is_back

    def _silent(self, rows: Sequence[Row[Any]], now: int) -> Iterator[tuple[str, int]]:
        """Yield every other process of which nothing is heard any more, and its last heartbeat."""
        for row in rows:
            if row.owner != self.owner and self._is_silent(row, now):
                yield row.owner, row.beat_at

    def _is_silent(self, row: Row[Any], now: int) -> bool:
        if self._locks is not None:
            return lock_of(self._locks, row.owner).is_free()
        return bool(now - row.beat_at >= GONE_AFTER)

    @transaction
    def _take_turn(self, connection: Connection) -> bool:
        now = shared_now(connection)
        mine = {"name": PLANNING, "owner": self.owner, "until": now + TURN}
        if insert_missing(connection, turns, mine):
            return True
        free = or_(turns.c.owner == self.owner, turns.c.until <= now)
        take = update(turns).where(turns.c.name == PLANNING, free)
        return connection.execute(take.values(**mine)).rowcount > 0

    @transaction
    def _leave(self, connection: Connection) -> None:
        for table in (turns, work, processes):
            connection.execute(delete(table).where(table.c.owner == self.owner))

    def _beat_until_left(self) -> None:
        while not self._left.wait(BEAT_SECONDS):
            try:
                self.heartbeat()
            except Exception as error:  # without this thread others would take a living process for gone
                log.warning("the heartbeat could not be written: %s", error)


def lock_of(folder: Path, owner: str) -> FileLock:
    """Return the lock that a process holds while it lives."""
    return FileLock(folder / owner.replace("/", "_"))


def _is_steady(row: Row[Any], now: int) -> bool:
    """Return whether a process was heard regularly for long enough to judge others."""
    return bool(now - row.beat_at < GAP and now - row.steady_since >= GONE_AFTER)


def _claimants(connection: Connection) -> frozenset[str]:
    """Return every owner of a claim, of a lock or of registered work."""
    sending = select(deliveries.c.owner).where(deliveries.c.state == DeliveryState.SENDING)
    composing = select(occurrences.c.owner).where(occurrences.c.owner.is_not(None))
    others = sending.union(composing, select(answer_locks.c.owner), select(work.c.owner))
    return frozenset(connection.execute(others).scalars())
