"""Connections that end at a deadline and go only to allowed addresses.

Library time-outs count from byte to byte, so a server that sends one byte every few seconds could hold a
caller for hours; here every read checks the deadline. The address that is checked is the address that is
connected to, so a name cannot resolve to another one in between (SSRF, DNS rebinding).
"""

import io
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
NAT64 = ipaddress.ip_network("64:ff9b::/96")

AddressRule = Callable[[str], bool]
"""Return whether a connection to this IP address is allowed."""


def any_address(address: str) -> bool:
    """Allow every address: for hosts that the environment names itself."""
    return True


def loopback_only(address: str) -> bool:
    """Allow only loopback addresses."""
    return _parsed(address).is_loopback


def public_only(address: str) -> bool:
    """Allow only addresses of the public internet: no loopback, private, link-local or reserved one.

    An IPv4 address inside an IPv6 one (mapped, 6to4, Teredo, NAT64) must be public too.
    """
    parsed = _parsed(address)
    embedded = _embedded(parsed) if isinstance(parsed, ipaddress.IPv6Address) else ()
    return all(part.is_global and not part.is_multicast for part in (parsed, *embedded))


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Parse an address without its zone; a mapped IPv4 address as IPv4."""
    parsed = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed


def _embedded(address: ipaddress.IPv6Address) -> tuple[ipaddress.IPv4Address, ...]:
    embedded = [address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        embedded.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(part for part in embedded if part is not None)


class AddressRefused(Exception):
    """The host's name resolves to an address that must not be connected to."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The limits of every connection of one exchange: a deadline in monotonic seconds, and addresses."""

    deadline: float
    monotonic: Callable[[], float]
    addresses: AddressRule

    def seconds_left(self, longest: float) -> float:
        """Return a socket time-out of at most `longest` seconds. Raises TimeoutError past the deadline."""
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
    """A connected socket whose reads and writes keep the deadline; everything else is the socket's own."""

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
    """Connect to an address of the host; all must be allowed. Raises AddressRefused or OSError."""
    addresses = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    if not all(guard.addresses(str(entry[4][0])) for entry in addresses):
        raise AddressRefused(host)
    error = OSError("the name has no address")
    for *_, address in addresses:
        try:
            return socket.create_connection((str(address[0]), port), guard.seconds_left(CONNECT_SECONDS))
        except OSError as refused:
            error = refused
    raise error


class GuardedAdapter(HTTPAdapter):
    """Plain and TLS connections of one session, all under one guard, without retries."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of guarded connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._guard)


def _pools(guard: Guard) -> dict[str, type[HTTPConnectionPool]]:
    class PlainConnection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connect_guarded(self.host, self.port, guard)

        def connect(self) -> None:
            """Check the deadline on every read after connecting and after the TLS handshake."""
            super().connect()
            self.sock = cast(socket.socket, _TimedSocket(self.sock, guard))

    class TlsConnection(PlainConnection, HTTPSConnection):
        """The same under TLS: `super` is the HTTPS connection here."""

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = TlsConnection

    return {"http": PlainPool, "https": TlsPool}
