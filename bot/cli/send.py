"""`send`: one occurrence now, with progress."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click import echo

from bot.cli.options import (
    config_option,
    digest_argument,
    find_digest,
    find_occurrence,
    load_app,
    occurrence_options,
)
from bot.cli.output import counted, first_failure, first_status, log_to_stderr, print_outcome, show_progress
from bot.errors import DeliveryError, EditionHeld, UsageError
from bot.lib.hints import release_or_discard
from bot.model import (
    MEMBERS,
    SELF,
    DeliveryKind,
    DeliveryState,
    OccurrenceRecord,
    OccurrenceState,
    Progress,
    Recipient,
    utc_text,
)
from bot.model.channel_types import EMAIL

if TYPE_CHECKING:
    from bot.actions import Going, ManualRun, RunRequest
    from bot.app import App
    from bot.delivery.runtime import RunResult
    from bot.ledger import Ledger

NOT_AGAIN = {
    DeliveryState.SENT: "was sent",
    DeliveryState.UNKNOWN: "is unknown: perhaps it arrived, so it is not sent again blindly",
    DeliveryState.SENDING: "is being sent by another process",
    DeliveryState.CANCELLED: "was cancelled",
}


@click.command()
@digest_argument
@occurrence_options
@click.option("--to", multiple=True, metavar="ADDRESS", help="send a TEST there instead; may be repeated")
@click.option("--dry-run", is_flag=True, help="fetch and render, send nothing")
@click.option("--off-schedule", is_flag=True, help="an --at that the schedule does not have is meant")
@click.option("--yes", is_flag=True, help="send without asking, and again to who has this window")
@config_option
def send(
    digest: str,
    to: tuple[str, ...],
    dry_run: bool,
    off_schedule: bool,
    yes: bool,
    config: Path,
    **choice: str,
) -> int:
    """Send one occurrence of DIGEST now: what is not sent yet. Without --at the latest that was due.

    A second time it reports that all is sent, and asks the API nothing. On a terminal it asks before it
    sends to several recipients, and anywhere before somebody gets the same window again.
    """
    from bot.actions import RunRequest, manual_run

    app = load_app(config)
    definition = find_digest(app.configuration, digest)
    request = RunRequest(choice["at"], choice["window"], choice["group"], to, off_schedule=off_schedule)
    recipients = manual_run(definition, request, app.clock.now()).digest.recipients
    require_allowed(app, recipients)
    app.require_secrets(() if dry_run else recipients)
    with app.open_ledger() as ledger:
        log_to_stderr(app.settings, ledger.owner)
        run = manual_run(definition, request, app.clock.now(), ledger)
        with show_progress() as progress:
            runs = _children(app, run, request, ledger, progress) if definition.for_each else (run,)
            if dry_run:
                return first_failure([_dry_run(app, run, ledger, progress) for run in runs])
            if not (to or yes or _is_meant(ledger, runs)):
                echo("nothing was sent")
                return 0
            statuses = _plan_parent(app, run, request, ledger, progress) if definition.for_each else []
            return first_failure([*statuses, *[_send(app, run, ledger, progress) for run in runs]])


def _is_meant(ledger: Ledger, runs: tuple[ManualRun, ...]) -> bool:
    """Ask on a terminal whether this is meant. Raises UsageError for who has it when nobody can be asked."""
    from bot.actions import going

    everybody = tuple(going(ledger, runs))
    again = [one for one in everybody if one.before]
    if not sys.stdin.isatty():
        if again:
            lines = "\n".join(map(_going_line, again))
            raise UsageError(
                f"{len(again)} of {counted(len(everybody), 'recipient')} would get this window again. "
                f"Nothing was sent.\n{lines}\nTo send it to all of them, add --yes."
            )
        return True
    if len(everybody) < 2 and not again:
        return True
    for one in everybody:
        echo(_going_line(one))
    return click.confirm(f"Send to {counted(len(everybody), 'recipient')}?")


def _going_line(one: Going) -> str:
    """Return '  slack #care: Mon 16 – Sun 22 November 2026, Sydney time; Social Care'."""
    from bot.compose.figures.wording import Wording

    digest = one.run.digest
    window = Wording(digest.locale, digest.zone).window(one.run.occurrence.window)
    about = one.run.occurrence.slice or ", ".join(digest.groups) or "all groups"
    before = f"; has it already from {one.before}" if one.before else ""
    return f"  {one.recipient.channel} {one.recipient.address}: {window}; {about}{before}"


def recipients_of(ledger: Ledger, record: OccurrenceRecord) -> tuple[Recipient, ...]:
    """Return the recipients of an occurrence's deliveries."""
    return tuple(delivery.delivery.recipient for delivery in ledger.deliveries(record.occurrence.id))


def run_and_print(
    app: App, ledger: Ledger, occurrence_id: str, recipients: tuple[Recipient, ...], progress: Progress
) -> RunResult:
    """Run a planned occurrence as far as it can go, and print what happened."""
    from bot.actions import run_now

    runtime = app.runtime(ledger, recipients, progress)
    result = run_now(runtime, app.configuration, find_occurrence(ledger, occurrence_id))
    runtime.close()
    print_outcome(app.settings, result)
    return result


def _children(
    app: App, run: ManualRun, request: RunRequest, ledger: Ledger, progress: Progress
) -> tuple[ManualRun, ...]:
    """Return the runs of a `for_each` digest's child occurrences. Raises UsageError when there is none."""
    from bot.actions import manual_children
    from bot.delivery.fan_out import fan_out
    from bot.delivery.occurrences import last_dues

    last = last_dues(ledger, run.digest, run.occurrence.due)
    fan = fan_out(run.digest, run.occurrence, app.source(ledger, progress), last)
    echo(f"{run.occurrence.id}: {fan.summary}")
    runs = manual_children(run, fan, request)
    if not runs:
        raise UsageError(f"{run.digest.name}: there is no {run.digest.for_each} that somebody would get.")
    require_allowed(app, tuple(recipient for run in runs for recipient in run.digest.recipients))
    return runs


