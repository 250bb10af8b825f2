"""Actions of a person: send, resend, correct, backfill, forecast and explain."""

from bot.actions.backfill import BackfilledWindow, backfill, past_firings
from bot.actions.forecast import Forecast, forecast, upcoming
from bot.actions.manual_run import (
    Going,
    ManualRun,
    RunRequest,
    going,
    manual_children,
    manual_run,
    run_now,
    with_alerts,
)
from bot.actions.resend import (
    newest_version,
    require_correctable,
    require_resendable,
    resend,
    send_to,
    unserved_since,
)

__all__ = [
    "BackfilledWindow",
    "Forecast",
    "Going",
    "ManualRun",
    "RunRequest",
    "backfill",
    "forecast",
    "going",
    "manual_children",
    "manual_run",
    "newest_version",
    "past_firings",
    "require_correctable",
    "require_resendable",
    "resend",
    "run_now",
    "send_to",
    "unserved_since",
    "upcoming",
    "with_alerts",
]
