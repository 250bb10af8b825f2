"""`init`, `schema` and `version`: what is written from the program itself."""

import json
from argparse import Namespace

from bot import __version__
from bot.cli.output import say
from bot.errors import UsageError


def init(given: Namespace) -> int:
    """Write a commented reports.yaml, never over an existing file."""
    from bot.config import sample_text

    try:
        with open(given.config, "x", encoding="utf-8") as file:
            file.write(sample_text())
    except FileExistsError:
        raise UsageError(f"{given.config} exists already; nothing was written.") from None
    except OSError as error:
        raise UsageError(f"{given.config} cannot be written: {error.strerror}.") from None
    say(f"wrote {given.config}. Edit it, then: python -m bot check --config {given.config}")
    return 0


def schema(given: Namespace) -> int:
    """Print the JSON Schema of reports.yaml."""
    from bot.config import json_schema

    say(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return 0


def version(given: Namespace) -> int:
    """Print the version."""
    say(__version__)
    return 0
