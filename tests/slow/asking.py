"""A process of its own: its share of many distinct questions, by several threads, through `ActivityApi`.

Says "ready" once the ledger is open, waits for a line, asks, and prints how many answers it got and when
(on the machine's monotonic clock, which all processes share) it had the last.
"""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bot.ledger import AnswerCache, Ledger, RateLimiter, open_ledger
from bot.lib.export_folder import ExportFolder
from bot.model import ApiSettings, Present, Query, Window
from bot.service import SystemClock
from bot.source import ActivityApi, Endpoints

LIMIT, SPAN = 20, 2.0
USABLE = 19
THREADS = 6
FIRST_DAY = date(2025, 3, 1)


def query(number: int) -> Query:
    """One day of states; every number is another day."""
    day = FIRST_DAY + timedelta(days=number)
    return Query("states_volume", Window.of_dates(day, day, "Australia/Sydney"))


def ask_all(database: str, folder: Path, numbers: range) -> tuple[int, float]:
    """How many of these questions were answered with figures, and when the last was (monotonic seconds)."""
    due = datetime.now(UTC)
    with open_ledger(database, owner=f"here:{os.getpid()}:{numbers.start}") as ledger:
        api = _api(ledger, folder)
        api.belonged(())  # opens the database, asks nothing
        print("ready", flush=True)
        input()
        with ThreadPoolExecutor(THREADS) as pool:
            answers = list(pool.map(lambda number: api.fetch(query(number), due), numbers))
        return sum(isinstance(answer, Present) for answer in answers), time.monotonic()


def _api(ledger: Ledger, folder: Path) -> ActivityApi:
    clock = SystemClock()
    limiter = RateLimiter(ledger, requests=LIMIT, seconds=SPAN, usable=USABLE, reserved=0, clock=clock)
    return ActivityApi(
        endpoints=Endpoints(
            os.environ["ACTIVITY_API_URL"],
            os.environ["ACTIVITY_STATUS_URL"],
            (os.environ["ACTIVITY_EXPORT_HOSTS"],),
        ),
        token=os.environ["ACTIVITY_API_TOKEN"],
        api=ApiSettings(),
        clock=clock,
        limiter=limiter,
        answers=AnswerCache(ledger),
        exports=ExportFolder(folder / "exports"),
        progress=lambda text: None,
    )


if __name__ == "__main__":
    database, folder, first, end, step = sys.argv[1:]
    print(*ask_all(database, Path(folder), range(int(first), int(end), int(step))))
