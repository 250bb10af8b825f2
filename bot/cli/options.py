"""Options that several commands share, and the objects that their values name."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
from click import echo

from bot.errors import ConfigError, UsageError
from bot.settings import DATABASE, STATE, Settings

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


def load_settings(config: Path) -> Settings:
    """Return the settings of the environment, with state beside the file. Raises UsageError.

    Until now state was kept in the working directory: say where one is left behind there.
    """
    settings, old = Settings.from_environment(beside=config.parent), Path(STATE, DATABASE)
    new = config.parent / old
    if settings.database_url == f"sqlite:///{new}" and old.exists() and not new.exists():
        echo(
            f"note: state is kept in {new.parent}, beside {config.name}; {old.absolute()} is not read. "
            f"Stop the service, then: mv {STATE} {config.parent} (or go on with it: BOT_DATA_DIR={STATE})",
            err=True,
        )
    return settings


def load_app(config: Path, now: str = "") -> App:
    """Return the app of a reports.yaml, at the moment `now` where given. Raises ConfigError, UsageError."""
    from bot.config import load

    return _app(load(config), load_settings(config), now)


def load_ledger_app(config: Path, now: str = "") -> App:
    """Return the app for a command that needs only the ledger, without digests if the file cannot be used.

    Raises ConfigError where there is no ledger either, UsageError.
    """
    from bot.config import load
    from bot.model import Configuration

    settings = load_settings(config)
    try:
        return _app(load(config), settings, now)
    except ConfigError as error:
        if not has_ledger(settings):
            raise
        fault = str(error.problems[0]).splitlines()[0]
        echo(f"note: {fault}. Until that is fixed, names come from the ledger", err=True)
        return _app(Configuration(str(config), ()), settings, now)


def _app(configuration: Configuration, settings: Settings, now: str) -> App:
    from bot.app import default_app
    from bot.service import StartedClock, SystemClock
    from bot.timetable.recurrence import parse_instant

    clock = StartedClock(parse_instant(now, "UTC")) if now else SystemClock()
    return default_app(configuration, settings, clock)


def has_ledger(settings: Settings) -> bool:
    """Return whether there is a database already; on PostgreSQL it is taken for granted."""
    from bot.ledger.database import parse_url, sqlite_path

    path = sqlite_path(parse_url(settings.database_url))
    return path is None or path.exists()


def find_digest(configuration: Configuration, name: str) -> Digest:
    """Return the digest of that name. Raises UsageError with the nearest name."""
    digest = configuration.digest(name)
    if digest is not None:
        return digest
    raise _unknown(configuration, name, [digest.name for digest in configuration.digests])


def require_known(configuration: Configuration, ledger: Ledger, name: str) -> None:
    """Check that the file or the ledger knows a digest of that name. Raises UsageError with the nearest."""
    names = {digest.name for digest in configuration.digests} | set(ledger.decided())
    if name not in names and not ledger.history(name):
        raise _unknown(configuration, name, sorted(names))


def _unknown(configuration: Configuration, name: str, names: Sequence[str]) -> UsageError:
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"It has: {', '.join(names) or 'none'}."
    return UsageError(f"{configuration.path} has no digest {name!r}. {hint}")


def find_occurrence(ledger: Ledger, occurrence_id: str) -> OccurrenceRecord:
    """Return the occurrence of that id. Raises UsageError with the latest of its digest."""
    record = ledger.occurrence(occurrence_id)
    if record is not None:
        return record
    digest = occurrence_id.partition("@")[0].partition("/")[0]
    known = [known.occurrence.id for known, _ in ledger.history(digest or None)[:3]]
    latest = f"The latest of {digest}: {', '.join(known)}." if known else "See: digestbot history."
    raise UsageError(f"{occurrence_id} is not known. {latest}")
