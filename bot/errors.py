"""Every error that the bot raises on purpose, as one tree.

    BotError                    message for a person; never a secret, never a traceback
    ├── UsageError              2  your file, command line or secrets are wrong
    │   └── ConfigError         2  reports.yaml: a list of problems, each with its place
    ├── SourceError             3  the Activity API failed
    │   ├── SourceRefused       permanent: the same request cannot succeed (400, 404)
    │   │   └── TokenRefused    2  401, 403: a secret is wrong
    │   ├── SourceUnavailable   retryable: the same request may succeed (429, 5xx, network)
    │   │   └── SourceBusy      the rate limit or a slow export: come back later
    │   └── SourceUnclear       unknown: the answer cannot be trusted
    ├── EditionHeld             3  in doubt or incomplete: a person releases or discards it
    ├── TemplateFailed          4  a template failed, with its file and line
    │   └── PdfFailed           4  no PDF: its template failed, or it took too much time or memory
    ├── DeliveryError           5  a channel did not confirm a delivery (permanent, retryable, unknown)
    │   └── ChannelStopped        5  for now nothing goes through it: the circuit breaker opens
    │       └── ChannelAuthError  5  the provider refuses our login
    └── LedgerError             2  the ledger cannot be opened or is held by another scheduler

The number is the process's exit status. `retryability` says whether a retry can help.
"""

from dataclasses import dataclass
from enum import StrEnum


class Retryability(StrEnum):
    """Whether to retry after a failure: it cannot help, it may help, or the first try perhaps succeeded."""

    PERMANENT = "permanent"
    RETRYABLE = "retryable"
    UNKNOWN = "unknown"


CHANNEL_AGAIN_SECONDS = 3600.0
"""How long a channel that refused our login, or our account, is not tried."""


class BotError(Exception):
    """Base of all errors meant for people; `str(error)` is one or a few lines without secrets."""

    exit_status = 1


class UsageError(BotError):
    """The command line, the environment or a secret is wrong; only a person can fix it."""

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
    """The Activity API gave no usable answer."""

    exit_status = 3
    retryability = Retryability.UNKNOWN


class SourceRefused(SourceError):
    """The API refused the request, and will refuse it again."""

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
    """Nothing is wrong, but the next request may only be sent in `retry_after` seconds.

    The answers so far are cached, so the next run continues from there.
    """


class SourceUnclear(SourceError):
    """The answer cannot be trusted: cut short, not JSON, or of a wrong shape."""


class EditionHeld(BotError):
    """An edition was not sent: its figures may be wrong. The message names both commands for it."""

    exit_status = 3


class TemplateFailed(BotError):
    """A template could not be rendered. The message names its file and line; `file` is its path, if known."""

    exit_status = 4

    def __init__(self, message: str, file: str = "") -> None:
        super().__init__(message)
        self.file = file


class PdfFailed(TemplateFailed):
    """No PDF could be made. The message is a reason for readers, to follow 'No PDF: '."""


class DeliveryError(BotError):
    """A channel did not confirm a delivery.

    `retryability` is PERMANENT for a delivery that fails at every try, RETRYABLE for one that was not
    accepted, UNKNOWN for one that was perhaps accepted and must be looked up before a retry.
    `retry_after` is the seconds that the provider asked to wait, or None.
    """

    exit_status = 5

    def __init__(self, message: str, retryability: Retryability, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retryability = retryability
        self.retry_after = retry_after


class CannotLookUp(DeliveryError):
    """What was perhaps accepted can neither be looked up nor sent again before a person helps."""

    def __init__(self, message: str) -> None:
        super().__init__(message, Retryability.UNKNOWN)


class ChannelStopped(DeliveryError):
    """The provider takes nothing from our account for now, such as after its daily limit.

    Nothing was accepted. The circuit breaker of the channel opens for `retry_after` seconds; the delivery is
    retried later.
    """

    def __init__(self, message: str, retry_after: float = CHANNEL_AGAIN_SECONDS) -> None:
        super().__init__(message, Retryability.RETRYABLE, retry_after)


class ChannelAuthError(ChannelStopped):
    """The provider refuses our login: a secret or the server is wrong, for every delivery."""
