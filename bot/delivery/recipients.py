"""Who gets an edition now: an edition is frozen, to whom it goes is not.

Before each send the deliveries are compared with the configuration in force and, for `for_each`, with the
API's lists. `served_now` and `still_served` decide and are pure; `look_again` acts.
docs/decisions/0058-recipients-as-they-are-now.md says who counts as the same recipient.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.delivery.fan_out import slice_now
from bot.delivery.occurrences import STOPPED, is_alert
from bot.errors import SourceError, UsageError
from bot.ledger import Ledger
from bot.ledger.states import RUNNING, UNSENT
from bot.model import (
    Agents,
    Clock,
    Configuration,
    Delivery,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    Digest,
    EventKind,
    Group,
    OccurrenceKind,
    OccurrenceRecord,
    OccurrenceState,
    Recipient,
    Source,
    User,
    Work,
    utc_text,
)
from bot.model.channel_types import CHANNEL_TYPES

log = logging.getLogger("bot.delivery.recipients")

ASK_AGAIN_SECONDS = 300.0
"""How long lists that could not be had are not asked for again, for there may be hundreds of slices."""


UNTOUCHED = (OccurrenceState.HELD, OccurrenceState.BACKFILLED)


@dataclass(frozen=True, slots=True)
class Roster:
    """The API's lists of groups and users."""

    groups: Sequence[Group]
    users: Sequence[User]


@dataclass(frozen=True, slots=True)
class Served:
    """Who gets an occurrence now, and the definition to compose it by; `reason`: why nobody gets it.

    `adds`: whether those who are no recipients of it yet may get it; `users` are the API's, where asked.
    """

    definition: Digest
    recipients: tuple[Recipient, ...] = ()
    reason: str = ""
    adds: bool = True
    users: Sequence[User] = ()


@dataclass(slots=True)
class Audience:
    """The configuration in force and the API's lists as last known."""

    configuration: Configuration
    source: Callable[[], Source]
    clock: Clock
    _known: Roster | None = None
    _failed_at: float | None = None

    def roster(self) -> Roster | None:
        """Return the lists, at most an hour old; while they cannot be had as last known, None for never."""
        now = self.clock.monotonic()
        if self._failed_at is not None and now - self._failed_at < ASK_AGAIN_SECONDS:
            return self._known
        try:
            self._known, self._failed_at = Roster(self.source().groups(), self.source().users()), None
        except SourceError as error:
            log.warning("recipients are those of the last known lists: %s", error)
            self._failed_at = now
        return self._known


def look_again(audience: Audience | None, ledger: Ledger, work: Work, now: datetime) -> Work:
    """Give what is under way the recipients that it has now; return the work with what changed.

    Without an audience deliveries go as planned. Raise LedgerError.
    """
    if audience is None or work.record.state not in RUNNING:
        return work
    return _look(audience, ledger, work, now)


def _look(audience: Audience, ledger: Ledger, work: Work, now: datetime) -> Work:
    record, configuration = work.record, audience.configuration
    roster = audience.roster() if _is_slice(record, configuration) else None
    paused_at = ledger.paused().get(record.occurrence.digest)
    served = served_now(record, configuration, roster, paused_at, frozen=bool(work.editions))
    if served is None:
        return work
    reasons = _reasons(work.deliveries, served)
    wanted = tuple(_wanted(work, served))
    is_same = bool(work.editions) or record.definition == served.definition
    if not reasons and not wanted and is_same:
        return work
    id = record.occurrence.id
    said = ledger.readdress(record, served.definition, wanted, reasons, now)
    changes = (*work.changes, *said)
    return replace(
        work,
        record=ledger.occurrence(id) or record,
        deliveries=ledger.deliveries(id),
        changes=tuple(dict.fromkeys(changes)),
    )


