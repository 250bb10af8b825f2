"""What a person asks for: send, resend, correct, backfill, forecast and explain."""

from bot.actions.backfill import Filled, backfill, past_firings
from bot.actions.forecast import Forecast, forecast, upcoming
from bot.actions.manual_run import Asked, Wish, by_hand, parse_instant, slices_by_hand
from bot.actions.resend import (
    UNSERVED,
    newest_version,
    require_correctable,
    require_resendable,
    resend,
    unserved_since,
)

__all__ = [
    "UNSERVED",
    "Asked",
    "Filled",
    "Forecast",
    "Wish",
    "backfill",
    "by_hand",
    "forecast",
    "newest_version",
    "parse_instant",
    "past_firings",
    "require_correctable",
    "require_resendable",
    "resend",
    "slices_by_hand",
    "unserved_since",
    "upcoming",
]
