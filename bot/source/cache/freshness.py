"""When a kept answer may be given again. Pure."""

from datetime import UTC, datetime, timedelta

from bot.model import Window


def has_settled(window: Window, settle_seconds: float, at: datetime) -> bool:
    """Whether figures of `window` no longer move at `at` (UTC): Sunday's messages are answered on Monday."""
    return window.end.astimezone(UTC) + timedelta(seconds=settle_seconds) <= at


def is_good(fetched_at: datetime, settled: bool, due: datetime, *, anew: bool = False) -> bool:
    """Whether an answer serves an occurrence due at `due` (UTC).

    One that had settled when it was fetched is good for ever, unless it is asked for `anew`; another serves
    every occurrence that was due by the time it was fetched, and its retries.
    """
    return (settled and not anew) or fetched_at >= due
