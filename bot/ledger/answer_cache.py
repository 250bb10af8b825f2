"""Answers of the API, shared by every process that asks the same, with single flight for each question."""

import secrets
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, select, update

from bot.ledger.codec import from_micros, seconds_to_micros, to_micros
from bot.ledger.database import Database, insert_each_missing, insert_missing, put, read, transact
from bot.ledger.scheduler_lock import owner_may_live
from bot.ledger.schema import answer_locks, answers, export_jobs, members, verified_filters
from bot.model import ExportJob, KeptAnswer


class _Holders(threading.local):
    """The locks that this thread holds: key to holder, which is new at every grant."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}


class AnswerCache:
    """The port `AnswerStore` for one process, whose locks bear its `owner` (`host:pid:random`).

    A lock belongs to the thread that took it; `extend` and `keep` may also come from a thread that took
    none, such as the one that renews it. It lasts `lease_seconds`, and ends at once when its process is
    gone (see `owner_may_live`). `ledger` is an open ledger or its engine. Every method is one transaction
    and raises LedgerError.
    """

    def __init__(self, ledger: Database | Engine, *, owner: str, lease_seconds: float = 120.0) -> None:
        self._engine = ledger.engine if isinstance(ledger, Database) else ledger
        self._owner = owner
        self._lease = seconds_to_micros(lease_seconds)
        self._holders = _Holders()

    def get(self, key: str) -> KeptAnswer | None:
        """Return the newest answer, or None."""
        newest = select(answers).where(answers.c.key == key)
        row = read(self._engine, lambda c: c.execute(newest).first())
        return None if row is None else KeptAnswer(row.text, from_micros(row.fetched_at), row.settled)

    def lock(self, key: str, now: datetime) -> bool:
        """Take the sole right to request this answer; return False while a live process has it.

        After waiting for it, get the answer first: it may be there by now.
        """
        holder = secrets.token_hex(16)
        if not transact(self._engine, lambda connection: self._lock(connection, key, holder, now)):
            return False
        self._holders.names[key] = holder
        return True

    def extend(self, key: str, now: datetime) -> bool:
        """Extend the lock from `now` on, also an expired one; return False when another process took it."""
        longer = update(answer_locks).where(self._is_mine(key))
        until = to_micros(now) + self._lease
        return transact(self._engine, lambda c: c.execute(longer.values(lease_until=until)).rowcount > 0)

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """Store the answer unless a newer one is there; end the lock and the export job."""
        row = {
            "key": key,
            "text": answer.text,
            "fetched_at": to_micros(answer.fetched_at),
            "settled": answer.settled,
        }
        transact(self._engine, lambda connection: self._keep(connection, key, row))
        self._holders.names.pop(key, None)

    def unlock(self, key: str) -> None:
        """End this thread's lock without an answer; an export job stays known."""
        holder = self._holders.names.pop(key, None)
        if holder is not None:
            mine = delete(answer_locks).where(answer_locks.c.key == key, answer_locks.c.holder == holder)
            transact(self._engine, lambda c: c.execute(mine))

    def job(self, key: str) -> ExportJob | None:
        """Return the export job that was started for this question and is not done."""
        started = select(export_jobs).where(export_jobs.c.key == key)
        row = read(self._engine, lambda c: c.execute(started).first())
        if row is None:
            return None
        return ExportJob(row.token, from_micros(row.started_at), row.starts, from_micros(row.polled_at))

    def keep_job(self, key: str, job: ExportJob) -> None:
        """Store a started job at once, in place of an earlier one."""
        row = {
            "key": key,
            "token": job.token,
            "started_at": to_micros(job.started_at),
            "starts": job.starts,
            "polled_at": None if job.polled_at is None else to_micros(job.polled_at),
        }
        transact(self._engine, lambda c: put(c, export_jobs, row))

    def forget_job(self, key: str) -> None:
        """Delete a job that failed."""
        transact(self._engine, lambda c: c.execute(delete(export_jobs).where(export_jobs.c.key == key)))

    def remember_members(self, account: str, pairs: Sequence[tuple[int, int]]) -> None:
        """Store (user id, group id) pairs for ever; `account` is the token's hash."""
        # Sorted, so that two processes that store the same list do not deadlock.
        rows = [
            {"account": account, "user_id": user, "group_id": group} for user, group in sorted(set(pairs))
        ]
        transact(self._engine, lambda c: insert_each_missing(c, members, rows))

    def belonged(self, account: str, groups: Sequence[int]) -> frozenset[int]:
        """Return every user that was ever a member of one of these groups."""
        users = select(members.c.user_id).where(members.c.account == account, members.c.group_id.in_(groups))
        return frozenset(read(self._engine, lambda c: c.execute(users).scalars().all()))

    def is_verified(self, key: str) -> bool:
        """Return whether the API was seen to honour the filter of `key`."""
        verified = select(verified_filters.c.at).where(verified_filters.c.key == key)
        return read(self._engine, lambda c: c.execute(verified).first()) is not None

    def mark_verified(self, key: str, now: datetime) -> None:
        """Remember that it was; the first time counts."""
        row = {"key": key, "at": to_micros(now)}
        transact(self._engine, lambda c: insert_missing(c, verified_filters, row))

    def forget(self, before: datetime) -> int:
        """Delete answers fetched, and export jobs started, before that moment (UTC); return how many."""
        return transact(self._engine, lambda c: _forget(c, to_micros(before)))

    def _lock(self, connection: Connection, key: str, holder: str, now: datetime) -> bool:
        until = to_micros(now) + self._lease
        mine = {"key": key, "owner": self._owner, "holder": holder, "lease_until": until}
        if insert_missing(connection, answer_locks, mine):
            return True
        locked = select(answer_locks).where(answer_locks.c.key == key).with_for_update()
        row = connection.execute(locked).first()
        if row is None:  # unlocked between the two statements (PostgreSQL)
            return insert_missing(connection, answer_locks, mine)
        if self._may_take_over(row, to_micros(now)):
            put(connection, answer_locks, mine)
            return True
        if row.lease_until > until:  # the clock stepped back; the step must not lengthen the lease
            shorter = update(answer_locks).where(answer_locks.c.key == key)
            connection.execute(shorter.values(lease_until=until))
        return False

    def _may_take_over(self, row: Row[Any], now: int) -> bool:
        """Return whether a lock is over: by its lease, or with its process.

        Another owner with this process's own id is of an earlier life (see `owner_is_running`): one
        process has one owner.
        """
        return row.lease_until <= now or (row.owner != self._owner and not owner_may_live(row.owner))

    def _keep(self, connection: Connection, key: str, row: dict[str, object]) -> None:
        put(connection, answers, row, newest="fetched_at")
        connection.execute(delete(answer_locks).where(self._is_mine(key)))
        connection.execute(delete(export_jobs).where(export_jobs.c.key == key))

    def _is_mine(self, key: str) -> ColumnElement[bool]:
        """Return the condition for this thread's lock; for a thread without one, any of this process."""
        holder = self._holders.names.get(key)
        mine = answer_locks.c.owner == self._owner if holder is None else answer_locks.c.holder == holder
        return (answer_locks.c.key == key) & mine


