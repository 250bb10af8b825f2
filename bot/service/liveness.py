"""`python -m bot.service.liveness`: exit status 0 while the scheduler in this data folder ticks."""

import time

from bot.service.ticker import tick_age_seconds
from bot.settings import Settings

HEALTHY_SECONDS = 120.0


def main() -> int:
    """Return 0 if the last tick is at most two minutes old, else 1."""
    age = tick_age_seconds(Settings.from_environment().data_dir, time.time())
    return 0 if age is not None and age <= HEALTHY_SECONDS else 1


if __name__ == "__main__":
    raise SystemExit(main())
