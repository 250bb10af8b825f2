"""The occurrence of a firing: its window, and one delivery for each recipient."""

from collections.abc import Callable, Iterable
from datetime import datetime

from bot.ledger import Ledger
from bot.model import (
    Delivery,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    Digest,
    Occurrence,
    OccurrenceKind,
    OccurrenceState,
    Recipient,
)
from bot.timetable import Firing, window_for

NOT_RUN = (OccurrenceState.SKIPPED, OccurrenceState.BACKFILLED)
"""States of occurrences that were never sent: they are no last run."""

NOT_SERVED = (DeliveryState.FAILED, DeliveryState.CANCELLED)
"""States of deliveries that did not arrive, and do not by themselves."""

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


def scope_of(digest: Digest) -> tuple[frozenset[str], frozenset[str], str]:
    """Return whom a digest is about. Only editions with the same scope can say the same."""
    return frozenset(digest.groups), frozenset(digest.users), digest.for_each


def have_it(
    ledger: Ledger, occurrence_id: str, recipients: Iterable[Recipient]
) -> tuple[DeliveryRecord, ...]:
    """Return the real deliveries of an occurrence to these recipients who have it, or get it without help."""
    wanted = {(one.channel, one.address) for one in recipients}
    return tuple(
        pending
        for pending in ledger.deliveries(occurrence_id)
        if pending.state not in NOT_SERVED
        and pending.delivery.kind is DeliveryKind.REAL
        and (pending.delivery.recipient.channel, pending.delivery.recipient.address) in wanted
    )


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
