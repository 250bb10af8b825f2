"""The port `Ledger` in memory, for tests: the same answers as on disk, and nothing survives.

One suite of tests holds it equal to the SQL ledger. `beside` gives another owner the same memory,
as a second process has the same database.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.ledger.memory_interventions import MemoryInterventions
from bot.ledger.memory_overview import MemoryOverview
from bot.ledger.memory_rows import (
    Duty,
    Firing,
    Memory,
    add,
    claimable,
    close,
    discard,
    end_waiting,
    finish,
    hand_on_days,
    has_work,
    is_doubtful,
    is_ready,
    past,
    reap,
    release,
    reopen,
    resolve,
    settle,
    test_again,
)
from bot.ledger.memory_troubles import MemoryTroubles
from bot.ledger.reading import History
from bot.ledger.rules import (
    AGAIN_AFTER,
    DELIVERABLE,
    ENDED,
    SETTLING,
    WITHOUT_CONTENT,
    composed_words,
    planned_words,
    storable,
)
from bot.model import (
    Agents,
    Claim,
    Delivery,
    DeliveryKind,
    DeliveryRecord,
    DeliveryState,
    Digest,
    Edition,
    EventKind,
    Occurrence,
    OccurrenceRecord,
    OccurrenceState,
    Outcome,
    PastEdition,
    Slice,
)


class MemoryLedger(MemoryInterventions, MemoryTroubles, MemoryOverview):
    """See `SqlLedger` for what each method promises. Safe to use from several threads."""

    def __init__(self, *, owner: str = "here:1:a", lease_seconds: float = 180.0) -> None:
        self.owner = owner
        self._lease = timedelta(seconds=lease_seconds)
        self._memory = Memory()

    def beside(self, owner: str) -> "MemoryLedger":
        """Another owner's ledger on the same memory."""
        other = MemoryLedger(owner=owner, lease_seconds=self._lease.total_seconds())
        other._memory = self._memory
        return other

    def seen(self, digest: str, now: datetime) -> tuple[datetime, bool]:
        with self._memory.lock:
            first = digest not in self._memory.digests
            return self._memory.digests.setdefault(digest, now), first

    def settled_until(self, digests: Sequence[str], through: datetime) -> None:
        with self._memory.lock:
            for digest in digests:
                self._memory.digests[digest] = max(through, self._memory.digests.get(digest, through))

    def plan(
        self,
        occurrence: Occurrence,
        definition: Digest,
        deliveries: Sequence[Delivery],
        now: datetime,
        late: bool,
    ) -> bool:
        real = [duty for duty in deliveries if duty.kind is DeliveryKind.REAL]
        tests = [duty for duty in deliveries if duty.kind is DeliveryKind.TEST]
        with self._memory.lock:
            firing = self._memory.firings.get(occurrence.id)
            if firing is None:
                firing = self._begin(occurrence, definition, late, now, real=bool(real) or not tests)
                add(firing, deliveries, now)
                firing.tell(EventKind.PLANNED, planned_words(deliveries, late=late), now)
                return True
            fresh = bool(real) and not firing.real
            if fresh:
                earlier = firing
                first = earlier.record.planned_at or now
                firing = self._begin(occurrence, definition, late, first, real=True)
                firing.fence, firing.duties = earlier.fence + 1, earlier.duties
                firing.events = earlier.events
                add(firing, real, now)
            if tests:
                test_again(firing, tests, now)
            if fresh or tests:
                firing.tell(EventKind.PLANNED, planned_words(deliveries, late=late), now)
            return fresh

    def skip(self, occurrence: Occurrence, definition: Digest, reason: str, now: datetime) -> bool:
        with self._memory.lock:
            firing = self._memory.firings.get(occurrence.id)
            if firing is not None and firing.real:
                return False
            firing = firing or self._begin(occurrence, definition, False, now, real=True)
            firing.real = True
            firing.record = replace(firing.record, reason=storable(reason))
            if firing.duties and firing.record.state not in ENDED:
                firing.resting = OccurrenceState.SKIPPED
                firing.record = replace(firing.record, ended_at=None)
            else:
                skipped = OccurrenceState.SKIPPED
                firing.record = replace(firing.record, state=skipped, ended_at=now)
            firing.tell(EventKind.SKIPPED, reason, now)
            return True

    def occurrence(self, occurrence_id: str) -> OccurrenceRecord | None:
        with self._memory.lock:
            firing = self._memory.firings.get(occurrence_id)
            return firing.record if firing else None

    def outstanding(self, now: datetime) -> tuple[OccurrenceRecord, ...]:
        with self._memory.lock:
            waiting = [f.record for f in self._memory.firings.values() if has_work(self._memory, f, now)]
        return tuple(sorted(waiting, key=lambda r: (r.occurrence.due, r.occurrence.id)))

    def claim_occurrence(self, occurrence_id: str, now: datetime) -> Claim | None:
        with self._memory.lock:
            firing = self._memory.firings.get(occurrence_id)
            if firing is None or not claimable(firing, now):
                return None
            firing.record = replace(firing.record, attempts=firing.record.attempts + 1)
            return firing.take(occurrence_id, self.owner, now + self._lease)

    def renew(self, claim: Claim, now: datetime) -> Claim | None:
        with self._memory.lock:
            row = self._composing(claim) or self._sending(claim)
            if row is None:
                return None
            row.claim = replace(claim, lease_until=now + self._lease)
            return row.claim

    def keep(self, claim: Claim, editions: Mapping[Agents, Edition], now: datetime, held: str = "") -> bool:
        with self._memory.lock:
            firing = self._composing(claim)
            if firing is None:
                kept = self._memory.firings.get(claim.key)
                same_claim = kept is not None and kept.fence == claim.fence
                return same_claim and bool(editions) and self.editions(claim.key) == dict(editions)
            firing.editions, firing.kept_at, firing.claim = dict(editions), now, None
            reason = firing.record.reason if firing.resting else storable(held)
            state = OccurrenceState.HELD if held else OccurrenceState.RENDERED
            firing.record = replace(firing.record, state=state, not_before=None, reason=reason)
            kind, words = (EventKind.HELD, held) if held else (EventKind.COMPOSED, composed_words(editions))
            firing.tell(kind, words, now)
            return True

    def decline(self, claim: Claim, editions: Mapping[Agents, Edition], reason: str, now: datetime) -> bool:
        with self._memory.lock:
            firing = self._composing(claim)
            if firing is None:
                return False
            if firing.resting is None:
                firing.record = replace(firing.record, reason=storable(reason))
            firing.editions, firing.kept_at = dict(editions), now
            end_waiting(firing, DeliveryState.CANCELLED, reason)
            firing.tell(EventKind.SKIPPED, reason, now)
            finish(firing, firing.resting or OccurrenceState.SKIPPED, now)
            hand_on_days(self._memory.firings, firing, now)
            return True

    def expand(self, claim: Claim, slices: Sequence[Slice], words: str, late: bool, now: datetime) -> bool:
        with self._memory.lock:
            firing = self._composing(claim)
            if firing is None:
                return False
            for one in slices:
                if one.skipped:
                    self.skip(one.occurrence, one.definition, one.skipped, now)
                else:
                    self.plan(one.occurrence, one.definition, one.deliveries, now, late)
            firing.tell(EventKind.NOTED, words, now)
            finish(firing, OccurrenceState.DONE, now)
            firing.tell(EventKind.ENDED, OccurrenceState.DONE.value, now)
            return True

    def doubtful(self, now: datetime) -> tuple[OccurrenceRecord, ...]:
        with self._memory.lock:
            records = [f.record for f in self._memory.firings.values() if is_doubtful(f, now)]
        return tuple(sorted(records, key=lambda record: (record.occurrence.due, record.occurrence.id)))

    def resolve(self, delivery: Delivery, outcome: Outcome, now: datetime) -> bool:
        with self._memory.lock:
            firing = self._firing(delivery.occurrence)
            duty = firing.duties.get(delivery.key)
            return duty is not None and resolve(firing, duty, outcome, now)

    def held(self) -> tuple[OccurrenceRecord, ...]:
        with self._memory.lock:
            records = [firing.record for firing in self._memory.firings.values()]
        found = [record for record in records if record.state is OccurrenceState.HELD]
        return tuple(sorted(found, key=lambda record: (record.occurrence.due, record.occurrence.id)))

    def release(self, occurrence_id: str, now: datetime) -> bool:
        with self._memory.lock:
            return release(self._firing(occurrence_id), now)

    def discard(self, occurrence_id: str, reason: str, now: datetime) -> bool:
        with self._memory.lock:
            firing = self._firing(occurrence_id)
            if not discard(firing, reason, now):
                return False
            hand_on_days(self._memory.firings, firing, now)
            return True

    def past(self, occurrence: Occurrence, count: int) -> tuple[PastEdition, ...]:
        with self._memory.lock:
            return past(self._memory.firings, occurrence, count)

    def editions(self, occurrence_id: str) -> Mapping[Agents, Edition]:
        with self._memory.lock:
            firing = self._memory.firings.get(occurrence_id)
            return MappingProxyType(dict(firing.editions) if firing else {})

    def postpone(
        self, claim: Claim, error: str, not_before: datetime | None, now: datetime, *, counted: bool = True
    ) -> bool:
        with self._memory.lock:
            firing = self._composing(claim)
            if firing is None:
                return False
            if not counted:
                firing.record = replace(firing.record, attempts=firing.record.attempts - 1)
            if firing.resting is None:
                firing.record = replace(firing.record, reason=storable(error))
            firing.claim = None
            if not_before is not None:
                planned = OccurrenceState.PLANNED
                firing.record = replace(firing.record, state=planned, not_before=not_before)
                firing.tell(EventKind.POSTPONED if counted else EventKind.WAITED, error, now)
            else:
                firing.tell(EventKind.GAVE_UP, error, now)
                end_waiting(firing, DeliveryState.FAILED, error)
                finish(firing, firing.resting or OccurrenceState.FAILED, now)
            return True

    def deliveries(self, occurrence_id: str) -> tuple[DeliveryRecord, ...]:
        with self._memory.lock:
            firing = self._memory.firings.get(occurrence_id)
            return tuple(duty.record for duty in firing.duties.values()) if firing else ()

    def claim_delivery(self, delivery: Delivery, now: datetime) -> Claim | None:
        with self._memory.lock:
            firing = self._memory.firings.get(delivery.occurrence)
            duty = firing.duties.get(delivery.key) if firing else None
            if firing is None or duty is None or firing.record.state not in DELIVERABLE:
                return None
            channel = delivery.recipient.channel
            if not is_ready(duty, now) or self._memory.is_stopped(channel, now):
                return None
            if channel in self._memory.stops:
                self._memory.stops[channel] = replace(self._memory.stops[channel], again_at=now + AGAIN_AFTER)
            attempts, duty.started_at = duty.record.attempts + 1, now
            sending = DeliveryState.SENDING
            duty.record = replace(
                duty.record, state=sending, attempts=attempts, not_before=None, started_at=now
            )
            return duty.take(delivery.key, self.owner, now + self._lease)

    def settle(self, claim: Claim, outcome: Outcome, now: datetime) -> bool:
        if outcome.state not in SETTLING:
            raise ValueError("an attempt cannot end as 'sending'")
        with self._memory.lock:
            duty = self._sending(claim)
            if duty is None:
                return False
            settle(duty, outcome, now)
            if outcome.state is DeliveryState.SENT:
                self._memory.stops.pop(duty.record.delivery.recipient.channel, None)
            return True

    def close(self, occurrence_id: str, now: datetime) -> OccurrenceState:
        with self._memory.lock:
            firing = self._firing(occurrence_id)
            close(firing, now)
            return firing.record.state

    def cancel(self, occurrence_id: str, reason: str, now: datetime) -> None:
        with self._memory.lock:
            firing = self._firing(occurrence_id)
            end_waiting(firing, DeliveryState.CANCELLED, reason)
            if firing.record.state not in ENDED and firing.resting is None:
                firing.record = replace(firing.record, reason=storable(reason))
            firing.tell(EventKind.CANCELLED, reason, now)
            close(firing, now)

    def reopen(self, occurrence_id: str, now: datetime) -> int:
        with self._memory.lock:
            count = reopen(self._firing(occurrence_id), now)
            if count:
                self._memory.crashes.pop(occurrence_id, None)
                for duty in self._firing(occurrence_id).duties.values():
                    self.try_channel(duty.record.delivery.recipient.channel, now)
            return count

    def reap(self, now: datetime) -> int:
        with self._memory.lock:
            self._count_lost(lambda claim: claim.lease_until <= now)
            return self._take_back(lambda claim: claim.lease_until <= now, now)

    def abandon_others(self, now: datetime, alive: Callable[[str], bool] = lambda owner: False) -> int:
        with self._memory.lock:
            self._count_deaths(lambda owner: owner != self.owner and not alive(owner))
            return self._take_back(lambda claim: claim.owner != self.owner and not alive(claim.owner), now)

    def history(self, digest: str | None) -> History:
        with self._memory.lock:
            firings = [
                f for f in self._memory.firings.values() if digest in (None, f.record.occurrence.digest)
            ]
            found = [(f.record, self.deliveries(f.record.occurrence.id)) for f in firings]
        found.sort(key=lambda item: item[0].occurrence.id)
        return tuple(sorted(found, key=lambda item: item[0].occurrence.due, reverse=True))

    def _firing(self, occurrence_id: str) -> Firing:
        return self._memory.firing(occurrence_id)

    def _composing(self, claim: Claim) -> Firing | None:
        firing = self._memory.firings.get(claim.key)
        held = firing is not None and firing.record.state in WITHOUT_CONTENT and firing.holds(claim)
        return firing if held else None

    def _sending(self, claim: Claim) -> Duty | None:
        duty = self._memory.duty(claim.key)
        held = duty is not None and duty.record.state is DeliveryState.SENDING and duty.holds(claim)
        return duty if held else None

    def _take_back(self, lost: Callable[[Claim], bool], now: datetime) -> int:
        with self._memory.lock:
            return sum(reap(firing, lost, now) for firing in self._memory.firings.values())
