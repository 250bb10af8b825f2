"""An occurrence that goes out as many: its slices are written together with its end, so none is lost."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from bot.ledger import journal
from bot.ledger.composing import holds_occurrence
from bot.ledger.ending import finish
from bot.ledger.planning import plan, skip
from bot.ledger.schema import occurrences
from bot.model import Claim, EventKind, OccurrenceState, Slice


def expand(
    connection: Connection, claim: Claim, slices: Sequence[Slice], words: str, late: bool, now: datetime
) -> bool:
    """Plan or skip each slice that is not there yet, and end what they are slices of."""
    held = select(occurrences.c.id).where(occurrences.c.id == claim.key, holds_occurrence(claim))
    if connection.execute(held.with_for_update()).first() is None:
        return False
    for one in slices:
        if one.skipped:
            skip(connection, one.occurrence, one.definition, one.skipped, now)
        else:
            plan(connection, one.occurrence, one.definition, one.deliveries, now, late)
    journal.write(connection, claim.key, EventKind.NOTED, words, now)
    finish(connection, claim.key, OccurrenceState.DONE, now)
    journal.write(connection, claim.key, EventKind.ENDED, OccurrenceState.DONE.value, now)
    return True
