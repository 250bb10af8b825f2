"""Connections that end at a deadline and go only to allowed addresses.

The libraries' time-outs count from byte to byte, so a server that sends one byte every few
seconds holds a caller for ever; here every read looks at the deadline. And the address that is
checked is the address that is connected to, so that a name cannot resolve to another one between.
"""

import io
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from bot.source.http.ip_rules import AddressRule

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0


class AddressRefused(Exception):
    """The host's name resolves to an address that must not be connected to."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What every connection of one exchange keeps to: a deadline in monotonic seconds, and addresses."""

    deadline: float
    monotonic: Callable[[], float]
    addresses: AddressRule

    def seconds_left(self, longest: float) -> float:
        """A socket time-out of at most `longest` seconds. Raises TimeoutError past the deadline."""
        left = self.deadline - self.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return min(left, longest)


class _TimedReader(io.RawIOBase):
    """Reads from a socket, each time for no longer than the deadline allows."""

    def __init__(self, sock: socket.socket, guard: Guard) -> None:
        self._sock = sock
        self._guard = guard
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._guard.seconds_left(READ_SECONDS))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _TimedSocket:
    """A connected socket whose reading file keeps the deadline; everything else is the socket's own."""

    def __init__(self, sock: socket.socket, guard: Guard) -> None:
        self._sock = sock
        self._guard = guard

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock, self._guard))

    def sendall(self, data: Any) -> None:
        self._sock.settimeout(self._guard.seconds_left(READ_SECONDS))
        self._sock.sendall(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def connect_guarded(host: str, port: int, guard: Guard) -> socket.socket:
    """A socket to one of the host's addresses, all of which must be allowed.

    Raises AddressRefused, or OSError when none answers in time.
    """
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    if not all(guard.addresses(str(entry[4][0])) for entry in found):
        raise AddressRefused(host)
    error = OSError("the name has no address")
    for *_, address in found:
        try:
            timeout = guard.seconds_left(CONNECT_SECONDS)
            return socket.create_connection((str(address[0]), port), timeout)
        except OSError as refused:
            error = refused
    raise error


class GuardedAdapter(HTTPAdapter):
    """Plain and TLS connections of one session, all under one guard, without retries."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._guard)


def _pools(guard: Guard) -> dict[str, type[HTTPConnectionPool]]:
    class PlainConnection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connect_guarded(self.host, self.port, guard)

        def connect(self) -> None:
            super().connect()
            _time(self, guard)

    class TlsConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connect_guarded(self.host, self.port or 443, guard)

        def connect(self) -> None:
            super().connect()
            _time(self, guard)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = TlsConnection

    return {"http": PlainPool, "https": TlsPool}


def _time(connection: HTTPConnection, guard: Guard) -> None:
    """After connecting (and the TLS handshake, which counts its own time), watch every read."""
    connection.sock = cast(socket.socket, _TimedSocket(connection.sock, guard))
