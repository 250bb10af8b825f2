"""The HTTP server of the local pages: Flask answers, waitress listens.

waitress reads and writes all connections in one thread, so a slow client holds none; only a complete request
gets one of a few worker threads. Every answer carries HEADERS, errors that waitress itself reports included.
"""

import logging
import socket
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, request
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException

from bot.web.access import Guard

HTML, TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"
JSON, SVG = "application/json; charset=utf-8", "image/svg+xml"
CSS, JAVASCRIPT = "text/css; charset=utf-8", "text/javascript; charset=utf-8"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
MAX_PORT = 65_535
MAX_HEADER_BYTES, MAX_BODY_BYTES = 32_768, 1_024
"""Both pages are only read: a request is a path and a few headers."""

IDLE_SECONDS = 10
"""A connection without a byte for so long is closed."""

MAX_CLIENTS = 32
"""Connections at once; a further one ends the oldest, so that slow clients lock nobody out."""

Files = Mapping[str, tuple[str, str]]
"""The name and content type of each file that is served, by its path. Nothing else of a folder is served."""

# Clients that come and go are no fault of ours; a bug is logged as an error.
logging.getLogger("waitress").setLevel(logging.ERROR)


def make_app(guard: Guard, folder: Path, files: Files, policy: str = POLICY) -> Flask:
    """Return an app that serves `files` of `folder`, read only, to those whom `guard` lets in."""
    app = Flask("bot.web", static_folder=None)
    app.url_map.merge_slashes = False

    def check() -> Response | None:
        refusal = guard.refusal(Headers(request.headers), int(request.environ["SERVER_PORT"]))
        if refusal is not None:
            return text(*refusal)
        if request.method not in ("GET", "HEAD"):
            return text(HTTPStatus.METHOD_NOT_ALLOWED, "This page is only read.")
        return None

    def add_headers(response: Response) -> Response:
        for name, value in {**HEADERS, "Content-Security-Policy": policy}.items():
            response.headers.setdefault(name, value)
        return response

    app.before_request(check)
    app.after_request(add_headers)
    app.register_error_handler(HTTPException, _describe)
    for path, (name, content_type) in files.items():
        app.add_url_rule(path, path, _file(folder / name, content_type))
    return app


def text(status: HTTPStatus, message: str) -> Response:
    """Return a line of plain text, with what the status asks for in headers."""
    response = Response(f"{message}\n", status, content_type=TEXT)
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = "GET, HEAD"
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers.add("WWW-Authenticate", 'Basic realm="digestbot status", charset="UTF-8"')
        response.headers.add("WWW-Authenticate", 'Bearer realm="digestbot status"')
    return response


def _file(path: Path, content_type: str) -> Callable[[], Response]:
    return lambda: Response(path.read_bytes(), content_type=content_type)


def _describe(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    return text(status, "There is nothing here." if status is HTTPStatus.NOT_FOUND else status.phrase)


class _PlainError(ErrorTask):
    """The answer to what is no HTTP request: the reason, and nothing of the request."""

    def execute(self) -> None:
        request: Any = self.request
        error, headers = request.error, [("Content-Type", TEXT), *HEADERS.items()]
        content = f"{error.reason}\n".encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers = [*self.response_headers, *headers]
        self.set_close_on_finish()
        self.content_length = len(content)
        self.write(content)


class _Channel(HTTPChannel):
    error_task_class = _PlainError


class _Listener(TcpWSGIServer):
    """Closes the oldest connection when there are too many, where waitress would stop accepting new ones."""

    channel_class = _Channel

    def __init__(self, *arguments: Any, max_clients: int, **settings: Any) -> None:
        self.max_clients = max_clients
        super().__init__(*arguments, **settings)

    def handle_accept(self) -> None:
        """Accept a connection; runs in the thread of all connections."""
        channels: Any = self.active_channels
        clients = [channel for channel in channels.values() if not channel.will_close]
        for oldest in clients[: max(0, len(clients) + 1 - self.max_clients)]:
            # waitress closes it in its next round, so no descriptor is reused in this one.
            oldest.will_close = True
        super().handle_accept()


class LocalServer:
    """Serves an app in threads of its own from when it is made until `close`.

    Raises OSError or OverflowError where nothing can listen on the address. Port 0 takes any free one.
    """

    def __init__(self, app: Flask, guard: Guard, *, threads: int = 4, max_clients: int = MAX_CLIENTS) -> None:
        listening = _bind(guard.host, guard.port)
        settings = Adjustments(
            sockets=[listening],
            threads=threads,
            ident="digestbot",
            channel_timeout=IDLE_SECONDS,
            cleanup_interval=IDLE_SECONDS // 2,
            connection_limit=4 * max_clients,
            max_request_header_size=MAX_HEADER_BYTES,
            max_request_body_size=MAX_BODY_BYTES,
            log_socket_errors=False,
        )
        self._tasks = ThreadedTaskDispatcher()
        self._tasks.set_thread_count(threads)
        self._connections: dict[int, Any] = {}
        self._server: Any = _Listener(
            app,
            self._connections,
            _sock=listening,
            dispatcher=self._tasks,
            adj=settings,
            sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
            bind_socket=False,
            max_clients=max_clients,
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)
        self._thread.start()

    def __enter__(self) -> "LocalServer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The address to open."""
        host = str(self._server.effective_host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self._server.effective_port}/"

    def close(self) -> None:
        """Stop listening and close all connections; waits for no client."""
        self._stopping.set()
        self._server.pull_trigger()
        self._thread.join()
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        self._tasks.shutdown()
        wasyncore.close_all(self._connections)

    def _run(self) -> None:
        while not self._stopping.is_set():
            wasyncore.loop(timeout=1, use_poll=True, map=self._connections, count=1)


def _bind(host: str, port: int) -> socket.socket:
    if port > MAX_PORT:
        raise OverflowError(port)
    if ":" not in host:
        return socket.create_server((host, port))
    both = socket.has_dualstack_ipv6()
    return socket.create_server((host, port), family=socket.AF_INET6, dualstack_ipv6=both)
