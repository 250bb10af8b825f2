"""The crew of a single process: a few threads for each lane."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.model import Job

Work = Callable[[Job], None]


class Solitude:
    """Lets jobs run together, and one that may crash its process alone in it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._together = self._waiting = 0
        self._is_alone = False

    @contextmanager
    def kept(self, *, alone: bool) -> Iterator[None]:
        """Wait until it may run; one that is to run alone goes before those that came later."""
        self._enter(alone)
        try:
            yield
        finally:
            with self._changed:
                self._is_alone = False
                self._together -= not alone
                self._changed.notify_all()

    def _enter(self, alone: bool) -> None:
        with self._changed:
            self._waiting += alone
            self._changed.wait_for(
                lambda: not self._is_alone and not (self._together if alone else self._waiting)
            )
            self._waiting -= alone
            self._together += not alone
            self._is_alone = alone


@dataclass(slots=True)
class _Lane:
    waiting: deque[Job] = field(default_factory=deque)
    threads: int = 0


class ThreadCrew:
    """The port `Crew` within one process: at most `concurrency` threads for each lane, while it has jobs.

    They are daemons: a provider that never answers does not keep the process from ending.
    """

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._changed = threading.Condition()
        self._lanes: dict[str, _Lane] = {}
        self._taken: set[tuple[str, str]] = set()
        self._stopping = False
        self._work: Work | None = None
        self._idle: Callable[[], None] = lambda: None

    def start(self, work: Work, idle: Callable[[], None]) -> None:
        """Run what is offered from now on."""
        self._work, self._idle = work, idle

    def offer(self, jobs: Sequence[Job]) -> None:
        """Queue each job unless another one of its order is queued or runs in its lane."""
        with self._changed:
            for job in jobs:
                if not self._stopping and (job.order, job.lane) not in self._taken:
                    self._take(job)

    def stop(self, seconds: float) -> None:
        """Drop what is queued; wait until no job runs, `seconds` at most."""
        with self._changed:
            self._stopping = True
            self._changed.wait_for(lambda: not any(lane.threads for lane in self._lanes.values()), seconds)

    def _take(self, job: Job) -> None:
        self._taken.add((job.order, job.lane))
        lane = self._lanes.setdefault(job.lane, _Lane())
        lane.waiting.append(job)
        if lane.threads < self._concurrency:
            lane.threads += 1
            threading.Thread(target=self._run, args=(lane,), name=job.lane, daemon=True).start()

    def _run(self, lane: _Lane) -> None:
        while (job := self._next(lane)) is not None:
            if self._work is not None:
                self._work(job)
            with self._changed:
                self._taken.discard((job.order, job.lane))
        self._idle()

    def _next(self, lane: _Lane) -> Job | None:
        with self._changed:
            if not self._stopping and lane.waiting:
                return lane.waiting.popleft()
            lane.threads -= 1
            self._changed.notify_all()
        return None
