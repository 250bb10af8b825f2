"""`pause`, `resume` and `prune`: what a person does beside the running service."""

from pathlib import Path

import click
from click import echo

from bot.app import App
from bot.cli.options import (
    config_option,
    digest_argument,
    load_app,
    load_ledger_app,
    now_option,
    require_known,
)
from bot.cli.output import counted
from bot.compose.figures.wording import Wording
from bot.errors import UsageError
from bot.ledger import Ledger
from bot.model import Configuration, DeliveryState, Digest, utc_text
from bot.service import PruneResult, plan_digest
from bot.service import prune as delete_expired
from bot.timetable import next_firing


@click.command()
@digest_argument
@now_option
@config_option
def pause(digest: str, now: str, config: Path) -> int:
    """Skip the firings of DIGEST from now on, until resume. A running service knows it at its next tick."""
    app = load_ledger_app(config, now)
    with app.open_ledger() as ledger:
        require_known(app.configuration, ledger, digest)
        if not ledger.pause(digest, app.clock.now()):
            echo(f"{digest} is paused already, since {utc_text(ledger.paused()[digest])}")
            return 0
        echo(f"paused {digest}: its firings are skipped until: digestbot resume {digest}")
        for record, deliveries in ledger.history(digest):
            if {delivery.state for delivery in deliveries} & {DeliveryState.READY, DeliveryState.SENDING}:
                echo(f"  {record.occurrence.id} was due before; what is not sent of it is cancelled")
    return 0


@click.command()
@click.argument("digest", required=False, default="", metavar="[DIGEST]")
@click.option("--clock", is_flag=True, help="after a clock that was ahead: let all digests fire from now on")
@now_option
@config_option
def resume(digest: str, clock: bool, now: str, config: Path) -> int:
    """Let DIGEST fire again. Firings during the pause are skipped, also those that no service saw."""
    if clock == bool(digest):
        raise UsageError("Give one DIGEST that is paused, or --clock after a clock that was ahead.")
    app = load_ledger_app(config, now)
    if clock:
        return _set_back(app)
    present = app.clock.now()
    with app.open_ledger() as ledger:
        definition = _definition(app.configuration, ledger, digest)
        since = ledger.paused().get(digest)
        if since is None:
            require_known(app.configuration, ledger, digest)
            raise UsageError(f"{digest} is not paused.")
        if definition is not None:
            for line in plan_digest(definition, ledger, present, since):
                echo(f"{line.digest}: {line.message}")
        ledger.resume(digest)
    due = "never"
    if definition is not None and (firing := next_firing(definition, present)) is not None:
        due = Wording(definition.locale, definition.zone).moment(firing.due)
    echo(f"resumed {digest}; next {due}")
    return 0


def _set_back(app: App) -> int:
    """Take back what a clock that was ahead decided. Raises UsageError when there is nothing."""
    present = app.clock.now()
    with app.open_ledger() as ledger:
        ahead = ledger.set_back(present)
    if not ahead:
        raise UsageError(f"Nothing is decided beyond {utc_text(present)}: no clock was ahead of this one.")
    for name, (until, count) in ahead.items():
        anew = f"; {counted(count, 'occurrence')} of that time will be decided anew" if count else ""
        echo(f"{name}: was decided until {utc_text(until)}, now until {utc_text(present)}{anew}")
    return 0


def _definition(configuration: Configuration, ledger: Ledger, digest: str) -> Digest | None:
    """Return the digest as the file has it; without a usable file, as it was when it was due last."""
    if configuration.digests:
        return configuration.digest(digest)
    return next((record.definition for record, _ in ledger.history(digest)), None)


@click.command()
@config_option
def prune(config: Path) -> int:
    """Delete what is older than the retention in reports.yaml. The service does so daily."""
    app = load_app(config)
    with app.open_ledger() as ledger:
        echo(_summary(delete_expired(app.upkeep(ledger), app.clock.now())))
    return 0


def _summary(deleted: PruneResult) -> str:
    if deleted.nothing:
        return "nothing is older than reports.yaml lets it be"
    kept = deleted.kept
    counts = (
        (deleted.files, "exported file", ""),
        (deleted.answers, "raw answer", ""),
        (kept.personal, "edition that may name agents", "editions that may name agents"),
        (kept.figures, "other edition", ""),
        (kept.occurrences, "occurrence", ""),
    )
    text = "forgotten: " + ", ".join(counted(count, *nouns) for count, *nouns in counts if count)
    if kept.discarded:
        text += f"; discarded, for nobody released it in time: {kept.discarded}"
    return text if deleted.clean else f"{text}; others read the database: its files are cut next time"
