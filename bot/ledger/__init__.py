"""MEMORY: what was planned, said, delivered and answered, on SQLite or PostgreSQL; the shared rate limit."""

from bot.ledger.address_book import SqlAddressBook
from bot.ledger.answers import SqlAnswers
from bot.ledger.limiter import SqlLimiter
from bot.ledger.lock import SchedulerLock, owner_is_running, owner_may_live
from bot.ledger.memory import MemoryLedger
from bot.ledger.memory_answers import MemoryAnswers
from bot.ledger.opening import open_engine
from bot.ledger.sql import SqlLedger
from bot.model import Attempt

__all__ = [
    "Attempt",
    "MemoryAnswers",
    "MemoryLedger",
    "SchedulerLock",
    "SqlAddressBook",
    "SqlAnswers",
    "SqlLedger",
    "SqlLimiter",
    "open_ledger",
    "owner_is_running",
    "owner_may_live",
]


def open_ledger(url: str, *, owner: str, lease_seconds: float = 180.0) -> SqlLedger:
    """The ledger at `url` (`sqlite:///…` or `postgresql+psycopg://…`), made when it is not there.

    `owner` is unique to this process: `host:pid:random`. Raises LedgerError when the database is
    newer than this program, damaged, read-only, a link, or cannot be reached.
    """
    return SqlLedger(open_engine(url), owner=owner, lease_seconds=lease_seconds)
