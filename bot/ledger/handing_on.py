"""`since last run`: the days of what goes to nobody become those of the next one, if it waits already."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.ledger import journal
from bot.ledger.frozen import freeze_window, thaw_window
from bot.ledger.rows import occurrence_record
from bot.ledger.rules import WITHOUT_CONTENT, takes_over, took_over_words
from bot.ledger.schema import occurrences
from bot.model import EventKind


def hand_on_days(connection: Connection, occurrence_id: str, now: datetime) -> None:
    """Let the next occurrence of the same digest and slice reach back over this one's window.

    What is planned later finds its beginning by itself; what is composed already stays as it is.
    """
    row = connection.execute(select(occurrences).where(occurrences.c.id == occurrence_id)).one()
    following = (
        select(occurrences)
        .where(
            occurrences.c.digest == row.digest,
            occurrences.c.slice == row.slice,
            occurrences.c.due > row.due,
            occurrences.c.state.in_(WITHOUT_CONTENT),
        )
        .order_by(occurrences.c.due)
        .limit(1)
    )
    found = connection.execute(following.with_for_update()).first()
    nobodys = occurrence_record(row).occurrence
    if found is None or not takes_over(occurrence_record(found), nobodys.window):
        return
    window = replace(thaw_window(found.window), start=nobodys.window.start)
    wider = update(occurrences).where(occurrences.c.id == found.id)
    connection.execute(wider.values(window=freeze_window(window)))
    journal.write(connection, found.id, EventKind.NOTED, took_over_words(nobodys), now)
