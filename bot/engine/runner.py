"""Works off everything outstanding. One occurrence's failure never stops the next."""

import logging
from collections.abc import Callable

from bot.errors import BotError
from bot.model import OccurrenceRecord
from bot.pipeline import Ending, Parts, run_occurrence

log = logging.getLogger("bot.engine")

Ended = Callable[[Ending], None]


def run_outstanding(
    parts: Parts, ended: Ended, stopping: Callable[[], bool] = lambda: False
) -> tuple[Ending, ...]:
    """Run each outstanding occurrence once, oldest first; `ended` is told after each."""
    endings = []
    for record in parts.ledger.outstanding(parts.clock.now()):
        if stopping():
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
        # A bug in one digest must not starve the others; the log says where it is.
        log.exception("%s: unexpected error", record.occurrence.id)
        return Ending(
            record.occurrence.id, errors=(BotError(f"unexpected {type(error).__name__}; see the log"),)
        )
