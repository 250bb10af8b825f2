"""Which firings become occurrences now. Each firing is decided once and remembered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model import Configuration, Delivery, Digest, Ledger, Occurrence, OccurrenceState
from bot.timetable import Firing, firings, next_firing, window_for

ON_TIME = timedelta(minutes=5)
"""An occurrence planned later than this after its due instant is marked late."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to the firings since the last look: one is sent at most, the rest are skipped."""

    send: Firing | None
    skip: tuple[Firing, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """What planning did for one digest, as a line for the log."""

    digest: str
    message: str


def decide(due: Sequence[Firing], now: datetime, grace_seconds: float) -> Decision:
    """The latest firing within its grace is sent; older ones, and one past its grace, are skipped."""
    if not due:
        return Decision(None, ())
    *older, latest = due
    if now - latest.due > timedelta(seconds=grace_seconds):
        return Decision(None, tuple(due))
    return Decision(latest, tuple(older))


def plan_due(configuration: Configuration, ledger: Ledger, now: datetime) -> tuple[Planned, ...]:
    """Plan what is due in every digest. A digest met for the first time fires only after `now`."""
    return tuple(line for digest in configuration.digests for line in _plan_digest(digest, ledger, now))


def occurrence_of(digest: Digest, firing: Firing, ledger: Ledger | None, slice: str = "") -> Occurrence:
    """The occurrence of a firing, with the window that belongs to it."""
    window = window_for(digest, firing, previous_due=_previous_due(digest, firing.due, ledger))
    return Occurrence(digest.name, firing.due, window, slice)


def duties(digest: Digest, occurrence: Occurrence) -> tuple[Delivery, ...]:
    """One delivery for every recipient of the digest."""
    return tuple(Delivery(occurrence.id, recipient) for recipient in digest.recipients)


def _plan_digest(digest: Digest, ledger: Ledger, now: datetime) -> list[Planned]:
    settled, first = ledger.seen(digest.name, now)
    if first:
        return [Planned(digest.name, _first_seen(digest, now))]
    decision = decide(tuple(firings(digest, settled, now)), now, digest.grace_seconds)
    lines = [_skip(digest, firing, ledger, now) for firing in decision.skip]
    if decision.send:
        lines += _send(digest, decision.send, ledger, now)
    ledger.settled_until(digest.name, now)
    return lines


def _first_seen(digest: Digest, now: datetime) -> str:
    following = next_firing(digest, now)
    return f"first seen; next {following.due.isoformat()}" if following else "first seen; never fires again"


def _send(digest: Digest, firing: Firing, ledger: Ledger, now: datetime) -> list[Planned]:
    occurrence = occurrence_of(digest, firing, ledger)
    late = now - firing.due > ON_TIME
    if not ledger.plan(occurrence, digest, duties(digest, occurrence), now, late):
        return []
    return [Planned(digest.name, f"planned {occurrence.id}" + (" (late)" if late else ""))]


def _skip(digest: Digest, firing: Firing, ledger: Ledger, now: datetime) -> Planned:
    occurrence = occurrence_of(digest, firing, ledger)
    reason = "missed while nothing ran; only the latest within its grace is sent"
    ledger.skip(occurrence, digest, reason, now)
    return Planned(digest.name, f"skipped {occurrence.id}: {reason}")


def _previous_due(digest: Digest, due: datetime, ledger: Ledger | None) -> datetime | None:
    """The latest earlier occurrence of the digest that was not skipped, for `since last run`."""
    if ledger is None or digest.window.kind != "since last run":
        return None
    earlier = [
        record.occurrence.due
        for record, _ in ledger.history(digest.name)
        if record.occurrence.due < due
        and not record.occurrence.slice
        and record.state is not OccurrenceState.SKIPPED
    ]
    return max(earlier, default=None)
