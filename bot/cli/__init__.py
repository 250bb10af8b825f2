"""The command line: the only place that prints, and that turns errors into exit statuses.

0 done or nothing due · 2 your file, command line or secrets are wrong · 3 the API failed ·
4 a template failed · 5 a delivery failed or is unknown · 1 a bug. With several, the first counts.
"""

import importlib
import sys
from collections.abc import Sequence

from bot.cli.parser import COMMANDS, make_parser
from bot.errors import BotError, ConfigError, UsageError

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status. Never shows a traceback or a secret."""
    given = make_parser().parse_args(arguments)
    module, function = COMMANDS[given.command]
    try:
        status: int = getattr(importlib.import_module(module), function)(given)
    except ConfigError as error:
        return _fail(str(error), error.exit_status, "")
    except BotError as error:
        return _fail(str(error), error.exit_status)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except OSError as error:
        return _fail_with_file(error)
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)
    except Exception as error:
        return _fail(_bug(error), BotError.exit_status)
    return status


def _fail_with_file(error: OSError) -> int:
    """A folder or file that somebody named cannot be used."""
    if error.filename is None:
        return _fail(_bug(error), BotError.exit_status)
    return _fail(f"{error.filename} cannot be used: {error.strerror}.", UsageError.exit_status)


def _fail(message: str, status: int, prefix: str = "error: ") -> int:
    """Print an error with every secret value taken out; a place `file:line:column` stands first."""
    from bot.settings import Settings

    try:
        message = Settings.from_environment().redact(message)
    except BotError:
        message = str(message)
    print(f"{prefix}{message}", file=sys.stderr)
    return status


def _bug(error: Exception) -> str:
    """One line that a bug report can start from: the kind, and the innermost place of ours."""
    place, frame = "", error.__traceback__
    while frame is not None:
        if "/bot/" in frame.tb_frame.f_code.co_filename:
            place = f" at {frame.tb_frame.f_code.co_filename.rpartition('/bot/')[2]}:{frame.tb_lineno}"
        frame = frame.tb_next
    return f"this is a bug: {type(error).__name__}{place}: {error}"
