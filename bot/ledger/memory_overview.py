"""The port `Overview` in memory; see `SqlOverview` for what each method promises."""

from collections import Counter

from bot.ledger.memory_rows import Duty, Firing, Memory
from bot.ledger.overview import UNSERVED
from bot.ledger.reading import History
from bot.model import DeliveryKind, DeliveryState, OccurrenceState, Tally


class MemoryOverview:
    """A part of `MemoryLedger`."""

    _memory: Memory

    def recent(self, count: int) -> History:
        with self._memory.lock:
            return _newest(list(self._memory.firings.values()), count)

    def unserved(self, count: int) -> History:
        with self._memory.lock:
            return _newest([one for one in self._memory.firings.values() if _is_unserved(one)], count)

    def tally(self) -> Tally:
        with self._memory.lock:
            firings = list(self._memory.firings.values())
            real = [duty for firing in firings for duty in _real(firing)]
            stand: Counter[tuple[str, DeliveryState]] = Counter(
                (_channel(one), one.record.state) for one in real
            )
            tries: Counter[tuple[str, DeliveryState]] = Counter(
                (_channel(one), attempt.state) for one in real for attempt in one.attempts
            )
            return Tally(
                dict(Counter(one.record.state for one in firings if one.real)), dict(stand), dict(tries)
            )


def _channel(duty: Duty) -> str:
    return duty.record.delivery.recipient.channel


def _newest(firings: list[Firing], count: int) -> History:
    ordered = sorted(firings, key=lambda one: one.record.occurrence.id)
    ordered.sort(key=lambda one: one.record.occurrence.due, reverse=True)
    return tuple((one.record, tuple(duty.record for duty in one.duties.values())) for one in ordered[:count])


def _is_unserved(firing: Firing) -> bool:
    failed = firing.record.state is OccurrenceState.FAILED
    return firing.real and (failed or any(duty.record.state in UNSERVED for duty in _real(firing)))


def _real(firing: Firing) -> list[Duty]:
    return [one for one in firing.duties.values() if one.record.delivery.kind is DeliveryKind.REAL]
