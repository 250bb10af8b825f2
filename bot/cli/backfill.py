"""`backfill`: fetch past windows so that trends have a past; nothing is sent."""

from functools import cache, partial
from pathlib import Path

import click
from click import echo

from bot.actions import BackfilledWindow
from bot.actions import backfill as fill
from bot.cli.options import config_option, digest_argument, find_digest, load_app, now_option
from bot.cli.output import first_failure, log_to_stderr, print_error, show_progress
from bot.delivery.runtime import Runtime


@click.command()
@digest_argument
@click.option("--windows", type=click.IntRange(1, 60), required=True, metavar="N", help="before the latest")
@now_option
@config_option
def backfill(digest: str, windows: int, now: str, config: Path) -> int:
    """Fetch the windows of DIGEST before the latest, newest first, so that trends have a past.

    Sends nothing, and uses only the half of the request limit that other work leaves free.
    """
    app = load_app(config, now)
    definition = find_digest(app.configuration, digest)
    app.require_secrets(())
    statuses: list[int] = []
    with app.open_ledger() as ledger, show_progress() as progress:
        log_to_stderr(app.settings, ledger.owner)
        source, retention = cache(partial(app.spare_source, ledger, progress)), app.configuration.retention
        runtime = Runtime(source, ledger, {}, app.renderer(), app.clock, progress, retention=retention)
        fetched = count = 0
        for window in fill(runtime, definition, windows):
            count += 1
            fetched += window.error is None and not window.known
            echo(_line(window))
            if window.error is not None:
                print_error(app.settings, window.error)
                statuses.append(window.error.exit_status)
    echo(f"{digest}: {fetched} of {max(count, windows)} windows fetched; nothing was sent")
    return first_failure(statuses)


def _line(window: BackfilledWindow) -> str:
    span = f"{window.occurrence.window.first_day} to {window.occurrence.window.last_day}"
    outcome = "not kept" if window.error is not None else "known already" if window.known else "kept"
    return f"{window.occurrence.id}  {span}  {outcome}"
