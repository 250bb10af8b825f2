"""Corrections: plan one for an edition, list what changed, and replace the earlier message.

`bot.model.corrections` gives them their ids.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.compose.correction import compose_correction
from bot.ledger import Ledger
from bot.model import (
    Agents,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Edition,
    Occurrence,
    OccurrenceRecord,
    Recipient,
    corrected_by,
    correction_of,
)


def versions(ledger: Ledger, occurrence: Occurrence) -> tuple[OccurrenceRecord, ...]:
    """Return an occurrence and its corrections, oldest first; for a correction those of what it corrects."""
    original = corrected_by(occurrence)
    first = ledger.occurrence(original.id)
    return (*([first] if first is not None else []), *ledger.corrections(original))


def plan_correction(ledger: Ledger, record: OccurrenceRecord, now: datetime) -> OccurrenceRecord:
    """Return the next correction of an occurrence, planned for everybody who got it or should have.

    Raises LedgerError.
    """
    original = corrected_by(record.occurrence)
    known = ledger.corrections(original)
    number = known[-1].occurrence.number + 1 if known else 1
    correction = correction_of(original, number)
    latest = known[-1] if known else record
    deliveries = tuple(Delivery(correction.id, recipient) for recipient in _recipients(ledger, latest))
    ledger.correct(latest.occurrence, correction, record.definition, deliveries, now)
    for delivery in deliveries:  # a person asks: a stopped channel is tried at once
        ledger.half_open(delivery.recipient.channel, now)
    planned = ledger.occurrence(correction.id)
    assert planned is not None  # noqa: S101 - written a moment ago
    return planned


def _recipients(ledger: Ledger, record: OccurrenceRecord) -> Sequence[Recipient]:
    """Return the recipients of the correction: none whose delivery was cancelled."""
    return [
        pending.delivery.recipient
        for pending in ledger.deliveries(record.occurrence.id)
        if pending.delivery.kind is DeliveryKind.REAL and pending.state is not DeliveryState.CANCELLED
    ]


def corrected(
    ledger: Ledger, record: OccurrenceRecord, editions: Mapping[Agents, Edition], now: datetime
) -> dict[Agents, Edition]:
    """Return the editions marked as a correction, with what changed against the version before."""
    before = _kept_before(ledger, record.occurrence)
    return {
        agents: compose_correction(edition, before.get(agents), record.definition, agents, corrected_at=now)
        for agents, edition in editions.items()
    }


def _kept_before(ledger: Ledger, correction: Occurrence) -> Mapping[Agents, Edition]:
    """Return what the newest earlier version says that was composed."""
    for record in reversed(_earlier(ledger, correction)):
        kept = ledger.editions(record.occurrence.id)
        if kept:
            return kept
    return {}


def message_before(ledger: Ledger, occurrence: Occurrence, recipient: Recipient) -> str:
    """Return the provider's id of the recipient's earlier version; '' for what is no correction."""
    if not occurrence.number:
        return ""
    for record in reversed(_earlier(ledger, occurrence)):
        for pending in ledger.deliveries(record.occurrence.id):
            to = pending.delivery.recipient
            same = (to.channel, to.address) == (recipient.channel, recipient.address)
            if same and pending.state is DeliveryState.SENT and pending.delivery.kind is DeliveryKind.REAL:
                return pending.provider_id
    return ""


def _earlier(ledger: Ledger, correction: Occurrence) -> tuple[OccurrenceRecord, ...]:
    number = correction.number
    known = versions(ledger, correction)
    return tuple(record for record in known if record.occurrence.number < number)
