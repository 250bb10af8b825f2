"""`resend`: again for those not served, or a correction for everybody."""

import logging
from argparse import Namespace
from collections.abc import Sequence

from bot.actions import (
    UNSERVED,
    newest_version,
    parse_instant,
    require_correctable,
    require_resendable,
    unserved_since,
)
from bot.actions import resend as send_again
from bot.app import App
from bot.cli.output import first_status, load_app, log_to_stderr, print_result, progress_shown, say
from bot.delivery.corrections import plan_correction, versions
from bot.delivery.pipeline import RunResult, run_occurrence
from bot.errors import DeliveryError, UsageError
from bot.ledger import SqlLedger, owner_may_live
from bot.ledger.rules import ENDED
from bot.model import DeliveryKind, DeliveryState, OccurrenceRecord, Progress, correction_number


def resend(given: Namespace) -> int:
    """One occurrence, or everything that failed since a moment. Raises UsageError for what cannot be."""
    _require_one_form(given)
    app = load_app(given)
    log_to_stderr(app.settings, logging.ERROR)
    with app.open_ledger() as ledger:
        if given.failed:
            since = parse_instant(given.since, "UTC")
            return _resend_all(app, ledger, tuple(unserved_since(ledger, since)))
        record = find_occurrence(ledger, given.occurrence)
        return _correct(app, ledger, record) if given.refetch else _resend_one(app, ledger, record)


def _require_one_form(given: Namespace) -> None:
    if given.failed != bool(given.since):
        raise UsageError("--failed and --since belong together: resend --failed --since 2026-11-23")
    if given.failed == bool(given.occurrence) or (given.failed and given.refetch):
        raise UsageError("Give one OCCURRENCE, perhaps with --refetch, or --failed --since ISO.")


def find_occurrence(ledger: SqlLedger, occurrence_id: str) -> OccurrenceRecord:
    """The occurrence of that id. Raises UsageError with the latest of its digest."""
    record = ledger.occurrence(occurrence_id)
    if record is not None:
        return record
    digest = occurrence_id.partition("@")[0].partition("/")[0]
    known = [known.occurrence.id for known, _ in ledger.history(digest or None)[:3]]
    latest = f"The latest of {digest}: {', '.join(known)}." if known else "See: digestbot history."
    raise UsageError(f"{occurrence_id} is not known. {latest}")


def _resend_one(app: App, ledger: SqlLedger, record: OccurrenceRecord) -> int:
    newest = newest_version(ledger, record)
    if newest.occurrence.id != record.occurrence.id:
        say(f"{record.occurrence.id} was corrected: this is about {newest.occurrence.id}")
    require_resendable(ledger, newest)
    with progress_shown() as progress:
        result = _send_again(app, ledger, newest, progress)
    return _ended(app, ledger, result)


def _resend_all(app: App, ledger: SqlLedger, records: Sequence[OccurrenceRecord]) -> int:
    """Each once, oldest first; what cannot be sent is told and stops nothing."""
    statuses = []
    with progress_shown() as progress:
        for record in dict.fromkeys(newest_version(ledger, one).occurrence.id for one in records):
            statuses.append(_one_of_many(app, ledger, record, progress))
    if not statuses:
        say("nothing failed since then")
    return next((status for status in statuses if status), 0)


def _one_of_many(app: App, ledger: SqlLedger, occurrence_id: str, progress: Progress) -> int:
    record = find_occurrence(ledger, occurrence_id)
    progress(f"sending {occurrence_id} again")
    try:
        require_resendable(ledger, record)
    except UsageError as error:
        result = RunResult(occurrence_id, errors=(error,))
    else:
        result = _send_again(app, ledger, record, progress)
    return _ended(app, ledger, result)


def _send_again(app: App, ledger: SqlLedger, record: OccurrenceRecord, progress: Progress) -> RunResult:
    recipients = tuple(duty.delivery.recipient for duty in ledger.deliveries(record.occurrence.id))
    if record.definition.for_each:
        recipients = record.definition.recipients
    app.require_secrets(recipients)
    ledger.abandon_others(app.clock.now(), owner_may_live)
    runtime = app.runtime(ledger, recipients, progress)
    try:
        return send_again(runtime, record)
    finally:
        runtime.close()


def _correct(app: App, ledger: SqlLedger, record: OccurrenceRecord) -> int:
    """Go on with a correction that is under way, else begin the next."""
    newest = newest_version(ledger, record)
    require_correctable(ledger, newest)
    recipients = tuple(duty.delivery.recipient for duty in ledger.deliveries(newest.occurrence.id))
    app.require_secrets(recipients)
    ledger.abandon_others(app.clock.now(), owner_may_live)
    under_way = correction_number(newest.occurrence) and newest.state not in ENDED
    if not under_way:
        newest = plan_correction(ledger, versions(ledger, newest.occurrence)[0], app.clock.now())
    say(f"{'going on with' if under_way else 'correcting as'} {newest.occurrence.id}")
    with progress_shown() as progress:
        runtime = app.runtime(ledger, recipients, progress)
        if under_way:
            ledger.reopen(newest.occurrence.id, app.clock.now())
        result = run_occurrence(runtime, newest)
        runtime.close()
    return _ended(app, ledger, result)


def _ended(app: App, ledger: SqlLedger, result: RunResult) -> int:
    """What happened, in lines; and the exit status, 5 while somebody is not served."""
    print_result(app.settings, result)
    if result.busy:
        say(f"{result.occurrence} is being worked on by another process; nothing was sent from here")
    elif not result.sent and not result.errors:
        say(f"{result.occurrence}: nothing to send, everybody is served")
    duties = [d for d in ledger.deliveries(result.occurrence) if d.delivery.kind is DeliveryKind.REAL]
    for duty in duties:
        if duty.state in UNSERVED:
            recipient = duty.delivery.recipient
            say(f"  {recipient.channel} {recipient.address} is {duty.state.value}: {duty.error}")
    waits = any(duty.state in (*UNSERVED, DeliveryState.READY) for duty in duties)
    return first_status((result,)) or (DeliveryError.exit_status if waits else 0)
