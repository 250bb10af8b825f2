"""Rows as the model's records, and the records' parts as columns."""

from typing import Any

from sqlalchemy import Row

from bot.ledger.frozen import freeze, freeze_window, thaw, thaw_window
from bot.ledger.instants import from_micros, to_micros
from bot.model import (
    Delivery,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    Digest,
    Occurrence,
    OccurrenceRecord,
    OccurrenceState,
    Recipient,
)


def occurrence_columns(occurrence: Occurrence, definition: Digest) -> dict[str, Any]:
    """What is planned of an occurrence, as columns; of it only the window may grow (`handing_on`)."""
    return {
        "id": occurrence.id,
        "digest": occurrence.digest,
        "due": to_micros(occurrence.due),
        "slice": occurrence.slice,
        "window": freeze_window(occurrence.window),
        "definition": freeze(definition),
    }


def delivery_columns(delivery: Delivery, position: int) -> dict[str, Any]:
    """A new delivery, ready to be sent, as columns."""
    return {
        "key": delivery.key,
        "occurrence": delivery.occurrence,
        "position": position,
        "channel": delivery.recipient.channel,
        "address": delivery.recipient.address,
        "kind": delivery.kind,
        "recipient": freeze(delivery.recipient),
        "state": DeliveryState.READY,
        "attempts": 0,
        "fence": 0,
        "provider_id": "",
        "error": "",
    }


def occurrence_record(row: Row[Any]) -> OccurrenceRecord:
    """An occurrence's row as the model's record. Raises LedgerError when it is damaged."""
    window = thaw_window(row.window)
    return OccurrenceRecord(
        occurrence=Occurrence(row.digest, from_micros(row.due), window, row.slice),
        definition=thaw(Digest, row.definition),
        state=OccurrenceState(row.state),
        late=row.late,
        reason=row.reason,
        attempts=row.attempts,
        not_before=from_micros(row.not_before),
        planned_at=from_micros(row.planned_at),
        ended_at=from_micros(row.ended_at),
    )


def delivery_record(row: Row[Any]) -> DeliveryRecord:
    """A delivery's row as the model's record. Raises LedgerError when it is damaged."""
    recipient = thaw(Recipient, row.recipient)
    return DeliveryRecord(
        delivery=Delivery(row.occurrence, recipient, DeliveryKind(row.kind)),
        state=DeliveryState(row.state),
        attempts=row.attempts,
        sent_at=from_micros(row.sent_at),
        provider_id=row.provider_id,
        error=row.error,
        not_before=from_micros(row.not_before),
        started_at=from_micros(row.started_at),
    )
