"""What several values mean together. Works on the plain file, so that one fault hides no other."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, TypeVar

from pydantic_core import PydanticCustomError

from bot.config import addresses, attached, conditions, fanning, mappings, timing
from bot.config.checks import listed
from bot.config.looks import of_looks
from bot.config.problems import one_of, quoted
from bot.config.repeats import sent_twice
from bot.config.report_items import report_name
from bot.config.shares import shared_out
from bot.config.tables import CHANNELS
from bot.config.yaml_tree import Path
from bot.model import Digest, Holidays, OnHoliday, Schedule, WindowRule
from bot.timetable import fires_ever, fires_twice_a_day, longest_gap

Finding = tuple[Path, str]
_Group = tuple[Path, list[Any], list[str] | None]
_T = TypeVar("_T")
_LONGEST_WINDOW = timedelta(days=366)
_ADDRESSES: dict[str, Callable[[object], str]] = {
    "slack": addresses.slack_address,
    "email": addresses.mailbox,
    "folder": addresses.folder,
}


def findings(data: dict[str, Any], folder: FilePath) -> Iterator[Finding]:
    """Faults that show only between values: their paths and sentences. `folder` holds the file."""
    yield from _files(data, folder)
    groups = list(_recipient_groups(data))
    for digest in _digests(data).values():
        digest_path = ("digests", digest[0])
        yield from _of_digest(digest[1], digest_path)
    allowed = _allowed_domains(data)
    for path, recipients, reports in groups:
        yield from _of_recipients(path, recipients, allowed)
        yield from _of_attached(path, recipients, reports)
    yield from fanning.of_recipients(data.get("on_failure"), ("on_failure",), "")
    yield from _of_sender(data, groups)
    yield from shared_out(data)
    yield from sent_twice(data)


def _digests(data: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    found = data.get("digests")
    entries = found.items() if isinstance(found, dict) else ()
    return {name: (name, entry) for name, entry in entries if isinstance(entry, dict)}


def _recipient_groups(data: dict[str, Any]) -> Iterator[_Group]:
    """Each list of recipients with its path, and the reports that they may get (None: not known).

    Whoever hears of failures may be sent a held edition of any digest.
    """
    entries = _digests(data)
    if isinstance(data.get("on_failure"), list):
        yield ("on_failure",), data["on_failure"], _reports(*(entry for _, entry in entries.values()))
    for name, entry in entries.values():
        if isinstance(entry.get("recipients"), list):
            yield ("digests", name, "recipients"), entry["recipients"], _reports(entry)


def _reports(*entries: dict[str, Any]) -> list[str] | None:
    """The names of these digests' reports, as far as they can be made out; None where one has no list."""
    lists = [entry.get("reports") for entry in entries]
    if not all(isinstance(items, list) for items in lists):
        return None
    return [name for items in lists for item in items or () if (name := report_name(item)) is not None]


def _of_attached(path: Path, recipients: list[Any], reports: list[str] | None) -> Iterator[Finding]:
    for index, recipient in enumerate(recipients):
        if reports is not None and isinstance(recipient, dict):
            yield from attached.personal_data(recipient, (*path, index), reports)
            if path[0] == "digests":
                yield from attached.csvs_without_report(recipient, (*path, index), reports)


def _files(data: dict[str, Any], folder: FilePath) -> Iterator[Finding]:
    templates = data.get("templates")
    if isinstance(templates, str) and templates.strip() and not _exists(folder / templates, FilePath.is_dir):
        yield (
            ("templates",),
            f"templates: there is no folder {quoted(templates)} beside this file; write its path from there",
        )
    yield from of_looks(data, folder)


def _exists(path: FilePath, kind: Callable[[FilePath], bool]) -> bool:
    try:
        return kind(path)
    except (OSError, ValueError):
        return False


def _of_digest(entry: dict[str, Any], path: Path) -> Iterator[Finding]:
    yield from _twice(_items(entry, "reports", report_name), (*path, "reports"), "report")
    yield from _twice(_items(entry, "group", _name), (*path, "group"), "group")
    yield from _twice(_items(entry, "users", _name), (*path, "users"), "user")
    yield from conditions.needed(entry, path, _reports(entry))
    yield from fanning.of_digest(entry, path, _reports(entry))
    schedule = _checked(timing.schedule, entry.get("schedule"))
    if schedule is not None:
        yield from _of_schedule(schedule, entry, path)
    if entry.get("on_holiday", "send") != "send" and "holidays" not in entry:
        yield (
            (*path, "on_holiday"),
            "on_holiday: this needs a calendar; write, for example, holidays: AU-NSW beside it",
        )


