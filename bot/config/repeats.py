"""Two digests that send the same edition to the same reader."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.config.messages import quoted
from bot.config.schema import DigestEntry
from bot.config.yaml_tree import Path
from bot.model import Compare, Digest, Window
from bot.model.channel_types import CHANNEL_TYPES
from bot.timetable import firings, window_for

Finding = tuple[Path, str]
_Delivery = tuple[str, Path, str]

# What does not change what a reader reads, and what says only when: the windows themselves are compared.
_NOT_CONTENT = frozenset(
    {"title", "subject", "recipients", "grace_seconds", "late_after_seconds", "catch_up", "paused"}
    | {"schedule", "anchor", "window", "zone", "holidays", "on_holiday"}
)
_PROBE = datetime(2024, 1, 1, tzinfo=UTC)
_PROBED = timedelta(days=100)


def repeated_editions(digests: Mapping[str, DigestEntry], zone: str | None) -> Iterator[Finding]:
    """Yield each address that gets the same reports about the same days from an earlier digest too.

    A digest that is paused, or ends (`until`), may be there to be replaced: it is not counted.
    """
    for deliveries in _by_reader(digests).values():
        if len(deliveries) > 1:
            yield from _of_reader(deliveries, digests, zone)


def _by_reader(digests: Mapping[str, DigestEntry]) -> dict[tuple[str, str, str], list[_Delivery]]:
    """Return by channel, address and way to show agents which digests go there, and where that is written."""
    readers: dict[tuple[str, str, str], list[_Delivery]] = defaultdict(list)
    for name, entry in digests.items():
        if entry.paused is True or "until" in entry.model_fields_set or not _is_known(entry):
            continue
        for index, recipient in enumerate(entry.recipients or ()):
            for channel in CHANNEL_TYPES if recipient else ():
                for position, address in enumerate(getattr(recipient, channel) or ()):
                    if address:
                        path = ("digests", name, "recipients", index, channel, position)
                        reader = (channel, address.casefold(), recipient.agents)
                        readers[reader].append((name, path, address))
    return readers


def _is_known(entry: DigestEntry) -> bool:
    """Return whether no value was refused that says what the digest contains."""
    content = [getattr(entry, name) for name in entry.model_fields_set - _NOT_CONTENT]
    return None not in content and not any(isinstance(value, list) and None in value for value in content)


def _of_reader(
    deliveries: list[_Delivery], digests: Mapping[str, DigestEntry], zone: str | None
) -> Iterator[Finding]:
    known: dict[str, list[tuple[str, frozenset[Window]]]] = defaultdict(list)
    for name, path, address in deliveries:
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


def _content(entry: DigestEntry) -> str:
    """Return what a digest says, whatever its days: equal for two that say the same."""
    content = {name: getattr(entry, name) for name in entry.model_fields_set - _NOT_CONTENT}
    content.setdefault("compare", Compare.PREVIOUS)
    for name, value in content.items():
        if isinstance(value, list):
            content[name] = sorted(map(repr, value))
    return repr(sorted(content.items()))


def _windows_of(entry: DigestEntry, zone: str | None) -> frozenset[Window]:
    """Return the windows of a hundred days' firings; none where the schedule, window or zone is wrong."""
    place = zone if entry.zone == "" else entry.zone
    if not (entry.schedule and entry.window and place and entry.holidays and entry.on_holiday):
        return frozenset()
    schedule = replace(entry.schedule, anchor=entry.anchor)
    digest = Digest("", "", schedule, entry.window, (), (), place)
    return _windows(replace(digest, holidays=entry.holidays, on_holiday=entry.on_holiday))


@lru_cache(maxsize=1024)
def _windows(digest: Digest) -> frozenset[Window]:
    start = _PROBE.astimezone(ZoneInfo(digest.zone))
    coming = firings(digest, start, start + _PROBED)
    return frozenset(window_for(digest, firing) for firing in coming)
