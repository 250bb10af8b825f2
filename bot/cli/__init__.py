"""The command line: the only room that prints and that turns errors into exit statuses.

0 done or nothing due · 2 your file, command line or secrets are wrong · 3 the API failed ·
4 a template failed · 5 a delivery failed or is unknown · 1 a bug. With several, the first counts.

This file holds the table of commands and no command: `--help` and the completion of names import none.
"""

import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from bot import __version__
from bot.errors import BotError, ConfigError, UsageError

INTERRUPTED = 130

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "See it": {
        "demo": "Send sample digests into a folder; needs no credentials and no network.",
        "init": "Write a commented reports.yaml to start from.",
        "check": "Validate reports.yaml and render every digest with sample data.",
        "preview": "Make the real renditions and send them nowhere.",
        "plan": "Show who gets what, when, from which window, at what request cost.",
        "diff": "Show what changes for whom between two files.",
        "schema": "Print the JSON Schema of reports.yaml.",
        "emulator": "Serve the Activity API locally, with invented data.",
    },
    "Send it": {
        "send": "Send one occurrence now.",
        "backfill": "Fetch past windows so that trends have a past; sends nothing.",
    },
    "Run it": {
        "run": "Run the service: send every digest when it is due.",
        "worker": "Do the work of a service on another machine; needs PostgreSQL.",
        "pause": "Skip a digest's firings until resume.",
        "resume": "Let a paused digest fire again.",
        "prune": "Delete what is older than the retention in reports.yaml.",
        "move": "Move the ledger from SQLite to PostgreSQL, for several machines.",
    },
    "When something went wrong": {
        "history": "Show what was sent, to whom, and what was not.",
        "explain": "Show what happened to an occurrence, step by step, and what helps.",
        "resend": "Send again to those not served: same window, same figures.",
        "release": "Send an occurrence that is held.",
        "discard": "Drop an occurrence that is held.",
        "version": "Print the version.",
    },
}
"""Every command and its short help, in the order of `--help`."""

MODULES: Mapping[str, str] = {
    "schema": "init",
    "version": "init",
    "diff": "plan",
    "worker": "run",
    "pause": "upkeep",
    "resume": "upkeep",
    "prune": "upkeep",
    "explain": "history",
    "release": "resend",
    "discard": "resend",
}
"""The module under `bot.cli` of each command that is not in a module of its own name."""


def load_command(name: str) -> click.Command:
    """Import the module of a command and return the command."""
    module = importlib.import_module(f"bot.cli.{MODULES.get(name, name)}")
    command: click.Command = getattr(module, name)
    return command


class CommandGroup(click.Group):
    """The group of all commands. It imports a command's module only when the command is invoked."""

    def __init__(self, **settings: object) -> None:
        listed = {name: text for section in SECTIONS.values() for name, text in section.items()}
        stubs = {name: click.Command(name, short_help=text) for name, text in listed.items()}
        super().__init__(commands=stubs, **settings)  # type: ignore[arg-type]

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the name, the imported command and its arguments. Raises click.UsageError."""
        name, stub, rest = super().resolve_command(context, arguments)
        return name, load_command(name) if name and stub else None, rest

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands section by section."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()), col_max=12)

    def invoke(self, context: click.Context) -> int:
        """Run the command and return its exit status. Never shows a traceback or a secret."""
        try:
            status: int = super().invoke(context)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BotError as error:
            # A problem of reports.yaml begins with its place, file:line:column.
            return _fail(str(error), error.exit_status, "" if isinstance(error, ConfigError) else "error: ")
        except BrokenPipeError:
            sys.stderr.close()
            return 0
        except KeyboardInterrupt:
            return _fail("interrupted", INTERRUPTED)
        except Exception as error:
            if isinstance(error, OSError) and error.filename is not None:
                return _fail(f"{error.filename} cannot be used: {error.strerror}.", UsageError.exit_status)
            return _fail(_bug(error), BotError.exit_status)
        return status


@click.group(
    cls=CommandGroup,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Recurring digests of your care team's figures, delivered to Slack, mail and PDF.",
)
@click.version_option(__version__, message="%(version)s")
@click.option("--config", type=click.Path(path_type=Path), metavar="PATH", help="default reports.yaml")
@click.pass_context
def commands(context: click.Context, config: Path | None) -> None:
    """Let `--config` stand before the command, too."""
    if config is not None:
        context.default_map = {name: {"config": config} for name in commands.commands}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; 2 for a command line that cannot be understood."""
    try:
        status: int = commands.main(
            None if arguments is None else list(arguments), "digestbot", standalone_mode=False
        )
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return _fail("interrupted", INTERRUPTED)
    return status


def _fail(message: str, status: int, prefix: str = "error: ") -> int:
    """Print an error without secrets."""
    from bot.settings import Settings

    try:
        message = Settings.from_environment().redact(message)
    except BotError:
        message = str(message)
    click.echo(f"{prefix}{message}", err=True)
    return status


def _bug(error: Exception) -> str:
    """Return one line for a bug report: the kind of error and the innermost place in this package."""
    place, frame = "", error.__traceback__
    while frame is not None:
        if "/bot/" in frame.tb_frame.f_code.co_filename:
            place = f" at {frame.tb_frame.f_code.co_filename.rpartition('/bot/')[2]}:{frame.tb_lineno}"
        frame = frame.tb_next
    return f"this is a bug: {type(error).__name__}{place}: {error}"
