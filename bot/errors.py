"""Every error the bot raises on purpose, as one tree.

    BotError                    message for a person; never a secret, never a traceback
    ├── UsageError              2  your file, command line or secrets are wrong
    │   └── ConfigError         2  reports.yaml: a list of problems, each with its place
    ├── SourceError             3  the Activity API failed
    │   ├── SourceRefused       permanent: asking again cannot help (400, 404)
    │   │   └── TokenRefused    2  401, 403: a secret is wrong
    │   ├── SourceUnavailable   retryable: asking again may help (429, 5xx, network)
    │   │   └── SourceBusy      the limit or a slow export lets nothing be asked for a while: come back
    │   └── SourceUnclear       unknown: an answer came that cannot be believed
    ├── EditionHeld             3  something looks wrong with the figures: a person releases or discards it
    ├── TemplateFailed          4  a template failed, with its file and line
    │   └── PdfFailed           4  no PDF: its template failed, or it took too much time or memory
    ├── DeliveryError           5  a channel did not take a delivery (permanent, retryable, unknown)
    │   └── ChannelAuthError      5  the channel does not let us in at all: it is stopped for everybody
    └── LedgerError             2  the ledger cannot be opened or is held by another scheduler

The number is the process's exit status. `retryability` says whether trying again can help.
"""

from dataclasses import dataclass
from enum import StrEnum


class Retryability(StrEnum):
    """What is known after a failure: it surely did not happen, or perhaps it did."""

    PERMANENT = "permanent"
    RETRYABLE = "retryable"
    UNKNOWN = "unknown"


CHANNEL_AGAIN_SECONDS = 3600.0
"""How long a channel that refused us is left alone."""


class BotError(Exception):
    """Base of all errors meant for people; `str(error)` is one or a few lines without secrets."""

    exit_status = 1


class UsageError(BotError):
    """The command line, the environment or a secret is wrong; only a person can mend it."""

    exit_status = 2


@dataclass(frozen=True)
class Problem:
    """One fault in a file: where (line and column count from 1) and what to write instead."""

    file: str
    line: int
    column: int
    message: str
    excerpt: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: {self.message}"
        if not self.excerpt:
            return place
        return f"{place}\n    {self.excerpt}\n    {' ' * (self.column - 1)}^"


class ConfigError(UsageError):
    """All problems of one reports.yaml at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class LedgerError(BotError):
    """The ledger cannot be opened, is newer than this program, or another scheduler holds it."""

    exit_status = 2


class SourceError(BotError):
    """The Activity API did not give an answer that can be used."""

    exit_status = 3
    retryability = Retryability.UNKNOWN


class SourceRefused(SourceError):
    """The API refused the question; the same question will be refused again."""

    retryability = Retryability.PERMANENT


class TokenRefused(SourceRefused):
    """The API does not accept the token: a secret is wrong."""

    exit_status = 2


class SourceUnavailable(SourceError):
    """The API could not answer now. `retry_after`: seconds the API asked to wait, if it did."""

    retryability = Retryability.RETRYABLE

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SourceBusy(SourceUnavailable):
    """Nothing is wrong, but the next request may only be sent in `retry_after` seconds: come back then.

    What was answered so far is kept, so coming back goes on where it stopped.
    """


class SourceUnclear(SourceError):
    """An answer came, but not one that can be believed (cut, not JSON, wrong shape)."""


class EditionHeld(BotError):
    """An edition was not sent: its figures may not be those asked for. The message names both ways out."""

    exit_status = 3


class TemplateFailed(BotError):
    """A template could not be rendered. The message names its file and line; `file` is its path, if known."""

    exit_status = 4

    def __init__(self, message: str, file: str = "") -> None:
        super().__init__(message)
        self.file = file


class PdfFailed(TemplateFailed):
    """No PDF could be made. The message says why in words for readers, to follow 'No PDF: '."""


class DeliveryError(BotError):
    """A channel did not surely take a delivery.

    `retryability` tells the engine what to do: PERMANENT stops, RETRYABLE was surely not
    accepted, UNKNOWN was perhaps accepted and is not repeated blindly.
    `retry_after`: seconds the provider asked to wait, if it did.
    """

    exit_status = 5

    def __init__(self, message: str, retryability: Retryability, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retryability = retryability
        self.retry_after = retry_after


class ChannelAuthError(DeliveryError):
    """The provider does not let us in: a secret or the server is wrong, whatever is sent.

    Nothing was accepted. Whoever hears it stops the channel; the delivery is tried again with it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, Retryability.RETRYABLE, CHANNEL_AGAIN_SECONDS)