def look_at_ended(
    audience: Audience | None, ledger: Ledger, record: OccurrenceRecord, now: datetime
) -> tuple[str, ...]:
    """Do the same for what a person asks for again, though it ended; return what changed."""
    id, state = record.occurrence.id, record.state
    ended_by_itself = state is OccurrenceState.SKIPPED and not was_cancelled(ledger, id)
    if audience is None or state in UNTOUCHED or ended_by_itself:
        return ()
    work = Work(record, 0, False, ledger.editions(id), ledger.deliveries(id), ())
    return _look(audience, ledger, work, now).changes


def was_cancelled(ledger: Ledger, occurrence_id: str) -> bool:
    """Return whether an occurrence was skipped only because nobody was left to send it to."""
    kinds = {event.kind for event in ledger.events(occurrence_id)}
    return EventKind.CANCELLED in kinds and not kinds & {EventKind.SKIPPED, EventKind.DISCARDED}


def served_now(
    record: OccurrenceRecord,
    configuration: Configuration,
    roster: Roster | None,
    paused_at: datetime | None,
    *,
    frozen: bool,
) -> Served | None:
    """Return who gets an occurrence by the file, the roster and a person's pause (UTC); None: as planned.

    As planned go tests, and slices while the roster is not known.
    """
    of, was = record.occurrence, record.definition
    if of.kind is OccurrenceKind.TEST:
        return None
    if is_alert(of):
        reached = (one for one in configuration.operators if of.topic != STOPPED or one.channel != of.slice)
        return Served(was, tuple(reached))
    digest = configuration.digest(of.digest)
    if digest is None:
        return Served(was, reason=f"digest {of.digest} is no longer in reports.yaml")
    if reason := _pause(record, digest, paused_at):
        return Served(was, reason=reason)
    if _is_slice(record, configuration):
        return _slice(record, digest, roster)
    is_manual = of.kind is OccurrenceKind.MANUAL
    if bool(digest.for_each) != bool(was.for_each) and (of.slice or digest.for_each) and not is_manual:
        each = f"as one edition for each {digest.for_each}" if digest.for_each else "as one edition for all"
        return Served(was, reason=f"{of.digest} now goes out {each}")
    same = {*was.groups}, {*was.users}
    adds = not is_manual and (not frozen or same == ({*digest.groups}, {*digest.users}))
    recipients = () if digest.for_each else digest.recipients
    return Served(_redefined(record, digest), recipients, adds=adds)


def still_served(delivery: Delivery, served: Served, others: Iterable[Recipient] = ()) -> str | None:
    """Return why a delivery is not sent any more, or None. `others` are recipients without a delivery."""
    to = delivery.recipient
    if delivery.kind is DeliveryKind.TEST or to.named:
        return None
    if served.reason:
        return served.reason
    if any(is_same(to, one) for one in served.recipients):
        return None
    if to.person:
        return _why_left(to, served)
    instead = [one.address for one in others if one.channel == to.channel]
    if instead and served.adds:
        return f"the file now says {', '.join(instead)}"
    return "no longer a recipient in reports.yaml"


def is_same(one: Recipient, other: Recipient) -> bool:
    """Return whether two recipients are one: channel and address, in mail and Slack whatever the case."""
    if one.channel != other.channel:
        return False
    folds = CHANNEL_TYPES[one.channel].is_outbound
    return one.address == other.address or (folds and one.address.casefold() == other.address.casefold())


def _is_slice(record: OccurrenceRecord, configuration: Configuration) -> bool:
    """Return whether it is one of the editions of a `for_each` digest."""
    of, digest = record.occurrence, configuration.digest(record.occurrence.digest)
    plain = not is_alert(of) and of.kind is not OccurrenceKind.TEST
    return plain and bool(digest and digest.for_each and of.slice) and not record.definition.for_each


