"""What every command shares: loading the file, finding a digest, and showing progress."""

import difflib
import logging
import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING

from bot.errors import BotError, UsageError
from bot.model import Configuration, Digest, Progress
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.app import App
    from bot.delivery.pipeline import RunResult


def load_app(given: Namespace) -> "App":
    """The app of `--config`, at the moment of `--now` where given. Raises ConfigError, UsageError."""
    from bot.actions import parse_instant
    from bot.app import default_app
    from bot.config import load
    from bot.service import StartedClock, SystemClock

    now = getattr(given, "now", "")
    clock = StartedClock(parse_instant(now, "UTC")) if now else SystemClock()
    return default_app(load(given.config), Settings.from_environment(), clock)


def find_digest(configuration: Configuration, name: str) -> Digest:
    """The digest of that name. Raises UsageError with the nearest name."""
    digest = configuration.digest(name)
    if digest is not None:
        return digest
    names = [digest.name for digest in configuration.digests]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"It has: {', '.join(names) or 'none'}."
    raise UsageError(f"{configuration.path} has no digest {name!r}. {hint}")


def paused_digests(app: "App") -> Mapping[str, datetime]:
    """Each digest that `pause` stopped, and since when; none where there is no ledger yet.

    Raises LedgerError.
    """
    if not _has_ledger(app):
        return {}
    with app.open_ledger() as ledger:
        return ledger.paused()


def divided_digests(app: "App") -> Mapping[str, int]:
    """Into how many editions each `for_each` digest went last; none where there is no ledger yet.

    Raises LedgerError.
    """
    from bot.delivery.fan_out import last_fan_out_count

    wanted = [digest for digest in app.configuration.digests if digest.for_each]
    if not wanted or not _has_ledger(app):
        return {}
    with app.open_ledger() as ledger:
        found = {digest.name: last_fan_out_count(ledger, digest) for digest in wanted}
    return {name: count for name, count in found.items() if count}


def _has_ledger(app: "App") -> bool:
    from bot.ledger.opening import parse_url, sqlite_path

    path = sqlite_path(parse_url(app.settings.database_url))
    return path is None or path.exists()


@contextmanager
def progress_shown() -> Iterator[Progress]:
    """Progress on stderr: a spinner on a terminal, plain lines in a log."""
    if not sys.stderr.isatty():
        yield lambda text: print(f"  {text}", file=sys.stderr, flush=True)
        return
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:
        yield lambda text: status.update(text)


def say(text: str) -> None:
    """One line for the person, on stdout."""
    print(text, flush=True)


def wait_for_signal() -> None:
    """Until somebody interrupts or ends the process (SIGINT, SIGTERM)."""
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    stopped.wait()


def complain(settings: Settings, error: BotError) -> None:
    """One error on stderr, without secrets."""
    print(f"error: {settings.redact(str(error))}", file=sys.stderr, flush=True)


def print_result(settings: Settings, result: "RunResult") -> None:
    """What one occurrence's run did: a line for each delivery and each error."""
    for sent in result.sent:
        recipient = sent.delivery.recipient
        test = " (TEST)" if sent.delivery.kind.value == "test" else ""
        whom = f"{recipient.channel} {recipient.address}"
        say(f"sent {result.occurrence} to {whom}{test}: {sent.receipt.provider_id}")
    if result.skipped:
        say(f"skipped {result.occurrence}: {result.skipped}")
    for error in result.errors:
        complain(settings, error)


def first_status(results: "tuple[RunResult, ...]") -> int:
    """The exit status of the first failing step, or 0."""
    return next((result.errors[0].exit_status for result in results if result.errors), 0)


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


def log_to_stderr(settings: Settings, level: int = logging.INFO) -> None:
    """Plain lines on stderr for a service: UTC time, level, words. Libraries only warn."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handler.addFilter(_Redacted(settings))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("bot").setLevel(level)
