"""What changes for whom between two reports.yaml, in sentences; what `diff` prints and a reload logs.

Every field of a digest is either in the table of sentences or named as it stands, so that a new key is
never passed over in silence.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from bot.compose.figures.metrics import METRICS, Metric
from bot.compose.figures.wording import Wording
from bot.model import Attach, Brand, Configuration, Digest, Holidays, Recipient, Report, SendWhen, Target
from bot.timetable import next_firing, window_for

EVERYBODY, OURS = "everybody", "ours alone"
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
    """The file's keys first, then each digest in the order of the new file, then those that are gone.

    `now` (aware): when the next edition goes out is told from here.
    """
    before = {digest.name: digest for digest in old.digests}
    after = {digest.name for digest in new.digests}
    found = [_of_file(old, new)]
    for digest in new.digests:
        known = before.get(digest.name)
        found.append(_changed(known, digest, now) if known else _added(digest, old, after, now))
    found += [_removed(digest) for digest in old.digests if digest.name not in after]
    return tuple(change for change in found if change.sentences)


def _of_file(old: Configuration, new: Configuration) -> Change:
    """Keys that stand beside the digests; what a digest takes over from them is told with the digest."""
    parts: tuple[tuple[str, Any, Any], ...] = (
        ("activity_api", old.api, new.api),
        ("email", old.mail, new.mail),
        ("retention", old.retention, new.retention),
    )
    sentences = [sentence for name, was, now in parts for sentence in _keys(name, was, now)]
    if old.templates != new.templates:
        sentences.append(f"templates come from {new.templates or OURS} instead of {old.templates or OURS}")
    sentences += _recipients(old.operators, new.operators, "hears of what goes wrong")
    return Change("", tuple(map(_address, new.operators)), tuple(sentences))


def _keys(name: str, was: Any, now: Any) -> Iterator[str]:
    for one in fields(was):
        before, after = getattr(was, one.name), getattr(now, one.name)
        if before != after:
            yield f"{name}: {one.name.replace('_', ' ')} is {_plain(after)} instead of {_plain(before)}"


def _added(digest: Digest, old: Configuration, names: set[str], now: datetime) -> Change:
    twin = next((one.name for one in old.digests if one.name not in names and _same(one, digest)), "")
    sentences = [f"new: {_when(digest)}, about {digest.window.phrase}, for {_scope(digest)}"]
    if twin:
        sentences = [
            f"{twin} is now called {digest.name}: its history begins anew, and what it was compared with"
        ]
    return Change(digest.name, _whom(digest), (*sentences, _next(digest, now)))


def _removed(digest: Digest) -> Change:
    return Change(digest.name, _whom(digest), ("removed: nobody gets it any more",))


def _same(one: Digest, other: Digest) -> bool:
    return all(
        getattr(one, field.name) == getattr(other, field.name)
        for field in fields(Digest)
        if field.name not in ("name", "title")
    )


def _changed(old: Digest, new: Digest, now: datetime) -> Change:
    sentences = [
        sentence
        for field in fields(Digest)
        if getattr(old, field.name) != getattr(new, field.name)
        for sentence in SENTENCES.get(field.name, _as_it_stands(field.name))(old, new)
    ]
    if any(getattr(old, name) != getattr(new, name) for name in MOVES):
        sentences.append(_next(new, now))
    whom = dict.fromkeys((*_whom(new), *_whom(old)))
    return Change(new.name, tuple(whom), tuple(sentences))


def _next(digest: Digest, now: datetime) -> str:
    """'next on Monday 30 Nov 2026, 09:00, about 23 to 29 Nov 2026 (Australia/Sydney)'."""
    if digest.paused:
        return "paused: nothing goes out"
    following = next_firing(digest, now)
    if following is None:
        return "it is never due again"
    words = Wording(digest.locale, digest.zone)
    return f"next {words.moment(following.due)}, about {words.window(window_for(digest, following))}"


def _schedule(old: Digest, new: Digest) -> Iterator[str]:
    yield f"sent {new.schedule.phrase} instead of {old.schedule.phrase}"


def _zone(old: Digest, new: Digest) -> Iterator[str]:
    yield f"times and windows are of {new.zone} instead of {old.zone}"


def _window(old: Digest, new: Digest) -> Iterator[str]:
    yield f"about {new.window.phrase} instead of {old.window.phrase}"


def _groups(old: Digest, new: Digest) -> Iterator[str]:
    yield f"shows {', '.join(new.groups) or EVERYBODY} instead of {', '.join(old.groups) or EVERYBODY}"


def _users(old: Digest, new: Digest) -> Iterator[str]:
    yield f"of agents it shows {', '.join(new.users) or 'all'} instead of {', '.join(old.users) or 'all'}"


def _reports(old: Digest, new: Digest) -> Iterator[str]:
    before, after = (tuple(map(_report, digest.reports)) for digest in (old, new))
    more = [name for name in after if name not in before]
    less = [name for name in before if name not in after]
    if more:
        yield f"also has {', '.join(more)}"
    if less:
        yield f"no longer has {', '.join(less)}"
    if not more and not less:
        yield f"shows its reports in another order: {', '.join(after)}"


def _report(report: Report) -> str:
    form = f" of {report.form}" if report.form else ""
    return report.type + form + (f" ({report.nps_category})" if report.nps_category != "all" else "")


def _targets(old: Digest, new: Digest) -> Iterator[str]:
    words = Wording(new.locale, new.zone)
    before, after = ({one.metric: one for one in digest.targets} for digest in (old, new))
    for metric in dict.fromkeys((*before, *after)):
        was, now = before.get(metric), after.get(metric)
        if was != now:
            yield f"target of {_metric(metric)}: {_limit(now, words)} instead of {_limit(was, words)}"


def _metric(name: str) -> str:
    return _METRICS[name].label if name in _METRICS else name


def _limit(target: Target | None, words: Wording) -> str:
    if target is None:
        return "none"
    metric = _METRICS.get(target.metric)
    return words.value(target.limit, metric.unit) if metric else f"{target.limit:g}"


def _to(old: Digest, new: Digest) -> Iterator[str]:
    yield from _recipients(old.recipients, new.recipients, "gets it")


def _recipients(old: tuple[Recipient, ...], new: tuple[Recipient, ...], does: str) -> Iterator[str]:
    """Who comes, who goes, and for whom something is another than before."""
    before, after = ({_address(one): one for one in several} for several in (old, new))
    for name, one in after.items():
        if name not in before:
            yield f"{name} now {does}{_with(one.attach)}"
        elif one != before[name]:
            yield from _recipient(name, before[name], one)
    for name in before:
        if name not in after:
            yield f"{name} no longer {does}"


def _recipient(name: str, old: Recipient, new: Recipient) -> Iterator[str]:
    for field in fields(Recipient):
        was, now = getattr(old, field.name), getattr(new, field.name)
        if was != now:
            yield f"{name}: {_of_recipient(field.name, was, now)}"


def _of_recipient(field: str, was: Any, now: Any) -> str:
    if isinstance(now, Attach):
        return f"gets {_files(now)} with it instead of {_files(was)}"
    if field == "agents":
        return f"sees agents as {now} instead of {was}"
    return f"{field.replace('_', ' ')} is {_plain(now)} instead of {_plain(was)}"


def _with(attach: Attach) -> str:
    return "" if attach == Attach() else f", with {_files(attach)}"


def _files(attach: Attach) -> str:
    tables = "all CSVs" if attach.csvs is None else f"the CSVs of {', '.join(attach.csvs)}"
    return (
        " and ".join([*(["the PDF"] if attach.pdf else []), *([tables] if attach.csv else [])]) or "no file"
    )


def _holidays(old: Digest, new: Digest) -> Iterator[str]:
    yield f"holidays: {_calendar(new.holidays)} instead of {_calendar(old.holidays)}"


def _calendar(holidays: Holidays) -> str:
    own = [f"{day:%Y-%m-%d}" for day in holidays.dates]
    return ", ".join([*([holidays.region] if holidays.region else []), *own]) or "none"


def _brand(old: Digest, new: Digest) -> Iterator[str]:
    for field in fields(Brand):
        was, now = getattr(old.brand, field.name), getattr(new.brand, field.name)
        if was != now:
            yield f"brand {field.name} is {_plain(now)} instead of {_plain(was)}"


def _paused(old: Digest, new: Digest) -> Iterator[str]:
    # That it is paused now says the sentence about the next edition.
    if not new.paused:
        yield "no longer paused"


def _grace(old: Digest, new: Digest) -> Iterator[str]:
    words = Wording(new.locale, new.zone)
    was, now = words.duration(old.grace_seconds), words.duration(new.grace_seconds)
    yield f"still sent when at most {now} late instead of {was}"


def _for_each(old: Digest, new: Digest) -> Iterator[str]:
    yield f"goes out as {_divided(new)} instead of {_divided(old)}"


def _divided(digest: Digest) -> str:
    return f"one edition for each {digest.for_each}" if digest.for_each else "one edition in all"


def _send_when(old: Digest, new: Digest) -> Iterator[str]:
    yield f"sent {_condition(new.send_when)} instead of {_condition(old.send_when)}"


def _condition(rule: SendWhen) -> str:
    if rule.kind == "change":
        return f"when the first key figure changed by more than {100 * rule.share:g}%"
    return "when a target is missed" if rule.kind == "target_missed" else "always"


def _as_it_stands(name: str) -> Callable[[Digest, Digest], Iterator[str]]:
    def sentence(old: Digest, new: Digest) -> Iterator[str]:
        was, now = _plain(getattr(old, name)), _plain(getattr(new, name))
        yield f"{name.replace('_', ' ')} is {now} instead of {was}"

    return sentence


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(_plain, value)) or "nothing"
    return (
        "nothing"
        if value is None or value == ""
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


SENTENCES: Mapping[str, Callable[[Digest, Digest], Iterator[str]]] = {
    "schedule": _schedule,
    "zone": _zone,
    "window": _window,
    "groups": _groups,
    "users": _users,
    "reports": _reports,
    "targets": _targets,
    "recipients": _to,
    "holidays": _holidays,
    "brand": _brand,
    "paused": _paused,
    "grace_seconds": _grace,
    "for_each": _for_each,
    "send_when": _send_when,
}
"""How a changed field is told; the others are told as they stand."""

MOVES = ("schedule", "zone", "window", "holidays", "on_holiday", "paused", "until")
"""Fields after whose change the next edition is told."""


def _when(digest: Digest) -> str:
    return f"sent {digest.schedule.phrase} ({digest.zone})"


def _scope(digest: Digest) -> str:
    return ", ".join(digest.groups) or EVERYBODY


def _whom(digest: Digest) -> tuple[str, ...]:
    return tuple(map(_address, digest.recipients))


def _address(recipient: Recipient) -> str:
    return f"{recipient.channel} {recipient.address}"
