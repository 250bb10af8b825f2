"""Kill `run --once` at one moment.

After the edition is kept, inside a send or after it; before or after the slices of a `for_each` digest are
written.

The only stand-in is at a port: a ledger, or a channel, that kills the process after the real one's work.
"""

import os
import signal
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.app import default_app
from bot.config import load
from bot.ledger import SchedulerLock
from bot.model import Delivery, Receipt, Rendition
from bot.service import Service, StartedClock
from bot.settings import Settings
from bot.timetable.recurrence import parse_instant


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DiesAfterKeep:
    """The real ledger, until an edition is frozen."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def save_snapshot(self, *given: Any, **named: Any) -> None:
        self._ledger.save_snapshot(*given, **named)
        die()


class DiesAtExpand(DiesAfterKeep):
    """The real ledger, until slices are to be written; or, when it dies `after`, are."""

    def __init__(self, ledger: Any, *, after: bool) -> None:
        super().__init__(ledger)
        self._after = after

    def fan_out(self, *given: Any) -> None:
        if self._after:
            self._ledger.fan_out(*given)
        die()


class DiesInSend:
    """A channel whose process ends when the first byte would leave."""

    def send(self, delivery: Delivery, rendition: Rendition, now: datetime) -> Receipt:
        die()
        raise AssertionError

    def find(self, delivery: Delivery, attempted_at: datetime) -> Receipt | None:
        return None

    def close(self) -> None: ...


class DiesAfterSend:
    """The real channel, whose process ends before anybody hears that the message was taken."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def send(self, delivery: Delivery, rendition: Rendition, now: datetime) -> Receipt:
        self._channel.send(delivery, rendition, now)
        die()
        raise AssertionError

    def find(self, delivery: Delivery, attempted_at: datetime) -> Receipt | None:
        return None

    def close(self) -> None: ...


def main(moment: str, now: str) -> None:
    app = default_app(
        load(Path("reports.yaml")), Settings.from_environment(), StartedClock(parse_instant(now, "UTC"))
    )
    recipients = app.configuration.digests[0].recipients
    with app.open_ledger() as ledger, SchedulerLock(app.settings.database_url):
        runtime = app.runtime(ledger, recipients, lambda text: None)
        dying: Any
        if moment == "after-keep":
            dying = DiesAfterKeep(ledger)
            runtime = replace(runtime, ledger=dying)
        elif moment in ("before-expand", "after-expand"):
            dying = DiesAtExpand(ledger, after=moment == "after-expand")
            runtime = replace(runtime, ledger=dying)
        elif moment == "in-send":
            runtime = replace(runtime, channels={"slack": DiesInSend()})
        else:
            runtime = replace(runtime, channels={"slack": DiesAfterSend(runtime.channels["slack"])})
        service = Service(app.configuration, runtime, app.settings.data_dir, lambda ending: None)
        service.plan_once()
        service.deliver_once()


if __name__ == "__main__":
    main(*sys.argv[1:])
