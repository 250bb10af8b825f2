"""One HTTP exchange, guarded: no redirects, no proxies, no netrc, no cookies, bounded in time and size."""

import logging
import ssl
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from bot import __version__
from bot.errors import SourceRefused
from bot.lib.sanitize import one_line
from bot.model import Clock
from bot.source.http.sockets import (
    CONNECT_SECONDS,
    READ_SECONDS,
    AddressRefused,
    AddressRule,
    Guard,
    GuardedAdapter,
    any_address,
)

CHUNK_BYTES = 64 * 1024
GZIP = 16 + zlib.MAX_WBITS
GZIP_NAMES = frozenset({"gzip", "x-gzip"})
"""Content-Encoding names (RFC 9110, 8.4.1.3)."""

NOISY_LOGGERS = ("requests", "urllib3", "urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry")
T = TypeVar("T")

OWN_HEADERS = {
    "User-Agent": f"digestbot/{__version__}",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class NoAnswer(Exception):
    """The exchange failed on the way: it can be tried again. The message shows no address."""


class TooLarge(Exception):
    """The body is larger than the limit; the rest was not read."""


class DamagedGzip(Exception):
    """The bytes are not whole gzip."""


@dataclass(frozen=True, slots=True, repr=False)
class HttpRequest:
    """One request. `deadline` is monotonic seconds; `addresses` are where the host may be."""

    method: str
    url: str
    deadline: float
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, object] | None = None
    addresses: AddressRule = any_address


class HttpResponse:
    """A status, headers and a body that is read once, in pieces. Valid inside `Transport.exchange`."""

    def __init__(self, response: requests.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers

    @property
    def length_is_known(self) -> bool:
        """Return whether a cut body can be told from a whole one (RFC 9112, section 6.3)."""
        chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
        return chunked or self.headers.get("Content-Length", "").isdigit()

    @property
    def announced_size(self) -> int:
        """Return the bytes that Content-Length announces, 0 without one."""
        text = self.headers.get("Content-Length", "")
        return int(text) if text.isdigit() and len(text) < 20 else 0

    def pieces(self, limit: int) -> Iterator[bytes]:
        """Yield the decoded body, at most 64 KiB a piece. Raises TooLarge beyond `limit`, NoAnswer if cut."""
        size = 0
        for piece in self._decoded():
            size += len(piece)
            if size > limit:
                raise TooLarge
            yield piece

    def _decoded(self) -> Iterator[bytes]:
        if self.headers.get("Content-Encoding", "").strip().lower() not in GZIP_NAMES:
            yield from self._response.raw.stream(CHUNK_BYTES, decode_content=True)
            return
        try:
            yield from unzipped(self._response.raw.stream(CHUNK_BYTES, decode_content=False), CHUNK_BYTES)
        except DamagedGzip:
            fault = NoAnswer(f"what {host_of(self._response.url)} sent was damaged or cut on the way")
        else:
            return
        raise fault

    def body(self, limit: int) -> bytes:
        """Return the whole decoded body. Raises TooLarge beyond `limit` bytes."""
        return b"".join(self.pieces(limit))


def unzipped(pieces: Iterable[bytes], longest: int) -> Iterator[bytes]:
    """Yield gzip's content (RFC 1952) in pieces of at most `longest` bytes, so that a bomb never unfolds.

    Raises DamagedGzip for a cut or anything else but gzip: the library takes what it got of a cut stream
    for all there is.
    """
    member = zlib.decompressobj(GZIP)
    for piece in pieces:
        rest, is_full = piece, False
        while rest or is_full:
            if member.eof:
                member = zlib.decompressobj(GZIP)
            try:
                out = member.decompress(rest, longest)
            except zlib.error:
                raise DamagedGzip from None
            rest = member.unused_data if member.eof else member.unconsumed_tail
            # Full: more may wait inside without a byte to be fed.
            is_full = len(out) == longest and not member.eof
            if out:
                yield out
    if not member.eof:
        raise DamagedGzip


class Transport:
    """Makes exchanges. `ca_file` replaces the trusted certificates; verification is never off."""

    def __init__(self, clock: Clock, ca_file: Path | None = None) -> None:
        self._clock = clock
        self._verify: bool | str = str(ca_file) if ca_file else True
        for name in NOISY_LOGGERS:
            # They write whole URLs, and an export's URL is a secret, even in warnings.
            logging.getLogger(name).setLevel(logging.CRITICAL)

    def exchange(self, request: HttpRequest, read: Callable[[HttpResponse], T]) -> T:
        """Send once and let `read` take what it needs from the response.

        Raises NoAnswer (network, time-out, cut), SourceRefused (redirect, wrong certificate,
        forbidden address), TooLarge, and whatever `read` raises.
        """
        fault: Exception
        try:
            return self._send(request, read)
        except AddressRefused:
            fault = SourceRefused(
                f"{host_of(request.url)} is at an inside or reserved network address. Nothing was downloaded."
            )
        except (requests.RequestException, HTTPError, OSError, UnicodeError) as error:
            fault = _translated(error, host_of(request.url))
        # Raised here and not above, so that the library's error, which shows the URL, is not its context.
        raise fault

    def _send(self, request: HttpRequest, read: Callable[[HttpResponse], T]) -> T:
        guard = Guard(request.deadline, self._clock.monotonic, request.addresses)
        guard.seconds_left(READ_SECONDS)
        # A session of its own for each exchange: no cookie, header or connection outlives it.
        with requests.Session() as session:
            session.trust_env = False
            session.headers.clear()
            for scheme in ("http://", "https://"):
                session.mount(scheme, GuardedAdapter(guard))
            with session.request(
                request.method,
                request.url,
                params=request.params,
                json=request.json,
                headers={**OWN_HEADERS, **request.headers},
                allow_redirects=False,
                stream=True,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                verify=self._verify,
            ) as response:
                _refuse_redirect(response)
                return read(HttpResponse(response))


def host_of(url: str) -> str:
    """Return the host of a URL for messages."""
    return one_line(urlsplit(url).hostname or "the host", 80)


def _refuse_redirect(response: requests.Response) -> None:
    if 300 <= response.status_code < 400:
        raise SourceRefused(
            f"{host_of(response.url)} answered with a redirect (HTTP {response.status_code}), which is never "
            "followed. Check the address in the settings."
        )


def _translated(error: BaseException, host: str) -> Exception:
    """Return our own error for a library's, whose text may show the URL or a header."""
    causes = tuple(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return SourceRefused(
            f"The certificate of {host} could not be verified. Check the address, the clock of this machine "
            "and its trusted certificates."
        )
    if any(isinstance(cause, TimeoutError) or "Timeout" in type(cause).__name__ for cause in causes):
        return NoAnswer(f"{host} did not answer in time")
    if isinstance(error, requests.exceptions.InvalidSchema | requests.exceptions.InvalidURL):
        return SourceRefused(f"The address of {host} cannot be used.")
    return NoAnswer(f"the connection to {host} failed or was cut")


def _causes(error: BaseException | None, depth: int = 8) -> Iterator[BaseException]:
    """Yield an error and its causes; the libraries keep them in args, `reason` or as its cause."""
    if error is None or depth == 0:
        return
    yield error
    for cause in (error.__cause__, error.__context__, getattr(error, "reason", None), *error.args):
        if isinstance(cause, BaseException):
            yield from _causes(cause, depth - 1)
