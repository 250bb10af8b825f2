"""The long-running process: planner, worker, ticker, watchdog, configuration reload and retention."""

from bot.service.clock import StartedClock, SystemClock
from bot.service.config_reload import FileStanding, Loaded, WatchedFile
from bot.service.ping import LifeSign
from bot.service.planner import Planned, plan_digest, plan_due
from bot.service.retention import Forgotten, Upkeep, prune
from bot.service.service import Service
from bot.service.status import Pulse
from bot.service.ticker import Ticker, guarded, tick_age_seconds
from bot.service.watchdog import STUCK_STATUS, Watchdog
from bot.service.worker import Ended, run_outstanding

__all__ = [
    "STUCK_STATUS",
    "Ended",
    "FileStanding",
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
    "guarded",
    "plan_digest",
    "plan_due",
    "prune",
    "run_outstanding",
    "tick_age_seconds",
]
