"""The Activity API, for real, locally: an HTTP server over a message log in DuckDB.

It shares no code with the rest of the bot: two readings of one document, so that a misunderstanding shows
instead of cancelling out. Needs the `demo` extra (DuckDB, Flask).
"""

from activity_emulator.emulator import Emulator
from activity_emulator.errors import EmulatorError, PortBusy
from activity_emulator.faults import Faults, FaultSyntax
from activity_emulator.journal import Journal, Request
from activity_emulator.log import Log
from activity_emulator.messages import MessagesError

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
