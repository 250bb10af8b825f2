"""The rows of the ledger in memory, and how they change; see `rules` for what the states mean."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.errors import LedgerError
from bot.ledger.journal import REPEATED
from bot.ledger.rules import (
    CUT_OFF,
    CUT_OFF_FETCHING,
    DOUBTS_COUNT_IN,
    ENDED,
    NOT_REOPENED,
    OPEN_DUTIES,
    REOPENED,
    UNDIVIDED,
    UNPUBLISHED,
    WENT_OUT,
    WITH_CONTENT,
    WITHOUT_CONTENT,
    may_close,
    most_telling,
    reopened_words,
    scope,
    storable,
    takes_over,
    took_over_words,
    verdict,
)
from bot.model import (
    Agents,
    Attempt,
    ChannelStop,
    Claim,
    Delivery,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    Edition,
    Event,
    EventKind,
    Occurrence,
    OccurrenceRecord,
    OccurrenceState,
    Outcome,
    PastEdition,
    corrected_by,
    correction_number,
)


@dataclass
class Row:
    """What occurrences and deliveries share: who works on it, and how often it was claimed."""

    claim: Claim | None = None
    fence: int = 0
    last_owner: str = ""

    def take(self, key: str, owner: str, until: datetime) -> Claim:
        self.fence += 1
        self.last_owner = owner
        self.claim = Claim(key, owner, self.fence, until)
        return self.claim

    def holds(self, claim: Claim) -> bool:
        return self.claim is not None and (self.fence, self.claim.owner) == (claim.fence, claim.owner)


@dataclass
class Duty(Row):
    record: DeliveryRecord = field(kw_only=True)
    started_at: datetime = field(kw_only=True)
    attempts: list[Attempt] = field(default_factory=list)


@dataclass
class Firing(Row):
    record: OccurrenceRecord = field(kw_only=True)
    real: bool = field(kw_only=True)
    resting: OccurrenceState | None = None
    editions: dict[Agents, Edition] = field(default_factory=dict)
    kept_at: datetime | None = None
    events: list[Event] = field(default_factory=list)
    duties: dict[str, Duty] = field(default_factory=dict)

    @property
    def states(self) -> list[tuple[DeliveryState, DeliveryKind]]:
        return [(duty.record.state, duty.record.delivery.kind) for duty in self.duties.values()]

    def tell(self, kind: EventKind, detail: str, now: datetime) -> None:
        last = self.events[-1] if self.events else None
        if kind in REPEATED and last is not None and last.kind is kind:
            self.events[-1] = replace(last, times=last.times + 1, last_at=now, detail=storable(detail))
        else:
            self.events.append(Event(kind, now, storable(detail), 1, now))


@dataclass
class Crashes:
    """Who is at work on an occurrence ('' for nobody), and how many processes died at that."""

    owner: str = ""
    count: int = 0


@dataclass
class Memory:
    """Everything that is remembered."""

    firings: dict[str, Firing] = field(default_factory=dict)
    digests: dict[str, datetime] = field(default_factory=dict)
    pauses: dict[str, datetime] = field(default_factory=dict)
    stops: dict[str, ChannelStop] = field(default_factory=dict)
    crashes: dict[str, Crashes] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def firing(self, occurrence_id: str) -> Firing:
        firing = self.firings.get(occurrence_id)
        if firing is None:
            raise LedgerError(f"The ledger knows no occurrence {occurrence_id!r}.")
        return firing

    def duty(self, key: str) -> Duty | None:
        return next((f.duties[key] for f in self.firings.values() if key in f.duties), None)

    def is_stopped(self, channel: str, now: datetime) -> bool:
        return channel in self.stops and self.stops[channel].again_at > now


def add(firing: Firing, duties: Sequence[Delivery], now: datetime) -> None:
    for duty in duties:
        record = DeliveryRecord(duty, DeliveryState.READY, 0, None, "", "", None)
        firing.duties.setdefault(duty.key, Duty(record=record, started_at=now))


def test_again(firing: Firing, tests: Sequence[Delivery], now: datetime) -> None:
    add(firing, tests, now)
    for test in tests:
        duty = firing.duties[test.key]
        if duty.record.state is not DeliveryState.SENDING:
            before, ready = duty.record, DeliveryState.READY
            duty.record = DeliveryRecord(
                test, ready, before.attempts, None, "", "", None, started_at=before.started_at
            )
    if firing.record.state in ENDED:
        rests = firing.real or firing.record.state is OccurrenceState.BACKFILLED
        firing.resting = firing.record.state if rests else None
        state = OccurrenceState.RENDERED if firing.editions else OccurrenceState.PLANNED
        firing.record = replace(firing.record, state=state, not_before=None)


def claimable(firing: Firing, now: datetime) -> bool:
    record, claim = firing.record, firing.claim
    free = claim is None or claim.lease_until <= now
    return record.state in WITHOUT_CONTENT and free and is_past(record.not_before, now)


def is_past(not_before: datetime | None, now: datetime) -> bool:
    return not_before is None or not_before <= now


def is_ready(duty: Duty, now: datetime) -> bool:
    return duty.record.state is DeliveryState.READY and is_past(duty.record.not_before, now)


def has_work(memory: Memory, firing: Firing, now: datetime) -> bool:
    if firing.record.state is OccurrenceState.RENDERED:
        return any(
            is_ready(duty, now) and not memory.is_stopped(duty.record.delivery.recipient.channel, now)
            for duty in firing.duties.values()
        )
    return claimable(firing, now)


def end_waiting(firing: Firing, state: DeliveryState, reason: str) -> None:
    for duty in firing.duties.values():
        if duty.record.state is DeliveryState.READY:
            duty.record = replace(duty.record, state=state, error=storable(reason), not_before=None)


def finish(firing: Firing, state: OccurrenceState, now: datetime) -> None:
    firing.record = replace(firing.record, state=state, not_before=None, ended_at=now)
    firing.resting, firing.claim = None, None


def close(firing: Firing, now: datetime) -> None:
    if may_close(firing.record.state, firing.states):
        finish(firing, firing.resting or verdict(firing.states), now)
        firing.tell(EventKind.ENDED, firing.record.state.value, now)


def open_again(firing: Firing) -> None:
    state = OccurrenceState.RENDERED if firing.editions else OccurrenceState.PLANNED
    firing.record = replace(firing.record, state=state, not_before=None, ended_at=None)
    firing.resting, firing.claim = None, None


def judge_again(firing: Firing, now: datetime) -> None:
    if verdict(firing.states) is OccurrenceState.DONE:
        finish(firing, OccurrenceState.DONE, now)
        firing.tell(EventKind.ENDED, OccurrenceState.DONE.value, now)


def reopen(firing: Firing, now: datetime) -> int:
    busy = firing.claim is not None and firing.claim.lease_until > now
    if busy or firing.record.state in NOT_REOPENED:
        return 0
    again = [
        duty
        for duty in firing.duties.values()
        if duty.record.state in REOPENED and duty.record.delivery.kind is DeliveryKind.REAL
    ]
    for duty in again:
        duty.record = replace(duty.record, state=DeliveryState.READY, not_before=None)
    undivided = not firing.duties and firing.record.state in UNDIVIDED
    if again or undivided:
        open_again(firing)
        firing.tell(EventKind.REOPENED, reopened_words(len(again)), now)
    return len(again) or int(undivided)


def is_doubtful(firing: Firing, now: datetime) -> bool:
    return firing.record.state in DOUBTS_COUNT_IN and any(
        duty.record.state is DeliveryState.UNKNOWN
        and duty.record.delivery.kind is DeliveryKind.REAL
        and is_past(duty.record.not_before, now)
        for duty in firing.duties.values()
    )


def resolve(firing: Firing, duty: Duty, outcome: Outcome, now: datetime) -> bool:
    if duty.record.state is not DeliveryState.UNKNOWN:
        return False
    if outcome.state is DeliveryState.UNKNOWN:
        error = storable(outcome.error)
        duty.record = replace(duty.record, error=error, not_before=outcome.retry_at)
        return True
    settle(duty, outcome, now)
    duty.record = replace(duty.record, not_before=outcome.retry_at)
    if any(state in OPEN_DUTIES for state, _ in firing.states):
        open_again(firing)
    elif firing.resting is None:
        ended, ended_at = verdict(firing.states), firing.record.ended_at or now
        if firing.record.state is not ended:
            firing.tell(EventKind.ENDED, ended.value, now)
        firing.record = replace(firing.record, state=ended, ended_at=ended_at)
    return True


def release(firing: Firing, now: datetime) -> bool:
    if firing.record.state is not OccurrenceState.HELD or not firing.editions:
        return False
    reason = firing.record.reason if firing.resting else ""
    firing.record = replace(firing.record, state=OccurrenceState.RENDERED, reason=reason)
    firing.tell(EventKind.RELEASED, "", now)
    return True


def hand_on_days(firings: Mapping[str, Firing], firing: Firing, now: datetime) -> None:
    of = firing.record.occurrence
    later = [
        one
        for one in firings.values()
        if (one.record.occurrence.digest, one.record.occurrence.slice) == (of.digest, of.slice)
        and one.record.occurrence.due > of.due
        and one.record.state in WITHOUT_CONTENT
    ]
    found = min(later, key=lambda one: one.record.occurrence.due, default=None)
    if found is not None and takes_over(found.record, of.window):
        window = replace(found.record.occurrence.window, start=of.window.start)
        found.record = replace(found.record, occurrence=replace(found.record.occurrence, window=window))
        found.tell(EventKind.NOTED, took_over_words(of), now)


def discard(firing: Firing, reason: str, now: datetime) -> bool:
    if firing.record.state is not OccurrenceState.HELD:
        return False
    end_waiting(firing, DeliveryState.CANCELLED, reason)
    firing.editions = {}
    if firing.resting is None:
        firing.record = replace(firing.record, reason=storable(reason))
    firing.resting = firing.resting or OccurrenceState.SKIPPED
    firing.tell(EventKind.DISCARDED, reason, now)
    if DeliveryState.SENDING not in {state for state, _ in firing.states}:
        finish(firing, firing.resting, now)
    return True


def past(firings: Mapping[str, Firing], occurrence: Occurrence, count: int) -> tuple[PastEdition, ...]:
    known = firings.get(occurrence.id)
    found = [
        firing
        for firing in firings.values()
        if is_past_of(firing, occurrence)
        and (known is None or scope(known.record.definition) == scope(firing.record.definition))
    ]
    found.sort(key=lambda firing: firing.record.occurrence.due, reverse=True)
    return tuple(
        PastEdition(
            firing.record.occurrence.window,
            most_telling(newest_version(firings, firing)),
            published=(firing.resting or firing.record.state) not in UNPUBLISHED,
        )
        for firing in found[: max(0, count)]
    )


def newest_version(firings: Mapping[str, Firing], firing: Firing) -> Mapping[Agents, Edition]:
    for version in reversed(corrections(firings, firing.record.occurrence)):
        if version.record.state in WENT_OUT and version.editions:
            return version.editions
    return firing.editions


def corrections(firings: Mapping[str, Firing], of: Occurrence) -> list[Firing]:
    found = [
        firing
        for firing in firings.values()
        if correction_number(firing.record.occurrence) and corrected_by(firing.record.occurrence).id == of.id
    ]
    return sorted(found, key=lambda firing: correction_number(firing.record.occurrence))


def is_past_of(firing: Firing, occurrence: Occurrence) -> bool:
    of = firing.record.occurrence
    same = (of.digest, of.slice) == (occurrence.digest, occurrence.slice)
    state = firing.resting or firing.record.state
    went_out = (firing.real and state in WENT_OUT) or state is OccurrenceState.BACKFILLED
    went_out = went_out or firing.record.state is OccurrenceState.SKIPPED
    return same and of.due < occurrence.due and went_out and bool(firing.editions)


def settle(duty: Duty, outcome: Outcome, now: datetime) -> None:
    receipt, state = outcome.receipt, outcome.state
    append_attempt(duty, outcome, now)
    duty.claim = None
    duty.record = replace(
        duty.record,
        state=state,
        sent_at=now if state is DeliveryState.SENT else None,
        provider_id=storable(receipt.provider_id) if receipt else "",
        error=storable(outcome.error),
        not_before=outcome.retry_at if state is DeliveryState.READY else None,
    )


def append_attempt(duty: Duty, outcome: Outcome, now: datetime) -> None:
    receipt, owner = outcome.receipt, duty.claim.owner if duty.claim else duty.last_owner
    provider_id, words = (receipt.provider_id, receipt.detail) if receipt else ("", outcome.error)
    started, number = duty.started_at, duty.record.attempts
    duty.attempts.append(
        Attempt(number, owner, started, now, outcome.state, storable(provider_id), storable(words))
    )


def reap(firing: Firing, lost: Callable[[Claim], bool], now: datetime) -> int:
    count = 0
    for duty in firing.duties.values():
        if duty.record.state is DeliveryState.SENDING and duty.claim and lost(duty.claim):
            settle(duty, Outcome(DeliveryState.UNKNOWN, error=CUT_OFF), now)
            count += 1
    over = firing.record.state in WITH_CONTENT
    if count or over:
        close(firing, now)
    if firing.record.state in WITHOUT_CONTENT and firing.claim and lost(firing.claim):
        firing.claim, count = None, count + 1
        firing.tell(EventKind.TAKEN_BACK, CUT_OFF_FETCHING, now)
    return count
