"""What is wrong with a file of messages."""

from pathlib import Path

from activity_emulator.errors import EmulatorError


class MessagesError(EmulatorError):
    """A file of messages cannot be used; the text has its line, and nothing that a customer wrote."""

    def __init__(self, path: Path, problem: str, line: int | None = None) -> None:
        super().__init__(f"{path}:{line}: {problem}" if line else f"{path}: {problem}")
        self.line = line
