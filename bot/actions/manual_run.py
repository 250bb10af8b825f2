"""Occurrences that a person asks for: an instant, another window, one group, a test address."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from bot.alerts import plan_alerts
from bot.alerts.alert import HELD
from bot.delivery.fan_out import FanOut
from bot.delivery.occurrences import NOT_SERVED, deliveries_of, occurrence_of, scope_of
from bot.delivery.pipeline import run_occurrence
from bot.delivery.runtime import RunResult, Runtime
from bot.errors import UsageError
from bot.ledger import Ledger
from bot.model import (
    Attach,
    Configuration,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Digest,
    Occurrence,
    OccurrenceKind,
    OccurrenceRecord,
    OccurrenceState,
    Recipient,
    SendWhen,
    Window,
    slug,
    utc_text,
)
from bot.model.channel_types import CHANNEL_TYPES
from bot.timetable import WindowSyntaxError, firing_at, firings, latest_firing, next_firing, parse_window
from bot.timetable.recurrence import local_day, parse_instant

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
NOT_AGAIN = (
    DeliveryState.SENT,
    DeliveryState.UNKNOWN,
    DeliveryState.SENDING,
    DeliveryState.CANCELLED,
)
"""States of deliveries that `send` does not send."""

NOT_SENT = (OccurrenceState.HELD, OccurrenceState.SKIPPED)
_SECOND, _LONGEST_DAY = timedelta(seconds=1), timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What the command line asks for; '' and () mean as the file says.

    `preview`: nothing is sent, so the moment may lie in the future and off the schedule. `off_schedule`: a
    moment that the schedule does not have is meant.
    """

    at: str = ""
    window: str = ""
    group: str = ""
    to: tuple[str, ...] = ()
    preview: bool = False
    off_schedule: bool = False


@dataclass(frozen=True, slots=True)
class ManualRun:
    """The digest as narrowed by a request, its occurrence, and the deliveries to send."""

    digest: Digest
    occurrence: Occurrence
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Going:
    """What a real send brings to one recipient; `before` names where the recipient has this window from."""

    recipient: Recipient
    run: ManualRun
    before: str = ""


def manual_run(digest: Digest, request: RunRequest, now: datetime, ledger: Ledger | None = None) -> ManualRun:
    """Return the occurrence that a request means. Raise UsageError for what cannot be understood.

    `window` and `group` make an occurrence of their own, and so does each test: it must never replace the
    real one or freeze its content.
    """
    narrowed = _unconditional(_narrowed(digest, request), request)
    due = _due(narrowed, request, now)
    slice = _slice(request, now, fans_out=bool(digest.for_each))
    occurrence = occurrence_of(narrowed, firing_at(narrowed, due), ledger, slice, _kind(request, slice))
    if not request.to:
        return ManualRun(narrowed, occurrence, deliveries_of(narrowed, occurrence))
    tests = tuple(test_recipient(address, digest) for address in request.to)
    deliveries = tuple(Delivery(occurrence.id, recipient, DeliveryKind.TEST) for recipient in tests)
    return ManualRun(replace(narrowed, recipients=tests), occurrence, deliveries)


def manual_children(asked: ManualRun, fan: FanOut, request: RunRequest) -> tuple[ManualRun, ...]:
    """Return the run of each slice of a `for_each` digest; a test takes the first slice alone."""
    runs = [
        ManualRun(child.definition, child.occurrence, child.deliveries)
        for child in fan.children
        if request.to or not child.skipped
    ]
    if not request.to:
        return tuple(runs)
    return tuple(
        ManualRun(
            replace(run.digest, recipients=asked.digest.recipients),
            run.occurrence,
            tuple(replace(delivery, occurrence=run.occurrence.id) for delivery in asked.deliveries),
        )
        for run in runs[:1]
    )


def going(ledger: Ledger, runs: Sequence[ManualRun]) -> Iterator[Going]:
    """Yield who gets what by these runs of one digest; what is sent, held or skipped does not go again."""
    before = _served_before(ledger, runs[0].digest.name)
    for run in runs:
        record, window = ledger.occurrence(run.occurrence.id), run.occurrence.window
        ended = {one.delivery.key for one in ledger.deliveries(run.occurrence.id) if one.state in NOT_AGAIN}
        for delivery in run.deliveries if record is None or record.state not in NOT_SENT else ():
            if delivery.key not in ended:
                key = _read(run.digest, window, delivery.recipient)
                others = (text for id, text in before.get(key, {}).items() if id != run.occurrence.id)
                yield Going(delivery.recipient, run, next(others, ""))


def _served_before(ledger: Ledger, digest: str) -> dict[tuple[object, ...], dict[str, str]]:
    """Return, by what was read and who reads it, the occurrences that said it and what became of each."""
    served: dict[tuple[object, ...], dict[str, str]] = {}
    for record, deliveries in ledger.history(digest):
        of = record.occurrence
        if of.kind in (OccurrenceKind.TEST, OccurrenceKind.ALERT):
            continue
        for pending in deliveries:
            if pending.state not in NOT_SERVED and pending.delivery.kind is DeliveryKind.REAL:
                text = f"sent {utc_text(pending.sent_at)}" if pending.sent_at else pending.state.value
                key = _read(record.definition, of.window, pending.delivery.recipient)
                served.setdefault(key, {})[of.id] = f"{of.id} ({text})"
    return served


def _read(digest: Digest, window: Window, recipient: Recipient) -> tuple[object, ...]:
    return scope_of(digest), window.first_day, window.last_day, recipient.channel, recipient.address


def run_now(runtime: Runtime, configuration: Configuration, record: OccurrenceRecord) -> RunResult:
    """Run one occurrence, and send the alert about it if it is held."""
    return with_alerts(runtime, configuration, run_occurrence(runtime, record))


