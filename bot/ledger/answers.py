"""What the API said, kept for everybody who asks the same, on SQLite or PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, select, update

from bot.ledger.dialect import insert_each_missing, insert_missing, put, read, transact
from bot.ledger.instants import from_micros, seconds_to_micros, to_micros
from bot.ledger.rights import Granted, may_take_over, new_name
from bot.ledger.schema_2 import answers, asking, export_jobs, members, verified_filters
from bot.ledger.sql import SqlLedger
from bot.model import ExportJob, KeptAnswer


class SqlAnswers:
    """The port `AnswerStore` for one process, whose rights bear its `owner` (`host:pid:random`).

    A right to ask belongs to the thread that began it; `extend` and `keep` may also come from a
    thread that began none, such as a heartbeat's. It lasts `lease_seconds`, and that of a process
    that is surely dead (see `owner_may_live`) ends at once. `ledger` is an open SqlLedger or its
    engine. Every method is one transaction and raises LedgerError.
    """

    def __init__(self, ledger: SqlLedger | Engine, *, owner: str, lease_seconds: float = 120.0) -> None:
        self._engine = ledger.engine if isinstance(ledger, SqlLedger) else ledger
        self._owner = owner
        self._lease = seconds_to_micros(lease_seconds)
        self._granted = Granted()

    def recall(self, key: str) -> KeptAnswer | None:
        """The newest answer, or None."""
        wanted = select(answers).where(answers.c.key == key)
        row = read(self._engine, lambda c: c.execute(wanted).first())
        return None if row is None else KeptAnswer(row.text, from_micros(row.fetched_at), row.settled)

    def begin(self, key: str, now: datetime) -> bool:
        """The sole right to ask this question, until the lease is over; False while somebody alive has it.

        Whoever had to wait for it should recall the answer first: it may be there by now.
        """
        name = new_name()
        if not transact(self._engine, lambda connection: self._begin(connection, key, name, now)):
            return False
        self._granted.names[key] = name
        return True

    def extend(self, key: str, now: datetime) -> bool:
        """A longer right, from `now` on; False when it was lost. One that is over but untaken is not lost."""
        longer = update(asking).where(self._is_mine(key)).values(lease_until=to_micros(now) + self._lease)
        return transact(self._engine, lambda c: c.execute(longer).rowcount > 0)

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """Keep the answer unless a newer one is there, and end the right to ask and the export job."""
        row = {
            "key": key,
            "text": answer.text,
            "fetched_at": to_micros(answer.fetched_at),
            "settled": answer.settled,
        }
        transact(self._engine, lambda connection: self._keep(connection, key, row))
        self._granted.names.pop(key, None)

    def give_up(self, key: str) -> None:
        """End this thread's right to ask without an answer; an export job stays known."""
        name = self._granted.names.pop(key, None)
        if name is not None:
            mine = delete(asking).where(asking.c.key == key, asking.c.holder == name)
            transact(self._engine, lambda c: c.execute(mine))

    def job(self, key: str) -> ExportJob | None:
        """The export job that was started for this question and not yet kept."""
        wanted = select(export_jobs).where(export_jobs.c.key == key)
        row = read(self._engine, lambda c: c.execute(wanted).first())
        if row is None:
            return None
        return ExportJob(row.token, from_micros(row.started_at), row.starts, from_micros(row.polled_at))

    def keep_job(self, key: str, job: ExportJob) -> None:
        """Remember a started job at once, in place of an earlier one."""
        row = {
            "key": key,
            "token": job.token,
            "started_at": to_micros(job.started_at),
            "starts": job.starts,
            "polled_at": None if job.polled_at is None else to_micros(job.polled_at),
        }
        transact(self._engine, lambda c: put(c, export_jobs, row))

    def forget_job(self, key: str) -> None:
        """The job came to nothing."""
        transact(self._engine, lambda c: c.execute(delete(export_jobs).where(export_jobs.c.key == key)))

    def note_members(self, account: str, members: Sequence[tuple[int, int]], now: datetime) -> None:
        """Remember (user id, group id) pairs for ever; `account` is the token's hash."""
        transact(self._engine, lambda c: _note_members(c, account, members, now))

    def belonged(self, account: str, groups: Sequence[int]) -> frozenset[int]:
        """Every user ever noted in one of these groups."""
        wanted = select(members.c.user_id).where(members.c.account == account, members.c.group_id.in_(groups))
        return frozenset(read(self._engine, lambda c: c.execute(wanted).scalars().all()))

    def is_verified(self, key: str) -> bool:
        """Whether the filter that `key` stands for was seen to be honoured."""
        wanted = select(verified_filters.c.at).where(verified_filters.c.key == key)
        return read(self._engine, lambda c: c.execute(wanted).first()) is not None

    def note_verified(self, key: str, now: datetime) -> None:
        """Remember that it was; the first time counts."""
        transact(
            self._engine, lambda c: insert_missing(c, verified_filters, {"key": key, "at": to_micros(now)})
        )

    def forget(self, before: datetime) -> int:
        """Forget every answer fetched, and every export job started, before that moment (UTC); how many."""
        return transact(self._engine, lambda c: _forget(c, to_micros(before)))

    def _begin(self, connection: Connection, key: str, name: str, now: datetime) -> bool:
        until = to_micros(now) + self._lease
        mine = {"key": key, "owner": self._owner, "holder": name, "lease_until": until}
        if insert_missing(connection, asking, mine):
            return True
        row = connection.execute(select(asking).where(asking.c.key == key).with_for_update()).first()
        if row is None:  # given up between the two statements (PostgreSQL)
            return insert_missing(connection, asking, mine)
        if self._may_take_over(row, now):
            put(connection, asking, mine)
            return True
        if row.lease_until > until:  # the clock stepped back; the step must not lengthen the lease
            connection.execute(update(asking).where(asking.c.key == key).values(lease_until=until))
        return False

    def _may_take_over(self, row: Row[tuple[object, ...]], now: datetime) -> bool:
        return may_take_over(row.owner, from_micros(row.lease_until), self._owner, now)

    def _keep(self, connection: Connection, key: str, row: dict[str, object]) -> None:
        put(connection, answers, row, newest="fetched_at")
        connection.execute(delete(asking).where(self._is_mine(key)))
        connection.execute(delete(export_jobs).where(export_jobs.c.key == key))

    def _is_mine(self, key: str) -> ColumnElement[bool]:
        """The right that this thread began; for a thread that began none, any of this process."""
        name = self._granted.names.get(key)
        held = asking.c.owner == self._owner if name is None else asking.c.holder == name
        return (asking.c.key == key) & held


def _forget(connection: Connection, before: int) -> int:
    told = delete(answers).where(answers.c.fetched_at < before).returning(answers.c.key)
    jobs = delete(export_jobs).where(export_jobs.c.started_at < before).returning(export_jobs.c.key)
    return sum(len(connection.execute(old).all()) for old in (told, jobs))


def _note_members(
    connection: Connection, account: str, pairs: Sequence[tuple[int, int]], now: datetime
) -> None:
    seen = {"account": account, "first_seen": to_micros(now)}
    # Sorted, so that two who note the same list do not wait for each other crosswise.
    rows = [seen | {"user_id": user, "group_id": group} for user, group in sorted(set(pairs))]
    insert_each_missing(connection, members, rows)
