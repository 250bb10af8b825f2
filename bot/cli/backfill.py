"""`backfill`: past windows, fetched so that trends have a past; nothing is sent."""

import logging
from argparse import Namespace

from bot.actions import BackfilledWindow
from bot.actions import backfill as fill
from bot.cli.output import complain, find_digest, load_app, log_to_stderr, progress_shown, say
from bot.delivery.pipeline import Runtime


def backfill(given: Namespace) -> int:
    """The windows before the latest, newest first, within the half of the request limit that others leave."""
    app = load_app(given)
    digest = find_digest(app.configuration, given.digest)
    log_to_stderr(app.settings, logging.ERROR)
    app.require_secrets(())
    statuses: list[int] = []
    with app.open_ledger() as ledger, progress_shown() as progress:
        runtime = Runtime(
            source=app.spare_source(ledger, progress),
            ledger=ledger,
            channels={},
            renderer=app.renderer(),
            clock=app.clock,
            progress=progress,
            retention=app.configuration.retention,
        )
        filled = count = 0
        for window in fill(runtime, digest, given.windows):
            count += 1
            filled += window.error is None and not window.known
            say(_line(window))
            if window.error is not None:
                complain(app.settings, window.error)
                statuses.append(window.error.exit_status)
    say(f"{given.digest}: {filled} of {max(count, given.windows)} windows fetched; nothing was sent")
    return statuses[0] if statuses else 0


def _line(window: BackfilledWindow) -> str:
    span = f"{window.occurrence.window.first_day} to {window.occurrence.window.last_day}"
    word = "not kept" if window.error is not None else "known already" if window.known else "kept"
    return f"{window.occurrence.id}  {span}  {word}"
