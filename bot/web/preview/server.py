"""The page over HTTP, for this machine only: a handful of addresses, each only read."""

import json
import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from bot.errors import BotError, UsageError
from bot.web.preview.described import Look
from bot.web.preview.documents import TYPES
from bot.web.preview.guards import fault_of, require_loopback
from bot.web.preview.page import Page

STATIC: Final = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    **{
        f"/{name}.js": (f"{name}.js", "text/javascript; charset=utf-8")
        for name in ("page", "asking", "digests", "faults", "frames", "picker", "tabs")
    },
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
LONGEST = 400
"""Letters of one value that somebody asks with."""

NEWS_EVERY, IDLE_SECONDS = 15.0, 60
_FOLDER = Path(__file__).parent / "static"


class PageServer:
    """Serves a Page in threads until `close`. Raises UsageError beyond loopback, and for a busy port.

    `port` 0 takes any free one.
    """

    def __init__(self, page: Page, *, host: str = "127.0.0.1", port: int = 0) -> None:
        require_loopback(host)
        self._stopping = threading.Event()
        self._server = _listening(page, host, port)
        self._threads = (
            threading.Thread(target=self._server.serve_forever, args=(0.1,), name="preview", daemon=True),
            threading.Thread(target=page.watch, args=(self._stopping,), name="watching", daemon=True),
        )
        self._page = page
        for thread in self._threads:
            thread.start()

    @property
    def url(self) -> str:
        """What to open."""
        host, port = self._server.server_address[:2]
        name = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"http://{name}:{port}/"

    def close(self) -> None:
        """Stop listening and watching; those who wait for news are let go."""
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._page.close()
        for thread in self._threads:
            thread.join()


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 32

    def __init__(self, page: Page, host: str, port: int) -> None:
        self.page = page
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away in the middle of an answer is nobody's fault."""


def _listening(page: Page, host: str, port: int) -> _Listening:
    try:
        return _Listening(page, host, port)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "no such port"
        raise UsageError(f"Port {port} cannot be used: {reason}. Choose another with --port, or 0.") from None


class _Handler(BaseHTTPRequestHandler):
    """Answers GET alone. Nothing is logged: addresses say what somebody looks at."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "digestbot", ""
    timeout = IDLE_SECONDS
    server: _Listening

    def do_GET(self) -> None:
        fault = fault_of(self.headers, self.server.server_port)
        if fault:
            self._text(HTTPStatus.FORBIDDEN, fault)
            return
        address = urlsplit(self.path)
        asked = {name: values[0][:LONGEST] for name, values in parse_qs(address.query).items()}
        if address.path in STATIC:
            self._static(*STATIC[address.path])
        elif address.path.startswith("/made/"):
            self._made(address.path.removeprefix("/made/"))
        elif address.path == "/news":
            self._news()
        elif address.path in ANSWERS:
            self._answer(address.path, asked)
        else:
            self._text(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def _answer(self, path: str, asked: dict[str, str]) -> None:
        try:
            self._json(ANSWERS[path](self.server.page, asked))
        except BotError as error:
            self._json({"fault": str(error)}, HTTPStatus.BAD_REQUEST)
        except Exception as error:
            words = f"This is a bug: {type(error).__name__}."
            self._json({"fault": words}, HTTPStatus.INTERNAL_SERVER_ERROR)

    def _static(self, name: str, kind: str) -> None:
        self._send(HTTPStatus.OK, kind, (_FOLDER / name).read_bytes(), POLICY)

    def _made(self, name: str) -> None:
        document = self.server.page.shelf.get(name)
        if document is None:
            self._text(HTTPStatus.NOT_FOUND, "This is not kept any more: reload the page.")
        else:
            self._send(HTTPStatus.OK, TYPES[document.kind][0], document.content, TYPES[document.kind][1])

    def _news(self) -> None:
        """Server-sent events: a message for each change, and a sign of life meanwhile."""
        self._head(HTTPStatus.OK, "text/event-stream; charset=utf-8", POLICY)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        page, version = self.server.page, -1
        while True:
            version, news = page.wait(version, NEWS_EVERY)
            if page.is_closed:
                break
            words = f"data: {json.dumps(news)}\n\n" if news is not None else ": still here\n\n"
            self.wfile.write(words.encode())
            self.wfile.flush()

    def _json(self, value: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> None:
        content = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        self._send(status, "application/json; charset=utf-8", content, POLICY)

    def _text(self, status: HTTPStatus, words: str) -> None:
        self._send(status, "text/plain; charset=utf-8", words.encode(), POLICY)

    def _send(self, status: HTTPStatus, kind: str, content: bytes, policy: str) -> None:
        self._head(status, kind, policy)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _head(self, status: HTTPStatus, kind: str, policy: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cache-Control", "no-store")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _look(asked: dict[str, str]) -> Look:
    reader = asked.get("reader", "0")
    return Look(
        digest=asked.get("digest", ""),
        form=asked.get("form", "slack"),
        reader=int(reader) if reader.isascii() and reader.isdecimal() else 0,
        at=asked.get("at", ""),
        window=asked.get("window", ""),
        group=asked.get("group", ""),
    )


ANSWERS: Final = {
    "/overview": lambda page, asked: page.overview(),
    "/moments": lambda page, asked: page.moments(asked.get("digest", "")),
    "/show": lambda page, asked: page.show(_look(asked)),
}
