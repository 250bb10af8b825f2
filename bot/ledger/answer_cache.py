"""Answers of the API, shared by every process that asks the same, with single flight for each question."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select

from bot.ledger.codec import from_micros, to_micros
from bot.ledger.database import (
    insert_each_missing,
    insert_missing,
    put,
    read_only,
    transact,
    transaction,
)
from bot.ledger.presence import Presence
from bot.ledger.schema import answer_locks, answers, export_jobs, members
from bot.model import ExportJob, KeptAnswer


class AnswerCache:
    """The port `AnswerStore` for the process of an open ledger, whose locks bear its `owner`.

    A lock is its thread's until `keep` or `unlock`; that of a process that is gone is taken back by
    `Ledger.reap`. Every method is one transaction and raises LedgerError.
    """

    def __init__(self, ledger: Presence) -> None:
        self.engine = ledger.engine
        self._owner = ledger.owner
        self._asking = ledger.asking

    @read_only
    def get(self, connection: Connection, key: str) -> KeptAnswer | None:
        """Return the newest answer, or None."""
        row = connection.execute(select(answers).where(answers.c.key == key)).first()
        return None if row is None else KeptAnswer(row.text, from_micros(row.fetched_at), row.settled)

    def lock(self, key: str) -> bool:
        """Take the sole right to request this answer; return False while another thread or process has it.

        After waiting for it, get the answer first: it may be there by now.
        """
        is_mine = False
        try:
            is_mine = self._asking.begin(key) and self._lock(key)
        finally:
            if not is_mine:
                self._asking.end(key)
        return is_mine

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """Store the answer unless a newer one is there; end the lock and the export job."""
        self._keep(key, answer)
        self._asking.end(key)

    def unlock(self, key: str) -> None:
        """End the lock unless `keep` did; an export job stays known."""
        if self._asking.end(key):
            transact(self.engine, lambda c: c.execute(delete(answer_locks).where(self._is_mine(key))))

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

    @transaction
    def forget(self, connection: Connection, before: datetime) -> int:
        """Delete answers fetched, and export jobs started, before that moment (UTC); return how many."""
        micros = to_micros(before)
        old = delete(answers).where(answers.c.fetched_at < micros).returning(answers.c.key)
        jobs = delete(export_jobs).where(export_jobs.c.started_at < micros).returning(export_jobs.c.key)
        return sum(len(connection.execute(deleted).all()) for deleted in (old, jobs))

    @transaction
    def _lock(self, connection: Connection, key: str) -> bool:
        return insert_missing(connection, answer_locks, {"key": key, "owner": self._owner})

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
        return (answer_locks.c.key == key) & (answer_locks.c.owner == self._owner)
