"""The status over HTTP: read only, in threads of its own, and never more of them than a few."""

import contextlib
import json
import logging
import socket
import socketserver
import threading
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from bot.errors import LedgerError, UsageError
from bot.web.status.guards import Guard
from bot.web.status.health import blind, health
from bot.web.status.lookout import Lookout
from bot.web.status.metrics import TYPE, metrics
from bot.web.status.page import FOLDER, PageMaker

log = logging.getLogger("bot.web.status")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
STATIC: Final = {
    "/icon.svg": ("icon.svg", "image/svg+xml"),
    "/status.css": ("status.css", "text/css; charset=utf-8"),
    "/status.js": ("status.js", "text/javascript; charset=utf-8"),
}
HTML, TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"
JSON = "application/json; charset=utf-8"
BUG = "This is a bug; the log has its place.\n"
IDLE_SECONDS = 10
"""How long one read or write of a client may take."""

MOST_CLIENTS = 16
"""Connections at once; a further one ends the oldest, so that slow clients lock nobody out."""

LONGEST_PATH = 500


class StatusServer:
    """Answers in threads from when it is made until `close`. Raises UsageError for a port that is taken."""

    def __init__(self, lookout: Lookout, guard: Guard, *, most_clients: int = MOST_CLIENTS) -> None:
        self._server = _listening(lookout, guard, most_clients)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.2,), name="status", daemon=True
        )
        self._thread.start()

    def __enter__(self) -> "StatusServer":
        return self

    def __exit__(self, *of: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        name = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"http://{name}:{port}/"

    def close(self) -> None:
        """Stop listening and let go of everybody."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # nobody waits for a client
    request_queue_size = 32

    def __init__(self, lookout: Lookout, guard: Guard, most_clients: int) -> None:
        self.lookout, self.guard = lookout, guard
        self.pages = PageMaker(lookout.redact)
        self._most = most_clients
        self._clients: OrderedDict[int, socket.socket] = OrderedDict()
        self._lock = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in guard.host else socket.AF_INET
        super().__init__((guard.host, guard.port), _Handler)

    def server_bind(self) -> None:
        """Without HTTPServer's question to the resolver for a name that nobody reads."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            while len(self._clients) >= self._most:
                _hang_up(self._clients.popitem(last=False)[1])
            self._clients[id(request)] = request
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._clients.pop(id(request), None)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        with self._lock:
            for client in self._clients.values():
                _hang_up(client)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away in the middle of an answer is nobody's fault."""


def _hang_up(client: socket.socket) -> None:
    """End the connection under its thread, which then finds it gone."""
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)


def _listening(lookout: Lookout, guard: Guard, most_clients: int) -> _Listening:
    try:
        return _Listening(lookout, guard, most_clients)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        where = f"{guard.host}:{guard.port}"
        raise UsageError(f"--status: nothing can listen on {where}: {reason}.") from None


Answer = tuple[HTTPStatus, str, str]


class _Handler(BaseHTTPRequestHandler):
    """One request for each connection. Nothing is logged but faults of ours."""

    protocol_version = default_request_version = "HTTP/1.1"
    server_version, sys_version = "digestbot", ""
    timeout = IDLE_SECONDS
    server: _Listening

    def do_GET(self) -> None:
        """Answer, if whoever asks may."""
        self.close_connection = True
        fault = self.server.guard.fault_of(self.headers, self.server.server_port)
        if fault is not None:
            self._send(fault[0], TEXT, fault[1] + "\n")
            return
        path = urlsplit(self.path).path
        if path in STATIC:
            name, kind = STATIC[path]
            self._send(HTTPStatus.OK, kind, (FOLDER / name).read_text(encoding="utf-8"))
            return
        try:
            status, kind, words = answer_to(path, self.server.lookout, self.server.pages)
        except Exception:
            log.exception("the status page failed")
            status, kind, words = HTTPStatus.INTERNAL_SERVER_ERROR, TEXT, BUG
        self._send(status, kind, words)

    do_HEAD = do_GET

    def _refuse(self) -> None:
        self.close_connection = True
        self._send(HTTPStatus.METHOD_NOT_ALLOWED, TEXT, "This page is only read.\n", Allow="GET, HEAD")

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = _refuse

    def _send(self, status: HTTPStatus, kind: str, words: str, **more: str) -> None:
        content = words.encode("utf-8", "replace")
        self.send_response(status)
        described = {"Content-Type": kind, "Content-Length": str(len(content))}
        for name, value in {**HEADERS, **described, **more}.items():
            self.send_header(name, value)
        if status == HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", 'Basic realm="digestbot status", charset="UTF-8"')
            self.send_header("WWW-Authenticate", 'Bearer realm="digestbot status"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What is no request gets the same few words, and nothing of it back."""
        self.close_connection = True
        self._send(HTTPStatus(code), TEXT, f"{HTTPStatus(code).phrase}\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Connection": "close",
}


def answer_to(path: str, lookout: Lookout, pages: PageMaker) -> Answer:
    """Status, type and words for a path. A ledger that cannot be read is said with 503."""
    try:
        if path.startswith("/explain/"):
            return _explain(unquote(path.removeprefix("/explain/"))[:LONGEST_PATH], lookout, pages)
        if path in ANSWERS:
            return ANSWERS[path](lookout, pages)
    except LedgerError as error:
        return _blind(path, lookout.redact(str(error)), lookout)
    return HTTPStatus.NOT_FOUND, TEXT, "There is nothing here.\n"


def _overview(lookout: Lookout, pages: PageMaker) -> Answer:
    return HTTPStatus.OK, HTML, pages.overview(lookout.standing())


def _health(lookout: Lookout, pages: PageMaker) -> Answer:
    is_well, judged = health(lookout.standing())
    status = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
    return status, JSON, lookout.redact(json.dumps(judged, indent=2, ensure_ascii=False)) + "\n"


def _metrics(lookout: Lookout, pages: PageMaker) -> Answer:
    return HTTPStatus.OK, TYPE, metrics(lookout.standing())


def _explain(name: str, lookout: Lookout, pages: PageMaker) -> Answer:
    lines = lookout.story(name)
    if not lines:
        return HTTPStatus.NOT_FOUND, TEXT, "The ledger knows no such occurrence.\n"
    return HTTPStatus.OK, HTML, pages.story(name, lines)


def _blind(path: str, why: str, lookout: Lookout) -> Answer:
    if path == "/health":
        words = json.dumps(blind(lookout.pulse(), why), indent=2, ensure_ascii=False)
        return HTTPStatus.SERVICE_UNAVAILABLE, JSON, words + "\n"
    return HTTPStatus.SERVICE_UNAVAILABLE, TEXT, f"{why}\n"


ANSWERS: Final[dict[str, Callable[[Lookout, PageMaker], Answer]]] = {
    "/": _overview,
    "/health": _health,
    "/metrics": _metrics,
}
