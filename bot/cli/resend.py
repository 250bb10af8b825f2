"""`resend`, `release` and `discard`: what a person decides after a fault, a mistake or a doubt."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from click import echo

from bot.actions import (
    newest_version,
    require_correctable,
    require_resendable,
    run_now,
    send_to,
    unserved_since,
    with_alerts,
)
from bot.actions import resend as send_again
from bot.actions.manual_run import test_recipient
from bot.app import App
from bot.cli.options import config_option, find_occurrence, load_app, load_ledger_app, occurrence_argument
from bot.cli.output import (
    first_failure,
    first_status,
    log_to_stderr,
    print_outcome,
    show_progress,
)
from bot.cli.send import recipients_of, require_allowed, run_and_print
from bot.delivery.corrections import plan_correction, versions
from bot.delivery.recipients import is_same
from bot.delivery.runtime import RunResult
from bot.errors import DeliveryError, UsageError
from bot.ledger import Ledger
from bot.ledger.states import ENDED
from bot.model import (
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    OccurrenceRecord,
    OccurrenceState,
    Progress,
    Recipient,
)
from bot.timetable.recurrence import parse_instant


@click.command()
@click.argument("occurrence", required=False, default="", metavar="[OCCURRENCE]")
@click.option("--refetch", is_flag=True, help="a correction for everybody: fetched anew and marked")
@click.option("--failed", is_flag=True, help="everything that failed or is unknown")
@click.option("--since", default="", metavar="ISO", help="with --failed: due then or later, UTC")
@click.option(
    "--to", multiple=True, metavar="ADDRESS", help="for real, to this address alone; may be repeated"
)
@click.option("--yes", is_flag=True, help="with --to: do not ask")
@config_option
def resend(
    occurrence: str, refetch: bool, failed: bool, since: str, to: tuple[str, ...], yes: bool, config: Path
) -> int:
    """Send OCCURRENCE again to those not served, or everything that failed since a moment.

    It goes to the recipients that reports.yaml has now. The window and the figures stay the same; a
    correction lists what changed. OCCURRENCE is written as history names it.
    """
    if failed != bool(since):
        raise UsageError("--failed and --since belong together: resend --failed --since 2026-11-23")
    if failed == bool(occurrence) or refetch + failed + bool(to) > 1:
        raise UsageError("Give one OCCURRENCE, perhaps with --refetch or --to, or --failed --since ISO.")
    app = load_app(config)
    with app.open_ledger() as ledger:
        log_to_stderr(app.settings, ledger.owner)
        if failed:
            return _resend_all(app, ledger, tuple(unserved_since(ledger, parse_instant(since, "UTC"))))
        record = find_occurrence(ledger, occurrence)
        if refetch:
            return _correct(app, ledger, record)
        return _resend_one(app, ledger, record, to, yes)


def _resend_one(app: App, ledger: Ledger, record: OccurrenceRecord, to: Sequence[str], yes: bool) -> int:
    newest = newest_version(ledger, record)
    if newest.occurrence.id != record.occurrence.id:
        echo(f"{record.occurrence.id} was corrected: this is about {newest.occurrence.id}")
    require_resendable(ledger, newest)
    named = tuple(_named(address, app, newest) for address in to)
    if to and not _is_meant(newest, named, yes):
        echo("nothing was sent")
        return 0
    with show_progress() as progress:
        return _send_again(app, ledger, newest, progress, named)


def _named(address: str, app: App, record: OccurrenceRecord) -> Recipient:
    """Return the recipient that a person names: as the digest has it, else like those of its channel."""
    digest = record.definition
    named = test_recipient(address, digest)
    require_allowed(app, (named,))
    return next((one for one in digest.recipients if is_same(one, named)), named)


def _is_meant(record: OccurrenceRecord, named: Sequence[Recipient], yes: bool) -> bool:
    """Ask on a terminal whether it is to go out for real. Raises UsageError elsewhere, without --yes."""
    whom = ", ".join(f"{one.channel} {one.address}" for one in named)
    groups = ", ".join((*record.definition.groups, *record.definition.users)) or "everybody"
    question = f"Send {record.occurrence.id} (about {groups}) for real to {whom}?"
    if not yes and not sys.stdin.isatty():
        raise UsageError(f"{question} Add --yes: without a terminal the bot cannot ask.")
    return yes or click.confirm(question)


def _resend_all(app: App, ledger: Ledger, records: Sequence[OccurrenceRecord]) -> int:
    """Send each once, oldest first; what cannot be sent is reported and stops nothing."""
    occurrence_ids = dict.fromkeys(newest_version(ledger, record).occurrence.id for record in records)
    with show_progress() as progress:
        statuses = [_resend_next(app, ledger, name, progress) for name in occurrence_ids]
    if not statuses:
        echo("nothing failed since then")
    return first_failure(statuses)


def _resend_next(app: App, ledger: Ledger, occurrence_id: str, progress: Progress) -> int:
    record = find_occurrence(ledger, occurrence_id)
    progress(f"sending {occurrence_id} again")
    try:
        require_resendable(ledger, record)
    except UsageError as error:
        return _status(app, ledger, RunResult(occurrence_id, errors=(error,)))
    return _send_again(app, ledger, record, progress)


def _send_again(
    app: App,
    ledger: Ledger,
    record: OccurrenceRecord,
    progress: Progress,
    named: tuple[Recipient, ...] = (),
) -> int:
    recipients = record.definition.recipients if record.definition.for_each else recipients_of(ledger, record)
    app.require_secrets(named or recipients)
    ledger.reap(app.clock.now())
    runtime = app.runtime(ledger, named or recipients, progress)
    try:
        sent = send_to(runtime, record, named) if named else send_again(runtime, record)
        result = with_alerts(runtime, app.configuration, sent)
    finally:
        runtime.close()
    return _status(app, ledger, result)


def _correct(app: App, ledger: Ledger, record: OccurrenceRecord) -> int:
    """Go on with a correction that is under way, or begin the next."""
    newest = newest_version(ledger, record)
    require_correctable(ledger, newest)
    recipients = recipients_of(ledger, newest)
    app.require_secrets(recipients)
    ledger.reap(app.clock.now())
    under_way = newest.occurrence.number and newest.state not in ENDED
    if not under_way:
        newest = plan_correction(ledger, versions(ledger, newest.occurrence)[0], app.clock.now())
    echo(f"{'going on with' if under_way else 'correcting as'} {newest.occurrence.id}")
    with show_progress() as progress:
        runtime = app.runtime(ledger, recipients, progress)
        if under_way:
            ledger.reopen(newest.occurrence.id, app.clock.now())
        result = run_now(runtime, app.configuration, newest)
        runtime.close()
    return _status(app, ledger, result)


def _status(app: App, ledger: Ledger, result: RunResult) -> int:
    """Print what happened; return the exit status, 5 while a recipient is not served."""
    print_outcome(app.settings, result)
    if not result.busy and not result.sent and not result.errors and not result.skipped:
        echo(f"{result.occurrence}: nothing to send, everybody is served")
    deliveries = [d for d in ledger.deliveries(result.occurrence) if d.delivery.kind is DeliveryKind.REAL]
    for delivery in deliveries:
        if delivery.state.is_unserved:
            recipient = delivery.delivery.recipient
            echo(f"  {recipient.channel} {recipient.address} is {delivery.state.value}: {delivery.error}")
    waits = any(d.state.is_unserved or d.state is DeliveryState.READY for d in deliveries)
    return first_status((result,)) or (DeliveryError.exit_status if waits else 0)


@click.command()
@occurrence_argument
@config_option
def release(occurrence: str, config: Path) -> int:
    """Send OCCURRENCE, which is held, now and as it was composed.

    OCCURRENCE is written as history and the alert name it.
    """
    app = load_app(config)
    with app.open_ledger() as ledger:
        log_to_stderr(app.settings, ledger.owner)
        record = _held(ledger, occurrence)
        app.require_secrets(recipients_of(ledger, record))
        if not ledger.release(occurrence, app.clock.now()):
            raise UsageError(f"{occurrence} is not held any more.")
        echo(f"released {occurrence}")
        ledger.reap(app.clock.now())
        for recipient in record.definition.recipients:
            ledger.half_open(recipient.channel, app.clock.now())
        with show_progress() as progress:
            result = run_and_print(app, ledger, occurrence, record.definition.recipients, progress)
    return first_status((result,))


@click.command()
@occurrence_argument
@config_option
def discard(occurrence: str, config: Path) -> int:
    """Drop what is not sent of OCCURRENCE, held, failed or waiting: nobody gets it any more."""
    app = load_ledger_app(config)
    with app.open_ledger() as ledger:
        record = find_occurrence(ledger, occurrence)
        deliveries = ledger.deliveries(occurrence)
        if not ledger.discard(occurrence, "discarded by a person", app.clock.now()):
            raise UsageError(_not_discarded(record, deliveries))
    served = [one for one in deliveries if one.state is DeliveryState.SENT]
    echo(f"discarded {occurrence}: nobody {'else ' if served else ''}gets it")
    return 0


def _not_discarded(record: OccurrenceRecord, deliveries: Sequence[DeliveryRecord]) -> str:
    id = record.occurrence.id
    if any(one.state is DeliveryState.SENDING for one in deliveries):
        return f"{id} is being sent right now. Try again in a minute."
    if record.definition.for_each:
        return f"{id} went out in parts; see: digestbot history {record.occurrence.digest}"
    return f"{id} has nothing left to discard: it is {record.state.value}."


def _held(ledger: Ledger, occurrence_id: str) -> OccurrenceRecord:
    """Return the held occurrence of that id. Raises UsageError that lists those that are held."""
    record = ledger.occurrence(occurrence_id)
    if record is not None and record.state is OccurrenceState.HELD:
        return record
    held = ", ".join(other.occurrence.id for other in ledger.held()) or "none"
    state = f"is {record.state.value}, not held" if record is not None else "is not known"
    raise UsageError(f"{occurrence_id} {state}. Held: {held}.")
