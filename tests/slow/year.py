"""A year of 100 digests on a clock that is turned from one moment with work to the next, in one process.

The real service, planner, pipeline, renderer and SQLite; fakes at the ports of source and channels, which fail now
and then. Run as `python -m tests.slow.year FOLDER DAYS`; prints JSON: what was due, sent and late, and what the process
weighed as time went on.
"""

import gc
import heapq
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.delivery.runtime import RunResult, Runtime
from bot.errors import DeliveryError, Retryability, SourceUnavailable
from bot.ledger import AnswerCache, Ledger, open_ledger
from bot.lib.export_folder import ExportFolder
from bot.model import (
    Agents,
    Configuration,
    Delivery,
    Digest,
    Receipt,
    Recipient,
    Rendition,
    Report,
    Retention,
)
from bot.render import Renderer
from bot.service import Service, Upkeep
from bot.timetable import firings, parse_schedule, parse_window
from tests.compose.data import CURRENT, digest
from tests.doubles.source import FakeSource
from tests.ledger.factories import TurnedClock

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
ZONES = ("Australia/Sydney", "Europe/Berlin", "America/New_York")
KINDS = (
    (8, "every day at 09:00", "yesterday"),
    (8, "weekdays at 09:00", "yesterday"),
    (60, "every monday at 09:00", "last week"),
    (12, "every 2 weeks on friday at 09:00", "last 2 weeks"),
    (12, "first business day of the month at 09:00", "last month"),
)
"""How many, when, about what: 100 digests."""

FAULTS = 0.003
"""Of all answers and all sends."""

ON_TIME = timedelta(minutes=5)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
KEPT = Retention(artifacts_seconds=7 * 86_400, figures_seconds=35 * 86_400, ledger_seconds=60 * 86_400)
"""Short, so that the store is as large after two months as it will ever be."""


@dataclass
class Moody(FakeSource):
    """Answers, but for a few times."""

    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def fetch(self, query: Any, due: datetime, *, anew: bool = False) -> Any:
        if self.chance.random() < FAULTS:
            raise SourceUnavailable("HTTP 503")
        return self.answers[query.type]


@dataclass
class Post:
    """Takes nearly everything; of what it took and did not say so, it can be asked.

    It remembers in a file: its own memory must not grow.
    """

    file: Path
    clock: TurnedClock
    chance: random.Random
    late: int = 0
    lost: set[str] = field(default_factory=set)

    def send(self, delivery: Delivery, rendition: Rendition, now: datetime) -> Receipt:
        fate = self.chance.random()
        if fate < FAULTS:
            raise DeliveryError("try again", Retryability.RETRYABLE)
        self._take(delivery)
        if fate < 2 * FAULTS:
            self.lost.add(delivery.key)
            raise DeliveryError("no answer", Retryability.UNKNOWN)
        return Receipt("1")

    def _take(self, delivery: Delivery) -> None:
        with self.file.open("a") as file:
            file.write(f"{delivery.key}\n")
        due = datetime.fromisoformat(delivery.occurrence.rpartition("@")[2])
        self.late += self.clock.now() - due > ON_TIME

    def find(self, delivery: Delivery, attempted_at: datetime) -> Receipt | None:
        return Receipt("found") if delivery.key in self.lost else None

    def close(self) -> None: ...


def hundred() -> tuple[Digest, ...]:
    """Return the digests, spread over zones, half by mail and half by Slack."""
    made: list[Digest] = []
    for count, schedule, window in KINDS:
        for _ in range(count):
            number = len(made)
            mail = Recipient("email", f"team{number}@example.com", Agents.NAMES)
            made.append(
                digest(
                    name=f"digest-{number}",
                    schedule=parse_schedule(schedule),
                    window=parse_window(window),
                    zone=ZONES[number % len(ZONES)],
                    reports=(Report("summary"), Report("user_summary")),
                    recipients=(mail if number % 2 else Recipient("slack", f"#team-{number}"),),
                )
            )
    return tuple(made)


@dataclass
class Year:
    """One run of the service over `days`."""

    folder: Path
    days: int
    clock: TurnedClock = field(default_factory=lambda: TurnedClock(START))
    ended: int = 0
    bugs: list[str] = field(default_factory=list)
    weights: list[tuple[int, int, int]] = field(default_factory=list)

    def run(self) -> dict[str, Any]:
        digests = hundred()
        post = Post(self.folder / "taken", self.clock, random.Random(2))
        with open_ledger(f"sqlite:///{self.folder}/bot.db", owner="here:1:x") as ledger:
            self._live(self._service(ledger, digests, post), ledger, digests)
        accepted = Counter(post.file.read_text().split())
        expected = sum(1 for one in digests for _ in firings(one, START, self._end))
        return {
            "due": expected,
            "sent": len(accepted),
            "twice": sum(1 for count in accepted.values() if count > 1),
            "late": post.late,
            "lost answers": len(post.lost),
            "bugs": self.bugs[:3],
            "weights": self.weights,
        }

    @property
    def _end(self) -> datetime:
        return START + self.days * DAY

    def _service(self, ledger: Ledger, digests: tuple[Digest, ...], post: Post) -> Service:
        source = Moody(dict(CURRENT))
        runtime = Runtime(
            lambda: source, ledger, {"slack": post, "email": post}, Renderer(), self.clock, lambda text: None
        )
        upkeep = Upkeep(ledger, AnswerCache(ledger), ExportFolder(self.folder / "exports"), KEPT)
        return Service(Configuration("reports.yaml", digests), runtime, self.folder, self._note, upkeep)

    def _note(self, result: RunResult) -> None:
        self.ended += bool(result.sent)
        self.bugs += [str(error) for error in result.errors if error.exit_status == 1]

    def _live(self, service: Service, ledger: Ledger, digests: tuple[Digest, ...]) -> None:
        service.plan_once()
        today = START
        for moment in _moments(digests, self._end):
            if moment - today > DAY:
                service.prune_once()
                self._weigh()
                today += DAY
            self.clock.moment = moment + timedelta(seconds=3)
            service.plan_once()
            service.deliver_once()
            while ledger.outstanding(self.clock.now() + HOUR) or ledger.in_doubt(self.clock.now() + HOUR):
                self.clock.turn(30)
                service.deliver_once()
        self._weigh()

    def _weigh(self) -> None:
        """Occurrences so far, resident memory in KiB, open files."""
        gc.collect()
        status = Path("/proc/self/status").read_text()
        kib = int(status.partition("VmRSS:")[2].split()[0])
        self.weights.append((self.ended, kib, len(os.listdir("/proc/self/fd"))))


def _moments(digests: tuple[Digest, ...], until: datetime) -> Iterator[datetime]:
    """Every instant with something due, once."""
    last = START
    for firing in heapq.merge(*(firings(one, START, until) for one in digests)):
        if firing.due > last:
            last = firing.due
            yield last


if __name__ == "__main__":
    print(json.dumps(Year(Path(sys.argv[1]), int(sys.argv[2])).run()))
