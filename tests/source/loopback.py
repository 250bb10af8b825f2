"""A strict HTTP server on loopback that answers from a script, and a clock that a test turns."""

import json
import select
import socket
import socketserver
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.model import Permit

TOKEN = "canary-token-5f2c"
NOW = datetime(2018, 5, 6, 23, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
"""When an occurrence is due that no answer of today will do for, unless its window had settled."""


class TurnedClock:
    """Stands still until it is slept on or turned; remembers every sleep."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []
        self.looks = 0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds - 1000.0)

    def monotonic(self) -> float:
        self.looks += 1
        return self.seconds

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.turn(seconds)

    def turn(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class Turnstile:
    """A strict limiter.

    It answers from a list of waits (then at once, unless blocked), records every call, and takes each stamp
    back exactly once.
    """

    clock: TurnedClock
    waits: list[float] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    urgent: set[bool] = field(default_factory=set)
    flying: set[int] = field(default_factory=set)
    blocked: list[tuple[str, float]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    until: float = 0.0

    def acquire(self, key: str, *, urgent: bool = False) -> Permit:
        with self.lock:
            self.urgent.add(urgent)
            wait = self.waits.pop(0) if self.waits else max(0.0, self.until - self.clock.seconds)
            if wait:
                return Permit(wait=wait)
            self.taken.append(key)
            self.flying.add(len(self.taken))
            return Permit(stamp=len(self.taken))

    def release(self, key: str, stamp: int) -> None:
        with self.lock:
            assert key in self.taken
            assert stamp in self.flying, "a request landed that was not on its way"
            self.flying.remove(stamp)

    def block(self, key: str, seconds: float) -> None:
        self.blocked.append((key, seconds))
        self.until = self.clock.seconds + seconds


@dataclass(frozen=True)
class Received:
    """One request as it came over the wire; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def params(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)


Reply = bytes | Callable[[socket.socket], None]


def reply(
    body: object = b"",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    kind: str = "application/json",
) -> bytes:
    """Return a whole HTTP answer; anything but bytes is written as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {
        "Content-Type": kind,
        "Content-Length": str(len(content)),
        "Connection": "close",
        **(headers or {}),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + content


class Loopback:
    """Answers each request with the next reply of its script; one more request than that is a fault.

    With `answers` each request is answered by what it asks.
    """

    def __init__(self, wrap: Callable[[socket.socket], socket.socket] | None = None) -> None:
        self.script: list[Reply] = []
        self.answers: Callable[[Received], Reply] | None = None
        self.received: list[Received] = []
        self.surprises: list[Received] = []
        double = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                try:
                    connection = wrap(self.request) if wrap else self.request
                    double._serve(connection)
                    connection.close()
                except OSError:
                    pass  # the client went away: many tests want that

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self.url = f"http{'s' if wrap else ''}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def says(self, *replies: Reply) -> None:
        self.script.extend(replies)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        request = read_request(connection)
        if request is None:
            return
        self.received.append(request)
        if not self.answers and not self.script:
            self.surprises.append(request)
            connection.sendall(reply({"error": "the script has ended"}, 418))
            return
        response = self.answers(request) if self.answers else self.script.pop(0)
        if callable(response):
            response(connection)
        else:
            connection.sendall(response)


def read_request(connection: socket.socket) -> Received | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = [line.split(": ", 1) for line in lines]
    headers = {name.lower(): value for name, value in pairs}
    assert len(headers) == len(pairs), "a header came twice"
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return Received(method, target, headers, body)


def dripping(
    clock: TurnedClock, data: bytes, seconds_each: float, in_step: bool = True
) -> Callable[[socket.socket], None]:
    """Send one byte after another while the clock turns: time-outs between bytes never fire.

    In step, the next byte comes when the client has looked at the clock, or never if it hung up.
    """

    def send(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for index in range(len(data)):
            looks = clock.looks
            connection.sendall(data[index : index + 1])
            clock.turn(seconds_each)
            while in_step and clock.looks == looks:
                if select.select([connection], [], [], 0.001)[0]:
                    return

    return send


def cut_after(data: bytes) -> Callable[[socket.socket], None]:
    """Send this much and hang up."""
    return lambda connection: connection.sendall(data)


def many(pieces: Iterable[bytes]) -> Callable[[socket.socket], None]:
    """Send pieces one after the other, for bodies that must not be held in memory."""

    def send(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return send
