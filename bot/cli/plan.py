"""`plan`: who gets what, when, from which window, and whether the request limit allows it."""

import json
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from bot.actions import Forecast, forecast
from bot.app import App
from bot.cli.output import complain, divided_digests, load_app, paused_digests, say
from bot.compose.figures.wording import Wording
from bot.errors import LedgerError
from bot.model import Configuration, Recipient, Window, utc_text


def plan(given: Namespace) -> int:
    """The coming days, one line (or JSON row) an occurrence."""
    app = load_app(given)
    stopped = _paused(app)
    divided = _divided(app)
    rows = forecast(_running(app.configuration, stopped), app.clock.now(), given.days, divided)
    if given.json:
        say(json.dumps([_row(row) for row in rows], indent=2, ensure_ascii=False))
        return 0
    for name, since in stopped.items():
        say(f"{name} is paused since {utc_text(since)}: digestbot resume {name}")
    if not rows:
        say(f"nothing is due in the next {_counted(given.days, 'day')}")
    else:
        lines = [_lines(row, divided.get(row.digest.name, 0)) for row in rows]
        say("\n".join([*lines, _total(rows, given.days)]))
    return 0


def _paused(app: App) -> Mapping[str, datetime]:
    """What `pause` stopped. A ledger that cannot be read is said, and stops nobody from looking ahead."""
    try:
        return paused_digests(app)
    except LedgerError as error:
        complain(app.settings, error)
        return {}


def _divided(app: App) -> Mapping[str, int]:
    try:
        return divided_digests(app)
    except LedgerError:
        return {}  # said where pauses are asked for


def _running(configuration: Configuration, stopped: Mapping[str, datetime]) -> Configuration:
    digests = tuple(replace(one, paused=one.paused or one.name in stopped) for one in configuration.digests)
    return replace(configuration, digests=digests)


def _row(row: Forecast) -> dict[str, Any]:
    return {
        "digest": row.digest.name,
        "due": utc_text(row.due),
        "window": {"start": row.window.start.isoformat(), "end": row.window.end.isoformat()},
        "recipients": [_recipient(recipient) for recipient in row.digest.recipients],
        "requests": row.requests,
        "ready_by": utc_text(row.ready_by),
        "late": row.late,
    }


def _recipient(recipient: Recipient) -> str:
    return f"{recipient.channel}:{recipient.address}"


def _lines(row: Forecast, divided: int) -> str:
    words = _words(row.digest.locale, row.digest.zone)
    whom = ", ".join(f"{one.channel} {one.address}" for one in row.digest.recipients)
    groups = ", ".join(row.digest.groups) or "all groups"
    if row.digest.for_each:
        last = f" ({divided} last time)" if divided else ""
        groups = f"for each {row.digest.for_each}{last}: {groups}"
    late = "  LATE: the request limit delays it to " + words.moment(row.ready_by) if row.late else ""
    return (
        f"{words.moment(row.due)}  {row.digest.name}\n"
        f"    window {_window(words, row.window)}; {groups}; about {row.requests} requests\n"
        f"    to {whom}{late}"
    )


@lru_cache(maxsize=64)
def _words(locale: str, zone: str) -> Wording:
    return Wording(locale, zone)


@lru_cache(maxsize=4096)
def _window(words: Wording, window: Window) -> str:
    return words.window(window)


def _total(rows: tuple[Forecast, ...], days: int) -> str:
    requests = sum(row.requests for row in rows)
    late = sum(row.late for row in rows)
    text = f"{_counted(len(rows), 'occurrence')} in {_counted(days, 'day')}, about {requests} requests"
    return f"{text}; {late} would be late" if late else text


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
