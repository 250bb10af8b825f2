"""What commands print: results, errors, progress and log lines, without secrets."""

from __future__ import annotations

import json
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING

from click import echo

from bot.errors import BotError
from bot.lib.log_context import DELIVERY, OCCURRENCE

if TYPE_CHECKING:
    from bot.delivery.runtime import Delivered, RunResult
    from bot.model import Progress
    from bot.settings import Settings


@contextmanager
def show_progress() -> Iterator[Progress]:
    """Show progress on stderr: a spinner on a terminal, plain lines in a log."""
    if not sys.stderr.isatty():
        yield lambda text: echo(f"  {text}", err=True)
        return
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:
        yield lambda text: status.update(text)


def on_stop_signal(stop: Callable[[], None]) -> None:
    """Call `stop` in a thread of its own when the process is interrupted or ended (SIGINT, SIGTERM).

    Not in the handler itself: it may have interrupted the very lock that stopping needs.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        threading.Thread(target=stop).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)


def wait_for_signal() -> None:
    """Wait until the process is interrupted or ended (SIGINT, SIGTERM)."""
    stopped = threading.Event()
    on_stop_signal(stopped.set)
    stopped.wait()


def print_error(settings: Settings, error: BotError) -> None:
    """Print one error on stderr, without secrets."""
    echo(f"error: {settings.redact(str(error))}", err=True)


def sent_line(sent: Delivered) -> str:
    """Return the line for a delivery that a provider accepted."""
    recipient = sent.delivery.recipient
    test = " (TEST)" if sent.delivery.kind.value == "test" else ""
    whom = f"{recipient.channel} {recipient.address}"
    return f"sent {sent.delivery.occurrence} to {whom}{test}: {sent.receipt.provider_id}"


def skipped_line(result: RunResult) -> str:
    """Return the line for an edition that is sent to nobody."""
    return f"skipped {result.occurrence}: {result.skipped}"


def print_result(settings: Settings, result: RunResult) -> None:
    """Print what the run of one occurrence did, and its errors."""
    for change in result.changes:
        echo(f"{result.occurrence}: {change}")
    for sent in result.sent:
        echo(sent_line(sent))
    if result.skipped:
        echo(skipped_line(result))
    for error in result.errors:
        print_error(settings, error)


def print_outcome(settings: Settings, result: RunResult) -> None:
    """Print the same, and that nothing was sent from here because another process has the occurrence."""
    print_result(settings, result)
    if result.busy:
        echo(f"{result.occurrence} is being worked on by another process; nothing was sent from here")


def first_status(results: tuple[RunResult, ...]) -> int:
    """Return the exit status of the first failing step, or 0."""
    return next((result.errors[0].exit_status for result in results if result.errors), 0)


def first_failure(statuses: list[int]) -> int:
    """Return the first exit status that is not 0, or 0."""
    return next((status for status in statuses if status), 0)


def counted(count: int, noun: str, several: str = "") -> str:
    """Return '1 day', '2 days': the noun in the number that fits."""
    return f"{count} {noun if count == 1 else several or f'{noun}s'}"


class _Redacted(logging.Filter):
    """Takes secret values out of every log line, tracebacks included."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._settings.redact(record.getMessage()), None
        if record.exc_info:
            record.exc_text = self._settings.redact(logging.Formatter().formatException(record.exc_info))
        return True


class _JsonLines(logging.Formatter):
    """One JSON object a line. Call it in the thread that logged: it adds what that works on."""

    def __init__(self, owner: str) -> None:
        super().__init__()
        self._where = {"host": socket.gethostname(), "process": owner}

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **self._where,
        }
        known = {"occurrence": OCCURRENCE.get(), "delivery": DELIVERY.get(), "traceback": record.exc_text}
        return json.dumps(line | {name: text for name, text in known.items() if text})


def log_to_stderr(settings: Settings, owner: str, level: int = logging.ERROR) -> None:
    """Log to stderr: UTC time, level, message; as JSON more. Libraries log warnings only.

    `owner` is the name of this process in the ledger.
    """
    text = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    text.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines(owner) if settings.log_format == "json" else text)
    handler.addFilter(_Redacted(settings))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("bot").setLevel(level)
