"""The Activity API, for real, locally: an HTTP server over a message log in DuckDB.

It shares no code with the rest of the bot: two readings of one document, so that a misunderstanding shows
instead of cancelling out. Needs the `demo` extra (DuckDB, Flask).
"""

from bot.emulator.emulator import Emulator
from bot.emulator.errors import EmulatorError, PortBusy
from bot.emulator.faults import Faults, FaultSyntax
from bot.emulator.journal import Journal, Request
from bot.emulator.log import Log
from bot.emulator.messages import MessagesError

__all__ = [
    "Emulator",
    "EmulatorError",
    "FaultSyntax",
    "Faults",
    "Journal",
    "Log",
    "MessagesError",
    "PortBusy",
    "Request",
]