def _of_schedule(schedule: Schedule, entry: dict[str, Any], path: Path) -> Iterator[Finding]:
    if "anchor" in entry and schedule.every_weeks == 1:
        yield (
            (*path, "anchor"),
            "anchor: this counts only with a schedule such as 'every 2 weeks on monday at 09:00'; remove it",
        )
    window = _checked(timing.window, entry.get("window"))
    if window and window.kind == "since last run" and fires_twice_a_day(schedule):
        yield (
            (*path, "window"),
            "window: 'since last run' covers whole days, but this digest is sent more than once a day; "
            "write another window, such as yesterday",
        )
    longest = longest_gap(schedule) if window and window.kind == "since last run" else None
    if longest and longest > _LONGEST_WINDOW:
        yield (
            (*path, "window"),
            f"window: 'since last run' would cover {longest.days} days here, longer than the 12 months "
            "that the API allows; write another window, such as last month",
        )
    holidays = _checked(mappings.holidays, entry.get("holidays"))
    if entry.get("on_holiday") == "skip" and holidays and not _fires_with(schedule, holidays):
        yield (
            (*path, "schedule"),
            "schedule: this is never sent, because all its days are holidays and on_holiday says skip; "
            "write on_holiday: send or next business day",
        )


@lru_cache(maxsize=4096)
def _fires_with(schedule: Schedule, holidays: Holidays) -> bool:
    rule = WindowRule("yesterday", "last")
    skipping = OnHoliday.SKIP
    return fires_ever(Digest("", "", schedule, rule, (), (), "UTC", holidays=holidays, on_holiday=skipping))


def _items(entry: dict[str, Any], key: str, name: Callable[[object], str | None]) -> list[str | None]:
    value = entry.get(key)
    return [name(item) for item in value] if isinstance(value, list) else []


def _name(item: object) -> str | None:
    return str(item) if isinstance(item, (str, int)) else None


def _twice(texts: list[str | None], path: Path, kind: str) -> Iterator[Finding]:
    for index, text in enumerate(texts):
        if text is not None and text in texts[:index]:
            yield (*path, index), f"the {kind} {quoted(text)} stands here twice; keep one"


def _of_recipients(path: Path, recipients: list[Any], allowed: frozenset[str]) -> Iterator[Finding]:
    known: set[tuple[str, str]] = set()
    for index, recipient in enumerate(recipients):
        if not isinstance(recipient, dict):
            continue
        here = (*path, index)
        channels = [key for key in CHANNELS if key in recipient]
        if len(channels) != 1:
            yield (
                here,
                f"a recipient needs exactly one of {one_of(CHANNELS)}; "
                'write, for example: slack: "#social-care"',
            )
        yield from _of_mentions(recipient, here)
        for channel in channels:
            yield from _of_addresses(recipient[channel], (*here, channel), channel, known, allowed)


def _of_mentions(recipient: dict[str, Any], path: Path) -> Iterator[Finding]:
    if "mention" not in recipient:
        return
    if "slack" not in recipient:
        yield (*path, "mention"), "mention: only a message in Slack can mention somebody; remove it here"
    items = listed(recipient["mention"])
    if isinstance(items, list):
        yield from _twice([_name(item) for item in items], (*path, "mention"), "mention")


def _of_addresses(
    value: Any, path: Path, channel: str, known: set[tuple[str, str]], allowed: frozenset[str]
) -> Iterator[Finding]:
    items = listed(value)
    for index, item in enumerate(items if isinstance(items, list) else []):
        address = _checked(_ADDRESSES[channel], item)
        if address is None:
            continue
        identity = (channel, address.casefold())
        if identity in known:
            yield (*path, index), f"{quoted(address)} gets this twice; keep one"
        known.add(identity)
        if (
            channel == "email"
            and address not in fanning.WORDS
            and allowed
            and not addresses.is_allowed(address, allowed)
        ):
            yield (
                (*path, index),
                f"{quoted(address)} is outside email.allowed_domains ({', '.join(sorted(allowed))}); "
                "add its domain there if mail may go to it",
            )


def _allowed_domains(data: dict[str, Any]) -> frozenset[str]:
    email = data.get("email")
    listed_domains = email.get("allowed_domains") if isinstance(email, dict) else None
    items = listed_domains if isinstance(listed_domains, list) else []
    found = (_checked(addresses.domain, item) for item in items)
    return frozenset(name for name in found if name)


def _of_sender(data: dict[str, Any], groups: list[_Group]) -> Iterator[Finding]:
    mailed = any(isinstance(item, dict) and "email" in item for _, items, _ in groups for item in items)
    email = data.get("email", {})
    if not mailed or not isinstance(email, dict):
        return
    place = ("email",) if "email" in data else _first_mailed(groups)
    for key, example in (
        ("from", "Care reports <reports@example.com>"),
        ("allowed_domains", "[example.com]"),
    ):
        if key not in email:
            yield (
                place,
                f'"{key}" is missing in email, but mail is sent; write, for example: {key}: {example}',
            )


def _first_mailed(groups: list[_Group]) -> Path:
    return next(
        (*path, index, "email")
        for path, items, _ in groups
        for index, item in enumerate(items)
        if isinstance(item, dict) and "email" in item
    )


def _checked(check: Callable[[object], _T], value: object) -> _T | None:
    """The checked value, or None where that check has its own complaint elsewhere."""
    try:
        return None if value is None else check(value)
    except PydanticCustomError:
        return None