def with_alerts(runtime: Runtime, configuration: Configuration, result: RunResult) -> RunResult:
    """Plan alerts and deliver those about what `result` left held; return all results as one."""
    if not result.held:
        return result
    plan_alerts(runtime.ledger, configuration, runtime.clock.now())
    outstanding = runtime.ledger.outstanding(runtime.clock.now())
    return result.plus(
        run_occurrence(runtime, record)
        for record in outstanding
        if record.occurrence.topic == HELD and record.occurrence.about in result.held
    )


def test_recipient(address: str, digest: Digest) -> Recipient:
    """Return the recipient behind a test address; a channel's name before it (`folder:`) is exact.

    It gets the files that the digest's first recipient of that channel gets.
    """
    channel, plain = _channel_of(address)
    alike = next((r for r in digest.recipients if r.channel == channel), None)
    if alike is not None:
        return replace(alike, address=plain)
    return Recipient(channel, plain, CHANNEL_TYPES[channel].agents, Attach(pdf=True))


def _channel_of(address: str) -> tuple[str, str]:
    name, colon, rest = address.partition(":")
    if colon and name in CHANNEL_TYPES:
        return name, rest
    for row in CHANNEL_TYPES.values():
        if row.address_hint and re.fullmatch(row.address_hint, address, re.DOTALL):
            return row.name, address
    prefixes = ", ".join(f"{name}:…" for name in CHANNEL_TYPES)
    raise UsageError(f"--to {address!r}: write #channel, a mail address, or {prefixes} before it.")


def _narrowed(digest: Digest, request: RunRequest) -> Digest:
    if request.group:
        digest = replace(digest, groups=(request.group,))
    if request.window:
        try:
            digest = replace(digest, window=parse_window(request.window))
        except WindowSyntaxError as error:
            raise UsageError(f"--window: {error}") from None
    return digest


def _unconditional(digest: Digest, request: RunRequest) -> Digest:
    """Drop the conditions: a person who asks for a window, a group or a test gets it, whatever is in it."""
    if not (request.to or request.window or request.group):
        return digest
    waits: Literal["mark", "hold"] = "mark" if request.to else digest.if_incomplete
    return replace(digest, send_when=SendWhen(), when_empty="send", if_incomplete=waits)


def _due(digest: Digest, request: RunRequest, now: datetime) -> datetime:
    """Return the moment that is asked for. Raise UsageError for one in the future or off the schedule."""
    if not request.at:
        firing = latest_firing(replace(digest, paused=False), now)
        if firing is None:
            raise UsageError(f"{digest.name} has not been due yet; say for which moment with --at.")
        return firing.due
    digest = replace(digest, paused=False, until=None)
    due, scheduled = _asked(digest, request, now)
    if due > now and not request.preview:
        raise UsageError(f"{request.at} is in the future: its window has not ended. Look at it with preview.")
    # A test, and a window of its own, take the place of no edition.
    if scheduled or request.preview or request.off_schedule or request.to or request.window:
        return due
    around = (latest_firing(digest, due), next_firing(digest, due))
    nearest = _commands([firing.due for firing in around if firing], digest, request, now)
    raise UsageError(
        f"{request.at} is no moment of {digest.name}'s schedule, {digest.schedule.phrase} ({digest.zone}). "
        f"The nearest:{nearest}\nIf you mean this very moment, add --off-schedule."
    )


def _asked(digest: Digest, request: RunRequest, now: datetime) -> tuple[datetime, bool]:
    """Return the moment of `--at` and whether it is scheduled; of a date alone, that day's firing.

    Raise UsageError for a day with several.
    """
    due = parse_instant(request.at, digest.zone)
    if not _DATE.fullmatch(request.at):
        return due, firing_at(digest, due) in firings(digest, due - _SECOND, due)
    dues = [firing.due for firing in firings(digest, due - _SECOND, due + _LONGEST_DAY)]
    dues = [one for one in dues if local_day(one, ZoneInfo(digest.zone)).isoformat() == request.at]
    if len(dues) > 1 and not request.preview:
        every = _commands(dues, digest, request, now)
        raise UsageError(f"{digest.name} is due several times on {request.at}. Choose one:{every}")
    return (dues[0], True) if dues else (due, False)


def _commands(dues: Sequence[datetime], digest: Digest, request: RunRequest, now: datetime) -> str:
    """Return a line for each moment with the command for it; what is not due yet can be looked at."""
    group = f" --group {shlex.quote(request.group)}" if request.group else ""
    lines = []
    for due in dues:
        at = due.astimezone(ZoneInfo(digest.zone))
        text = at.strftime("%Y-%m-%dT%H:%M") if not at.fold else at.isoformat()
        command, note = ("preview", " (not due yet)") if due > now else ("send", "")
        lines.append(f"\n  digestbot {command} {digest.name} --at {text}{group}{note}")
    return "".join(lines)


def _kind(request: RunRequest, slice: str) -> OccurrenceKind:
    """Return why it exists; without a slice of its own it is the scheduled occurrence."""
    if request.to:
        return OccurrenceKind.TEST
    return OccurrenceKind.MANUAL if slice else OccurrenceKind.SCHEDULED


def _slice(request: RunRequest, now: datetime, *, fans_out: bool) -> str:
    """Return the slice of an occurrence run by hand; a group of a `for_each` digest is a slice anyway."""
    parts: Sequence[str] = [
        *([f"group-{slug(request.group)}"] if request.group and not fans_out else []),
        *([f"window-{slug(request.window)}"] if request.window else []),
        *([f"test-{now.astimezone(UTC):%Y%m%dt%H%M%S%fz}"] if request.to else []),
    ]
    return "-".join(parts)
