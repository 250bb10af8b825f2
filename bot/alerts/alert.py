"""Alerts: what operators are told is an occurrence of its own, beside the one that it is about.

It is made from what the ledger holds and nothing else, so that it is planned, kept, delivered and tried
again like everything that is sent, and a crash in between loses it as little as a digest. Its name says
what it is about, so nothing is told twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.model import Configuration, Delivery, Digest, Ledger, Occurrence, OccurrenceRecord, Recipient

HELD, FAILED, RECOVERED, STOPPED, TRUST = "_held", "_failed", "_recovered", "_stopped", "_trust"
FILE = "_file"
"""The slice of an alert begins so; what people and digests name has no underscore there."""

MEANINGS: Mapping[str, str] = {
    HELD: "an edition waits for a person",
    FAILED: "a digest did not reach everybody, for good",
    RECOVERED: "a digest was sent after a failure",
    STOPPED: "a channel does not let us in",
    TRUST: "what became of everything that was due in a month",
    FILE: "a save of reports.yaml cannot be used",
}
"""Every kind of alert."""

OPERATORS = "_bot"
"""The digest of what is about no single digest; the file's digests begin with a letter or digit."""

AT_LEAST = 86_400.0
"""Seconds that an alert is tried again, however short its digest's grace is."""


def kind_of(occurrence: Occurrence) -> str:
    """Which kind of alert an occurrence is; '' for what is none."""
    return next((kind for kind in MEANINGS if _rest(occurrence, kind) is not None), "")


def is_alert(occurrence: Occurrence) -> bool:
    """Whether an occurrence tells operators something."""
    return bool(kind_of(occurrence))


def alert_of(kind: str, about: Occurrence) -> Occurrence:
    """The alert of that kind about an occurrence."""
    return replace(about, slice=f"{kind}-{about.slice}" if about.slice else kind)


def about_of(alert: Occurrence) -> Occurrence:
    """The occurrence that an alert tells of."""
    return replace(alert, slice=_rest(alert, kind_of(alert)) or "")


def plan_alert(
    ledger: Ledger, alert: Occurrence, definition: Digest, operators: Sequence[Recipient], now: datetime
) -> OccurrenceRecord | None:
    """The alert's record, planned if it was not; None without operators. Raises LedgerError."""
    if not operators:
        return None
    grace = max(definition.grace_seconds, AT_LEAST)
    told = replace(definition, recipients=tuple(operators), grace_seconds=grace, for_each="")
    duties = tuple(Delivery(alert.id, operator) for operator in operators)
    ledger.plan(alert, told, duties, now, late=False)
    return ledger.occurrence(alert.id)


def operators_digest(configuration: Configuration) -> Digest:
    """The definition of what is about no single digest: in the zone and look of the file's first one."""
    first = configuration.digests[0]
    return replace(first, name=OPERATORS, title="Digest bot", reports=(), groups=(), users=(), targets=())


def _rest(occurrence: Occurrence, kind: str) -> str | None:
    """What follows the kind in a slice; None when it is not of that kind."""
    if occurrence.slice == kind:
        return ""
    head = f"{kind}-"
    return occurrence.slice.removeprefix(head) if kind and occurrence.slice.startswith(head) else None
