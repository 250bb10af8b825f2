"""What a question to the real API that got no answer means for the person who checks."""

from bot.errors import SourceError, SourceRefused, SourceUnavailable, TokenRefused
from bot.model import Finding, State

REPORT_IT = "write the shapes of the answers with --save-shapes FILE, and report it with that file"


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
