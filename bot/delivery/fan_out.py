"""Divide one digest: an occurrence, a digest and recipients of its own for each group or agent.

It happens when the digest is due, from the API's lists as they are then; docs/configuration.md explains
`for_each`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from bot.delivery.occurrences import Previous
from bot.errors import UsageError
from bot.ledger import Ledger
from bot.model import (
    MEMBERS,
    SELF,
    ChildOccurrence,
    Delivery,
    Digest,
    Group,
    Occurrence,
    OccurrenceKind,
    Recipient,
    Source,
    User,
    Window,
    slug,
)
from bot.model.channel_types import CHANNEL_TYPES
from bot.source.names import full_name, resolve_groups, resolve_users
from bot.timetable import window_of

RESERVED = re.compile(r"(?:group|window|test)-|[0-9]+-")
"""Prefixes of manual slices, and ids before names: no group's or agent's slice begins with one."""


@dataclass(frozen=True, slots=True)
class FanOut:
    """The slices of one occurrence, and how many people were left out because they have no address."""

    children: tuple[ChildOccurrence, ...]
    without_address: int = 0

    @property
    def summary(self) -> str:
        """Return how many editions it became, for `explain`."""
        sent = [one.occurrence.slice for one in self.children if not one.skipped]
        names = f": {', '.join(sent)}" if sent else ""
        parts = [f"{len(sent)} {'edition' if len(sent) == 1 else 'editions'}, one for each{names}"]
        if skipped := len(self.children) - len(sent):
            parts.append(f"{skipped} skipped")
        if self.without_address:
            people = "person" if self.without_address == 1 else "people"
            parts.append(f"{self.without_address} {people} without a mail address left out")
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class _Target:
    """The group or agent of a slice: its id and name, how it narrows the digest, and its people."""

    id: int
    name: str
    narrowed: Mapping[str, object]
    people: tuple[User, ...]


def fan_out(
    digest: Digest, occurrence: Occurrence, source: Source, previous: Previous = lambda slice: None
) -> FanOut:
    """Return the slices of a `for_each` digest's occurrence, in the order of their names.

    Raises UsageError for a group or agent that does not exist, or when there are more than the digest allows;
    SourceError when the lists cannot be had.
    """
    targets = _allowed_targets(digest, source)
    names = _slugs(targets)
    children = [_child(digest, occurrence, target, names[target.id], previous) for target in targets]
    return FanOut(tuple(child for child, _ in children), sum(count for _, count in children))


def _allowed_targets(digest: Digest, source: Source) -> "list[_Target]":
    targets = _targets(digest, source.groups(), source.users())
    if len(targets) > digest.at_most:
        raise UsageError(
            f"{digest.name}: for_each: {digest.for_each} would make {len(targets)} editions, at most "
            f"{digest.at_most} are allowed. Narrow it with group: or users:, or write "
            f"at_most: {len(targets)}."
        )
    return targets


def all_recipients(digest: Digest, source: Source) -> tuple[Recipient, ...]:
    """Return each recipient of the digest once; for a `for_each` digest those of its slices as of now.

    Raises UsageError as `fan_out`, and SourceError.
    """
    if not digest.for_each:
        return digest.recipients
    targets = _allowed_targets(digest, source)
    names = _slugs(targets)
    return tuple(
        dict.fromkeys(r for one in targets for r in _recipients(digest.recipients, one.people, names[one.id]))
    )


def first_child(
    digest: Digest, occurrence: Occurrence, source: Source
) -> tuple[Digest, Occurrence, tuple[str, ...]]:
    """Return the digest and occurrence to show for a fan-out, with notes that it is one of many; else itself.

    Raises UsageError where there is none, and SourceError.
    """
    if not digest.for_each:
        return digest, occurrence, ()
    fan = fan_out(digest, occurrence, source)
    if not fan.children:
        raise UsageError(f"{digest.name}: the API's list has no {digest.for_each} for it.")
    first = fan.children[0]
    another = "shows another" if digest.for_each == "group" else "those of a group"
    notes = (f"{occurrence.id} is {fan.summary}", f"this is {first.occurrence.slice}; --group NAME {another}")
    return first.definition, first.occurrence, notes


def last_fan_out_count(ledger: Ledger, digest: Digest) -> int:
    """Return how many slices with recipients the last scheduled fan-out had; 0 when there was none."""
    dues = [
        record.occurrence.due
        for record, deliveries in ledger.history(digest.name)
        if deliveries and record.occurrence.slice and record.occurrence.kind is OccurrenceKind.SCHEDULED
    ]
    return dues.count(max(dues)) if dues else 0


def _targets(digest: Digest, groups: Sequence[Group], users: Sequence[User]) -> list[_Target]:
    wanted = resolve_groups(digest.groups, groups) if digest.groups else ()
    active = [user for user in users if not user.archived]
    targets = (
        _of_groups(digest, wanted or groups, active)
        if digest.for_each == "group"
        else _of_agents(wanted, {group.id for group in groups}, resolve_users(digest.users, users) or active)
    )
    return sorted(targets, key=lambda target: (target.name.casefold(), target.id))


def _of_groups(digest: Digest, groups: Sequence[Group], active: Sequence[User]) -> Iterator[_Target]:
    for group in groups:
        members = tuple(user for user in active if group.id in user.groups)
        narrowed = {"groups": (str(group.id),), "title": f"{digest.title}: {group.name}"}
        yield _Target(group.id, group.name, narrowed, members)


def _of_agents(groups: Sequence[Group], known: Set[int], agents: Sequence[User]) -> Iterator[_Target]:
    """Yield the peers of an agent: of the groups that were asked for, else of the agent's own."""
    wanted = {group.id for group in groups}
    for user in agents:
        if wanted and wanted.isdisjoint(user.groups):
            continue
        peers = tuple(str(id) for id in sorted(wanted or known & set(user.groups)))
        narrowed = {"users": (str(user.id),), "groups": tuple(map(str, sorted(wanted))), "peers": peers}
        yield _Target(user.id, full_name(user), narrowed, (user,))


