"""A `mention_sla_export` file as the message log: a replay of real messages."""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from activity_emulator.generator.days import EPOCH, HOUR, microseconds
from activity_emulator.log import Log
from activity_emulator.log.cache import PREFIX
from activity_emulator.log.database import fill_memory
from activity_emulator.messages.file import Message, read_messages
from activity_emulator.messages.rows import log_rows

__all__ = ["imported_log"]


def imported_log(path: Path, data_dir: Path, now: datetime | None, on_progress: Callable[[str], None]) -> Log:
    """Return the log of a file's messages, in memory: it is gone when the log is closed.

    `now` (aware): later events are left out; None: the end of the hour of the file's last instant. While the
    log is filled, its rows are in a private folder within `data_dir`. Raises MessagesError.
    """
    messages, undated = read_messages(path)
    end = _end(messages) if now is None else microseconds(now.astimezone(UTC))
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=f".{PREFIX}", dir=data_dir) as scratch:
        on_progress(_progress(len(messages), undated, end))
        return Log(fill_memory(log_rows(messages, end), Path(scratch)))


def _end(messages: list[Message]) -> int:
    last = max(message.last_at for message in messages)
    return last - last % HOUR + HOUR


def _progress(count: int, undated: int, end: int) -> str:
    until = EPOCH + timedelta(microseconds=end)
    without = f"; {undated} without a publish date left out" if undated else ""
    return f"{count} messages up to {until:%Y-%m-%d %H:%M} UTC{without}"
