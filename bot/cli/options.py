"""Options that several commands share, and the objects that their values name."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from bot.errors import UsageError
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.app import App
    from bot.ledger import Ledger
    from bot.model import Configuration, Digest, OccurrenceRecord

Function = TypeVar("Function", bound=Callable[..., object])
FILE = click.Path(path_type=Path)

config_option = click.option(
    "--config", type=FILE, default=Path("reports.yaml"), metavar="PATH", help="default reports.yaml"
)
now_option = click.option("--now", default="", metavar="ISO", help="take this moment as the present")
json_option = click.option("--json", "as_json", is_flag=True, help="one JSON array")
digest_argument = click.argument("digest", metavar="DIGEST")
occurrence_argument = click.argument("occurrence", metavar="OCCURRENCE")


def occurrence_options(function: Function) -> Function:
    """Add `--at`, `--window` and `--group`, which choose an occurrence of a digest."""
    for name, metavar, text in (
        ("--group", "NAME", "another group, by name or id"),
        ("--window", "PHRASE", "another window, such as 'last 7 days'"),
        ("--at", "ISO", "the scheduled instant, in the digest's zone"),
    ):
        function = click.option(name, default="", metavar=metavar, help=text)(function)
    return function


def load_app(config: Path, now: str = "") -> App:
    """Return the app of a reports.yaml, at the moment `now` where given. Raises ConfigError, UsageError."""
    from bot.app import default_app
    from bot.config import load
    from bot.service import StartedClock, SystemClock
    from bot.timetable.recurrence import parse_instant

    clock = StartedClock(parse_instant(now, "UTC")) if now else SystemClock()
    return default_app(load(config), Settings.from_environment(), clock)


def find_digest(configuration: Configuration, name: str) -> Digest:
    """Return the digest of that name. Raises UsageError with the nearest name."""
    digest = configuration.digest(name)
    if digest is not None:
        return digest
    names = [digest.name for digest in configuration.digests]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"It has: {', '.join(names) or 'none'}."
    raise UsageError(f"{configuration.path} has no digest {name!r}. {hint}")


def find_occurrence(ledger: Ledger, occurrence_id: str) -> OccurrenceRecord:
    """Return the occurrence of that id. Raises UsageError with the latest of its digest."""
    record = ledger.occurrence(occurrence_id)
    if record is not None:
        return record
    digest = occurrence_id.partition("@")[0].partition("/")[0]
    known = [known.occurrence.id for known, _ in ledger.history(digest or None)[:3]]
    latest = f"The latest of {digest}: {', '.join(known)}." if known else "See: digestbot history."
    raise UsageError(f"{occurrence_id} is not known. {latest}")
