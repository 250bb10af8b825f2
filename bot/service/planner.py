"""Plan firings as occurrences. Each firing is decided once and remembered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.compose.figures.wording import Wording
from bot.delivery.occurrences import deliveries_of, have_it, occurrence_of, scope_of
from bot.ledger import Ledger
from bot.ledger.states import ENDED
from bot.model import ON_TIME, Configuration, Digest, OccurrenceRecord, utc_text
from bot.timetable import (
    Firing,
    days_about,
    days_of,
    dropped,
    firings,
    is_repeat,
    latest_start,
    next_firing,
    reach_of,
)

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


def decide(digest: Digest, due: Sequence[Firing], now: datetime) -> Decision:
    """Decide which of the firings that are due are sent.

    `latest`: the latest, within its grace; `all`: each within its grace; `none`: only what is on
    time. The others are skipped.
    """
    send = [firing for firing in due if now - firing.due <= latest_start(digest)]
    if digest.catch_up != "all":
        send = [firing for firing in send if firing is due[-1]]
    return Decision(tuple(send), tuple(firing for firing in due if firing not in send))


def plan_due(configuration: Configuration, ledger: Ledger, now: datetime) -> tuple[Planned, ...]:
    """Plan what is due. A digest met for the first time fires only after `now` (UTC)."""
    paused, decided, digests = ledger.paused(), ledger.decided(), configuration.digests
    retimed = ledger.retimed(digests)
    lines = []
    for digest in digests:
        known = (paused.get(digest.name), decided.get(digest.name), retimed.get(digest.name))
        lines += _plan(digest, ledger, now, *known)
    # Once for all of them: for a hundred digests it would be a hundred writes to disk at every tick.
    # After a crash before it everything is planned again, which changes nothing.
    changed = [digest for digest in digests if digest.name in retimed]
    ledger.planned_through([digest.name for digest in digests], now, changed)
    return tuple(lines)


def plan_digest(
    digest: Digest, ledger: Ledger, now: datetime, paused_at: datetime | None = None
) -> list[Planned]:
    """Plan what is due of one digest; its firings since `paused_at` (UTC) are skipped."""
    retimed = ledger.retimed([digest])
    lines = _plan(digest, ledger, now, paused_at, before=retimed.get(digest.name))
    ledger.planned_through([digest.name], now, [digest] if retimed else [])
    return lines


def _plan(
    digest: Digest,
    ledger: Ledger,
    now: datetime,
    paused_at: datetime | None,
    settled: datetime | None = None,
    before: Digest | None = None,
) -> list[Planned]:
    """Plan a digest whose firings are decided until `settled` (UTC); None asks the ledger.

    `before`: when it fired before its file was changed, if it was.
    """
    if settled is None:
        settled, first = ledger.register_digest(digest.name, now)
        if first:
            return [Planned(digest.name, _first_seen(digest, now))]
    if why := silent(settled, now):
        return [Planned(digest.name, why, wrong=True)]
    late = dropped(before, digest, settled) if before else ()
    due = (*late, *firings(digest, settled, now))
    running = tuple(firing for firing in due if paused_at is None or firing.due < paused_at)
    decision = decide(digest, running, now)
    lines: list[Planned] = []
    for firing in decision.skip:
        lines += _skip(digest, firing, ledger, now, _missed(digest, passed=firing in late))
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


def silent(settled: datetime, now: datetime) -> str:
    """Return why nothing is planned before `settled` (UTC), and what helps; '' if that is right."""
    if settled - now <= FAR_AHEAD:
        return ""
    return (
        f"nothing is planned before {utc_text(settled)}: a process whose clock (or --now) was ahead decided "
        f"until then. Here it is {utc_text(now)}; if that is right: digestbot resume --clock"
    )


def _send(digest: Digest, firing: Firing, ledger: Ledger, now: datetime) -> list[Planned]:
    if (before := _same_window(digest, firing, ledger)) is not None:
        return _skip(digest, firing, ledger, now, _repeats(before))
    occurrence = occurrence_of(digest, firing, ledger)
    late = now - firing.due > ON_TIME
    if not ledger.plan(occurrence, digest, deliveries_of(digest, occurrence), now, late):
        return []
    return [Planned(digest.name, f"planned {occurrence.id}" + (" (late)" if late else ""))]


def _same_window(digest: Digest, firing: Firing, ledger: Ledger) -> OccurrenceRecord | None:
    """Return what readers of the digest get about the same days, if it leaves nothing for this firing.

    It went out at a moment that the schedule no longer has, or a person sent it off the schedule.
    """
    reach, about = reach_of(digest), days_about(digest, firing)
    same = [
        record
        for record in ledger.went_out(digest.name, firing.due - reach, firing.due + reach)
        if days_of(digest.window, record.occurrence.window, firing.nominal) == about
        and scope_of(record.definition) == scope_of(digest)
        and (digest.for_each or have_it(ledger, record.occurrence.id, digest.recipients))
    ]
    return same[-1] if is_repeat(digest, firing, len(same)) else None


def _repeats(record: OccurrenceRecord) -> str:
    verb = "went out" if record.state in ENDED else "is planned"
    id = record.occurrence.id
    return (
        f"this window {verb} with {id}, before the schedule was changed or by hand; "
        f"for who did not get it: digestbot resend {id}"
    )


def _missed(digest: Digest, *, passed: bool) -> str:
    hours = digest.grace_seconds / 3600
    why = "passed before the schedule was changed" if passed else "missed while nothing ran"
    return f"{why} (catch_up: {digest.catch_up}, grace {hours:g} h)"


def _skip(digest: Digest, firing: Firing, ledger: Ledger, now: datetime, reason: str) -> list[Planned]:
    occurrence = occurrence_of(digest, firing, ledger)
    if not ledger.skip(occurrence, digest, reason, now):
        return []
    return [Planned(digest.name, f"skipped {occurrence.id}: {reason}")]
