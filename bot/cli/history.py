"""`history`: what was sent, to whom, and what was not."""

import json
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from bot.cli.output import find_digest, load_app, say
from bot.model import DeliveryKind, DeliveryRecord, DeliveryState, OccurrenceRecord, OccurrenceState, utc_text

STATES = {DeliveryState.READY: "pending", DeliveryState.SENDING: "pending"}
"""Delivery states that people see under another word; the others keep theirs."""


def history(given: Namespace) -> int:
    """Every delivery remembered, newest first."""
    app = load_app(given)
    if given.digest:
        find_digest(app.configuration, given.digest)
    with app.open_ledger() as ledger:
        paused = {name: at for name, at in ledger.paused().items() if given.digest in (None, name)}
        rows = [row for record, duties in ledger.history(given.digest) for row in _rows(record, duties)]
    if given.json:
        say(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        for row in rows:
            say(_line(row))
        if not rows:
            say("nothing was sent yet")
        for name, since in paused.items():
            say(f"{name} is paused since {utc_text(since)}: digestbot resume {name}")
    return 0


def _rows(record: OccurrenceRecord, duties: tuple[DeliveryRecord, ...]) -> Iterator[dict[str, Any]]:
    """One row a delivery; an occurrence without any (skipped) is a row of its own.

    One that went out as its slices has none: they have theirs.
    """
    for duty in duties:
        yield _row(record, duty)
    if not duties and record.state is not OccurrenceState.DONE:
        yield _row(record, None)


def _row(record: OccurrenceRecord, duty: DeliveryRecord | None) -> dict[str, Any]:
    occurrence = record.occurrence
    return {
        "occurrence": occurrence.id,
        "digest": occurrence.digest,
        "due": utc_text(occurrence.due),
        "window": {"start": occurrence.window.start.isoformat(), "end": occurrence.window.end.isoformat()},
        "channel": duty.delivery.recipient.channel if duty else None,
        "recipient": duty.delivery.recipient.address if duty else None,
        "state": _state(record, duty),
        "late": record.late,
        "test": bool(duty) and duty is not None and duty.delivery.kind is DeliveryKind.TEST,
        "attempts": duty.attempts if duty else record.attempts,
        "sent_at": utc_text(duty.sent_at) if duty and duty.sent_at else None,
        "provider_id": (duty.provider_id or None) if duty else None,
        "error": ((duty.error if duty else "") or record.reason) or None,
    }


def _state(record: OccurrenceRecord, duty: DeliveryRecord | None) -> str:
    if record.state is OccurrenceState.BACKFILLED:
        return OccurrenceState.SKIPPED.value  # nobody gets it; the reason says the rest
    if record.state in {OccurrenceState.SKIPPED, OccurrenceState.HELD}:
        return record.state.value
    if duty is None:
        return "failed" if record.state is OccurrenceState.FAILED else "pending"
    if record.state is OccurrenceState.FAILED and duty.state is DeliveryState.READY:
        return "failed"
    return STATES.get(duty.state, duty.state.value)


def _line(row: dict[str, Any]) -> str:
    whom = f"{row['channel']} {row['recipient']}" if row["channel"] else "-"
    when = f" at {row['sent_at']}" if row["sent_at"] else ""
    marks = "".join(f" [{name}]" for name in ("late", "test") if row[name])
    error = f": {row['error']}" if row["error"] else ""
    return f"{row['occurrence']}  {whom}  {row['state']}{when}{marks}{error}"
