"""`pause` and `resume`: a person stops a digest's firings for a while; `history` shows them as skipped."""

from datetime import datetime
from pathlib import Path

import click
from click import echo

from bot.cli.options import config_option, digest_argument, find_digest, load_app, now_option
from bot.compose.figures.wording import Wording
from bot.errors import UsageError
from bot.ledger import Ledger
from bot.model import DeliveryState, Digest, utc_text
from bot.service import plan_digest
from bot.timetable import next_firing


@click.command()
@digest_argument
@now_option
@config_option
def pause(digest: str, now: str, config: Path) -> int:
    """Skip the firings of DIGEST from now on, until resume. A running service knows it at its next tick."""
    app = load_app(config, now)
    find_digest(app.configuration, digest)
    with app.open_ledger() as ledger:
        if not ledger.pause(digest, app.clock.now()):
            echo(f"{digest} is paused already, since {utc_text(ledger.paused()[digest])}")
            return 0
        echo(f"paused {digest}: its firings are skipped until: digestbot resume {digest}")
        for occurrence_id in _under_way(ledger, digest):
            echo(f"  {occurrence_id} was due before and still goes out")
    return 0


@click.command()
@digest_argument
@now_option
@config_option
def resume(digest: str, now: str, config: Path) -> int:
    """Let DIGEST fire again. Firings during the pause are skipped, also those that no service saw."""
    app = load_app(config, now)
    definition = app.configuration.digest(digest)
    present = app.clock.now()
    with app.open_ledger() as ledger:
        since = ledger.paused().get(digest)
        if since is None:
            find_digest(app.configuration, digest)
            raise UsageError(f"{digest} is not paused.")
        if definition is not None:
            for line in plan_digest(definition, ledger, present, since):
                echo(f"{line.digest}: {line.message}")
        ledger.resume(digest)
    echo(f"resumed {digest}; next {_next(definition, present)}")
    return 0


def _next(digest: Digest | None, now: datetime) -> str:
    firing = next_firing(digest, now) if digest is not None else None
    if digest is None or firing is None:
        return "never"
    return Wording(digest.locale, digest.zone).moment(firing.due)


def _under_way(ledger: Ledger, digest: str) -> list[str]:
    return [
        record.occurrence.id
        for record, deliveries in ledger.history(digest)
        if any(delivery.state in (DeliveryState.READY, DeliveryState.SENDING) for delivery in deliveries)
    ]
