"""Processes that died at work on an occurrence: what kills one after another is not begun for ever.

Whoever begins writes its name, whoever lives after it takes it away: a name that stays when its process
is gone is a death.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, delete, exists, select, update

from bot.ledger.dialect import insert_missing
from bot.ledger.ending import Lost
from bot.ledger.lock import owner_may_live
from bot.ledger.rules import WITHOUT_CONTENT
from bot.ledger.schema import occurrences
from bot.ledger.schema_3 import crashes

NOBODY = ""


def enter(connection: Connection, occurrence_id: str, me: str) -> int:
    """Begin to work on it; how many died at that before."""
    if insert_missing(connection, crashes, {"occurrence": occurrence_id, "owner": me, "count": 0}):
        return 0
    mine = crashes.c.occurrence == occurrence_id
    row = connection.execute(select(crashes).where(mine).with_for_update()).first()
    if row is None:  # left between the two statements (PostgreSQL)
        return 0
    count = int(row._mapping[crashes.c.count]) + is_death(row.owner, me)
    connection.execute(update(crashes).where(mine).values(owner=me, count=count))
    return count


def is_death(owner: str, me: str) -> bool:
    """Whether a name that was left behind is of a process that is surely gone."""
    return owner not in (NOBODY, me) and not owner_may_live(owner)


def leave(connection: Connection, occurrence_id: str, me: str) -> None:
    """The work is over and this process alive."""
    _leave(connection, (crashes.c.occurrence == occurrence_id) & (crashes.c.owner == me))


def leave_all(connection: Connection, me: str) -> None:
    """This process ends in order, wherever it is in its work."""
    _leave(connection, crashes.c.owner == me)


def _leave(connection: Connection, mine: ColumnElement[bool]) -> None:
    connection.execute(delete(crashes).where(mine, crashes.c.count == 0))
    connection.execute(update(crashes).where(mine).values(owner=NOBODY))


def forget(connection: Connection, occurrence_id: str) -> None:
    """A person asks for it again: it is begun as if nothing had died."""
    connection.execute(delete(crashes).where(crashes.c.occurrence == occurrence_id))


def owners(connection: Connection) -> Sequence[str]:
    """Everybody who is at work, or died at it."""
    return connection.execute(select(crashes.c.owner).where(crashes.c.owner != NOBODY)).scalars().all()


def count_dead(connection: Connection, dead: Sequence[str]) -> None:
    """These processes are gone: what they worked on has one death more."""
    left = update(crashes).where(crashes.c.owner.in_(dead))
    connection.execute(left.values(owner=NOBODY, count=crashes.c.count + 1))


def count_lost(connection: Connection, lost: Lost, me: str) -> None:
    """Others whose claim to fetch was lost are taken for dead."""
    claimed = exists().where(
        occurrences.c.id == crashes.c.occurrence,
        occurrences.c.owner == crashes.c.owner,
        occurrences.c.state.in_(WITHOUT_CONTENT),
        lost(occurrences),
    )
    left = update(crashes).where(crashes.c.owner.not_in([NOBODY, me]), claimed)
    connection.execute(left.values(owner=NOBODY, count=crashes.c.count + 1))
