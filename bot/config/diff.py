"""What changes for whom between two reports.yaml, in sentences; `diff` prints it and a reload logs it.

Each field of a digest has a row in a table of sentences or is described by its name, so that no new key goes
unmentioned.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from bot.compose.figures.metrics import METRICS, Metric
from bot.compose.figures.wording import Wording
from bot.model import (
    Attach,
    Configuration,
    Digest,
    Holidays,
    Recipient,
    Report,
    SendWhen,
    Target,
)
from bot.timetable import dropped, is_repeat_after, latest_start, next_firing, window_for

EVERYBODY, OURS = "everybody", "ours alone"
SHARED = "also where another organisation reads it (a wider audience)"
_METRICS: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}


@dataclass(frozen=True, slots=True)
class Change:
    """What changes for one digest (`about` its name), or in the file's own keys (`about` '').

    `whom`: the recipients that it concerns, as 'slack #care'; `sentences` have no full stop.
    """

    about: str
    whom: tuple[str, ...]
    sentences: tuple[str, ...]


def changes(old: Configuration, new: Configuration, now: datetime) -> tuple[Change, ...]:
    """Return changes of the file's keys, then of each digest in the new file's order, then removed digests.

    A digest's next edition is the one after `now` (aware).
    """
    before = {digest.name: digest for digest in old.digests}
    after = {digest.name for digest in new.digests}
    every = [_of_file(old, new)]
    for digest in new.digests:
        known = before.get(digest.name)
        every.append(_changed(known, digest, now) if known else _added(digest, old, after, now))
    removed = [digest for digest in old.digests if digest.name not in after]
    every += [Change(gone.name, _whom(gone), ("removed: nobody gets it any more",)) for gone in removed]
    return tuple(change for change in every if change.sentences)


def _of_file(old: Configuration, new: Configuration) -> Change:
    """Return changes of keys beside the digests; what digests inherit is reported with them."""
    parts: tuple[tuple[str, Any, Any], ...] = (
        ("activity_api", old.api, new.api),
        ("email", old.mail, new.mail),
        ("retention", old.retention, new.retention),
    )
    sentences = [f"{name}: {text}" for name, *pair in parts for text in _by_name(*pair)]
    if old.templates != new.templates:
        sentences.append(f"templates come from {new.templates or OURS} instead of {old.templates or OURS}")
    sentences += _recipients(old.operators, new.operators, "hears of what goes wrong")
    return Change("", tuple(map(_address, new.operators)), tuple(sentences))


def _by_name(old: Any, new: Any) -> Iterator[str]:
    """Yield 'reply to is b@x instead of a@x' for each field that differs."""
    for field, was, now in _different(old, new):
        yield _instead(field, was, now)


def _instead(name: str, was: Any, now: Any) -> str:
    return f"{name.replace('_', ' ')} is {_plain(now)} instead of {_plain(was)}"


def _different(old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the name and both values of each field that differs between two dataclass instances."""
    for field in fields(old):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before != after:
            yield field.name, before, after


def _added(digest: Digest, old: Configuration, names: set[str], now: datetime) -> Change:
    candidates = (other for other in old.digests if other.name not in names)
    twin = next(
        (
            other.name
            for other in candidates
            if ({name for name, _, _ in _different(other, digest)} <= {"name", "title"})
        ),
        "",
    )
    scope = ", ".join(digest.groups) or EVERYBODY
    when = f"sent {digest.schedule.phrase} ({digest.zone})"
    sentence = (
        f"{twin} is now called {digest.name}: its history begins anew, and what it was compared with"
        if twin
        else f"new: {when}, about {digest.window.phrase}, for {scope}"
    )
    return Change(digest.name, _whom(digest), (sentence, _next(digest, now)))


def _changed(old: Digest, new: Digest, now: datetime) -> Change:
    changed = {name: (was, value) for name, was, value in _different(old, new)}
    sentences = [text for name, values in changed.items() for text in _of_field(name, *values, old, new)]
    if any(name in changed for name in MOVES):
        sentences += [_next(new, now), *_moved(old, new, now)]
    whom = dict.fromkeys((*_whom(new), *_whom(old)))
    return Change(new.name, tuple(whom), tuple(sentences))


def _of_field(name: str, was: Any, now: Any, old: Digest, new: Digest) -> Iterator[str]:
    if name in SENTENCES:
        yield from SENTENCES[name](old, new)
    elif name in PHRASES:
        sentence, text = PHRASES[name]
        yield f"{sentence} {text(new)} instead of {text(old)}"
    else:
        yield _instead(name, was, now)


def _next(digest: Digest, now: datetime) -> str:
    """Return 'next on Monday 30 Nov 2026, 09:00, about 23 to 29 Nov 2026 (Australia/Sydney)'."""
    if digest.paused:
        return "paused: nothing goes out"
    following = next_firing(digest, now)
    if following is None:
        return "it is never due again"
    wording = Wording(digest.locale, digest.zone)
    return f"next {wording.moment(following.due)}, about {wording.window(window_for(digest, following))}"


def _moved(old: Digest, new: Digest, now: datetime) -> Iterator[str]:
    """Yield what becomes of an edition whose new time has passed, or that went out at its old time."""
    wording = Wording(new.locale, new.zone)
    for firing in dropped(old, new, now):
        edition = f"the edition about {wording.window(window_for(new, firing))}"
        passed = f"its new time, {wording.moment(firing.due)}, has passed"
        if now - firing.due <= latest_start(new):
            yield f"{edition} goes out at once, late: {passed}"
        else:
            send = f"digestbot send {new.name} --window {new.window.phrase!r}"
            yield f"{edition} falls out: {passed} for longer than grace; send it: {send}"
    following = next_firing(new, now)
    if following and is_repeat_after(old, new, following, now):
        window, moment = wording.window(window_for(new, following)), wording.moment(following.due)
        yield f"{moment} is skipped, for the edition about {window} went out and does not go out twice"


