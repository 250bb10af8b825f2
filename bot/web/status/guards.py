"""Who may ask: on loopback a browser of this machine, elsewhere whoever has the token."""

import base64
import binascii
import hmac
import re
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus

from bot.errors import UsageError
from bot.lib.net import is_loopback_address
from bot.settings import Secret

SHORTEST_TOKEN = 16
"""Letters; nobody counts wrong guesses, so it has to be one that cannot be guessed."""

OURS = {"same-origin", "none"}
"""Values of Sec-Fetch-Site (Fetch Metadata) for what this page asks, and for an address that was typed in."""

ADDRESS = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<host>[^\s:/\[\]]+)):(?P<port>[0-9]{1,5})")
Fault = tuple[HTTPStatus, str]


@dataclass(frozen=True, slots=True)
class Guard:
    """Where to listen, and what is asked of whoever comes. `token` None: nothing, on loopback alone."""

    host: str
    port: int
    is_loopback: bool
    token: Secret | None = None

    def fault_of(self, headers: Message, port: int) -> Fault | None:
        """Why a request is refused; None when it is not. `port` is the one that is listened on.

        On loopback a name that somebody made to point at 127.0.0.1 (DNS rebinding) shows in Host. Elsewhere
        the page may have any name: a browser has no token for a name that somebody made.
        """
        hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        if self.is_loopback and headers.get("Host", "").lower() not in hosts:
            return HTTPStatus.FORBIDDEN, "This page answers to 127.0.0.1 and localhost only."
        if _is_from_another_site(headers):
            return HTTPStatus.FORBIDDEN, "Another site's page may not ask here."
        if self.token is not None and not _is_known(headers.get("Authorization", ""), self.token):
            return HTTPStatus.UNAUTHORIZED, "The token is missing or wrong: see STATUS_TOKEN."
        return None


def guard_for(address: str, token: Secret | None) -> Guard:
    """The guard of `--status HOST:PORT`. Raises UsageError for what is no address, and without a token
    for one that other machines can reach."""
    host, port = _host_and_port(address)
    ours = is_loopback_address(host)
    if token is None and not ours:
        raise UsageError(
            f"--status {address} can be reached from other machines: set STATUS_TOKEN (or STATUS_TOKEN_FILE) "
            "to a long random word that whoever asks has to know, or listen on 127.0.0.1."
        )
    if token is not None and len(token.reveal()) < SHORTEST_TOKEN:
        raise UsageError(f"STATUS_TOKEN is too short: it needs {SHORTEST_TOKEN} characters or more.")
    return Guard(host, port, ours, token)


def _host_and_port(address: str) -> tuple[str, int]:
    found = ADDRESS.fullmatch(address)
    if found is None or int(found["port"]) > 65_535:
        raise UsageError(f"--status {address}: write HOST:PORT, such as 127.0.0.1:8090 or [::1]:8090.")
    host = found["six"] or found["host"]
    return "127.0.0.1" if host.lower() == "localhost" else host, int(found["port"])


def _is_from_another_site(headers: Message) -> bool:
    """A link to this page may be followed from anywhere; nothing else may be asked for from there."""
    if headers.get("Sec-Fetch-Site", "none") in OURS:
        return False
    return (headers.get("Sec-Fetch-Mode"), headers.get("Sec-Fetch-Dest")) != ("navigate", "document")


def _is_known(authorization: str, token: Secret) -> bool:
    """Whether it is the token, as Bearer (RFC 6750) or as the password of Basic (RFC 7617), whoever asks."""
    scheme, _, rest = authorization.strip().partition(" ")
    given = {"bearer": _as_it_is, "basic": _password}.get(scheme.lower(), _nothing)(rest.strip())
    # As bytes: compare_digest refuses letters beyond ASCII, and takes as long whatever is wrong.
    return hmac.compare_digest(given, token.reveal().encode())


def _as_it_is(given: str) -> bytes:
    # http.client's headers are Latin-1: this gives the bytes as they came.
    return given.encode("latin-1", "replace")


def _password(given: str) -> bytes:
    try:
        return base64.b64decode(given, validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""


def _nothing(given: str) -> bytes:
    return b""
