"""The port `Interventions` in memory; see `SqlInterventions` for what each method promises."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.ledger.memory_rows import (
    Firing,
    Memory,
    close,
    corrections,
    discard,
    judge_again,
)
from bot.ledger.rules import (
    BACKFILLED,
    ENDED,
    FORGOTTEN,
    REOPENED,
    TOO_LONG_HELD,
    pruned_words,
    superseded,
)
from bot.model import (
    Agents,
    Attempt,
    Cutoffs,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Digest,
    Edition,
    Event,
    EventKind,
    Occurrence,
    OccurrenceRecord,
    OccurrenceState,
    Pruned,
)
from bot.model.corrections import CORRECTED


class MemoryInterventions:
    """A part of `MemoryLedger`."""

    _memory: Memory

    def attempts(self, delivery_key: str) -> tuple[Attempt, ...]:
        with self._memory.lock:
            duty = self._memory.duty(delivery_key)
            return tuple(duty.attempts) if duty else ()

    def events(self, occurrence_id: str) -> tuple[Event, ...]:
        with self._memory.lock:
            firing = self._memory.firings.get(occurrence_id)
            return tuple(firing.events) if firing else ()

    def note(self, occurrence_id: str, words: str, now: datetime) -> None:
        with self._memory.lock:
            self._memory.firing(occurrence_id).tell(EventKind.NOTED, words, now)

    def pause(self, digest: str, now: datetime) -> bool:
        with self._memory.lock:
            begun = digest not in self._memory.pauses
            self._memory.pauses.setdefault(digest, now)
            return begun

    def resume(self, digest: str) -> datetime | None:
        with self._memory.lock:
            return self._memory.pauses.pop(digest, None)

    def paused(self) -> Mapping[str, datetime]:
        with self._memory.lock:
            return dict(sorted(self._memory.pauses.items()))

    def correct(
        self,
        occurrence: Occurrence,
        correction: Occurrence,
        definition: Digest,
        deliveries: Sequence[Delivery],
        now: datetime,
    ) -> bool:
        with self._memory.lock:
            firing = self._memory.firing(occurrence.id)
            if not self.plan(correction, definition, deliveries, now, late=False):
                return False
            _supersede(firing, correction)
            firing.tell(EventKind.CORRECTED, correction.id, now)
            if firing.record.state is OccurrenceState.FAILED:
                judge_again(firing, now)
            else:
                close(firing, now)
            return True

    def plan(
        self,
        occurrence: Occurrence,
        definition: Digest,
        deliveries: Sequence[Delivery],
        now: datetime,
        late: bool,
    ) -> bool:
        raise NotImplementedError

    def corrections(self, occurrence: Occurrence) -> tuple[OccurrenceRecord, ...]:
        with self._memory.lock:
            return tuple(firing.record for firing in corrections(self._memory.firings, occurrence))

    def backfill(
        self, occurrence: Occurrence, definition: Digest, editions: Mapping[Agents, Edition], now: datetime
    ) -> bool:
        with self._memory.lock:
            firing = self._memory.firings.get(occurrence.id)
            reason = BACKFILLED
            if firing is not None:
                if firing.record.state is not OccurrenceState.SKIPPED or firing.editions:
                    return False
                reason = f"{firing.record.reason}; {BACKFILLED}"
            firing = firing or self._begin(occurrence, definition, False, now, real=False)
            backfilled = OccurrenceState.BACKFILLED
            firing.record = replace(firing.record, state=backfilled, reason=reason, ended_at=now)
            firing.real, firing.editions, firing.kept_at = False, dict(editions), now
            firing.tell(EventKind.BACKFILLED, "", now)
            return True

    def prune(self, cutoffs: Cutoffs, now: datetime) -> Pruned:
        with self._memory.lock:
            firings = self._memory.firings
            discarded = sum(_discard(firing, cutoffs.artifacts, now) for firing in firings.values())
            personal = sum(_forget_personal(firing, cutoffs.artifacts, now) for firing in firings.values())
            figures = sum(_forget(firing, set(Agents), cutoffs.figures, now) for firing in firings.values())
            old = [name for name, firing in firings.items() if _ended_before(firing, cutoffs.ledger)]
            for name in old:
                del firings[name]
            return Pruned(personal, figures, len(old), discarded)

    def compact(self) -> bool:
        return True

    def _begin(
        self, occurrence: Occurrence, definition: Digest, late: bool, now: datetime, *, real: bool
    ) -> Firing:
        planned = OccurrenceState.PLANNED
        record = OccurrenceRecord(occurrence, definition, planned, late, "", 0, None, planned_at=now)
        firing = Firing(record=record, real=real)
        self._memory.firings[occurrence.id] = firing
        return firing


def _supersede(firing: Firing, correction: Occurrence) -> None:
    for duty in firing.duties.values():
        record = duty.record
        if record.state in REOPENED and record.delivery.kind is DeliveryKind.REAL:
            cancelled = DeliveryState.CANCELLED
            duty.record = replace(record, state=cancelled, error=superseded(correction), not_before=None)


def _discard(firing: Firing, before: datetime, now: datetime) -> bool:
    is_old = firing.kept_at is not None and firing.kept_at < before and bool(firing.editions)
    return is_old and discard(firing, TOO_LONG_HELD, now)


def _forget_personal(firing: Firing, before: datetime, now: datetime) -> int:
    if firing.record.state not in ENDED:
        return 0
    firing.events = [
        replace(event, detail=FORGOTTEN) if event.kind is EventKind.HELD and event.at < before else event
        for event in firing.events
    ]
    slice = firing.record.occurrence.slice
    to_operators = slice.startswith("_") and not slice.startswith(CORRECTED)
    return _forget(firing, set(Agents) if to_operators else set(Agents) - {Agents.NONE}, before, now)


def _forget(firing: Firing, which: set[Agents], before: datetime, now: datetime) -> int:
    gone = which & firing.editions.keys()
    if firing.record.state not in ENDED or firing.kept_at is None or firing.kept_at >= before or not gone:
        return 0
    firing.editions = {agents: said for agents, said in firing.editions.items() if agents not in gone}
    firing.tell(EventKind.PRUNED, pruned_words(gone), now)
    return len(gone)


def _ended_before(firing: Firing, before: datetime) -> bool:
    ended_at = firing.record.ended_at
    return firing.record.state in ENDED and ended_at is not None and ended_at < before
