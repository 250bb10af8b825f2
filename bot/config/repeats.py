"""Two digests that send the same thing to the same person."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from pydantic_core import PydanticCustomError

from bot.config import checks, mappings, timing
from bot.config.problems import quoted
from bot.config.tables import CHANNELS
from bot.config.yaml_tree import Path
from bot.model import Digest, Holidays, OnHoliday, Window
from bot.timetable import firings, window_for

Finding = tuple[Path, str]
_Sent = tuple[str, Path, str]

# What does not change what a reader reads, and what says only when: the windows themselves are compared.
_NOT_CONTENT = frozenset(
    {"title", "subject", "recipients", "grace", "catch_up", "paused"}
    | {"schedule", "anchor", "window", "timezone", "holidays", "on_holiday"}
)
_PROBE = datetime(2024, 1, 1, tzinfo=UTC)
_PROBED = timedelta(days=100)


def sent_twice(data: dict[str, Any]) -> Iterator[Finding]:
    """Each address that gets the same reports about the same days from an earlier digest too.

    A digest that is paused, or ends (`until`), may be there to be replaced: it is not counted.
    """
    digests = data.get("digests")
    if not isinstance(digests, dict):
        return
    for sent in _by_reader(digests).values():
        if len(sent) > 1:
            yield from _of_reader(sent, digests, data.get("timezone"))


def _by_reader(digests: dict[str, Any]) -> dict[tuple[str, str, str], list[_Sent]]:
    """By channel, address and way to show agents: which digests go there, and where that is written."""
    found: dict[tuple[str, str, str], list[_Sent]] = defaultdict(list)
    for name, entry in digests.items():
        if isinstance(entry, dict) and entry.get("paused") is not True and "until" not in entry:
            for channel, address, agents, path in _addresses(entry):
                path = ("digests", name, "recipients", *path)
                found[channel, address.casefold(), agents].append((name, path, address))
    return found


def _addresses(entry: dict[str, Any]) -> Iterator[tuple[str, str, str, Path]]:
    recipients = entry.get("recipients")
    for index, recipient in enumerate(recipients if isinstance(recipients, list) else []):
        for channel in CHANNELS if isinstance(recipient, dict) else ():
            items = checks.listed(recipient.get(channel))
            for position, address in enumerate(items if isinstance(items, list) else []):
                if isinstance(address, str):
                    yield channel, address, str(recipient.get("agents")), (index, channel, position)


def _of_reader(sent: list[_Sent], digests: dict[str, Any], zone: object) -> Iterator[Finding]:
    known: dict[str, list[tuple[str, frozenset[Window]]]] = defaultdict(list)
    for name, path, address in sent:
        same = known[_content(digests[name])]
        if any(name == earlier for earlier, _ in same):
            continue  # Twice in one digest has a complaint of its own.
        windows = _windows_of(digests[name], zone)
        first = next((earlier for earlier, others in same if windows & others), None)
        if first is not None:
            yield (
                path,
                f"{quoted(address)} would get the same twice, from {quoted(first)} too: the same reports "
                "about the same days; take this address out of one of the two",
            )
        same.append((name, windows))


def _content(entry: dict[str, Any]) -> str:
    """What a digest says, whatever its days: equal for two that say the same."""
    said = {key: value for key, value in entry.items() if key not in _NOT_CONTENT}
    said.setdefault("compare", "previous window")
    for key in ("group", "users", "reports"):
        items = checks.listed(said.get(key))
        said[key] = sorted(json.dumps(item) for item in items) if isinstance(items, list) else items
    return json.dumps(said, sort_keys=True)


def _windows_of(entry: dict[str, Any], zone: object) -> frozenset[Window]:
    """The windows of a hundred days' firings; none where the schedule, window or zone is wrong."""
    try:
        when, days = timing.schedule(entry.get("schedule")), timing.window(entry.get("window"))
        place = checks.zone(entry.get("timezone", zone))
        calendar = mappings.holidays(entry["holidays"]) if "holidays" in entry else Holidays()
        anchor = checks.calendar_date(entry["anchor"]) if "anchor" in entry else None
        rule = OnHoliday(entry.get("on_holiday", "send"))
    except (PydanticCustomError, ValueError):
        return frozenset()
    digest = Digest("", "", replace(when, anchor=anchor), days, (), (), place)
    return _windows(replace(digest, holidays=calendar, on_holiday=rule))


@lru_cache(maxsize=1024)
def _windows(digest: Digest) -> frozenset[Window]:
    start = _PROBE.astimezone(ZoneInfo(digest.zone))
    coming = firings(digest, start, start + _PROBED)
    return frozenset(window_for(digest, firing) for firing in coming)
