"""The long-running process: planner, worker, ticker, watchdog, configuration reload and retention."""

from bot.service.clock import SharedClock, StartedClock, SystemClock
from bot.service.config_reload import FileStatus, Loaded, WatchedFile
from bot.service.crew import ThreadCrew
from bot.service.ping import Ping
from bot.service.planner import Planned, plan_digest, plan_due, silent
from bot.service.retention import PruneResult, Upkeep, prune
from bot.service.service import CONCURRENCY, OnResult, Service, run_outstanding
from bot.service.status import ServiceStatus
from bot.service.ticker import Ticker, guarded
from bot.service.watchdog import STUCK_STATUS, Watchdog

__all__ = [
    "CONCURRENCY",
    "STUCK_STATUS",
    "FileStatus",
    "Loaded",
    "OnResult",
    "Ping",
    "Planned",
    "PruneResult",
    "Service",
    "ServiceStatus",
    "SharedClock",
    "StartedClock",
    "SystemClock",
    "ThreadCrew",
    "Ticker",
    "Upkeep",
    "Watchdog",
    "WatchedFile",
    "guarded",
    "plan_digest",
    "plan_due",
    "prune",
    "run_outstanding",
    "silent",
]
