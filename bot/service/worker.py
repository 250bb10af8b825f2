"""Works off everything outstanding. One occurrence's failure never stops the next."""

from collections.abc import Callable, Set

from bot.delivery.pipeline import as_bot_error, run_occurrence
from bot.delivery.reconcile import reconcile
from bot.delivery.runtime import RunResult, Runtime
from bot.model import OccurrenceRecord

OnResult = Callable[[RunResult], None]


def run_outstanding(
    runtime: Runtime, on_result: OnResult, done: Set[str] = frozenset()
) -> tuple[RunResult, ...]:
    """Look up unknown deliveries, then run each outstanding occurrence once, oldest first; children last.

    Occurrences whose id is in `done` are left out. `on_result` is called after each.
    """
    results: list[RunResult] = []
    if not runtime.stopping():
        reconcile(runtime.ledger, runtime.channels, runtime.clock)
    fresh = _run_each(runtime, on_result, done)
    results += fresh
    if any(result.expanded for result in fresh):
        results += _run_each(runtime, on_result, done | {result.occurrence for result in fresh})
    runtime.close()
    return tuple(results)


def _run_each(runtime: Runtime, on_result: OnResult, done: Set[str]) -> list[RunResult]:
    results = []
    for record in runtime.ledger.outstanding(runtime.clock.now()):
        if runtime.stopping():
            break
        if record.occurrence.id in done:
            continue
        # The one before may have handed its days on since.
        result = _guarded(runtime, runtime.ledger.occurrence(record.occurrence.id) or record)
        on_result(result)
        results.append(result)
    return results


def _guarded(runtime: Runtime, record: OccurrenceRecord) -> RunResult:
    try:
        return run_occurrence(runtime, record)
    except Exception as error:
        # A bug in one digest must not starve the others.
        return RunResult(record.occurrence.id, errors=(as_bot_error(error),))
