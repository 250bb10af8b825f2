"""The Activity API on this machine: an HTTP server over a message log in DuckDB.

It shares no code with `bot`: these are two readings of one document, so that a misreading shows. Needs the
`demo` extra (DuckDB, Flask).
"""

from activity_emulator.emulator import Emulator
from activity_emulator.errors import EmulatorError, MessagesError, PortBusy
from activity_emulator.faults import Faults, FaultSyntax
from activity_emulator.journal import Journal, Request
from activity_emulator.log import Log

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
