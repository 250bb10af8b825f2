"""`plan` and `diff`: who gets what, when, and what an edit of reports.yaml changes of that."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import click
from click import echo

from bot.actions import Forecast, forecast
from bot.app import App
from bot.cli.options import FILE, config_option, has_ledger, json_option, load_app, now_option
from bot.cli.output import counted, print_error
from bot.compose.figures.wording import Wording
from bot.config import load
from bot.config.diff import Change, changes
from bot.delivery.fan_out import last_fan_out_count
from bot.errors import LedgerError, UsageError
from bot.model import utc_text
from bot.service import SystemClock, silent
from bot.timetable.recurrence import parse_instant

_wording = lru_cache(maxsize=64)(Wording)
_window = lru_cache(maxsize=4096)(Wording.window)


@click.command()
@click.option("--days", type=click.IntRange(1, 400), default=7, metavar="N", help="to look ahead, default 7")
@now_option
@json_option
@config_option
def plan(days: int, now: str, as_json: bool, config: Path) -> int:
    """Show who gets what, when, from which window, at what request cost."""
    app = load_app(config, now)
    blocked = () if now else _blocked(app)
    paused, divided = _paused(app), _divided(app)
    digests = app.configuration.digests
    running = tuple(replace(digest, paused=digest.paused or digest.name in paused) for digest in digests)
    rows = forecast(replace(app.configuration, digests=running), app.clock.now(), days, divided)
    if as_json:
        echo(json.dumps([_row(row) for row in rows], indent=2, ensure_ascii=False))
        return UsageError.exit_status if blocked else 0
    for name, since in paused.items():
        echo(f"{name} is paused since {utc_text(since)}: digestbot resume {name}")
    for row in rows:
        echo(_lines(row, divided.get(row.digest.name, 0)))
    echo(_total(rows, days) if rows else f"nothing is due in the next {counted(days, 'day')}")
    return UsageError.exit_status if blocked else 0


def _blocked(app: App) -> bool:
    """Report each digest that a clock that was ahead keeps silent; return whether there is one."""
    if not has_ledger(app.settings):
        return False
    with suppress(LedgerError), app.open_ledger(kind=None) as ledger:  # reported where pauses are read
        decided, present = ledger.decided(), app.clock.now()
        silenced = {name: why for name, until in decided.items() if (why := silent(until, present))}
        names = [digest.name for digest in app.configuration.digests if digest.name in silenced]
        for name in names:
            print_error(app.settings, UsageError(f"{name}: {silenced[name]}"))
        return bool(names)
    return False


def paused_digests(app: App) -> Mapping[str, datetime]:
    """Return since when each digest is paused by a person; none where there is no ledger yet.

    Raises LedgerError.
    """
    if not has_ledger(app.settings):
        return {}
    with app.open_ledger(kind=None) as ledger:
        return ledger.paused()


def _paused(app: App) -> Mapping[str, datetime]:
    """Return the paused digests. A ledger that cannot be read is reported, and the plan goes on."""
    try:
        return paused_digests(app)
    except LedgerError as error:
        print_error(app.settings, error)
        return {}


def _divided(app: App) -> Mapping[str, int]:
    """Return into how many editions each `for_each` digest went last; none without a readable ledger."""
    digests = [digest for digest in app.configuration.digests if digest.for_each]
    if digests and has_ledger(app.settings):
        with suppress(LedgerError), app.open_ledger(kind=None) as ledger:  # reported where pauses are read
            counts = {digest.name: last_fan_out_count(ledger, digest) for digest in digests}
            return {name: count for name, count in counts.items() if count}
    return {}


def _row(row: Forecast) -> dict[str, Any]:
    return {
        "digest": row.digest.name,
        "due": utc_text(row.due),
        "window": {"start": row.window.start.isoformat(), "end": row.window.end.isoformat()},
        "recipients": [f"{to.channel}:{to.address}" for to in row.digest.recipients],
        "requests": row.requests,
        "verifying": row.verifying,
        "ready_by": utc_text(row.ready_by),
        "late": row.late,
    }


def _lines(row: Forecast, divided: int) -> str:
    wording = _wording(row.digest.locale, row.digest.zone)
    whom = ", ".join(f"{to.channel} {to.address}" for to in row.digest.recipients)
    groups = ", ".join(row.digest.groups) or "all groups"
    if row.digest.for_each:
        last = f" ({divided} last time)" if divided else ""
        groups = f"for each {row.digest.for_each}{last}: {groups}"
    late = "  LATE: the request limit delays it to " + wording.moment(row.ready_by) if row.late else ""
    verifying = f" ({row.verifying} to verify the filter)" if row.verifying else ""
    return (
        f"{wording.moment(row.due)}  {row.digest.name}\n"
        f"    window {_window(wording, row.window)}; {groups}; about {row.requests} requests{verifying}\n"
        f"    to {whom}{late}"
    )


def _total(rows: tuple[Forecast, ...], days: int) -> str:
    requests = sum(row.requests for row in rows)
    late = sum(row.late for row in rows)
    verifying = sum(row.verifying for row in rows)
    text = f"{counted(len(rows), 'occurrence')} in {counted(days, 'day')}, about {requests} requests"
    text += f" ({verifying} to verify the filter)" if verifying else ""
    return f"{text}; {late} would be late" if late else text


@click.command()
@click.argument("old", type=FILE, metavar="OLD")
@click.argument("new", type=FILE, metavar="NEW")
@now_option
def diff(old: Path, new: Path, now: str) -> int:
    """Show what changes for whom from the file OLD to the file NEW.

    Prints one paragraph for each digest that changes.
    """
    instant = parse_instant(now, "UTC") if now else SystemClock().now()
    paragraphs = map(_paragraph, changes(load(old), load(new), instant))
    echo("\n\n".join(paragraphs) or "nothing changes for anybody")
    return 0


def _paragraph(change: Change) -> str:
    whom = f", for {', '.join(change.whom)}" if change.whom else ""
    head = f"{change.about}{whom}" if change.about else "for all digests"
    return "\n".join([f"{head}:", *(f"  - {sentence}" for sentence in change.sentences)])
