"""`move`: the ledger from SQLite to PostgreSQL."""

from pathlib import Path

import click
from click import echo

from bot.app import move_to
from bot.cli.options import config_option, load_settings
from bot.ledger import without_password


@click.command()
@click.option(
    "--to", required=True, metavar="URL", help="an empty database: postgresql+psycopg://user@host/name"
)
@config_option
def move(to: str, config: Path) -> int:
    """Move the ledger of BOT_DATABASE_URL, a SQLite file, to PostgreSQL. Stop the service first.

    Exports move too, up to BOT_SHARED_EXPORT_MB. The file is renamed, so that no service goes on with it.
    Leave the password out of the URL: the client reads PGPASSWORD and ~/.pgpass.
    """
    moved = move_to(load_settings(config), to)
    rows = {**moved.rows, "exported files": moved.exports}
    echo("moved: " + ", ".join(f"{name} {count}" for name, count in rows.items() if count))
    echo(f"the old ledger is now {moved.file}; delete it when you no longer need it")
    echo(f"before you start the service: export BOT_DATABASE_URL={without_password(to)}")
    return 0
