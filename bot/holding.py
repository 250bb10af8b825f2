"""What is held, and who is told: an alert is an occurrence of its own, beside the one that it is about.

It is made from what the ledger holds and nothing else, so that it is planned, kept, delivered and tried
again like everything that is sent, and a crash in between loses it as little as a digest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.compose.alert import compose_alert
from bot.errors import LedgerError
from bot.model import (
    Agents,
    Delivery,
    DeliveryKind,
    Edition,
    Ledger,
    Occurrence,
    OccurrenceRecord,
    Recipient,
)

ALERT = "_held"
"""The slice of an alert begins so; no other slice has an underscore."""


def is_alert(occurrence: Occurrence) -> bool:
    """Whether an occurrence tells the operators of a held one."""
    return occurrence.slice.startswith(ALERT)


def alert_of(held: Occurrence) -> Occurrence:
    """The occurrence that tells of `held`."""
    return replace(held, slice=f"{ALERT}-{held.slice}" if held.slice else ALERT)


def held_of(alert: Occurrence) -> Occurrence:
    """The occurrence that `alert` tells of."""
    return replace(alert, slice=alert.slice.removeprefix(ALERT).removeprefix("-"))


def ways_out(held: Occurrence) -> str:
    """The two commands that end holding."""
    return f"Send it all the same: digestbot release {held.id} · drop it: digestbot discard {held.id}"


def plan_alert(
    ledger: Ledger, held: OccurrenceRecord, operators: Sequence[Recipient], now: datetime
) -> OccurrenceRecord | None:
    """The alert's record, planned if it was not; None without operators. Raises LedgerError."""
    if not operators:
        return None
    alert = alert_of(held.occurrence)
    definition = replace(held.definition, recipients=tuple(operators))
    duties = tuple(Delivery(alert.id, operator) for operator in operators)
    ledger.plan(alert, definition, duties, now, late=False)
    return ledger.occurrence(alert.id)


def plan_alerts(ledger: Ledger, operators: Sequence[Recipient], now: datetime) -> None:
    """Plan the alert of every held occurrence (tests apart): a process may have died before it did."""
    for held in ledger.held():
        if any(duty.delivery.kind is DeliveryKind.REAL for duty in ledger.deliveries(held.occurrence.id)):
            plan_alert(ledger, held, operators, now)


def alert_editions(
    ledger: Ledger, alert: OccurrenceRecord, wanted: Iterable[Agents], now: datetime
) -> dict[Agents, Edition]:
    """What the operators are told. An edition that is only unverified is shown to them, marked."""
    occurrence = held_of(alert.occurrence)
    held = ledger.occurrence(occurrence.id)
    if held is None:
        raise LedgerError(f"The ledger knows no occurrence {occurrence.id!r} to tell of.")
    kept = ledger.editions(occurrence.id)
    shown = {agents: kept.get(agents) or next(iter(kept.values()), None) for agents in set(wanted)}
    return {
        agents: compose_alert(
            alert.definition,
            occurrence,
            held.reason,
            ways_out(occurrence),
            edition if edition is not None and edition.unverified else None,
            agents=agents,
            now=now,
        )
        for agents, edition in sorted(shown.items())
    }
