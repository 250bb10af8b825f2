"""The parts that all alerts share: topics, identity and planning."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bot.delivery.retry_policy import ALERT_GRACE_SECONDS
from bot.errors import LedgerError
from bot.ledger import Ledger
from bot.model import (
    Configuration,
    Delivery,
    Digest,
    Occurrence,
    OccurrenceKind,
    OccurrenceRecord,
    Recipient,
)

NO_PAYLOAD: Mapping[str, Any] = MappingProxyType({})

HELD, FAILED, RECOVERED, TRUST, FILE = "held", "failed", "recovered", "trust", "file"
ASIDE, LATE, OUT = "aside", "late", "out"
"""The topics of alerts, besides `STOPPED`."""

OPERATORS = "_bot"
"""The digest of what is about no single digest; the file's digests begin with a letter or digit."""


def alert_of(topic: str, about: Occurrence) -> Occurrence:
    """Return the alert of that topic about an occurrence."""
    return replace(about, kind=OccurrenceKind.ALERT, topic=topic, number=0, about=about.id)


def plan_alert(
    ledger: Ledger,
    alert: Occurrence,
    definition: Digest,
    operators: Sequence[Recipient],
    now: datetime,
    payload: Mapping[str, Any] = NO_PAYLOAD,
) -> OccurrenceRecord | None:
    """Plan an alert unless it was planned; return its record, None without operators. Raise LedgerError."""
    if not operators:
        return None
    grace = max(definition.grace_seconds, ALERT_GRACE_SECONDS)
    digest = replace(definition, recipients=tuple(operators), grace_seconds=grace, for_each="")
    deliveries = tuple(Delivery(alert.id, operator) for operator in operators)
    ledger.plan(alert, digest, deliveries, now, late=False, payload=payload)
    return ledger.occurrence(alert.id)


def subject_of(ledger: Ledger, alert: OccurrenceRecord) -> OccurrenceRecord:
    """Return the record of what an alert is about. Raise LedgerError when it is unknown."""
    record = ledger.occurrence(alert.occurrence.about)
    if record is None:
        raise LedgerError(f"The ledger knows no occurrence {alert.occurrence.about!r} to tell of.")
    return record


def operators_digest(configuration: Configuration) -> Digest:
    """Return the definition of alerts about the service: in the zone and look of the file's first digest."""
    first = configuration.digests[0]
    return replace(first, name=OPERATORS, title="Digest bot", reports=(), groups=(), users=(), targets=())
