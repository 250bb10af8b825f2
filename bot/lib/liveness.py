"""`python -m bot.lib.liveness`: exit status 0 while the scheduler in this data folder ticks.

A container asks every 30 seconds, so this module imports little: 0.2 s, of `bot.service` it would be 0.9 s.
"""

import time
from pathlib import Path

from bot.settings import Settings

TICK_FILE = "last_tick"
HEALTHY_SECONDS = 120.0


def tick_age_seconds(data_dir: Path, now: float) -> float | None:
    """Return seconds since the last tick (`now` as an epoch), or None when none was ever noted.

    A tick in the future is as far from now as one in the past: the clock was set, and nothing ticked since.
    """
    try:
        return abs(now - (data_dir / TICK_FILE).stat().st_mtime)
    except OSError:
        return None


def main() -> int:
    """Return 0 if the last tick is at most two minutes old, else 1."""
    age = tick_age_seconds(Settings.from_environment().data_dir, time.time())
    return 0 if age is not None and age <= HEALTHY_SECONDS else 1


if __name__ == "__main__":
    raise SystemExit(main())
