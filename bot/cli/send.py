"""`send`: one occurrence now, with progress."""

import logging
from argparse import Namespace
from typing import TYPE_CHECKING

from bot.actions import ManualRun, RunRequest, manual_children, manual_run
from bot.cli.output import (
    find_digest,
    first_status,
    load_app,
    log_to_stderr,
    print_result,
    progress_shown,
    say,
)
from bot.config import is_allowed
from bot.delivery.editions import compose_occurrence
from bot.delivery.fan_out import fan_out
from bot.delivery.occurrences import last_dues
from bot.delivery.pipeline import run_occurrence
from bot.delivery.reconcile import reconcile_occurrence
from bot.errors import EditionHeld, UsageError
from bot.ledger import SqlLedger, owner_may_live
from bot.lib.hints import release_or_discard
from bot.model import (
    MEMBERS,
    SELF,
    DeliveryKind,
    DeliveryState,
    OccurrenceState,
    Progress,
    Recipient,
    utc_text,
)
from bot.model.channel_types import EMAIL
from bot.render import render

if TYPE_CHECKING:
    from bot.app import App

NOT_AGAIN = {
    DeliveryState.SENT: "was sent",
    DeliveryState.UNKNOWN: "is unknown: perhaps it arrived, so it is not sent again blindly",
    DeliveryState.SENDING: "is being sent by another process",
    DeliveryState.CANCELLED: "was cancelled",
}


def send(given: Namespace) -> int:
    """Send what is not sent yet of one occurrence; a second time says so and asks nothing."""
    app = load_app(given)
    digest = find_digest(app.configuration, given.digest)
    log_to_stderr(app.settings, logging.ERROR)
    request = RunRequest(given.at, given.window, given.group, tuple(given.to))
    recipients = manual_run(digest, request, app.clock.now()).digest.recipients
    _require_allowed(app, recipients)
    app.require_secrets(() if given.dry_run else recipients)
    with app.open_ledger() as ledger:
        asked = manual_run(digest, request, app.clock.now(), ledger)
        with progress_shown() as progress:
            each = _slices(app, asked, request, ledger, progress) if digest.for_each else (asked,)
            if given.dry_run:
                statuses = [_dry_run(app, one, ledger, progress) for one in each]
            else:
                statuses = _plan_whole(app, asked, request, ledger, progress) if digest.for_each else []
                statuses += [_send(app, one, ledger, progress) for one in each]
    return next((status for status in statuses if status), 0)


def _slices(
    app: "App", asked: ManualRun, request: RunRequest, ledger: SqlLedger, progress: Progress
) -> tuple[ManualRun, ...]:
    """What a `for_each` digest goes out as. Raises UsageError when that is nothing."""
    last = last_dues(ledger, asked.digest, asked.occurrence.due)
    fan = fan_out(asked.digest, asked.occurrence, app.source(ledger, progress), last)
    say(f"{asked.occurrence.id}: {fan.words}")
    each = manual_children(asked, fan, request)
    if not each:
        raise UsageError(f"{asked.digest.name}: there is no {asked.digest.for_each} that somebody would get.")
    _require_allowed(app, tuple(recipient for one in each for recipient in one.digest.recipients))
    return each


def _plan_whole(
    app: "App", asked: ManualRun, request: RunRequest, ledger: SqlLedger, progress: Progress
) -> list[int]:
    """Of a real firing as a whole the ledger knows that it went out: `run` does not plan its slices again."""
    if request.to or request.group:
        return []
    if not ledger.plan(asked.occurrence, asked.digest, (), app.clock.now(), late=False):
        ledger.reopen(asked.occurrence.id, app.clock.now())
    record = ledger.occurrence(asked.occurrence.id)
    if record is None or record.state is not OccurrenceState.PLANNED:
        return []
    result = run_occurrence(app.runtime(ledger, (), progress), record)
    print_result(app.settings, result)
    return [first_status((result,))]


def _require_allowed(app: "App", recipients: tuple[Recipient, ...]) -> None:
    """Raises UsageError for a mail address outside email.allowed_domains, before anything is sent."""
    domains = frozenset(app.configuration.mail.allowed_domains)
    for recipient in recipients:
        named = recipient.address not in (MEMBERS, SELF)
        if recipient.channel == EMAIL.name and named and not is_allowed(recipient.address, domains):
            raise UsageError(f"{recipient.address} does not lie in email.allowed_domains.")


