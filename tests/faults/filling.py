"""A scheduler whose database's disk is full from the moment that Slack took a message; later there is room again.

It runs inside a small disk (small_disk.py). The only stand-ins are at ports: a clock that is turned, and a
channel that fills the disk after the real one's work.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.app import default_app
from bot.config import load
from bot.ledger import SchedulerLock
from bot.model import Delivery, Receipt, Rendition
from bot.service import Service
from bot.settings import Settings
from bot.timetable.recurrence import parse_instant
from tests.ledger.factories import TurnedClock


class FillsAfterSend:
    """The real channel, and what happens to the disk just after it did its work."""

    def __init__(self, channel: Any, fill: Callable[[], None]) -> None:
        self._channel, self._fill = channel, fill

    def send(self, delivery: Delivery, rendition: Rendition, now: datetime) -> Receipt:
        receipt: Receipt = self._channel.send(delivery, rendition, now)
        self._fill()
        return receipt

    def find(self, delivery: Delivery, attempted_at: datetime) -> Receipt | None:
        found: Receipt | None = self._channel.find(delivery, attempted_at)
        return found

    def close(self) -> None:
        self._channel.close()


def fill(ballast: Path) -> None:
    """Leave not one byte free."""
    with ballast.open("ab", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            _write_until_full(file.fileno(), size)


def _write_until_full(file: int, size: int) -> None:
    while True:
        try:
            os.write(file, b"\0" * size)
        except OSError:
            return


def main(disk: str, now: str) -> None:
    clock, ballast = TurnedClock(parse_instant(now, "UTC")), Path(disk) / "ballast"
    app = default_app(load(Path("reports.yaml")), Settings.from_environment(), clock)
    with app.open_ledger() as ledger, SchedulerLock(app.settings.database_url):
        runtime = app.runtime(ledger, app.configuration.digests[0].recipients, lambda text: None)
        slack = FillsAfterSend(runtime.channels["slack"], lambda: fill(ballast))
        channels = {"slack": slack, "email": runtime.channels["email"]}
        service = Service(
            app.configuration, replace(runtime, channels=channels), Path("var"), lambda result: None
        )
        service.plan_once()
        for _ in range(2):
            for result in service.deliver_once():
                for error in result.errors:
                    print(error)
        print("room again", ledger.history(None)[0][0].state)
        ballast.unlink()
        for seconds in (60, 180, 1):
            clock.turn(seconds)
            service.plan_once()
            service.deliver_once()
            for record in ledger.history(None)[0][1]:
                print(seconds, record.delivery.recipient.channel, record.state, record.attempts)


if __name__ == "__main__":
    main(*sys.argv[1:])
