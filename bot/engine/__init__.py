"""WHO WAKES UP: the planner, the runner that works off what is outstanding, and the ticker."""

from bot.engine.backfilling import Filled, backfill, past_firings
from bot.engine.by_hand import Asked, Wish, by_hand, parse_instant, slices_by_hand
from bot.engine.clock import StartedClock, SystemClock
from bot.engine.forecast import Forecast, forecast, upcoming
from bot.engine.lifesign import LifeSign
from bot.engine.planner import Planned, duties, occurrence_of, plan_digest, plan_due
from bot.engine.pruning import Forgotten, Upkeep, prune
from bot.engine.pulse import Pulse
from bot.engine.reloading import FileStanding, Loaded, WatchedFile
from bot.engine.resending import (
    UNSERVED,
    newest_version,
    require_correctable,
    require_resendable,
    resend,
    unserved_since,
)
from bot.engine.runner import Ended, run_outstanding
from bot.engine.service import Service
from bot.engine.ticker import Ticker, guarded, tick_age_seconds
from bot.engine.watchdog import STUCK_STATUS, Watchdog

__all__ = [
    "STUCK_STATUS",
    "UNSERVED",
    "Asked",
    "Ended",
    "FileStanding",
    "Filled",
    "Forecast",
    "Forgotten",
    "LifeSign",
    "Loaded",
    "Planned",
    "Pulse",
    "Service",
    "StartedClock",
    "SystemClock",
    "Ticker",
    "Upkeep",
    "Watchdog",
    "WatchedFile",
    "Wish",
    "backfill",
    "by_hand",
    "duties",
    "forecast",
    "guarded",
    "newest_version",
    "occurrence_of",
    "parse_instant",
    "past_firings",
    "plan_digest",
    "plan_due",
    "prune",
    "require_correctable",
    "require_resendable",
    "resend",
    "run_outstanding",
    "slices_by_hand",
    "tick_age_seconds",
    "unserved_since",
    "upcoming",
]
