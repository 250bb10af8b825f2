"""What values of reports.yaml mean together. Works on a draft too, so that one fault hides no other.

A value of a draft that was refused is None: no check looks at it, for it has its own complaint.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from os.path import isdir
from pathlib import Path as FilePath
from typing import TypeVar

from bot.config.addresses import FOR_EACH_WORDS, PLACEHOLDERS, is_allowed
from bot.config.messages import one_of, quoted
from bot.config.repeats import Finding, repeated_editions
from bot.config.report_items import attachment, picked_csvs
from bot.config.schema import DigestEntry, RecipientEntry, ReportsFile
from bot.config.yaml_tree import Path
from bot.lib.logo import LogoFault, load, logo_of
from bot.model import Digest, Holidays, OnHoliday, Report, Schedule, WindowRule
from bot.model.channel_types import CHANNEL_TYPES, EMAIL, SLACK
from bot.model.names import names_in
from bot.model.report_types import AGENT_EXPORTS, KEY_FIGURE_REPORTS, PERSONAL_EXPORTS
from bot.timetable import fires_ever, fires_twice_a_day, longest_gap

_Recipients = tuple[Path, list[tuple[int, RecipientEntry]]]
_T = TypeVar("_T")
_LONGEST_WINDOW = timedelta(days=366)
_MAIL_KEYS = (
    ("sender", "from", "Care reports <reports@example.com>"),
    ("allowed_domains", "allowed_domains", "[example.com]"),
)


def findings(file: ReportsFile, folder: FilePath) -> Iterator[Finding]:
    """Yield the path and sentence of each fault that shows only between values; `folder` holds the file."""
    digests = {name: entry for name, entry in (file.digests or {}).items() if entry}
    yield from _of_files(file, folder)
    yield from _of_rate_limit(file)
    for name, entry in digests.items():
        yield from _of_digest(entry, ("digests", name))
        yield from _of_subject(entry, file, ("digests", name))
    yield from _of_recipients(file, digests)
    yield from repeated_editions(digests, file.zone)


def _present(items: Iterable[_T | None] | None) -> list[tuple[int, _T]]:
    """Return the items with their places; without those that were refused."""
    return [(index, item) for index, item in enumerate(items or ()) if item is not None]


def _of_files(file: ReportsFile, folder: FilePath) -> Iterator[Finding]:
    if file.templates and not isdir(folder / file.templates):
        yield (
            ("templates",),
            f"templates: there is no folder {quoted(file.templates)} beside this file; "
            "write its path from there",
        )
    if not file.brand or not file.brand.logo:
        return
    path, logo = ("brand", "logo"), file.brand.logo
    try:
        logo_of(load(folder / logo))
    except FileNotFoundError:
        yield path, f"logo: there is no file {quoted(logo)} beside this file; write its path from there"
    except (OSError, ValueError) as error:
        reason = error if isinstance(error, LogoFault) else "cannot be read as a file"
        yield path, f"logo: {quoted(logo)} {reason}"


def usable_requests(requests: int) -> int:
    """Return 95 of 100, at least 1: the rest is room for requests that only the server counts."""
    return max(1, requests * 95 // 100)


def reserved_requests(requests: int, usable: int) -> int:
    """Return 5 of 100, but fewer than the usable ones: the service needs some too."""
    return min(requests * 5 // 100, usable - 1)


def _of_rate_limit(file: ReportsFile) -> Iterator[Finding]:
    limit = file.activity_api.rate_limit if file.activity_api else None
    if not limit:
        return
    path = ("activity_api", "rate_limit")
    requests, usable, reserve = limit.limit_requests, limit.usable_requests, limit.reserved_requests
    if requests and usable and usable > requests:
        yield (
            (*path, "usable"),
            f"usable: {usable} is out of range; write at most {requests}, which are all requests",
        )
        return
    if requests and "usable_requests" not in limit.model_fields_set:
        usable = usable_requests(requests)
    if usable and reserve is not None and reserve >= usable:
        yield (
            (*path, "reserve"),
            f"reserve: {reserve} is out of range; write at most {usable - 1}, one less than are usable",
        )


def _of_digest(entry: DigestEntry, path: Path) -> Iterator[Finding]:
    reports = [(index, report.type) for index, report in _present(entry.reports)]
    yield from _duplicates(reports, (*path, "reports"), "report")
    yield from _duplicates(_present(entry.groups), (*path, "group"), "group")
    yield from _duplicates(_present(entry.users), (*path, "users"), "user")
    yield from _of_condition(entry, (*path, "send_when"))
    yield from _of_for_each(entry, path)
    if entry.schedule:
        yield from _of_schedule(entry.schedule, entry, path)
    if entry.on_holiday != OnHoliday.SEND and "holidays" not in entry.model_fields_set:
        yield (
            (*path, "on_holiday"),
            "on_holiday: this needs a calendar; write, for example, holidays: AU-NSW beside it",
        )


def _duplicates(texts: Sequence[tuple[int, str]], path: Path, kind: str) -> Iterator[Finding]:
    known = set[str]()
    for index, text in texts:
        if text in known:
            yield (*path, index), f"the {kind} {quoted(text)} stands here twice; keep one"
        known.add(text)


def _of_condition(entry: DigestEntry, path: Path) -> Iterator[Finding]:
    kind = entry.send_when.kind if entry.send_when else "always"
    reports = _all_types(entry)
    if kind == "target_missed" and entry.targets is not None:
        if not entry.targets.model_fields_set:
            example = "targets: {broke_sla_share: 10%}"
            yield path, f"send_when: there is no target to miss; write, for example, {example}"
        elif reports is not None and "summary" not in reports:
            yield path, "send_when: targets are about the figures of the report summary; add it to reports"
    if kind == "change":
        if entry.compare == "none":
            yield path, "send_when: a change needs something to compare with; remove compare: none"
        if reports is not None and not reports & set(KEY_FIGURE_REPORTS):
            yield path, "send_when: a change is that of the first key figure; add the report summary"


def _types(reports: list[Report] | None) -> list[str]:
    return [report.type for _, report in _present(reports)]


def _all_types(entry: DigestEntry) -> set[str] | None:
    """Return the types of a digest's reports, or None where one was refused: it may be the one looked for."""
    return None if entry.reports is None or None in entry.reports else set(_types(entry.reports))


