"""What a look at the real API found: one `Finding` for each thing that was looked at."""

from dataclasses import dataclass
from enum import StrEnum

from bot.errors import SourceError, SourceRefused, SourceUnavailable, TokenRefused

REPORT_IT = "write the shapes of the answers with --save-shapes FILE, and report it with that file"


class State(StrEnum):
    """Fine; not to be seen; the file or the token is wrong; or the API failed."""

    FINE = "fine"
    UNCLEAR = "unclear"
    WRONG = "wrong"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What it is about, what was seen, and what to do about it ('' for nothing)."""

    state: State
    about: str
    seen: str
    todo: str = ""


def failure(about: str, error: SourceError) -> Finding:
    """The finding of a question that got no answer."""
    if isinstance(error, TokenRefused):
        # The message itself says which permission, and where tokens are made.
        return Finding(State.WRONG, about, str(error))
    return Finding(State.FAILED, about, str(error), _after(error))


def _after(error: SourceError) -> str:
    if isinstance(error, SourceUnavailable):
        return "try again later"
    if isinstance(error, SourceRefused):
        return ""
    return REPORT_IT
