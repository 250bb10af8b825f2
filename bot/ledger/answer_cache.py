"""Answers of the API, shared by every process that asks the same, with single flight for each question."""

import secrets
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, select, update

from bot.ledger.codec import from_micros, seconds_to_micros, to_micros
from bot.ledger.database import (
    Database,
    insert_each_missing,
    insert_missing,
    put,
    read_only,
    transact,
    transaction,
)
from bot.ledger.scheduler_lock import owner_may_live
from bot.ledger.schema import answer_locks, answers, export_jobs, members, verified_filters
from bot.ledger.transitions import any_row
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
        self.engine = ledger.engine if isinstance(ledger, Database) else ledger
        self._owner = owner
        self._lease = seconds_to_micros(lease_seconds)
        self._holders = _Holders()

    @read_only
    def get(self, connection: Connection, key: str) -> KeptAnswer | None:
        """Return the newest answer, or None."""
        row = connection.execute(select(answers).where(answers.c.key == key)).first()
        return None if row is None else KeptAnswer(row.text, from_micros(row.fetched_at), row.settled)

    def lock(self, key: str, now: datetime) -> bool:
        """Take the sole right to request this answer; return False while a live process has it.

        After waiting for it, get the answer first: it may be there by now.
        """
        holder = secrets.token_hex(16)
        if not self._lock(key, holder, now):
            return False
        self._holders.names[key] = holder
        return True

    @transaction
    def extend(self, connection: Connection, key: str, now: datetime) -> bool:
        """Extend the lock from `now` on, also an expired one; return False when another process took it."""
        longer = update(answer_locks).where(self._is_mine(key))
        until = to_micros(now) + self._lease
        return connection.execute(longer.values(lease_until=until)).rowcount > 0

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """Store the answer unless a newer one is there; end the lock and the export job."""
        self._keep(key, answer)
        self._holders.names.pop(key, None)

    def unlock(self, key: str) -> None:
        """End this thread's lock without an answer; an export job stays known."""
        holder = self._holders.names.pop(key, None)
        if holder is not None:
            mine = delete(answer_locks).where(answer_locks.c.key == key, answer_locks.c.holder == holder)
            transact(self.engine, lambda c: c.execute(mine))

    @read_only
    def job(self, connection: Connection, key: str) -> ExportJob | None:
        """Return the export job that was started for this question and is not done."""
        row = connection.execute(select(export_jobs).where(export_jobs.c.key == key)).first()
        if row is None:
            return None
        return ExportJob(row.token, from_micros(row.started_at), row.starts, from_micros(row.polled_at))

    @transaction
    def keep_job(self, connection: Connection, key: str, job: ExportJob) -> None:
        """Store a started job at once, in place of an earlier one."""
        row = {
            "key": key,
            "token": job.token,
            "started_at": to_micros(job.started_at),
            "starts": job.starts,
            "polled_at": None if job.polled_at is None else to_micros(job.polled_at),
        }
        put(connection, export_jobs, row)

    @transaction
    def forget_job(self, connection: Connection, key: str) -> None:
        """Delete a job that failed."""
        connection.execute(delete(export_jobs).where(export_jobs.c.key == key))

    @transaction
    def remember_members(
        self, connection: Connection, account: str, pairs: Sequence[tuple[int, int]]
    ) -> None:
        """Store (user id, group id) pairs for ever; `account` is the token's hash."""
        # Sorted, so that two processes that store the same list do not deadlock.
        rows = [
            {"account": account, "user_id": user, "group_id": group} for user, group in sorted(set(pairs))
        ]
        insert_each_missing(connection, members, rows)

    @read_only
    def belonged(self, connection: Connection, account: str, groups: Sequence[int]) -> frozenset[int]:
        """Return every user that was ever a member of one of these groups."""
        users = select(members.c.user_id).where(members.c.account == account, members.c.group_id.in_(groups))
        return frozenset(connection.execute(users).scalars().all())

    @read_only
    def is_verified(self, connection: Connection, key: str) -> bool:
        """Return whether the API was seen to honour the filter of `key`."""
        return any_row(connection, verified_filters.c.key == key)

    @transaction
    def mark_verified(self, connection: Connection, key: str, now: datetime) -> None:
        """Remember that it was; the first time counts."""
        insert_missing(connection, verified_filters, {"key": key, "at": to_micros(now)})

    @transaction
    def forget(self, connection: Connection, before: datetime) -> int:
        """Delete answers fetched, and export jobs started, before that moment (UTC); return how many."""
        micros = to_micros(before)
        old = delete(answers).where(answers.c.fetched_at < micros).returning(answers.c.key)
        jobs = delete(export_jobs).where(export_jobs.c.started_at < micros).returning(export_jobs.c.key)
        return sum(len(connection.execute(deleted).all()) for deleted in (old, jobs))

    @transaction
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

    @transaction
    def _keep(self, connection: Connection, key: str, answer: KeptAnswer) -> None:
        row = {
            "key": key,
            "text": answer.text,
            "fetched_at": to_micros(answer.fetched_at),
            "settled": answer.settled,
        }
        put(connection, answers, row, newest="fetched_at")
        connection.execute(delete(answer_locks).where(self._is_mine(key)))
        connection.execute(delete(export_jobs).where(export_jobs.c.key == key))

    def _is_mine(self, key: str) -> ColumnElement[bool]:
        """Return the condition for this thread's lock; for a thread without one, any of this process."""
        holder = self._holders.names.get(key)
        mine = answer_locks.c.owner == self._owner if holder is None else answer_locks.c.holder == holder
        return (answer_locks.c.key == key) & mine
