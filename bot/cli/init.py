"""`init`, `schema` and `version`: what the program itself holds."""

import json
from pathlib import Path

import click
from click import echo

from bot import __version__
from bot.cli.options import config_option
from bot.errors import UsageError


@click.command()
@config_option
def init(config: Path) -> int:
    """Write a commented reports.yaml to start from, never over an existing file."""
    from bot.config import sample_text

    try:
        with config.open("x", encoding="utf-8") as file:
            file.write(sample_text())
    except FileExistsError:
        raise UsageError(f"{config} exists already; nothing was written.") from None
    except OSError as error:
        raise UsageError(f"{config} cannot be written: {error.strerror}.") from None
    echo(f"wrote {config}. Edit it, then: python -m bot check --config {config}")
    return 0


@click.command()
@config_option
def schema(config: Path) -> int:
    """Print the JSON Schema of reports.yaml."""
    from bot.config import json_schema

    echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return 0


@click.command()
@config_option
def version(config: Path) -> int:
    """Print the version."""
    echo(__version__)
    return 0
