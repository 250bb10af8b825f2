"""`release` and `discard`: end the state `held` of an occurrence."""

from pathlib import Path

import click
from click import echo

from bot.cli.options import config_option, load_app, occurrence_argument
from bot.cli.output import first_status, log_to_stderr, show_progress
from bot.cli.send import recipients_of, run_and_print
from bot.errors import UsageError
from bot.ledger import Ledger, owner_may_live
from bot.model import OccurrenceRecord, OccurrenceState

DISCARDED = "discarded by a person"


@click.command()
@occurrence_argument
@config_option
def release(occurrence: str, config: Path) -> int:
    """Send OCCURRENCE, which is held, now and as it was composed.

    OCCURRENCE is written as history and the alert name it.
    """
    app = load_app(config)
    log_to_stderr(app.settings)
    with app.open_ledger() as ledger:
        record = _held(ledger, occurrence)
        app.require_secrets(recipients_of(ledger, record))
        if not ledger.release(occurrence, app.clock.now()):
            raise UsageError(f"{occurrence} is not held any more.")
        echo(f"released {occurrence}")
        ledger.rescue_dead(app.clock.now(), owner_may_live)
        for recipient in record.definition.recipients:
            ledger.half_open(recipient.channel, app.clock.now())
        with show_progress() as progress:
            result = run_and_print(app, ledger, occurrence, record.definition.recipients, progress)
    return first_status((result,))


@click.command()
@occurrence_argument
@config_option
def discard(occurrence: str, config: Path) -> int:
    """Drop OCCURRENCE, which is held; nobody gets it."""
    app = load_app(config)
    with app.open_ledger() as ledger:
        _held(ledger, occurrence)
        if not ledger.discard(occurrence, DISCARDED, app.clock.now()):
            raise UsageError(f"{occurrence} is not held any more.")
    echo(f"discarded {occurrence}: nobody gets it")
    return 0


def _held(ledger: Ledger, occurrence_id: str) -> OccurrenceRecord:
    """Return the held occurrence of that id. Raises UsageError that lists those that are held."""
    record = ledger.occurrence(occurrence_id)
    if record is not None and record.state is OccurrenceState.HELD:
        return record
    held = ", ".join(other.occurrence.id for other in ledger.held()) or "none"
    state = f"is {record.state.value}, not held" if record is not None else "is not known"
    raise UsageError(f"{occurrence_id} {state}. Held: {held}.")
