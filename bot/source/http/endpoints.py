"""The addresses of the Activity API, which of them may be used without encryption, and the token they get."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from bot.errors import SourceRefused, UsageError
from bot.lib.net import is_loopback_host

DEFAULT_PORTS = {"http": 80, "https": 443}
EXPORT_HOST = re.compile(r"[a-z0-9*][a-z0-9*_-]*(\.[a-z0-9*][a-z0-9*_-]*)*")
EXPORT_ORIGIN = re.compile(r"http://([a-z0-9._-]+|\[[0-9a-f:]+\]):(\*|[0-9]{1,5})")
UNSAFE = re.compile(r"[^\x21-\x7e]|\\")

TOKEN_HEADER = "Auth-Api-Token"  # noqa: S105 - a header's name
LONGEST_TOKEN = 1024
ADVICE = (
    "Tokens are made in Integrate by somebody with Manager (Edit Team) permission, are shown only once, "
    "and can be reset there; then set ACTIVITY_API_TOKEN anew."
)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of the API.

    `api_url` ends before `/users`; `status_url` gives an export's status. `export_hosts` are the hosts that
    exports may come from: host names in which `*` is any part, or `http://127.0.0.1:*` for a local one.
    `plaintext` lists exact `host:port` beyond loopback that may be used without encryption. `ca_file`
    replaces the trusted certificates.
    """

    api_url: str
    status_url: str
    export_hosts: tuple[str, ...]
    plaintext: tuple[str, ...] = ()
    ca_file: Path | None = None


Origin = tuple[str, str, int]
"""Scheme, host in lower case, port: what must be equal before a token is sent."""


def origin_of(url: str) -> Origin:
    """Return scheme, host and port of a URL. Raises ValueError for one that is unsafe or not http(s)."""
    if UNSAFE.search(url):
        raise ValueError("it has spaces, control characters, backslashes or letters beyond ASCII")
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError("it must start with https://")
    if not parts.hostname:
        raise ValueError("it names no host")
    if "@" in parts.netloc:
        raise ValueError("it must not contain a user name or password")
    return parts.scheme, parts.hostname.lower(), _port_of(parts)


def _port_of(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        # The library's own message shows the text, which may be half of a password.
        raise ValueError("its port is not a number from 0 to 65535") from None
    return DEFAULT_PORTS[parts.scheme] if port is None else port


def check_endpoints(endpoints: Endpoints) -> None:
    """Refuse addresses that would send the token or customers' data unencrypted.

    Only https; plain http only to loopback or to a `host:port` of `endpoints.plaintext`.
    Raises UsageError that names the variable of the environment.
    """
    _check_address("ACTIVITY_API_URL", endpoints.api_url, endpoints.plaintext)
    _check_address("ACTIVITY_STATUS_URL", endpoints.status_url, endpoints.plaintext)
    if not endpoints.export_hosts:
        raise UsageError("ACTIVITY_EXPORT_HOSTS is empty: exports could not be downloaded from anywhere.")
    for pattern in endpoints.export_hosts:
        _check_export_pattern(pattern, endpoints.plaintext)


def _check_address(variable: str, url: str, plaintext: tuple[str, ...]) -> None:
    try:
        scheme, host, port = origin_of(url)
        parts = urlsplit(url)
    except ValueError as error:
        raise UsageError(f"{variable} is not usable: {error}.") from None
    if parts.query or parts.fragment:
        raise UsageError(f"{variable} must be an address without `?` and `#`.")
    if scheme == "http" and not _may_be_plain(host, port, plaintext):
        raise UsageError(
            f"{variable} starts with http://, so the token would travel unencrypted to {host}:{port}. "
            f"Use https://, or allow exactly {host}:{port} in BOT_ALLOW_PLAINTEXT."
        )


def _may_be_plain(host: str, port: int, plaintext: tuple[str, ...]) -> bool:
    return is_loopback_host(host) or f"{host}:{port}" in {item.lower() for item in plaintext}


def _check_export_pattern(pattern: str, plaintext: tuple[str, ...]) -> None:
    if "://" in pattern:
        if plain_export_host(pattern, plaintext) is None:
            raise UsageError(
                "ACTIVITY_EXPORT_HOSTS: unencrypted downloads are allowed only from this machine, "
                "as http://127.0.0.1:*, or from a host:port of BOT_ALLOW_PLAINTEXT."
            )
        return
    fixed = pattern.split(".")[-2:]
    if not EXPORT_HOST.fullmatch(pattern) or any("*" in label for label in fixed):
        raise UsageError(
            f"ACTIVITY_EXPORT_HOSTS: {pattern[:80]!r} is not a host name in lower case whose last two "
            "parts are fixed, such as *.s3.amazonaws.com."
        )


def plain_export_host(pattern: str, plaintext: tuple[str, ...]) -> tuple[str, str] | None:
    """Return host and port (or `*`) of an `http://` pattern that is allowed, else None."""
    match = EXPORT_ORIGIN.fullmatch(pattern)
    if not match:
        return None
    host, port = match[1].strip("[]"), match[2]
    allowed = is_loopback_host(host) or (port != "*" and _may_be_plain(host, int(port), plaintext))
    return (host, port) if allowed else None


class ApiToken:
    """One API token: checked once, shown never, sent only to the API's and the export status's host."""

    __slots__ = ("_origins", "_token")

    def __init__(self, token: str, endpoints: Endpoints) -> None:
        """Take a newline off the token's end. Raises UsageError, without the token in it."""
        token = token.strip()
        # requests would show the value of a header that it refuses: refuse it first.
        if len(token) > LONGEST_TOKEN or not re.fullmatch(r"[\x21-\x7e]+", token):
            raise UsageError(
                "ACTIVITY_API_TOKEN is empty, too long, or contains spaces, control characters or letters "
                f"that a token cannot have. {ADVICE}"
            )
        self._token = token
        self._origins = {origin_of(endpoints.api_url), origin_of(endpoints.status_url)}

    def __repr__(self) -> str:
        return "ApiToken(…)"

    @property
    def key(self) -> str:
        """Return the token's SHA-256: the key under which its requests are counted."""
        return hashlib.sha256(self._token.encode()).hexdigest()

    def headers_for(self, url: str) -> dict[str, str]:
        """Return the token's header for one request. Raises SourceRefused for any other host."""
        if origin_of(url) not in self._origins:
            raise SourceRefused("The API token is sent only to the Activity API's own hosts.")
        return {TOKEN_HEADER: self._token}

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what must be taken out of any text that a server sends back."""
        return (self._token,)
