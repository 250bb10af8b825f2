"""MEMORY: what was planned, said, delivered and answered, on SQLite or PostgreSQL; the shared rate limit."""

from bot.ledger.answer_cache import AnswerCache
from bot.ledger.channels import AddressBook
from bot.ledger.database import is_sqlite, without_password
from bot.ledger.export_parts import ExportParts
from bot.ledger.ledger import Ledger, open_ledger
from bot.ledger.move import Moved, move_ledger
from bot.ledger.rate_limiter import RateLimiter
from bot.ledger.scheduler_lock import SchedulerLock

__all__ = [
    "AddressBook",
    "AnswerCache",
    "ExportParts",
    "Ledger",
    "Moved",
    "RateLimiter",
    "SchedulerLock",
    "is_sqlite",
    "move_ledger",
    "open_ledger",
    "without_password",
]
