"""Occurrences that a person asks for: an instant, another window, one group, a test address."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from bot.alerts import plan_alerts
from bot.alerts.alert import HELD
from bot.delivery.fan_out import FanOut
from bot.delivery.occurrences import deliveries_of, occurrence_of
from bot.delivery.pipeline import run_occurrence
from bot.delivery.runtime import RunResult, Runtime
from bot.errors import UsageError
from bot.ledger import Ledger
from bot.model import (
    Attach,
    Configuration,
    Delivery,
    DeliveryKind,
    Digest,
    Occurrence,
    OccurrenceKind,
    OccurrenceRecord,
    Recipient,
    SendWhen,
    slug,
)
from bot.model.channel_types import CHANNEL_TYPES
from bot.timetable import WindowSyntaxError, firing_at, latest_firing, parse_window
from bot.timetable.recurrence import parse_instant


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What the command line asks for; '' and () mean as the file says.

    `preview`: nothing is sent, so the moment may lie in the future.
    """

    at: str = ""
    window: str = ""
    group: str = ""
    to: tuple[str, ...] = ()
    preview: bool = False


@dataclass(frozen=True, slots=True)
class ManualRun:
    """The digest as narrowed by a request, its occurrence, and the deliveries to send."""

    digest: Digest
    occurrence: Occurrence
    deliveries: tuple[Delivery, ...]


def manual_run(digest: Digest, request: RunRequest, now: datetime, ledger: Ledger | None = None) -> ManualRun:
    """Return the occurrence that a request means. Raise UsageError for what cannot be understood.

    `window` and `group` make an occurrence of their own, and so does each test: it must never replace the
    real one or freeze its content.
    """
    narrowed = _unconditional(_narrowed(digest, request), request)
    due = _due(narrowed, request.at, now)
    if due > now and not request.preview:
        raise UsageError(f"{request.at} is in the future: its window has not ended. Look at it with preview.")
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


def _due(digest: Digest, at: str, now: datetime) -> datetime:
    if at:
        return parse_instant(at, digest.zone)
    firing = latest_firing(replace(digest, paused=False), now)
    if firing is None:
        raise UsageError(f"{digest.name} has not been due yet; say for which moment with --at.")
    return firing.due


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
