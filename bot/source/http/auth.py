"""The API token: checked once, shown never, sent to two hosts only."""

import hashlib
import re

from bot.errors import SourceRefused, UsageError
from bot.source.http.endpoints import Endpoints, origin_of

TOKEN_HEADER = "Auth-Api-Token"  # noqa: S105 - a header's name
LONGEST_TOKEN = 1024
HELP = (
    "Tokens are made in Integrate by somebody with Manager (Edit Team) permission, are shown only once, "
    "and can be reset there; then set ACTIVITY_API_TOKEN anew."
)


class Access:
    """One API token and the hosts it is for (the API's and the export status's)."""

    __slots__ = ("_origins", "_token")

    def __init__(self, token: str, endpoints: Endpoints) -> None:
        """A newline at the token's end is taken off. Raises UsageError, without the token in it."""
        token = token.strip()
        # requests would show the value of a header that it refuses: refuse it first.
        if len(token) > LONGEST_TOKEN or not re.fullmatch(r"[\x21-\x7e]+", token):
            raise UsageError(
                "ACTIVITY_API_TOKEN is empty, too long, or contains spaces, control characters or letters "
                f"that a token cannot have. {HELP}"
            )
        self._token = token
        self._origins = {origin_of(endpoints.api_url), origin_of(endpoints.status_url)}

    def __repr__(self) -> str:
        return "Access(…)"

    @property
    def key(self) -> str:
        """SHA-256 of the token: the name under which its requests are counted."""
        return hashlib.sha256(self._token.encode()).hexdigest()

    def headers_for(self, url: str) -> dict[str, str]:
        """The token's header for one request. Raises SourceRefused for any other host."""
        if origin_of(url) not in self._origins:
            raise SourceRefused("The API token is sent only to the Activity API's own hosts.")
        return {TOKEN_HEADER: self._token}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be taken out of any text that a server sends back."""
        return (self._token,)
