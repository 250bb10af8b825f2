"""WHO WAKES UP: the planner, the runner that works off what is outstanding, and the ticker."""

from bot.engine.by_hand import Asked, Wish, by_hand, parse_instant
from bot.engine.clock import StartedClock, SystemClock
from bot.engine.forecast import Forecast, forecast, upcoming
from bot.engine.lifesign import LifeSign
from bot.engine.planner import Planned, duties, occurrence_of, plan_due
from bot.engine.runner import Ended, run_outstanding
from bot.engine.service import Service
from bot.engine.ticker import Ticker, tick_age_seconds
from bot.engine.watchdog import STUCK_STATUS, Watchdog

__all__ = [
    "STUCK_STATUS",
    "Asked",
    "Ended",
    "Forecast",
    "LifeSign",
    "Planned",
    "Service",
    "StartedClock",
    "SystemClock",
    "Ticker",
    "Watchdog",
    "Wish",
    "by_hand",
    "duties",
    "forecast",
    "occurrence_of",
    "parse_instant",
    "plan_due",
    "run_outstanding",
    "tick_age_seconds",
    "upcoming",
]
