"""Plan firings as occurrences. Each firing is decided once and remembered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.compose.figures.wording import Wording
from bot.delivery.occurrences import deliveries_of, occurrence_of
from bot.ledger import Ledger
from bot.model import ON_TIME, Configuration, Digest, utc_text
from bot.timetable import Firing, firings, next_firing

FAR_AHEAD = timedelta(days=1)
"""A clock that was ahead by less than that leaves no digest silent for long."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to the firings since the last look, each list in order of time."""

    send: tuple[Firing, ...]
    skip: tuple[Firing, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """What planning did for one digest, as a line for the log; `wrong` when a person has to look."""

    digest: str
    message: str
    wrong: bool = False


def decide(due: Sequence[Firing], now: datetime, grace_seconds: float, catch_up: str = "latest") -> Decision:
    """Decide which of the firings that are due are sent.

    `latest`: the latest, within its grace; `all`: each within its grace; `none`: only what is on
    time. The others are skipped.
    """
    grace = (
        min(ON_TIME, timedelta(seconds=grace_seconds))
        if catch_up == "none"
        else timedelta(seconds=grace_seconds)
    )
    send = [firing for firing in due if now - firing.due <= grace]
    if catch_up != "all":
        send = [firing for firing in send if firing is due[-1]]
    return Decision(tuple(send), tuple(firing for firing in due if firing not in send))


def plan_due(configuration: Configuration, ledger: Ledger, now: datetime) -> tuple[Planned, ...]:
    """Plan what is due. A digest met for the first time fires only after `now` (UTC)."""
    paused, decided = ledger.paused(), ledger.decided()
    lines = [
        line
        for digest in configuration.digests
        for line in _plan(digest, ledger, now, paused.get(digest.name), decided.get(digest.name))
    ]
    # Once for all of them: for a hundred digests it would be a hundred writes to disk at every tick.
    # After a crash before it everything is planned again, which changes nothing.
    ledger.planned_through([digest.name for digest in configuration.digests], now)
    return tuple(lines)


def plan_digest(
    digest: Digest, ledger: Ledger, now: datetime, paused_at: datetime | None = None
) -> list[Planned]:
    """Plan what is due of one digest; its firings since `paused_at` (UTC) are skipped."""
    lines = _plan(digest, ledger, now, paused_at)
    ledger.planned_through([digest.name], now)
    return lines


def _plan(
    digest: Digest,
    ledger: Ledger,
    now: datetime,
    paused_at: datetime | None,
    settled: datetime | None = None,
) -> list[Planned]:
    """Plan a digest whose firings are decided until `settled` (UTC); None asks the ledger."""
    if settled is None:
        settled, first = ledger.register_digest(digest.name, now)
        if first:
            return [Planned(digest.name, _first_seen(digest, now))]
    if settled - now > FAR_AHEAD:
        return [Planned(digest.name, _silent(settled, now), wrong=True)]
    due = tuple(firings(digest, settled, now))
    running = tuple(firing for firing in due if paused_at is None or firing.due < paused_at)
    decision = decide(running, now, digest.grace_seconds, digest.catch_up)
    lines: list[Planned] = []
    for firing in decision.skip:
        lines += _skip(digest, firing, ledger, now, _missed(digest))
    for firing in decision.send:
        lines += _send(digest, firing, ledger, now)
    if paused_at is not None:
        why = f"paused by a person since {utc_text(paused_at)}"
        for firing in due[len(running) :]:
            lines += _skip(digest, firing, ledger, now, why)
    return lines


def _first_seen(digest: Digest, now: datetime) -> str:
    following = next_firing(digest, now)
    if following is None:
        return "first seen; never fires again"
    return f"first seen; next {Wording(digest.locale, digest.zone).moment(following.due)}"


def _silent(settled: datetime, now: datetime) -> str:
    return (
        f"nothing is planned before {utc_text(settled)}: until then all was decided by a process whose "
        f"clock (or --now) was ahead, unless this one is behind; here it is {utc_text(now)}"
    )


def _send(digest: Digest, firing: Firing, ledger: Ledger, now: datetime) -> list[Planned]:
    occurrence = occurrence_of(digest, firing, ledger)
    late = now - firing.due > ON_TIME
    if not ledger.plan(occurrence, digest, deliveries_of(digest, occurrence), now, late):
        return []
    return [Planned(digest.name, f"planned {occurrence.id}" + (" (late)" if late else ""))]


def _missed(digest: Digest) -> str:
    hours = digest.grace_seconds / 3600
    return f"missed while nothing ran (catch_up: {digest.catch_up}, grace {hours:g} h)"


def _skip(digest: Digest, firing: Firing, ledger: Ledger, now: datetime, reason: str) -> list[Planned]:
    occurrence = occurrence_of(digest, firing, ledger)
    if not ledger.skip(occurrence, digest, reason, now):
        return []
    return [Planned(digest.name, f"skipped {occurrence.id}: {reason}")]