def _slice(record: OccurrenceRecord, digest: Digest, roster: Roster | None) -> Served | None:
    was = record.definition
    if roster is None or not roster.users:  # an empty list is a fault of the API, not the end of a company
        return None
    if digest.for_each == "agent" and (reason := _why_gone(was.users, roster.users)):
        return Served(was, reason=reason)
    try:
        found = slice_now(digest, was, roster.groups, roster.users)
    except UsageError as error:
        log.warning("%s goes to whom it was planned for: %s", record.occurrence.id, error)
        return None
    if found is None:
        return Served(
            was, reason=f"{record.occurrence.slice} is no longer a {digest.for_each} of this digest"
        )
    is_manual = record.occurrence.kind is OccurrenceKind.MANUAL
    definition = was if is_manual else _redefined(record, found)
    return Served(definition, found.recipients, adds=not is_manual, users=roster.users)


def _redefined(record: OccurrenceRecord, digest: Digest) -> Digest:
    """Return the digest as the file has it now, for the window that was due."""
    was, of = record.definition, record.occurrence
    if of.kind is OccurrenceKind.MANUAL:  # a person narrowed it
        groups = was.groups if of.slice.startswith("group-") else digest.groups
        return replace(was, groups=groups, users=digest.users, recipients=digest.recipients)
    return replace(digest, schedule=was.schedule, window=was.window, zone=was.zone, paused=was.paused)


def _pause(record: OccurrenceRecord, digest: Digest, paused_at: datetime | None) -> str:
    """Return why a pause stops it; '' for what a person sent while it was paused already."""
    name = digest.name
    if record.occurrence.kind is OccurrenceKind.MANUAL:
        return ""
    if digest.paused and not record.definition.paused:
        return f"{name} is paused in reports.yaml"
    if paused_at is not None and record.planned_at is not None and record.planned_at < paused_at:
        return f"{name} is paused since {utc_text(paused_at)}: digestbot resume {name}"
    return ""


def _why_gone(ids: Sequence[str], users: Sequence[User]) -> str:
    """Return why the agent of a slice gets nothing more, or ''."""
    user = next((user for user in users if (str(user.id),) == tuple(ids)), None)
    if user is None:
        return "this agent is no longer in the API's list of users"
    return "this agent is archived" if user.archived else ""


def _why_left(to: Recipient, served: Served) -> str:
    """Return why a person of the roster does not get it at this address."""
    user = next((user for user in served.users if user.id == to.person), None)
    if user is None:
        return "this person is no longer in the API's list of users"
    if user.archived:
        return "this person is archived"
    if any(one.person == to.person and one.channel == to.channel for one in served.recipients):
        return f"this person's address is {user.email} now"
    return "this person is no longer a recipient of this edition"


def _reasons(deliveries: Iterable[DeliveryRecord], served: Served) -> Mapping[str, str]:
    """Return why deliveries end, by key; '' for the whole occurrence."""
    known = [pending.delivery.recipient for pending in deliveries]
    others = [one for one in served.recipients if not any(is_same(one, to) for to in known)]
    reasons = {"": served.reason} if served.reason else {}
    for pending in deliveries:
        if pending.state in UNSENT and (reason := still_served(pending.delivery, served, others)):
            reasons[pending.delivery.key] = reason
    return reasons


def _wanted(work: Work, served: Served) -> Iterable[Delivery]:
    """Yield the deliveries to add, to reopen or to bring up to date."""
    of = work.record
    adds = served.adds and (bool(work.editions) or of.state is not OccurrenceState.DONE)
    for wanted in served.recipients:
        known = [one for one in work.deliveries if is_same(one.delivery.recipient, wanted)]
        for pending in known:
            was = pending.delivery.recipient
            recipient = replace(wanted, address=was.address)
            if was.agents is not wanted.agents:
                recipient = _fitting(recipient, work.editions)
            differs = pending.state in UNSENT and was != recipient
            if differs or pending.state is DeliveryState.CANCELLED:
                yield Delivery(of.occurrence.id, recipient)
        if not known and adds:
            yield Delivery(of.occurrence.id, _fitting(wanted, work.editions))


def _fitting(recipient: Recipient, editions: Mapping[Agents, object]) -> Recipient:
    """Return the recipient; without agents where they were not composed as the file shows them now."""
    composed = not editions or recipient.agents in editions
    return recipient if composed else replace(recipient, agents=Agents.NONE)
