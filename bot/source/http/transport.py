"""One HTTP exchange, guarded: no redirects, no proxies, no netrc, no cookies, bounded in time and size."""

import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
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
from bot.source.http.gzip_stream import GZIP_NAMES, Damaged, unzipped
from bot.source.http.ip_rules import AddressRule, anywhere
from bot.source.http.sockets import CONNECT_SECONDS, READ_SECONDS, AddressRefused, Guard, GuardedAdapter

CHUNK = 64 * 1024
TALKATIVE = ("requests", "urllib3", "urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry")
T = TypeVar("T")


class NoAnswer(Exception):
    """The exchange failed on the way: it can be tried again. The message shows no address."""


class TooLarge(Exception):
    """The body is larger than the limit; the rest was not read."""


@dataclass(frozen=True, slots=True, repr=False)
class Ask:
    """One request. `deadline` is monotonic seconds; `addresses` are where the host may be."""

    method: str
    url: str
    deadline: float
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, object] | None = None
    addresses: AddressRule = anywhere


class Reply:
    """A status, headers and a body that is read once, in pieces. Valid inside `Transport.exchange`."""

    def __init__(self, response: requests.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers

    @property
    def length_is_known(self) -> bool:
        """Whether an early end can be told from the end (RFC 9112, section 6.3)."""
        chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
        return chunked or self.headers.get("Content-Length", "").isdigit()

    @property
    def announced_size(self) -> int:
        """Bytes that Content-Length announces, 0 when it does not."""
        text = self.headers.get("Content-Length", "")
        return int(text) if text.isdigit() and len(text) < 20 else 0

    def pieces(self, limit: int) -> Iterator[bytes]:
        """The decoded body in pieces of at most 64 KiB.

        Raises TooLarge beyond `limit` bytes, and NoAnswer for gzip without its end.
        """
        size = 0
        for piece in self._decoded():
            size += len(piece)
            if size > limit:
                raise TooLarge
            yield piece

    def _decoded(self) -> Iterator[bytes]:
        if self.headers.get("Content-Encoding", "").strip().lower() not in GZIP_NAMES:
            yield from self._response.raw.stream(CHUNK, decode_content=True)
            return
        try:
            yield from unzipped(self._response.raw.stream(CHUNK, decode_content=False), CHUNK)
        except Damaged:
            fault = NoAnswer(f"what {_host(self._response.url)} sent was damaged or cut on the way")
        else:
            return
        raise fault

    def body(self, limit: int) -> bytes:
        """The whole decoded body. Raises TooLarge beyond `limit` bytes."""
        return b"".join(self.pieces(limit))


class Transport:
    """Makes exchanges. `ca_file` replaces the trusted certificates; verification is never off."""

    def __init__(self, clock: Clock, ca_file: Path | None = None) -> None:
        self._clock = clock
        self._verify: bool | str = str(ca_file) if ca_file else True
        for name in TALKATIVE:
            # They write whole URLs, and an export's URL is a secret, even in warnings.
            logging.getLogger(name).setLevel(logging.CRITICAL)

    def exchange(self, ask: Ask, read: Callable[[Reply], T]) -> T:
        """Send once and let `read` take what it needs from the reply.

        Raises NoAnswer (network, time-out, cut), SourceRefused (redirect, wrong certificate,
        forbidden address), TooLarge, and whatever `read` raises.
        """
        fault: Exception
        try:
            return self._send(ask, read)
        except AddressRefused:
            fault = SourceRefused(
                f"{_host(ask.url)} is at an inside or reserved network address. Nothing was downloaded."
            )
        except (requests.RequestException, HTTPError, OSError, UnicodeError) as error:
            fault = _fault(error, _host(ask.url))
        # Raised here and not above, so that the library's error, which shows the URL, is not its context.
        raise fault

    def _send(self, ask: Ask, read: Callable[[Reply], T]) -> T:
        guard = Guard(ask.deadline, self._clock.monotonic, ask.addresses)
        guard.seconds_left(READ_SECONDS)
        # A session of its own for each exchange: no cookie, header or connection outlives it.
        with requests.Session() as session:
            session.trust_env = False
            session.headers.clear()
            for scheme in ("http://", "https://"):
                session.mount(scheme, GuardedAdapter(guard))
            with session.request(
                ask.method,
                ask.url,
                params=ask.params,
                json=ask.json,
                headers={**_own_headers(), **ask.headers},
                allow_redirects=False,
                stream=True,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                verify=self._verify,
            ) as response:
                _refuse_redirect(response)
                return read(Reply(response))


def _own_headers() -> dict[str, str]:
    return {
        "User-Agent": f"digestbot/{__version__}",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def _refuse_redirect(response: requests.Response) -> None:
    if 300 <= response.status_code < 400:
        raise SourceRefused(
            f"{_host(response.url)} answered with a redirect (HTTP {response.status_code}), which is never "
            "followed. Check the address in the settings."
        )


def _host(url: str) -> str:
    return one_line(urlsplit(url).hostname or "the host", 80)


def _fault(error: BaseException, host: str) -> Exception:
    """Our words for a library's error, whose own text may show the URL or a header."""
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
    """An error and those it was made of; the libraries keep them in args, `reason` or as its cause."""
    if error is None or depth == 0:
        return
    yield error
    inner = (error.__cause__, error.__context__, getattr(error, "reason", None), *error.args)
    for cause in inner:
        if isinstance(cause, BaseException):
            yield from _causes(cause, depth - 1)
