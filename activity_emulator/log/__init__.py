"""The message log: its tables, where it is kept, how it is read."""

from activity_emulator.log.reading import Log
from activity_emulator.log.schema import STATES, TABLES

__all__ = ["STATES", "TABLES", "Log"]
