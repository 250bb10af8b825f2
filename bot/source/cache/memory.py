"""Answers of one process that remembers nothing, as a preview of sample data."""

import threading
from collections.abc import Sequence

from bot.model import ExportJob, KeptAnswer, Permit


class MemoryAnswers:
    """The port `AnswerStore` in memory. Safe to use from several threads."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._answers: dict[str, KeptAnswer] = {}
        self._locked: set[str] = set()
        self._jobs: dict[str, ExportJob] = {}
        self._members: set[tuple[str, int, int]] = set()

    def get(self, key: str) -> KeptAnswer | None:
        """Return the newest answer, or None."""
        return self._answers.get(key)

    def lock(self, key: str) -> bool:
        """Take the sole right to request this answer; return False while another thread has it."""
        with self._mutex:
            taken = key in self._locked
            self._locked.add(key)
        return not taken

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """Store the answer; end the lock and the export job."""
        self._answers[key] = answer
        self._jobs.pop(key, None)
        self._locked.discard(key)

    def unlock(self, key: str) -> None:
        """End the lock unless `keep` did."""
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


class NoLimit:
    """A limiter for our own emulator, whose requests cost nothing."""

    def acquire(self, key: str, *, urgent: bool = False) -> Permit:
        """Give a permit at once."""
        return Permit()

    def release(self, key: str, stamp: int) -> None:
        """Nothing was counted."""

    def block(self, key: str, seconds: float) -> None:
        """Nothing is blocked."""