def _send(app: "App", asked: ManualRun, ledger: SqlLedger, progress: Progress) -> int:
    now, occurrence = app.clock.now(), asked.occurrence
    ledger.reap(now)
    ledger.abandon_others(now, owner_may_live)
    for recipient in asked.digest.recipients:
        ledger.try_channel(recipient.channel, now)
    if not ledger.plan(occurrence, asked.digest, asked.deliveries, now, late=False):
        if not _waits_untried(ledger, occurrence.id):
            ledger.reopen(occurrence.id, now)
        _look_up(app, ledger, occurrence.id, progress)
        if not _outstanding(ledger, occurrence.id):
            return _tell_done(ledger, occurrence.id)
    record = ledger.occurrence(occurrence.id)
    assert record is not None  # noqa: S101 - planned above
    runtime = app.runtime(ledger, asked.digest.recipients, progress)
    result = run_occurrence(runtime, record)
    runtime.close()
    print_result(app.settings, result)
    if result.busy:
        say(f"{occurrence.id} is being worked on by another process; nothing was sent from here")
    return first_status((result,)) or _status(ledger, occurrence.id)


def _waits_untried(ledger: SqlLedger, occurrence_id: str) -> bool:
    record = ledger.occurrence(occurrence_id)
    return record is not None and record.state is OccurrenceState.PLANNED and not record.attempts


def _look_up(app: "App", ledger: SqlLedger, occurrence_id: str, progress: Progress) -> None:
    """Whether what is unknown has arrived; if it surely has not, it is outstanding again."""
    record = ledger.occurrence(occurrence_id)
    if record is not None:
        reconcile_occurrence(ledger, app.channels(ledger, progress), app.clock, record)


def _outstanding(ledger: SqlLedger, occurrence_id: str) -> bool:
    return any(duty.state is DeliveryState.READY for duty in ledger.deliveries(occurrence_id))


def _tell_done(ledger: SqlLedger, occurrence_id: str) -> int:
    say(f"{occurrence_id}: nothing to send, nothing was asked")
    record = ledger.occurrence(occurrence_id)
    if record is not None and record.state is OccurrenceState.SKIPPED:
        say(f"  it was skipped: {record.reason}")
        say(f"  to send it all the same, ask for its window: --window {record.definition.window.phrase!r}")
    if record is not None and record.state is OccurrenceState.HELD:
        say(f"  it is held: {record.reason}")
        say(f"  {release_or_discard(record.occurrence.id)}")
    for duty in ledger.deliveries(occurrence_id):
        recipient = duty.delivery.recipient
        at = f" at {utc_text(duty.sent_at)}" if duty.sent_at else ""
        say(f"  {recipient.channel} {recipient.address} {NOT_AGAIN.get(duty.state, duty.state.value)}{at}")
    return _status(ledger, occurrence_id)


def _status(ledger: SqlLedger, occurrence_id: str) -> int:
    """3 while it is held, 5 while a delivery is failed or unknown, else 0."""
    record = ledger.occurrence(occurrence_id)
    if record is not None and record.state is OccurrenceState.HELD:
        return EditionHeld.exit_status
    bad = {DeliveryState.FAILED, DeliveryState.UNKNOWN}
    return 5 if any(duty.state in bad for duty in ledger.deliveries(occurrence_id)) else 0


def _dry_run(app: "App", asked: ManualRun, ledger: SqlLedger, progress: Progress) -> int:
    """Fetch, compose and render for every recipient; send and remember nothing."""
    digest = asked.digest
    source = app.source(ledger, progress)
    wanted = {recipient.agents for recipient in digest.recipients}
    said = compose_occurrence(source, digest, asked.occurrence, wanted, app.clock, progress, sample=False)
    renderer = app.renderer()
    for recipient in digest.recipients:
        render(renderer, said.editions[recipient.agents], recipient)
        test = " (TEST)" if asked.deliveries[0].kind is DeliveryKind.TEST else ""
        verb = "would hold" if said.held else "would skip" if said.kept_back else "would send"
        say(f"{verb} {asked.occurrence.id} to {recipient.channel} {recipient.address}{test}")
    if said.held:
        say(f"  held, because: {said.held}")
    elif said.kept_back:
        say(f"  skipped, because: {said.kept_back}")
    return EditionHeld.exit_status if said.held else 0
