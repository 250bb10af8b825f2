"""Who may use a local page: a browser of this machine, or elsewhere a client that has the token."""

import base64
import binascii
import hmac
import ipaddress
import re
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from werkzeug.datastructures import Headers

from bot.errors import UsageError
from bot.settings import Secret

MIN_TOKEN_LENGTH = 16
"""Wrong tokens are not counted, so a token has to be one that cannot be guessed."""

OWN_SITES = {"same-origin", "none"}
"""Values of Sec-Fetch-Site (Fetch Metadata) for the page's own requests and for a typed address."""

LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
ADDRESS = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<host>[^\s:/\[\]]+)):(?P<port>[0-9]{1,5})")
OTHER_SITE = HTTPStatus.FORBIDDEN, "Another site's page may not ask here."
Refusal = tuple[HTTPStatus, str]


@dataclass(frozen=True, slots=True)
class Guard:
    """Where to listen, and what a request has to fulfil.

    `token` None asks for none, on loopback alone. With `may_be_linked`, links on other sites may lead here;
    a page that spends API requests whenever it is opened must refuse them.
    """

    host: str
    port: int
    is_loopback: bool
    token: Secret | None = None
    may_be_linked: bool = True

    def refusal(self, headers: Headers, port: int) -> Refusal | None:
        """Return why a request is refused, or None. `port` is the one that the server listens on.

        On loopback the header Host shows a name that was made to point at 127.0.0.1 (DNS rebinding).
        Elsewhere the page may have any name: a browser holds no token for a made-up name.
        """
        hosts = {f"{name}:{port}" for name in LOCAL_NAMES}
        if self.is_loopback and headers.get("Host", "").lower() not in hosts:
            return HTTPStatus.FORBIDDEN, "This page answers to 127.0.0.1 and localhost only."
        if self._is_from_another_site(headers):
            return OTHER_SITE
        origin = headers.get("Origin")
        if self.is_loopback and origin is not None and origin.lower() not in {f"http://{h}" for h in hosts}:
            return OTHER_SITE
        if self.token is not None and not _is_token(headers.get("Authorization", ""), self.token):
            return HTTPStatus.UNAUTHORIZED, "The token is missing or wrong: see STATUS_TOKEN."
        return None

    def _is_from_another_site(self, headers: Headers) -> bool:
        if headers.get("Sec-Fetch-Site", "none") in OWN_SITES:
            return False
        link = (headers.get("Sec-Fetch-Mode"), headers.get("Sec-Fetch-Dest")) == ("navigate", "document")
        return not (link and self.may_be_linked)


def loopback_guard(host: str, port: int) -> Guard:
    """Return the guard of `preview --serve`. Raises UsageError for an address that other machines reach."""
    if not is_loopback(host):
        raise UsageError(f"The preview is for this machine only: it listens on 127.0.0.1, not on {host}.")
    return Guard(host, port, is_loopback=True, may_be_linked=False)


def guard_for(address: str, token: Secret | None) -> Guard:
    """Return the guard of `run --status HOST:PORT`.

    Raises UsageError for a malformed address, a short token, and a missing token where other machines can
    reach the address.
    """
    match = ADDRESS.fullmatch(address)
    if match is None or int(match["port"]) > 65_535:
        raise UsageError(f"--status {address}: write HOST:PORT, such as 127.0.0.1:8090 or [::1]:8090.")
    host = match["six"] or match["host"]
    host = "127.0.0.1" if host.lower() == "localhost" else host
    if token is None and not is_loopback(host):
        raise UsageError(
            f"--status {address} can be reached from other machines: set STATUS_TOKEN (or STATUS_TOKEN_FILE) "
            "to a long random word that whoever asks has to know, or listen on 127.0.0.1."
        )
    if token is not None and len(token.reveal()) < MIN_TOKEN_LENGTH:
        raise UsageError(f"STATUS_TOKEN is too short: it needs {MIN_TOKEN_LENGTH} characters or more.")
    return Guard(host, int(match["port"]), is_loopback(host), token)


def is_loopback(host: str) -> bool:
    """Return whether an IP address is loopback. A name is not: it may mean another machine tomorrow."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_token(authorization: str, token: Secret) -> bool:
    """Return whether this is the token, as Bearer (RFC 6750) or as the password of Basic (RFC 7617)."""
    scheme, _, credentials = authorization.strip().partition(" ")
    # WSGI headers are Latin-1: these are the bytes as they came.
    sent = credentials.strip().encode("latin-1", "replace") if scheme.lower() == "bearer" else b""
    if scheme.lower() == "basic":
        with suppress(binascii.Error, ValueError):
            sent = base64.b64decode(credentials.strip(), validate=True).partition(b":")[2]
    # As bytes: compare_digest refuses letters beyond ASCII, and its time does not tell what is wrong.
    return bool(sent) and hmac.compare_digest(sent, token.reveal().encode())
