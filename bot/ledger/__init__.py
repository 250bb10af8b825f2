"""MEMORY: what was planned, said, delivered and answered, on SQLite or PostgreSQL; the shared rate limit."""

from bot.ledger.answer_cache import AnswerCache
from bot.ledger.channels import AddressBook
from bot.ledger.database import is_sqlite
from bot.ledger.export_parts import ExportParts
from bot.ledger.ledger import Ledger, open_ledger
from bot.ledger.rate_limiter import RateLimiter
from bot.ledger.scheduler_lock import SchedulerLock

__all__ = [
    "AddressBook",
    "AnswerCache",
    "ExportParts",
    "Ledger",
    "RateLimiter",
    "SchedulerLock",
    "is_sqlite",
    "open_ledger",
]