def _slugs(targets: Sequence[_Target]) -> dict[int, str]:
    """Return a slice's name by id; the id precedes a name that is not unique or means something else."""
    plain = {one.id: slug(one.name) for one in targets}
    many = Counter(plain.values())
    return {
        id: f"{id}-{name}" if many[name] > 1 or RESERVED.match(name) else name for id, name in plain.items()
    }


def _child(
    digest: Digest, occurrence: Occurrence, target: _Target, name: str, previous: Previous
) -> tuple[ChildOccurrence, int]:
    """Return the slice, and how many of its people have no address."""
    whole = f"{occurrence.slice}-{name}" if occurrence.slice else name
    window = _window(digest, occurrence, previous(whole))
    of = replace(occurrence, slice=whole, window=window)
    people, definition = target.people, _definition(digest, target, name)
    recipients = definition.recipients
    asked = any(one.address in (MEMBERS, SELF) for one in digest.recipients)
    without = sum(not user.email for user in people) if asked else 0
    if not recipients:
        skipped = "nobody to send it to: nobody in it has a mail address"
        return ChildOccurrence(of, definition, (), skipped), without
    return ChildOccurrence(of, definition, tuple(Delivery(of.id, one) for one in recipients)), without


def _definition(digest: Digest, target: _Target, name: str) -> Digest:
    recipients = _recipients(digest.recipients, target.people, name)
    return replace(digest, for_each="", recipients=recipients, **target.narrowed)  # type: ignore[arg-type]


def slice_now(
    digest: Digest, planned: Digest, groups: Sequence[Group], users: Sequence[User]
) -> Digest | None:
    """Return what the slice that was `planned` is by the file and the lists as they are now; None: gone.

    A slice is known by the id of its group or agent. Raises UsageError for names that the lists lack.
    """
    targets = _targets(digest, groups, users)
    names = _slugs(targets)
    for target in targets:
        found = _definition(digest, target, names[target.id])
        key = found.users if digest.for_each == "agent" else (*found.groups, *found.users)
        was = planned.users if digest.for_each == "agent" else (*planned.groups, *planned.users)
        if key == was:
            return found
    return None


def _window(digest: Digest, occurrence: Occurrence, previous_due: datetime | None) -> Window:
    """Return the occurrence's window; `since last run` begins where this slice was last sent."""
    if previous_due is None or digest.window.kind != "since last run":
        return occurrence.window
    return window_of(digest.window, digest.zone, occurrence.due, previous_due=previous_due)


def _recipients(wanted: Sequence[Recipient], people: Sequence[User], name: str) -> tuple[Recipient, ...]:
    """Return the recipients with real addresses for placeholders; each address once."""
    unique: dict[tuple[str, str], Recipient] = {}
    for recipient in wanted:
        for address, person in _addresses(recipient, people, name):
            key = (recipient.channel, address.casefold())
            unique.setdefault(key, replace(recipient, address=address, person=person))
    return tuple(unique.values())


def _addresses(recipient: Recipient, people: Sequence[User], name: str) -> Iterator[tuple[str, int]]:
    """Yield each address with the id of the API's user behind it, 0 for none."""
    if CHANNEL_TYPES[recipient.channel].is_outbound and recipient.address in (MEMBERS, SELF):
        yield from ((user.email, user.id) for user in people if user.email)
        return
    yield recipient.address.replace("{group.slug}", name).replace("{agent.slug}", name), 0