def _of_for_each(entry: DigestEntry, path: Path) -> Iterator[Finding]:
    if "at_most" in entry.model_fields_set and entry.for_each == "":
        yield (*path, "at_most"), "at_most: this counts only with for_each; remove it"
    types = _types(entry.reports) if entry.for_each == "agent" else []
    for report in (report for report in AGENT_EXPORTS if report in types):
        yield (
            (*path, "for_each"),
            f"for_each: {report} names other agents too, and each may get their own figures only; "
            "leave it out of reports",
        )


def _of_schedule(schedule: Schedule, entry: DigestEntry, path: Path) -> Iterator[Finding]:
    if "anchor" in entry.model_fields_set and schedule.every_weeks == 1:
        yield (
            (*path, "anchor"),
            "anchor: this counts only with a schedule such as 'every 2 weeks on monday at 09:00'; remove it",
        )
    if entry.window and entry.window.kind == "since last run":
        yield from _of_open_window(schedule, (*path, "window"))
    skips = entry.on_holiday is OnHoliday.SKIP and entry.holidays
    if skips and not _fires_with(schedule, entry.holidays):
        yield (
            (*path, "schedule"),
            "schedule: this is never sent, because all its days are holidays and on_holiday says skip; "
            "write on_holiday: send or next business day",
        )


def _of_open_window(schedule: Schedule, path: Path) -> Iterator[Finding]:
    if fires_twice_a_day(schedule):
        yield (
            path,
            "window: 'since last run' covers whole days, but this digest is sent more than once a day; "
            "write another window, such as yesterday",
        )
    longest = longest_gap(schedule)
    if longest and longest > _LONGEST_WINDOW:
        yield (
            path,
            f"window: 'since last run' would cover {longest.days} days here, longer than the 12 months "
            "that the API allows; write another window, such as last month",
        )


@lru_cache(maxsize=4096)
def _fires_with(schedule: Schedule, holidays: Holidays) -> bool:
    rule = WindowRule("yesterday", "last")
    skipping = OnHoliday.SKIP
    return fires_ever(Digest("", "", schedule, rule, (), (), "UTC", holidays=holidays, on_holiday=skipping))


def _of_subject(entry: DigestEntry, file: ReportsFile, path: Path) -> Iterator[Finding]:
    has_brand = file.brand is None or file.brand.name != ""
    if not has_brand and entry.subject and "brand" in names_in(entry.subject):
        sentence = "subject: {brand} is empty, because brand has no name; write brand: {name: …} above"
        yield (*path, "subject"), sentence


def _of_recipients(file: ReportsFile, digests: dict[str, DigestEntry]) -> Iterator[Finding]:
    """Yield the faults of everybody who gets something, and of the mail that goes to them."""
    allowed = frozenset(domain for _, domain in _present(file.email.allowed_domains if file.email else None))
    operators: _Recipients = (("on_failure",), _present(file.on_failure))
    # An operator may be sent a held edition of any digest.
    reports = [report for entry in digests.values() for report in _types(entry.reports)]
    yield from _of_group(operators, allowed, reports, "")
    groups = [operators]
    for name, entry in digests.items():
        group: _Recipients = (("digests", name, "recipients"), _present(entry.recipients))
        yield from _of_group(group, allowed, _types(entry.reports), entry.for_each)
        yield from _of_picked_csvs(group, _all_types(entry))
        groups.append(group)
    yield from _of_sender(file, groups)
    yield from _of_unsubscribe(file)


