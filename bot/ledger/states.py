"""The two state machines of the ledger: what each state means, and the table of allowed moves.

An **occurrence** is

- `planned`: due, with its deliveries written; it waits to be composed, or to be composed again;
- `rendered`: its snapshot is frozen; only sending is left;
- `held`: the snapshot is in doubt or incomplete; a person releases or discards it;
- `done`: every recipient got it, or the delivery was cancelled;
- `failed`: it could not be composed in time, or at least one recipient may not have got it;
- `skipped`: it is not sent, and the reason is stored;
- `backfilled`: composed afterwards for later trends; nobody gets it.

A **delivery** is

- `ready`: waiting for its first or its next attempt;
- `sending`: an attempt runs; committed before the first byte leaves;
- `sent`: the provider accepted it;
- `failed`: not accepted, and not retried;
- `unknown`: in doubt: the answer was lost, or the process died while sending;
- `cancelled`: ended before it was sent; only a file or a roster that names its recipient again reopens it.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from bot.model import DeliveryState, EventKind, OccurrenceState

RECONCILED = "reconciled"
"""Cause of a move that follows from a reconciled delivery. The delivery's attempt is logged, not the move."""


class DeliveryCause(StrEnum):
    """What moves a delivery from one state to another."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    FINISHED = "attempt finished"
    CUT_OFF = "process gone"
    RECONCILED = "reconciled"
    GAVE_UP = "gave up"
    CANCELLED = "cancelled"
    CORRECTED = "corrected"
    REOPENED = "reopened"
    READDRESSED = "readdressed"


class OccurrenceMove(NamedTuple):
    """One allowed move of an occurrence. `before` is None for a new row; `cause` is the logged event."""

    before: OccurrenceState | None
    after: OccurrenceState
    cause: str


class DeliveryMove(NamedTuple):
    """One allowed move of a delivery. `before` is None for a new row."""

    before: DeliveryState | None
    after: DeliveryState
    cause: DeliveryCause


class IllegalMove(ValueError):
    """A move that the table does not allow. It is a bug of the caller."""


_O, _E = OccurrenceState, EventKind

OCCURRENCE_MOVES = (
    OccurrenceMove(None, _O.PLANNED, _E.PLANNED),
    OccurrenceMove(None, _O.SKIPPED, _E.SKIPPED),
    OccurrenceMove(None, _O.BACKFILLED, _E.BACKFILLED),
    OccurrenceMove(_O.PLANNED, _O.RENDERED, _E.COMPOSED),
    OccurrenceMove(_O.PLANNED, _O.HELD, _E.HELD),
    OccurrenceMove(_O.PLANNED, _O.SKIPPED, _E.SKIPPED),
    OccurrenceMove(_O.PLANNED, _O.PLANNED, _E.WAITED),
    OccurrenceMove(_O.PLANNED, _O.PLANNED, _E.POSTPONED),
    OccurrenceMove(_O.PLANNED, _O.PLANNED, _E.REOPENED),
    OccurrenceMove(_O.PLANNED, _O.FAILED, _E.GAVE_UP),
    OccurrenceMove(_O.PLANNED, _O.DONE, _E.ENDED),
    OccurrenceMove(_O.PLANNED, _O.FAILED, _E.ENDED),
    OccurrenceMove(_O.HELD, _O.RENDERED, _E.RELEASED),
    OccurrenceMove(_O.HELD, _O.SKIPPED, _E.DISCARDED),
    OccurrenceMove(_O.PLANNED, _O.SKIPPED, _E.DISCARDED),
    OccurrenceMove(_O.RENDERED, _O.SKIPPED, _E.DISCARDED),
    OccurrenceMove(_O.FAILED, _O.SKIPPED, _E.DISCARDED),
    OccurrenceMove(_O.RENDERED, _O.DONE, _E.DISCARDED),
    OccurrenceMove(_O.FAILED, _O.DONE, _E.DISCARDED),
    OccurrenceMove(_O.PLANNED, _O.SKIPPED, _E.CANCELLED),
    OccurrenceMove(_O.RENDERED, _O.SKIPPED, _E.CANCELLED),
    OccurrenceMove(_O.FAILED, _O.SKIPPED, _E.CANCELLED),
    OccurrenceMove(_O.RENDERED, _O.DONE, _E.ENDED),
    OccurrenceMove(_O.RENDERED, _O.FAILED, _E.ENDED),
    OccurrenceMove(_O.RENDERED, _O.FAILED, _E.GAVE_UP),
    OccurrenceMove(_O.RENDERED, _O.RENDERED, _E.REOPENED),
    OccurrenceMove(_O.RENDERED, _O.RENDERED, RECONCILED),
    OccurrenceMove(_O.FAILED, _O.RENDERED, _E.REOPENED),
    OccurrenceMove(_O.FAILED, _O.PLANNED, _E.REOPENED),
    OccurrenceMove(_O.DONE, _O.RENDERED, _E.REOPENED),
    OccurrenceMove(_O.SKIPPED, _O.RENDERED, _E.REOPENED),
    OccurrenceMove(_O.SKIPPED, _O.PLANNED, _E.REOPENED),
    OccurrenceMove(_O.FAILED, _O.RENDERED, RECONCILED),
    OccurrenceMove(_O.FAILED, _O.PLANNED, RECONCILED),
    OccurrenceMove(_O.FAILED, _O.DONE, _E.ENDED),
    OccurrenceMove(_O.SKIPPED, _O.BACKFILLED, _E.BACKFILLED),
    OccurrenceMove(_O.BACKFILLED, _O.PLANNED, _E.PLANNED),
    OccurrenceMove(_O.BACKFILLED, _O.SKIPPED, _E.SKIPPED),
)
"""Every allowed move of an occurrence. Planning a backfilled one composes it anew."""

_D, _C = DeliveryState, DeliveryCause

DELIVERY_MOVES = (
    DeliveryMove(None, _D.READY, _C.PLANNED),
    DeliveryMove(_D.READY, _D.SENDING, _C.CLAIMED),
    DeliveryMove(_D.SENDING, _D.SENT, _C.FINISHED),
    DeliveryMove(_D.SENDING, _D.READY, _C.FINISHED),
    DeliveryMove(_D.SENDING, _D.FAILED, _C.FINISHED),
    DeliveryMove(_D.SENDING, _D.UNKNOWN, _C.FINISHED),
    DeliveryMove(_D.SENDING, _D.UNKNOWN, _C.CUT_OFF),
    DeliveryMove(_D.UNKNOWN, _D.SENT, _C.RECONCILED),
    DeliveryMove(_D.UNKNOWN, _D.READY, _C.RECONCILED),
    DeliveryMove(_D.UNKNOWN, _D.UNKNOWN, _C.RECONCILED),
    DeliveryMove(_D.READY, _D.FAILED, _C.GAVE_UP),
    DeliveryMove(_D.READY, _D.CANCELLED, _C.CANCELLED),
    DeliveryMove(_D.FAILED, _D.CANCELLED, _C.CANCELLED),
    DeliveryMove(_D.UNKNOWN, _D.CANCELLED, _C.CANCELLED),
    DeliveryMove(_D.READY, _D.CANCELLED, _C.READDRESSED),
    DeliveryMove(_D.FAILED, _D.CANCELLED, _C.READDRESSED),
    DeliveryMove(_D.CANCELLED, _D.READY, _C.READDRESSED),
    DeliveryMove(_D.READY, _D.CANCELLED, _C.CORRECTED),
    DeliveryMove(_D.FAILED, _D.CANCELLED, _C.CORRECTED),
    DeliveryMove(_D.READY, _D.READY, _C.REOPENED),
    DeliveryMove(_D.FAILED, _D.READY, _C.REOPENED),
)
"""Every allowed move of a delivery."""

ENDED = (_O.DONE, _O.FAILED, _O.SKIPPED, _O.BACKFILLED)
"""Nothing more happens by itself."""

RUNNING = (_O.PLANNED, _O.RENDERED)
"""A worker advances it."""

PUBLISHED = (_O.RENDERED, _O.DONE, _O.FAILED)
"""Of these, with a snapshot, recipients got it or will."""

UNPUBLISHED = (_O.SKIPPED, _O.BACKFILLED)
"""Of these, with a snapshot, nobody read it; it counts for trends."""

RECONCILABLE = (_O.RENDERED, _O.FAILED)
"""Where a delivery that is in doubt is looked up."""

UNDIVIDED = (_O.PLANNED, _O.FAILED)
"""Without deliveries in these states, a `for_each` occurrence still has to be fanned out."""

OPEN_DELIVERIES = (_D.READY, _D.SENDING)
SERVED = (_D.SENT, _D.CANCELLED)
UNSENT = (_D.READY, _D.FAILED)

_OCCURRENCE_MOVES = frozenset(OCCURRENCE_MOVES)


def require_occurrence_move(before: OccurrenceState, after: OccurrenceState, cause: str) -> None:
    """Raise IllegalMove unless the table has this move."""
    if (before, after, cause) not in _OCCURRENCE_MOVES:
        move = f"from {before.value!r} to {after.value!r} by {str(cause)!r}"
        raise IllegalMove(f"an occurrence cannot move {move}")


def delivery_sources(after: DeliveryState, cause: DeliveryCause) -> tuple[DeliveryState, ...]:
    """Return the states that a delivery may leave for `after` by this cause. Raise IllegalMove if none."""
    sources = tuple(move.before for move in DELIVERY_MOVES if move.before and move[1:] == (after, cause))
    if not sources:
        raise IllegalMove(f"a delivery cannot move to {after.value!r} by {cause.value!r}")
    return sources


def verdict(deliveries: Iterable[DeliveryState]) -> OccurrenceState:
    """Return how an occurrence ends whose deliveries all ended."""
    return _O.DONE if all(state in SERVED for state in deliveries) else _O.FAILED


def is_over(state: OccurrenceState, deliveries: Iterable[DeliveryState]) -> bool:
    """Return whether nothing is left to do: every delivery ended, or a snapshot has no recipients."""
    states = tuple(deliveries)
    if state not in RUNNING or any(delivery in OPEN_DELIVERIES for delivery in states):
        return False
    return bool(states) or state is _O.RENDERED
