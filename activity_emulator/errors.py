"""Refusals that a client sees, and errors at the start of an emulator."""

from enum import Enum
from pathlib import Path


class Reason(Enum):
    """Why a request is refused: HTTP status and text (API document, Errors)."""

    RANGE_TOO_LONG = (400, "Invalid report - date range is too long")
    STARTS_IN_FUTURE = (400, "Invalid report - starting date is a future date")
    INVALID_TYPE = (400, "Invalid report - invalid type")
    WRONG_TOKEN = (401, "Unauthorized - api token not matching")
    NO_TOKEN = (401, "Unauthorized")
    NOT_FOUND = (404, "Not found")
    RATE_LIMITED = (429, "Rate limited exceeded")

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return self.value[0]

    @property
    def text(self) -> str:
        """The document's text, sent as `{"error": text}`."""
        return self.value[1]


class Refused(Exception):
    """A request whose answer is a documented error."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text)
        self.reason = reason


class EmulatorError(Exception):
    """Base of the errors at the start of an emulator."""


class PortBusy(EmulatorError):
    """Another program listens on one of the three ports, or the port may not be used."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(f"cannot listen on {host}:{port}: {why}")
        self.host = host
        self.port = port


class MessagesError(EmulatorError):
    """A file of messages cannot be used; the text has its line, and no customer's text."""

    def __init__(self, path: Path, problem: str, line: int | None = None) -> None:
        super().__init__(f"{path}:{line}: {problem}" if line else f"{path}: {problem}")
        self.line = line
