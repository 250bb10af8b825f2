"""Cached answers in memory, shared by several processes, and a clock whose sleepers wait for them."""

import threading
from collections.abc import Sequence
from datetime import datetime

from bot.model import ExportJob, KeptAnswer
from tests.source.loopback import TurnedClock


class Shelf:
    """What the processes share."""

    def __init__(self) -> None:
        self.answers: dict[str, KeptAnswer] = {}
        self.rights: dict[str, StoredAnswers] = {}
        self.jobs: dict[str, ExportJob] = {}
        self.members: set[tuple[str, int, int]] = set()
        self.changed = threading.Condition()
        self.changes = 0
        self.seen = threading.local()


class StoredAnswers:
    """One process's view of a shelf. Once `is_dead`, nothing that it does has an effect, as after a kill."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        self.shelf = shelf or Shelf()
        self.is_dead = False

    def beside(self) -> "StoredAnswers":
        """Return another process's view of the same shelf."""
        return StoredAnswers(self.shelf)

    def get(self, key: str) -> KeptAnswer | None:
        return self.shelf.answers.get(key)

    def lock(self, key: str) -> bool:
        with self.shelf.changed:
            if key in self.shelf.rights:
                self.shelf.seen.changes = self.shelf.changes
                return False
            self.shelf.rights[key] = self
            return True

    def keep(self, key: str, answer: KeptAnswer) -> None:
        with self.shelf.changed:
            if not self.is_dead:
                self.shelf.answers[key] = answer
                self.shelf.jobs.pop(key, None)
                self._end(key)

    def unlock(self, key: str) -> None:
        with self.shelf.changed:
            if not self.is_dead:
                self._end(key)

    def job(self, key: str) -> ExportJob | None:
        return self.shelf.jobs.get(key)

    def keep_job(self, key: str, job: ExportJob) -> None:
        if not self.is_dead:
            self.shelf.jobs[key] = job

    def forget_job(self, key: str) -> None:
        if not self.is_dead:
            self.shelf.jobs.pop(key, None)

    def remember_members(self, account: str, pairs: Sequence[tuple[int, int]]) -> None:
        self.shelf.members |= {(account, user, group) for user, group in pairs}

    def belonged(self, account: str, groups: Sequence[int]) -> frozenset[int]:
        return frozenset(u for a, u, group in self.shelf.members if a == account and group in groups)

    def forget(self, before: datetime) -> int:
        with self.shelf.changed:
            stale = [key for key, answer in self.shelf.answers.items() if answer.fetched_at < before]
            over = [key for key, job in self.shelf.jobs.items() if job.started_at < before]
            for key in stale:
                del self.shelf.answers[key]
            for key in over:
                del self.shelf.jobs[key]
            return len(stale) + len(over)

    def _is_mine(self, key: str) -> bool:
        return self.shelf.rights.get(key) is self

    def _end(self, key: str) -> None:
        if self._is_mine(key):
            del self.shelf.rights[key]
        self.shelf.changes += 1
        self.shelf.changed.notify_all()


class AwaitingClock(TurnedClock):
    """A clock that stands still: a sleeper wakes when a lock has ended."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self.shelf = shelf

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        seen = self.shelf.seen.changes
        with self.shelf.changed:
            assert self.shelf.changed.wait_for(lambda: self.shelf.changes > seen, timeout=60)
