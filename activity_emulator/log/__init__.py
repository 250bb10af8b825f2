"""The message log: its tables, its database and the cache of generated logs."""

from activity_emulator.log.database import Log
from activity_emulator.log.schema import STATES, TABLES

__all__ = ["STATES", "TABLES", "Log"]
