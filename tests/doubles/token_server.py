"""A token endpoint of OAuth 2.0 over real https on loopback.

with TokenServer(certificate) as tokens:
    tokens.answers = [granted("ya29.one")]
"""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl

from tests.doubles.smtp_server import Certificate

Answer = tuple[int, bytes]


def granted(token: str, seconds: int = 3600) -> Answer:
    """Answer with an access token."""
    return 200, json.dumps({"access_token": token, "expires_in": seconds, "token_type": "Bearer"}).encode()


def refused(error: str, words: str, status: int = 400) -> Answer:
    """Answer with an error of RFC 6749, section 5.2."""
    return status, json.dumps({"error": error, "error_description": words}).encode()


@dataclass
class TokenServer:
    """The server as a context manager: it gives `answers` one after another, the last one again and again."""

    certificate: Certificate
    answers: list[Answer] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"tokens": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.socket = self.certificate.context.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *ignored: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._http.server_port}/token"


class _Handler(BaseHTTPRequestHandler):
    tokens: TokenServer

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.tokens.forms.append(dict(parse_qsl(self.rfile.read(length).decode())))
        answers = self.tokens.answers
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Silence: what came is in `forms`."""
