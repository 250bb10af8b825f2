"""Works off everything outstanding. One occurrence's failure never stops the next."""

from collections.abc import Callable

from bot.model import OccurrenceRecord
from bot.pipeline import Ending, Parts, as_told, run_occurrence
from bot.recovery import recover

Ended = Callable[[Ending], None]


def run_outstanding(parts: Parts, ended: Ended) -> tuple[Ending, ...]:
    """Look up what is unknown, then run each outstanding occurrence once, oldest first.

    `ended` is told after each.
    """
    endings = []
    if not parts.stopping():
        recover(parts.ledger, parts.channels, parts.clock)
    for record in parts.ledger.outstanding(parts.clock.now()):
        if parts.stopping():
            break
        ending = _guarded(parts, record)
        ended(ending)
        endings.append(ending)
    parts.close()
    return tuple(endings)


def _guarded(parts: Parts, record: OccurrenceRecord) -> Ending:
    try:
        return run_occurrence(parts, record)
    except Exception as error:
        # A bug in one digest must not starve the others.
        return Ending(record.occurrence.id, errors=(as_told(error),))
