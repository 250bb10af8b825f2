"""The journal of an occurrence: events, written in the transaction of the change, that `explain` shows."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from bot.ledger.codec import storable, to_micros
from bot.ledger.schema import events
from bot.model import Agents, Delivery, DeliveryKind, EventKind, Occurrence

COUNTED = frozenset({EventKind.WAITED})
"""Events that may repeat many times in a row: one row, counted."""

CUT_OFF = "cut off while sending; perhaps accepted"
CUT_OFF_FETCHING = "the process that fetched it is gone"
FORGOTTEN = "(no longer kept)"
TOO_LONG_HELD = "held longer than what may name people is kept (retention: artifacts)"
BACKFILLED = "backfilled: fetched afterwards for later trends, sent to nobody"
ASKED_AGAIN = "a person asked to send again"


def log_event(
    connection: Connection, occurrence_id: str, kind: EventKind, detail: str, now: datetime
) -> None:
    """Append an event, or count it once more."""
    at, text = to_micros(now), storable(detail)
    if kind in COUNTED and _counted(connection, occurrence_id, kind, text, at):
        return
    row = {"occurrence": occurrence_id, "at": at, "what": kind, "detail": text, "times": 1, "last_at": at}
    connection.execute(insert(events).values(**row))


def log_note(connection: Connection, occurrence_id: str, note: str, now: datetime) -> None:
    """Append a note unless it is empty."""
    if note:
        log_event(connection, occurrence_id, EventKind.NOTED, note, now)


def _counted(connection: Connection, occurrence_id: str, kind: EventKind, detail: str, at: int) -> bool:
    """Count the latest event once more if it is of this kind; return whether it was."""
    newest = select(events.c.id, events.c.what).where(events.c.occurrence == occurrence_id)
    last = connection.execute(newest.order_by(events.c.id.desc()).limit(1)).first()
    if last is None or last.what != kind:
        return False
    again = update(events).where(events.c.id == last.id)
    connection.execute(again.values(times=events.c.times + 1, last_at=at, detail=detail))
    return True


def planned_detail(deliveries: Sequence[Delivery], *, late: bool) -> str:
    """Return '2 to send, late', or '1 test to send'."""
    tests = sum(delivery.kind is DeliveryKind.TEST for delivery in deliveries)
    kind = "" if not tests else " test" if tests == 1 else " tests"
    return f"{len(deliveries)}{kind} to send" + (", late" if late else "")


def composed_detail(agents: Iterable[Agents]) -> str:
    """Return 'agents shown as names, none'."""
    return "agents shown as " + ", ".join(sorted(agents))


def pruned_detail(agents: Iterable[Agents]) -> str:
    """Return 'what was said with agents as names'."""
    return "what was said with agents as " + ", ".join(sorted(agents))


def reopened_detail(count: int) -> str:
    """Return 'a person asked to send again: 2 deliveries'; no number before an occurrence is fanned out."""
    if not count:
        return ASKED_AGAIN
    return f"{ASKED_AGAIN}: {count} {'delivery' if count == 1 else 'deliveries'}"


def expired_detail(delivery: Delivery, reason: str) -> str:
    """Return 'slack #care: not sent: the reason'."""
    return f"{delivery.recipient.channel} {delivery.recipient.address}: not sent: {reason}"


def superseded_detail(correction: Occurrence) -> str:
    """Return why a delivery of the version before is cancelled."""
    return f"the correction {correction.id} goes there instead"


def extended_detail(suppressed: Occurrence) -> str:
    """Return what `explain` says of an occurrence whose window was extended."""
    return f"also about the days of {suppressed.id}, which nobody got"