def _of_group(
    group: _Recipients, allowed: frozenset[str], reports: Sequence[str], for_each: str | None
) -> Iterator[Finding]:
    known = set[tuple[str, str]]()
    path, recipients = group
    for index, recipient in recipients:
        here = (*path, index)
        channels = [channel for channel in CHANNEL_TYPES if channel in recipient.model_fields_set]
        if len(channels) != 1:
            yield (
                here,
                f"a recipient needs exactly one of {one_of(tuple(CHANNEL_TYPES))}; "
                'write, for example: slack: "#social-care"',
            )
        yield from _of_mentions(recipient, here)
        yield from _of_personal_data(recipient, here, reports)
        for channel in channels:
            for position, address in _present(getattr(recipient, channel)):
                spot = (*here, channel, position)
                if (channel, address.casefold()) in known:
                    yield spot, f"{quoted(address)} gets this twice; keep one"
                known.add((channel, address.casefold()))
                yield from _of_address(address, channel, spot, allowed, for_each)


def _of_address(
    address: str, channel: str, path: Path, allowed: frozenset[str], for_each: str | None
) -> Iterator[Finding]:
    is_mail = channel == EMAIL.name and address not in FOR_EACH_WORDS
    if is_mail and allowed and not is_allowed(address, allowed):
        yield (
            path,
            f"{quoted(address)} is outside email.allowed_domains ({', '.join(sorted(allowed))}); "
            "add its domain there if mail may go to it",
        )
    needed = [kind for placeholder, kind in PLACEHOLDERS.items() if placeholder in address]
    if CHANNEL_TYPES[channel].is_outbound and address in FOR_EACH_WORDS:
        needed.append(FOR_EACH_WORDS[address])
    wanted = next((kind for kind in needed if kind != for_each), None)
    if wanted and for_each is not None:
        yield path, f"{quoted(address)} needs for_each: {wanted} in the same digest"


def _of_mentions(recipient: RecipientEntry, path: Path) -> Iterator[Finding]:
    if "mention" in recipient.model_fields_set and SLACK.name not in recipient.model_fields_set:
        yield (*path, "mention"), "mention: only a message in Slack can mention somebody; remove it here"
    if "shared_channel" in recipient.model_fields_set and SLACK.name not in recipient.model_fields_set:
        yield (*path, "shared_channel"), "shared_channel: this is about Slack channels; remove it here"
    yield from _duplicates(_present(recipient.mention), (*path, "mention"), "mention")


def _of_picked_csvs(group: _Recipients, reports: set[str] | None) -> Iterator[Finding]:
    """Yield each CSV that is picked by name and is none of the digest's reports."""
    path, recipients = group
    for index, recipient in recipients:
        for item, position, name in picked_csvs(recipient.attach or ()):
            if reports is not None and name not in reports:
                yield (
                    (*path, index, "attach", item, "csv", position),
                    f"the report {quoted(name)} is not in this digest's reports; "
                    "add it there or leave it out here",
                )


def _of_personal_data(recipient: RecipientEntry, path: Path, reports: Sequence[str]) -> Iterator[Finding]:
    """Yield where a message would carry customers' own words without permission in the file.

    A folder stays in the house.
    """
    is_sent = any(row.is_outbound for row in CHANNEL_TYPES.values() if row.name in recipient.model_fields_set)
    if recipient.personal_data is not False or not is_sent:
        return
    files = attachment(recipient.attach or ())
    picked = (reports if files.csvs is None else files.csvs) if files.csv else ()
    names = [name for name in PERSONAL_EXPORTS if name in reports and name in picked]
    if names:
        yield (*path, "attach"), _personal_data_sentence(names, reports)


def _personal_data_sentence(names: Sequence[str], reports: Sequence[str]) -> str:
    files = " and ".join(f"{name}.csv" for name in names)
    have = "have customers' own words in them" if len(names) > 1 else "has customers' own words in it"
    others = [name for name in reports if name not in PERSONAL_EXPORTS]
    instead = f", or pick other files, such as attach: [csv: [{others[-1]}]]" if others else ""
    return (
        f"attach: {files} {have}; "
        f"if they may leave with this message, write personal_data: true beside attach{instead}"
    )


def _of_sender(file: ReportsFile, groups: list[_Recipients]) -> Iterator[Finding]:
    mailed = [
        (*path, index, EMAIL.name)
        for path, recipients in groups
        for index, recipient in recipients
        if EMAIL.name in recipient.model_fields_set
    ]
    if not mailed or not file.email:
        return
    place = ("email",) if "email" in file.model_fields_set else mailed[0]
    for field, key, example in _MAIL_KEYS:
        if field not in file.email.model_fields_set:
            yield (
                place,
                f'"{key}" is missing in email, but mail is sent; write, for example: {key}: {example}',
            )


def _of_unsubscribe(file: ReportsFile) -> Iterator[Finding]:
    known = set[str]()
    for index, address in _present(file.email.unsubscribe if file.email else None):
        kind = address.partition(":")[0]
        if kind in known:
            yield (
                ("email", "unsubscribe", index),
                f"unsubscribe: there is a second {kind}: address; keep one",
            )
        known.add(kind)
