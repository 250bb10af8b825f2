"""`history` and `explain`: what was sent, to whom, and what happened to one occurrence."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from click import echo

from bot.actions.explain import story
from bot.app import App
from bot.cli.options import (
    config_option,
    find_digest,
    find_occurrence,
    has_ledger,
    json_option,
    load_ledger_app,
    occurrence_argument,
    require_known,
)
from bot.delivery.retry_policy import is_late
from bot.ledger.database import parse_url, sqlite_path, without_password
from bot.model import DeliveryKind, DeliveryRecord, DeliveryState, OccurrenceRecord, OccurrenceState, utc_text


@click.command()
@click.argument("digest", required=False, metavar="[DIGEST]")
@json_option
@config_option
def history(digest: str | None, as_json: bool, config: Path) -> int:
    """Show what was sent, to whom, and what was not, newest first; of all digests or of DIGEST alone."""
    app = load_ledger_app(config)
    rows, paused = _known(app, digest)
    if as_json:
        echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    for row in rows:
        echo(_line(row))
    if not rows:
        echo("nothing was sent yet")
    for name, since in paused.items():
        echo(f"{name} is paused since {utc_text(since)}: digestbot resume {name}")
    echo(f"from {_database(app.settings.database_url)}")
    return 0


@click.command()
@occurrence_argument
@config_option
def explain(occurrence: str, config: Path) -> int:
    """Show what happened to OCCURRENCE, step by step, and what helps; in its digest's time zone.

    OCCURRENCE is written as history names it.
    """
    app = load_ledger_app(config)
    with app.open_ledger(kind=None) as ledger:
        for line in story(ledger, find_occurrence(ledger, occurrence)):
            echo(app.settings.redact(line))
    return 0


def _known(app: App, digest: str | None) -> tuple[list[dict[str, Any]], dict[str, datetime]]:
    """Return the rows and the paused digests; make no ledger where there is none."""
    if not has_ledger(app.settings) and (digest is None or find_digest(app.configuration, digest)):
        return [], {}
    with app.open_ledger(kind=None) as ledger:
        if digest:
            require_known(app.configuration, ledger, digest)
        paused = {name: since for name, since in ledger.paused().items() if digest in (None, name)}
        rows = [row for record, deliveries in ledger.history(digest) for row in _rows(record, deliveries)]
    return rows, paused


def _database(url: str) -> str:
    """Return the full path of a SQLite file, or the address of a PostgreSQL database without its password."""
    path = sqlite_path(parse_url(url))
    return without_password(url) if path is None else str(path.absolute())


def _rows(record: OccurrenceRecord, deliveries: tuple[DeliveryRecord, ...]) -> Iterator[dict[str, Any]]:
    """Yield one row a delivery; an occurrence without any (skipped) is a row of its own.

    A `for_each` occurrence that is done has no row: its child occurrences have theirs.
    """
    for delivery in deliveries:
        yield _row(record, delivery)
    if not deliveries and record.state is not OccurrenceState.DONE:
        yield _row(record, None)


def _row(record: OccurrenceRecord, delivery: DeliveryRecord | None) -> dict[str, Any]:
    occurrence = record.occurrence
    return {
        "occurrence": occurrence.id,
        "digest": occurrence.digest,
        "due": utc_text(occurrence.due),
        "window": {"start": occurrence.window.start.isoformat(), "end": occurrence.window.end.isoformat()},
        "channel": delivery.delivery.recipient.channel if delivery else None,
        "recipient": delivery.delivery.recipient.address if delivery else None,
        "state": _state(record, delivery),
        "late": record.late or bool(delivery and delivery.sent_at and is_late(record, delivery.sent_at)),
        "test": delivery is not None and delivery.delivery.kind is DeliveryKind.TEST,
        "attempts": delivery.attempts if delivery else record.attempts,
        "sent_at": utc_text(delivery.sent_at) if delivery and delivery.sent_at else None,
        "provider_id": (delivery.provider_id or None) if delivery else None,
        "error": ((delivery.error if delivery else "") or record.reason) or None,
    }


def _state(record: OccurrenceRecord, delivery: DeliveryRecord | None) -> str:
    if record.state is OccurrenceState.BACKFILLED:
        return OccurrenceState.SKIPPED.value  # nobody gets it; the reason tells the rest
    if record.state in {OccurrenceState.SKIPPED, OccurrenceState.HELD}:
        return record.state.value
    if delivery is None:
        return "failed" if record.state is OccurrenceState.FAILED else "pending"
    if record.state is OccurrenceState.FAILED and delivery.state is DeliveryState.READY:
        return "failed"
    is_pending = delivery.state in (DeliveryState.READY, DeliveryState.SENDING)
    return "pending" if is_pending else delivery.state.value


def _line(row: dict[str, Any]) -> str:
    whom = f"{row['channel']} {row['recipient']}" if row["channel"] else "-"
    when = f" at {row['sent_at']}" if row["sent_at"] else ""
    marks = "".join(f" [{name}]" for name in ("late", "test") if row[name])
    error = f": {row['error']}" if row["error"] else ""
    return f"{row['occurrence']}  {whom}  {row['state']}{when}{marks}{error}"
