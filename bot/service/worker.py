"""Works off everything outstanding. One occurrence's failure never stops the next."""

from collections.abc import Callable, Set

from bot.delivery.pipeline import Ending, Parts, as_told, run_occurrence
from bot.delivery.reconcile import recover
from bot.model import OccurrenceRecord

Ended = Callable[[Ending], None]


def run_outstanding(parts: Parts, ended: Ended) -> tuple[Ending, ...]:
    """Look up what is unknown, then run each outstanding occurrence once, oldest first; slices after that.

    `ended` is told after each.
    """
    endings: list[Ending] = []
    if not parts.stopping():
        recover(parts.ledger, parts.channels, parts.clock)
    fresh = _run_each(parts, ended, set())
    endings += fresh
    if any(ending.expanded for ending in fresh):
        endings += _run_each(parts, ended, {ending.occurrence for ending in fresh})
    parts.close()
    return tuple(endings)


def _run_each(parts: Parts, ended: Ended, done: Set[str]) -> list[Ending]:
    endings = []
    for record in parts.ledger.outstanding(parts.clock.now()):
        if parts.stopping():
            break
        if record.occurrence.id in done:
            continue
        # The one before may have handed its days on since.
        ending = _guarded(parts, parts.ledger.occurrence(record.occurrence.id) or record)
        ended(ending)
        endings.append(ending)
    return endings


def _guarded(parts: Parts, record: OccurrenceRecord) -> Ending:
    try:
        return run_occurrence(parts, record)
    except Exception as error:
        # A bug in one digest must not starve the others.
        return Ending(record.occurrence.id, errors=(as_told(error),))
