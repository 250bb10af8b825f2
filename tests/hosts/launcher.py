"""`python -m tests.hosts.launcher COMMAND …`: the bot's command line on a clock that HOSTS_CLOCK turns.

The file of that name holds two numbers of seconds: by how much the wall clock differs from the machine's,
and by how much the monotonic one does (a machine that was paused).
"""

import os
from datetime import datetime, timedelta
from pathlib import Path

import bot.service
from bot.cli import main


class TurnedClock(bot.service.SystemClock):
    """The machine's clock, turned by what the file says now."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=_turned()[0])

    def monotonic(self) -> float:
        return super().monotonic() + _turned()[1]


def _turned() -> tuple[float, float]:
    wall, monotonic = Path(os.environ["HOSTS_CLOCK"]).read_text(encoding="utf-8").split()
    return float(wall), float(monotonic)


if __name__ == "__main__":
    bot.service.SystemClock = TurnedClock  # type: ignore[misc]  # the command line's composition takes it from there
    raise SystemExit(main())
