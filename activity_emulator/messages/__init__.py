"""Your own past: a `mention_sla_export` file as the message log."""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from activity_emulator.generator.days import EPOCH, HOUR, microseconds
from activity_emulator.log import Log
from activity_emulator.log.filling import fill_memory
from activity_emulator.log.keeping import PREFIX
from activity_emulator.messages.reading import Message, MessagesError, read_messages
from activity_emulator.messages.rows import log_rows

__all__ = ["MessagesError", "imported_log"]


def imported_log(path: Path, data_dir: Path, now: datetime | None, on_progress: Callable[[str], None]) -> Log:
    """The log of a file's messages, in memory: it is gone when the log is closed.

    `now` (aware): what is later is left out; None: the end of the hour in which the file's last instant lies.
    While the log is filled, its rows stand in a private folder within `data_dir`. Raises MessagesError.
    """
    messages, undated = read_messages(path)
    end = _end(messages) if now is None else microseconds(now.astimezone(UTC))
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=f".{PREFIX}", dir=data_dir) as scratch:
        on_progress(_told(len(messages), undated, end))
        return Log(fill_memory(log_rows(messages, end), Path(scratch)))


def _end(messages: list[Message]) -> int:
    last = max(message.last_at for message in messages)
    return last - last % HOUR + HOUR


def _told(count: int, undated: int, end: int) -> str:
    until = EPOCH + timedelta(microseconds=end)
    without = f"; {undated} without a publish date left out" if undated else ""
    return f"{count} messages up to {until:%Y-%m-%d %H:%M} UTC{without}"