def _forget(connection: Connection, before: int) -> int:
    old = delete(answers).where(answers.c.fetched_at < before).returning(answers.c.key)
    jobs = delete(export_jobs).where(export_jobs.c.started_at < before).returning(export_jobs.c.key)
    return sum(len(connection.execute(deleted).all()) for deleted in (old, jobs))


class MemoryAnswers:
    """The port `AnswerStore` for one process that remembers nothing, as a preview of sample data."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._answers: dict[str, KeptAnswer] = {}
        self._locked: set[str] = set()
        self._jobs: dict[str, ExportJob] = {}
        self._members: set[tuple[str, int, int]] = set()
        self._verified: set[str] = set()

    def get(self, key: str) -> KeptAnswer | None:
        """Return the newest answer, or None."""
        return self._answers.get(key)

    def lock(self, key: str, now: datetime) -> bool:
        """Take the sole right to request this answer; return False while another thread has it."""
        with self._mutex:
            taken = key in self._locked
            self._locked.add(key)
        return not taken

    def extend(self, key: str, now: datetime) -> bool:
        """Return whether the answer is locked; a lock does not expire."""
        return key in self._locked

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """Store the answer; end the lock and the export job."""
        self._answers[key] = answer
        self._jobs.pop(key, None)
        self._locked.discard(key)

    def unlock(self, key: str) -> None:
        """End the lock without an answer."""
        self._locked.discard(key)

    def job(self, key: str) -> ExportJob | None:
        """Return the export job that was started for this question and is not done."""
        return self._jobs.get(key)

    def keep_job(self, key: str, job: ExportJob) -> None:
        """Store a started job."""
        self._jobs[key] = job

    def forget_job(self, key: str) -> None:
        """Delete a job that failed."""
        self._jobs.pop(key, None)

    def remember_members(self, account: str, pairs: Sequence[tuple[int, int]]) -> None:
        """Store (user id, group id) pairs."""
        self._members |= {(account, user, group) for user, group in pairs}

    def belonged(self, account: str, groups: Sequence[int]) -> frozenset[int]:
        """Return every user that was a member of one of these groups."""
        return frozenset(
            user for of, user, group in self._members.copy() if of == account and group in groups
        )

    def is_verified(self, key: str) -> bool:
        """Return whether the API was seen to honour the filter of `key`."""
        return key in self._verified

    def mark_verified(self, key: str, now: datetime) -> None:
        """Remember that it was."""
        self._verified.add(key)

    def forget(self, before: datetime) -> int:
        """Delete nothing: what is in memory goes with the process."""
        return 0
