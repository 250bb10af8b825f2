"""Four processes that work off one store, each with the real runner and pipeline; the provider is a file that remembers.

Run as `python -m tests.ledger.senders URL FILE`: says "ready", waits for a line, then sends what is outstanding until
nothing is, and prints how many it sent.
"""

import os
import socket
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from bot.delivery.runtime import Runtime
from bot.ledger import open_ledger
from bot.model import Delivery, Occurrence, Receipt, Rendition
from bot.render import Renderer
from bot.service import run_outstanding
from tests.ledger.factories import DUE, NOW, TurnedClock, deliveries_of, digest, occurrence, said
from tests.ledger.processes import end, start, tell, told

PROCESSES = 4
RUN = "import runpy; runpy.run_module('tests.ledger.senders', run_name='__main__', alter_sys=True)"


class Remembers:
    """A provider that writes down each message that it takes, from whatever process (one write, O_APPEND).

    It answers nobody until every process is in the middle of a send: a quick one leaves work for the others.
    """

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._parts = file.with_suffix(".parts")
        self._parts.mkdir(exist_ok=True)
        self.taken = 0

    def send(self, delivery: Delivery, rendition: Rendition, now: datetime) -> Receipt:
        (self._parts / str(os.getpid())).touch()
        while len(os.listdir(self._parts)) < PROCESSES:
            time.sleep(0.01)
        os.write(self._file, f"{delivery.key}\n".encode())
        self.taken += 1
        return Receipt(f"{os.getpid()}/{self.taken}")

    def find(self, delivery: Delivery, attempted_at: datetime) -> Receipt | None:
        return None

    def close(self) -> None: ...


def firings(count: int) -> tuple[Occurrence, ...]:
    """Return that many occurrences, all due."""
    return tuple(occurrence(due=DUE - timedelta(weeks=week)) for week in range(count))


def plan(url: str, occurrences: int, each: int) -> list[str]:
    """Plan and freeze them with `each` recipients; every delivery's key."""
    keys: list[str] = []
    with open_ledger(url, owner="here:0:x") as ledger:
        for of in firings(occurrences):
            work = deliveries_of(of, *(f"agent{number}@example.com" for number in range(each)))
            ledger.plan(of, digest(), work, NOW, late=False)
            claim = ledger.claim_occurrence(of.id, NOW)
            assert claim is not None
            assert ledger.save_snapshot(claim, said(of), NOW)
            keys += [pending.key for pending in work]
    return keys


def send_together(url: str, file: Path) -> tuple[Counter[str], list[int]]:
    """All four at once; how often the provider took each key, and how many each process sent."""
    processes = [start(RUN, url, str(file)) for _ in range(PROCESSES)]
    for process in processes:
        assert told(process) == "ready"
    for process in processes:
        tell(process)
    counts = [int(end(process, 600)) for process in processes]
    return Counter(file.read_text().split()), counts


def main(url: str, file: str) -> None:
    channel = Remembers(Path(file))
    with open_ledger(url, owner=f"{socket.gethostname()}:{os.getpid()}:x") as ledger:
        runtime = Runtime(None, ledger, {"email": channel}, Renderer(), TurnedClock(), lambda text: None)  # type: ignore[arg-type]
        print("ready", flush=True)
        sys.stdin.readline()
        while ledger.outstanding(NOW):
            run_outstanding(runtime, _must_be_well)
    print(channel.taken)


def _must_be_well(ending: object) -> None:
    assert not ending.errors, ending.errors  # type: ignore[attr-defined]


if __name__ == "__main__":
    main(*sys.argv[1:])
