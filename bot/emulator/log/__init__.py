"""The message log: its tables, where it is kept, how it is read."""

from bot.emulator.log.reading import Log
from bot.emulator.log.schema import STATES, TABLES

__all__ = ["STATES", "TABLES", "Log"]