def _plan_parent(
    app: App, run: ManualRun, request: RunRequest, ledger: Ledger, progress: Progress
) -> list[int]:
    """Run the parent of a real firing, so that `run` does not plan its children again."""
    if request.to or request.group:
        return []
    if not ledger.plan(run.occurrence, run.digest, (), app.clock.now(), late=False):
        ledger.reopen(run.occurrence.id, app.clock.now())
    if find_occurrence(ledger, run.occurrence.id).state is not OccurrenceState.PLANNED:
        return []
    return [first_status((run_and_print(app, ledger, run.occurrence.id, (), progress),))]


def require_allowed(app: App, recipients: tuple[Recipient, ...]) -> None:
    """Refuse a mail address outside email.allowed_domains before anything is sent. Raises UsageError."""
    from bot.config import is_allowed

    domains = frozenset(app.configuration.mail.allowed_domains)
    for recipient in recipients:
        named = recipient.address not in (MEMBERS, SELF)
        if recipient.channel == EMAIL.name and named and not is_allowed(recipient.address, domains):
            raise UsageError(f"{recipient.address} does not lie in email.allowed_domains.")


def _send(app: App, run: ManualRun, ledger: Ledger, progress: Progress) -> int:
    from bot.delivery.recipients import look_at_ended
    from bot.delivery.reconcile import reconcile_occurrence

    now, occurrence_id = app.clock.now(), run.occurrence.id
    ledger.reap(now)
    for recipient in run.digest.recipients:
        ledger.half_open(recipient.channel, now)
    if not ledger.plan(run.occurrence, run.digest, run.deliveries, now, late=False):
        record = find_occurrence(ledger, occurrence_id)
        changes = look_at_ended(app.audience(ledger, progress), ledger, record, now)
        if record.state is OccurrenceState.SKIPPED and not ledger.deliveries(occurrence_id):
            # It was missed, or skipped during a pause, and never composed: a person wants it after all.
            ledger.readdress(record, run.digest, run.deliveries, {}, now)
        for change in changes:
            echo(f"{occurrence_id}: {change}")
        record = find_occurrence(ledger, occurrence_id)
        if record.state is not OccurrenceState.PLANNED or record.attempts:
            ledger.reopen(occurrence_id, now)
        record = find_occurrence(ledger, occurrence_id)
        reconcile_occurrence(ledger, app.channels(ledger, progress), app.clock, record)
        if not any(delivery.state is DeliveryState.READY for delivery in ledger.deliveries(occurrence_id)):
            return _print_nothing_to_send(ledger, occurrence_id)
    result = run_and_print(app, ledger, occurrence_id, run.digest.recipients, progress)
    return first_status((result,)) or _status(ledger, occurrence_id)


def _print_nothing_to_send(ledger: Ledger, occurrence_id: str) -> int:
    echo(f"{occurrence_id}: nothing to send, nothing was asked")
    record = find_occurrence(ledger, occurrence_id)
    if record.state is OccurrenceState.SKIPPED:
        echo(f"  it was skipped: {record.reason}")
        echo(f"  to send it all the same, ask for its window: --window {record.definition.window.phrase!r}")
    if record.state is OccurrenceState.HELD:
        echo(f"  it is held: {record.reason}")
        echo(f"  {release_or_discard(occurrence_id)}")
    for delivery in ledger.deliveries(occurrence_id):
        recipient = delivery.delivery.recipient
        at = f" at {utc_text(delivery.sent_at)}" if delivery.sent_at else ""
        state = NOT_AGAIN.get(delivery.state, delivery.state.value)
        echo(f"  {recipient.channel} {recipient.address} {state}{at}")
    return _status(ledger, occurrence_id)


def _status(ledger: Ledger, occurrence_id: str) -> int:
    """Return 3 while the occurrence is held, 5 while a delivery is failed or unknown, else 0."""
    if find_occurrence(ledger, occurrence_id).state is OccurrenceState.HELD:
        return EditionHeld.exit_status
    unserved = {DeliveryState.FAILED, DeliveryState.UNKNOWN}
    failed = any(delivery.state in unserved for delivery in ledger.deliveries(occurrence_id))
    return DeliveryError.exit_status if failed else 0


def _dry_run(app: App, run: ManualRun, ledger: Ledger, progress: Progress) -> int:
    """Fetch, compose and render for every recipient; send and remember nothing."""
    from bot.delivery.editions import CompositionRequest, compose_occurrence
    from bot.render import render

    digest, source = run.digest, app.source(ledger, progress)
    levels = {recipient.agents for recipient in digest.recipients}
    composed = compose_occurrence(
        source, CompositionRequest(digest, run.occurrence, levels), app.clock, progress
    )
    renderer = app.renderer()
    verb = "would hold" if composed.held else "would skip" if composed.suppressed else "would send"
    test = " (TEST)" if run.deliveries[0].kind is DeliveryKind.TEST else ""
    for recipient in digest.recipients:
        render(renderer, composed.editions[recipient.agents], recipient)
        echo(f"{verb} {run.occurrence.id} to {recipient.channel} {recipient.address}{test}")
    if composed.held:
        echo(f"  held, because: {composed.held}")
    elif composed.suppressed:
        echo(f"  skipped, because: {composed.suppressed}")
    return EditionHeld.exit_status if composed.held else 0
