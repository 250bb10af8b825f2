"""`release` and `discard`: the two ways out of `held`."""

import logging
from argparse import Namespace

from bot.app import App
from bot.cli.output import first_status, load_app, log_to_stderr, print_result, progress_shown, say
from bot.delivery.pipeline import run_occurrence
from bot.errors import UsageError
from bot.ledger import SqlLedger, owner_may_live
from bot.model import OccurrenceRecord, OccurrenceState

DISCARDED = "discarded by a person"


def release(given: Namespace) -> int:
    """Let a held occurrence go out as it was composed, and send it now."""
    app = load_app(given)
    log_to_stderr(app.settings, logging.ERROR)
    with app.open_ledger() as ledger:
        record = _held(ledger, given.occurrence)
        recipients = tuple(duty.delivery.recipient for duty in ledger.deliveries(record.occurrence.id))
        app.require_secrets(recipients)
        if not ledger.release(record.occurrence.id, app.clock.now()):
            raise UsageError(f"{record.occurrence.id} is not held any more.")
        say(f"released {record.occurrence.id}")
        return _send(app, ledger, record.occurrence.id)


def discard(given: Namespace) -> int:
    """End a held occurrence; nobody gets it."""
    app = load_app(given)
    with app.open_ledger() as ledger:
        record = _held(ledger, given.occurrence)
        if not ledger.discard(record.occurrence.id, DISCARDED, app.clock.now()):
            raise UsageError(f"{record.occurrence.id} is not held any more.")
    say(f"discarded {record.occurrence.id}: nobody gets it")
    return 0


def _send(app: App, ledger: SqlLedger, occurrence_id: str) -> int:
    ledger.abandon_others(app.clock.now(), owner_may_live)
    record = ledger.occurrence(occurrence_id)
    assert record is not None  # noqa: S101 - it was held a moment ago
    for recipient in record.definition.recipients:
        ledger.try_channel(recipient.channel, app.clock.now())
    with progress_shown() as progress:
        runtime = app.runtime(ledger, record.definition.recipients, progress)
        result = run_occurrence(runtime, record)
        runtime.close()
    print_result(app.settings, result)
    return first_status((result,))


def _held(ledger: SqlLedger, occurrence_id: str) -> OccurrenceRecord:
    """The held occurrence of that id. Raises UsageError with those that are held."""
    record = ledger.occurrence(occurrence_id)
    if record is not None and record.state is OccurrenceState.HELD:
        return record
    found = ", ".join(held.occurrence.id for held in ledger.held()) or "none"
    state = f"is {record.state.value}, not held" if record is not None else "is not known"
    raise UsageError(f"{occurrence_id} {state}. Held: {found}.")