def _reports(old: Digest, new: Digest) -> Iterator[str]:
    before, after = (tuple(map(_report, digest.reports)) for digest in (old, new))
    if more := [name for name in after if name not in before]:
        yield f"also has {', '.join(more)}"
    if less := [name for name in before if name not in after]:
        yield f"no longer has {', '.join(less)}"
    if not more and not less:
        yield f"shows its reports in another order: {', '.join(after)}"


def _report(report: Report) -> str:
    form = f" of {report.form}" if report.form else ""
    return report.type + form + (f" ({report.nps_category})" if report.nps_category != "all" else "")


def _targets(old: Digest, new: Digest) -> Iterator[str]:
    wording = Wording(new.locale, new.zone)
    before, after = ({target.metric: target for target in digest.targets} for digest in (old, new))
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        if was != now:
            label = _METRICS[name].label if name in _METRICS else name
            yield f"target of {label}: {_limit(now, wording)} instead of {_limit(was, wording)}"


def _limit(target: Target | None, wording: Wording) -> str:
    if target is None:
        return "none"
    metric = _METRICS.get(target.metric)
    return wording.value(target.limit, metric.unit) if metric else f"{target.limit:g}"


def _recipients(old: tuple[Recipient, ...], new: tuple[Recipient, ...], does: str) -> Iterator[str]:
    """Yield who comes, who goes, and for whom something is different."""
    before, after = ({_address(recipient): recipient for recipient in every} for every in (old, new))
    for name, recipient in after.items():
        if name not in before:
            attach = recipient.attach
            shared = f", {SHARED}" if recipient.shared_channel else ""
            yield f"{name} now {does}" + ("" if attach == Attach() else f", with {_files(attach)}") + shared
            continue
        for field, was, now in _different(before[name], recipient):
            yield f"{name}: {_of_recipient(field, was, now)}"
    yield from (f"{name} no longer {does}" for name in before if name not in after)


def _of_recipient(field: str, was: Any, now: Any) -> str:
    if isinstance(now, Attach):
        return f"gets {_files(now)} with it instead of {_files(was)}"
    if field == "agents":
        return f"sees agents as {now} instead of {was}"
    if field == "shared_channel":
        return SHARED if now else "no longer sent where another organisation reads it"
    return _instead(field, was, now)


def _files(attach: Attach) -> str:
    tables = "all CSVs" if attach.csvs is None else f"the CSVs of {', '.join(attach.csvs)}"
    names = ("the PDF" if attach.pdf else "", tables if attach.csv else "")
    return " and ".join(filter(None, names)) or "no file"


def _calendar(holidays: Holidays) -> str:
    return ", ".join(filter(None, (holidays.region, *map(str, holidays.dates)))) or "none"


def _paused(_old: Digest, new: Digest) -> Iterator[str]:
    # The sentence about the next edition says that a digest is paused.
    if not new.paused:
        yield "no longer paused"


def _grace(old: Digest, new: Digest) -> Iterator[str]:
    wording = Wording(new.locale, new.zone)
    was, now = wording.duration(old.grace_seconds), wording.duration(new.grace_seconds)
    yield f"still sent when at most {now} late instead of {was}"


def _late_after(old: Digest, new: Digest) -> Iterator[str]:
    wording = Wording(new.locale, new.zone)
    was, now = wording.duration(old.late_after_seconds), wording.duration(new.late_after_seconds)
    yield f"operators are told when it is {now} late instead of {was}"


def _condition(rule: SendWhen) -> str:
    if rule.kind == "change":
        return f"when the first key figure changed by more than {100 * rule.share:g}%"
    return "when a target is missed" if rule.kind == "target_missed" else "always"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(_plain, value)) or "nothing"
    if isinstance(value, float):
        return f"{value:g}"
    return "nothing" if value is None or value == "" else str(value)


PHRASES: Mapping[str, tuple[str, Callable[[Digest], str]]] = {
    "schedule": ("sent", lambda digest: digest.schedule.phrase),
    "zone": ("times and windows are of", lambda digest: digest.zone),
    "window": ("about", lambda digest: digest.window.phrase),
    "groups": ("shows", lambda digest: ", ".join(digest.groups) or EVERYBODY),
    "users": ("of agents it shows", lambda digest: ", ".join(digest.users) or "all"),
    "holidays": ("holidays:", lambda digest: _calendar(digest.holidays)),
    "send_when": ("sent", lambda digest: _condition(digest.send_when)),
    "for_each": (
        "goes out as",
        lambda digest: f"one edition for each {digest.for_each}" if digest.for_each else "one edition in all",
    ),
}
"""Fields described as 'sent every monday at 09:00 instead of …'."""

SENTENCES: Mapping[str, Callable[[Digest, Digest], Iterator[str]]] = {
    "reports": _reports,
    "targets": _targets,
    "recipients": lambda old, new: _recipients(old.recipients, new.recipients, "gets it"),
    "brand": lambda old, new: (f"brand {text}" for text in _by_name(old.brand, new.brand)),
    "paused": _paused,
    "grace_seconds": _grace,
    "late_after_seconds": _late_after,
}
"""Fields described in sentences of their own."""

MOVES = ("schedule", "zone", "window", "holidays", "on_holiday", "paused", "until")
"""Fields after whose change the next edition is named."""


def _whom(digest: Digest) -> tuple[str, ...]:
    return tuple(map(_address, digest.recipients))


def _address(recipient: Recipient) -> str:
    return f"{recipient.channel} {recipient.address}"
