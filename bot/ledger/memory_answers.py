"""The port `AnswerStore` in memory, for tests and for runs that remember nothing."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.ledger.rights import Granted, may_take_over, new_name
from bot.model import ExportJob, KeptAnswer


@dataclass(frozen=True, slots=True)
class _Right:
    name: str
    owner: str
    lease_until: datetime


@dataclass
class _Memory:
    answers: dict[str, KeptAnswer] = field(default_factory=dict)
    asking: dict[str, _Right] = field(default_factory=dict)
    jobs: dict[str, ExportJob] = field(default_factory=dict)
    members: set[tuple[str, int, int]] = field(default_factory=set)
    verified: set[str] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)


class MemoryAnswers:
    """See `SqlAnswers` for what each method promises. Safe to use from several threads."""

    def __init__(self, *, owner: str = "here:1:a", lease_seconds: float = 120.0) -> None:
        self._owner = owner
        self._lease = timedelta(seconds=lease_seconds)
        self._granted = Granted()
        self._memory = _Memory()

    def beside(self, owner: str) -> "MemoryAnswers":
        """Another owner's store on the same memory, as a second process has the same database."""
        other = MemoryAnswers(owner=owner, lease_seconds=self._lease.total_seconds())
        other._memory = self._memory
        return other

    def recall(self, key: str) -> KeptAnswer | None:
        with self._memory.lock:
            return self._memory.answers.get(key)

    def begin(self, key: str, now: datetime) -> bool:
        mine = _Right(new_name(), self._owner, now + self._lease)
        with self._memory.lock:
            held = self._memory.asking.get(key)
            if held and not may_take_over(held.owner, held.lease_until, self._owner, now):
                until = min(held.lease_until, mine.lease_until)
                self._memory.asking[key] = replace(held, lease_until=until)
                return False
            self._memory.asking[key] = mine
        self._granted.names[key] = mine.name
        return True

    def extend(self, key: str, now: datetime) -> bool:
        with self._memory.lock:
            held = self._mine(key)
            if held is None:
                return False
            self._memory.asking[key] = replace(held, lease_until=now + self._lease)
            return True

    def keep(self, key: str, answer: KeptAnswer) -> None:
        with self._memory.lock:
            kept = self._memory.answers.get(key)
            if kept is None or kept.fetched_at <= answer.fetched_at:
                self._memory.answers[key] = answer
            if self._mine(key):
                del self._memory.asking[key]
            self._memory.jobs.pop(key, None)
        self._granted.names.pop(key, None)

    def give_up(self, key: str) -> None:
        with self._memory.lock:
            if key in self._granted.names and self._mine(key):
                del self._memory.asking[key]
        self._granted.names.pop(key, None)

    def job(self, key: str) -> ExportJob | None:
        with self._memory.lock:
            return self._memory.jobs.get(key)

    def keep_job(self, key: str, job: ExportJob) -> None:
        with self._memory.lock:
            self._memory.jobs[key] = job

    def forget_job(self, key: str) -> None:
        with self._memory.lock:
            self._memory.jobs.pop(key, None)

    def note_members(self, account: str, members: Sequence[tuple[int, int]], now: datetime) -> None:
        with self._memory.lock:
            self._memory.members.update((account, user, group) for user, group in members)

    def belonged(self, account: str, groups: Sequence[int]) -> frozenset[int]:
        with self._memory.lock:
            noted = tuple(self._memory.members)
        return frozenset(user for of, user, group in noted if of == account and group in groups)

    def is_verified(self, key: str) -> bool:
        with self._memory.lock:
            return key in self._memory.verified

    def note_verified(self, key: str, now: datetime) -> None:
        with self._memory.lock:
            self._memory.verified.add(key)

    def forget(self, before: datetime) -> int:
        with self._memory.lock:
            answers = {k: one for k, one in self._memory.answers.items() if one.fetched_at >= before}
            jobs = {k: one for k, one in self._memory.jobs.items() if one.started_at >= before}
            gone = len(self._memory.answers) - len(answers) + len(self._memory.jobs) - len(jobs)
            self._memory.answers, self._memory.jobs = answers, jobs
            return gone

    def _mine(self, key: str) -> _Right | None:
        """The right that this thread began; for a thread that began none, any of this process."""
        held, name = self._memory.asking.get(key), self._granted.names.get(key)
        if held is None:
            return None
        is_mine = held.owner == self._owner if name is None else held.name == name
        return held if is_mine else None
