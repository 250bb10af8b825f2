"""WHO WAKES UP: the planner, the runner that works off what is outstanding, and the ticker."""

from bot.engine.by_hand import Asked, Wish, by_hand, parse_instant
from bot.engine.clock import StartedClock, SystemClock
from bot.engine.forecast import Forecast, forecast, upcoming
from bot.engine.planner import Planned, duties, occurrence_of, plan_due
from bot.engine.runner import Ended, run_outstanding
from bot.engine.service import Service
from bot.engine.ticker import Ticker, tick_age_seconds

__all__ = [
    "Asked",
    "Ended",
    "Forecast",
    "Planned",
    "Service",
    "StartedClock",
    "SystemClock",
    "Ticker",
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
