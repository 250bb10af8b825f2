"""The occurrence of a firing: its window, and one delivery for each recipient."""

from collections.abc import Callable
from datetime import datetime

from bot.ledger import Ledger
from bot.model import Delivery, Digest, Occurrence, OccurrenceKind, OccurrenceState
from bot.timetable import Firing, window_for

NOT_RUN = (OccurrenceState.SKIPPED, OccurrenceState.BACKFILLED)
"""States of occurrences that were never sent: they are no last run."""

RUN_KINDS = (OccurrenceKind.SCHEDULED, OccurrenceKind.MANUAL)

STOPPED = "stopped"
"""The topic of an alert about a channel; its slice names the channel, which carries none of them."""

Previous = Callable[[str], datetime | None]
"""When a slice was last due that was not skipped (UTC)."""


def is_alert(occurrence: Occurrence) -> bool:
    """Return whether an occurrence tells operators something."""
    return occurrence.kind is OccurrenceKind.ALERT


def occurrence_of(
    digest: Digest,
    firing: Firing,
    ledger: Ledger | None,
    slice: str = "",
    kind: OccurrenceKind = OccurrenceKind.SCHEDULED,
) -> Occurrence:
    """Return the occurrence of a firing, with the window that belongs to it."""
    previous = last_dues(ledger, digest, firing.due)("") if ledger is not None else None
    window = window_for(digest, firing, previous_due=previous)
    return Occurrence(digest.name, firing.due, window, slice, kind)


def deliveries_of(digest: Digest, occurrence: Occurrence) -> tuple[Delivery, ...]:
    """Return one delivery for every recipient of the digest; none where its slices have their own."""
    if digest.for_each:
        return ()
    return tuple(Delivery(occurrence.id, recipient) for recipient in digest.recipients)


def last_dues(ledger: Ledger, digest: Digest, due: datetime) -> Previous:
    """Return when each slice of the digest ('' for itself) was last due before `due` and not skipped.

    Only the window `since last run` needs it: for any other, do not read the ledger and know none.
    """
    if digest.window.kind != "since last run":
        return lambda slice: None
    latest: dict[str, datetime] = {}
    for record, _ in ledger.history(digest.name):
        of = record.occurrence
        if of.kind in RUN_KINDS and of.due < due and record.state not in NOT_RUN:
            latest[of.slice] = max(of.due, latest.get(of.slice, of.due))
    return latest.get
