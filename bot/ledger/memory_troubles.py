"""The port `Troubles` in memory; see `SqlTroubles` for what each method promises."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.ledger.crashing import NOBODY, is_death
from bot.ledger.memory_rows import Crashes, Firing, Memory, end_waiting, finish
from bot.ledger.reading import History
from bot.ledger.rules import (
    AGAIN_AFTER,
    LATEST_DUE,
    OPEN_DUTIES,
    PARKED_FROM,
    WITHOUT_CONTENT,
    expired_words,
    storable,
)
from bot.model import (
    ChannelStop,
    Claim,
    Delivery,
    DeliveryState,
    Ended,
    EventKind,
    OccurrenceRecord,
    OccurrenceState,
)

ENDS = (OccurrenceState.DONE, OccurrenceState.FAILED)


class MemoryTroubles:
    """A part of `MemoryLedger`."""

    _memory: Memory
    owner: str

    def stop_channel(self, channel: str, reason: str, credential: str, now: datetime) -> bool:
        with self._memory.lock:
            known = self._memory.stops.get(channel)
            since = known.since if known else now
            words = storable(reason)
            self._memory.stops[channel] = ChannelStop(channel, words, since, now + AGAIN_AFTER, credential)
            return known is None

    def try_channel(self, channel: str, now: datetime) -> None:
        with self._memory.lock:
            if self._memory.is_stopped(channel, now):
                self._memory.stops[channel] = replace(self._memory.stops[channel], again_at=now)

    def channel_stops(self) -> tuple[ChannelStop, ...]:
        with self._memory.lock:
            return tuple(stop for _, stop in sorted(self._memory.stops.items()))

    def expire(self, delivery: Delivery, reason: str, now: datetime) -> bool:
        with self._memory.lock:
            firing = self._memory.firings.get(delivery.occurrence)
            duty = firing.duties.get(delivery.key) if firing else None
            if firing is None or duty is None or duty.record.state is not DeliveryState.READY:
                return False
            failed = DeliveryState.FAILED
            duty.record = replace(duty.record, state=failed, error=storable(reason), not_before=None)
            firing.tell(EventKind.NOTED, expired_words(delivery, reason), now)
            return True

    def enter(self, occurrence_id: str) -> int:
        with self._memory.lock:
            row = self._memory.crashes.setdefault(occurrence_id, Crashes())
            row.count += is_death(row.owner, self.owner)
            row.owner = self.owner
            return row.count

    def leave(self, occurrence_id: str) -> None:
        with self._memory.lock:
            row = self._memory.crashes.get(occurrence_id)
            if row is None or row.owner != self.owner:
                return
            row.owner = NOBODY
            if not row.count:
                del self._memory.crashes[occurrence_id]

    def leave_all(self) -> None:
        with self._memory.lock:
            for occurrence_id in tuple(self._memory.crashes):
                self.leave(occurrence_id)

    def give_up(self, occurrence_id: str, reason: str, now: datetime) -> bool:
        with self._memory.lock:
            firing = self._memory.firing(occurrence_id)
            busy = firing.claim is not None and firing.claim.lease_until > now
            if busy or firing.record.state not in PARKED_FROM:
                return False
            end_waiting(firing, DeliveryState.FAILED, reason)
            if firing.resting is None:
                firing.record = replace(firing.record, reason=storable(reason))
            if not any(state in OPEN_DUTIES for state, _ in firing.states):
                finish(firing, firing.resting or OccurrenceState.FAILED, now)
            firing.tell(EventKind.GAVE_UP, reason, now)
            return True

    def endings(self, since: datetime, told: str) -> tuple[Ended, ...]:
        with self._memory.lock:
            ended = sorted((f for f in self._memory.firings.values() if _has_ended(f)), key=_order)
            news = [f for f in ended if _is_recent(f, since) and self._is_news(ended, f, told)]
            return tuple(Ended(firing.record, _before(ended, firing)) for firing in news)

    def due_between(self, start: datetime, end: datetime) -> History:
        with self._memory.lock:
            found = [
                (f.record, tuple(duty.record for duty in f.duties.values()))
                for f in self._memory.firings.values()
                if f.real and start <= f.record.occurrence.due < end
            ]
        return tuple(sorted(found, key=lambda item: (item[0].occurrence.due, item[0].occurrence.id)))

    def _is_news(self, ended: list[Firing], firing: Firing, told: str) -> bool:
        of, before = firing.record.occurrence, _before(ended, firing)
        alerted = any(
            (other.record.occurrence.digest, other.record.occurrence.due) == (of.digest, of.due)
            and other.record.occurrence.slice.startswith(told)
            for other in self._memory.firings.values()
        )
        failed = OccurrenceState.FAILED in (firing.record.state, before.state if before else None)
        return alerted or failed

    def _count_deaths(self, is_dead: Callable[[str], bool]) -> None:
        for row in self._memory.crashes.values():
            if row.owner != NOBODY and is_dead(row.owner):
                row.owner, row.count = NOBODY, row.count + 1

    def _count_lost(self, lost: Callable[[Claim], bool]) -> None:
        for id, row in self._memory.crashes.items():
            firing = self._memory.firings.get(id)
            claim = firing.claim if firing and firing.record.state in WITHOUT_CONTENT else None
            theirs = claim is not None and claim.owner == row.owner != self.owner
            if claim is not None and theirs and lost(claim):
                row.owner, row.count = NOBODY, row.count + 1


def _has_ended(firing: Firing) -> bool:
    return firing.real and firing.record.state in ENDS and firing.record.ended_at is not None


def _order(firing: Firing) -> tuple[datetime, datetime, str]:
    of = firing.record.occurrence
    return firing.record.ended_at or of.due, of.due, of.id


def _is_recent(firing: Firing, since: datetime) -> bool:
    ended_at = firing.record.ended_at
    is_new = ended_at is not None and ended_at >= since
    return is_new and firing.record.occurrence.due >= since - LATEST_DUE


def _group(firing: Firing) -> tuple[str, str]:
    return firing.record.occurrence.digest, firing.record.occurrence.slice


def _before(ended: list[Firing], firing: Firing) -> OccurrenceRecord | None:
    earlier = [other for other in ended if _group(other) == _group(firing) and _order(other) < _order(firing)]
    return earlier[-1].record if earlier else None
